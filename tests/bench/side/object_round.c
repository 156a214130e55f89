/*
 * bench_object_round put | get: one round of `object_npm`: puts or gets an object of 64 MiB, and
 * prints the rate in MB/s, without the time of connecting.
 */

#include "../bench.h"

#include <catga/objects.h>

#include <string.h>

enum { BYTES = 64 << 20 };

static const catga_object_store store = {.name = "bench_npm"};
static const catga_object object = {.name = {"ours", 4}};

static catga_status run(catga_bus *bus, bool puts, uint8_t *bytes, catga_problem *problem)
{
    const catga_bytes content = {bytes, BYTES};

    return puts ? catga_object_put(bus, &store, &object, content, NULL, problem)
                : catga_object_get(bus, &store, object.name, bytes, BYTES, NULL, problem);
}

int main(int count, char **arguments)
{
    catga_bus *bus = NULL;
    catga_problem problem = {""};
    uint8_t *bytes = malloc(BYTES);

    bench_need(count == 2 && bytes != NULL, "usage: bench_object_round put | get");
    memset(bytes, 'x', BYTES);
    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open");
    bench_need(catga_objects_ensure(bus, &store, &problem) == CATGA_OK, problem.text);
    uint64_t start = bench_now();
    catga_status status = run(bus, strcmp(arguments[1], "put") == 0, bytes, &problem);
    double rate = (double)BYTES * 1e3 / (double)(bench_now() - start);
    bench_need(status == CATGA_OK, problem.text);
    printf("%.1f\n", rate);
    catga_close(bus);
    free(bytes);
    return 0;
}
