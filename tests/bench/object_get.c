/*
 * object_get: an object of 64 MiB to memory, with all checks. The other side reads the same bytes
 * in messages of the same size, in order.
 */

#include "bench.h"
#include "side/raw_chunks.h"

#include <catga/objects.h>

static const catga_object_store store = {.name = "bench"};
static const catga_object object = {.name = {"object", 6}};

typedef struct sides {
    catga_bus *bus;
    raw_chunks other;
    uint8_t *copy;
} sides;

static double ours(void *state)
{
    sides *both = state;
    catga_problem problem;
    uint64_t start = bench_now();

    catga_status status =
        catga_object_get(both->bus, &store, object.name, both->copy, RAW_BYTES, NULL, &problem);

    bench_need(status == CATGA_OK, problem.text);
    return raw_rate(start);
}

static double other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    bench_need(raw_read(&both->other) == RAW_BYTES, "all bytes");
    return raw_rate(start);
}

int main(void)
{
    static sides both;
    catga_problem problem;

    bench_need(catga_open(&both.bus, NULL) == CATGA_OK, "catga_open");
    bench_need(catga_objects_ensure(both.bus, &store, &problem) == CATGA_OK, "store");
    raw_open(&both.other);
    raw_publish(&both.other);
    bench_need(catga_object_put(both.bus, &store, &object,
                                (catga_bytes){both.other.bytes, RAW_BYTES}, NULL,
                                &problem) == CATGA_OK,
               "put");
    both.copy = malloc(RAW_BYTES);
    bench_need(both.copy != NULL, "memory");
    bench_compare(&(bench_pair){
        .name = "object_get",
        .unit = "MB/s",
        .who = "nats.c's ordered consumer",
        .more_is_better = true,
        .rounds = 9,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    free(both.copy);
    bench_need(catga_objects_remove(both.bus, &store, &problem) == CATGA_OK, "removal");
    raw_purge(&both.other);
    catga_close(both.bus);
    raw_close(&both.other);
    nats_Close();
    return 0;
}
