/*
 * object_put: an object of 64 MiB from memory, with its digest and info, until it is stored. The
 * other side publishes the same bytes in messages of the same size.
 */

#include "bench.h"
#include "side/raw_chunks.h"

#include <catga/objects.h>

static const catga_object_store store = {.name = "bench"};
static const catga_object object = {.name = {"object", 6}};

typedef struct sides {
    catga_bus *bus;
    raw_chunks other;
} sides;

/* The server removes the files of deleted chunks behind its answer, for some 100 ms. Neither side
 * pays for the chunks of the other. */
static void wait_for_files(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
}

static double ours(void *state)
{
    sides *both = state;
    catga_problem problem;
    uint64_t start = bench_now();
    catga_status status = catga_object_put(
        both->bus, &store, &object, (catga_bytes){both->other.bytes, RAW_BYTES}, NULL, &problem);
    double figure = raw_rate(start);

    bench_need(status == CATGA_OK, problem.text);
    bench_need(catga_object_delete(both->bus, &store, object.name, &problem) == CATGA_OK,
               "deletion");
    wait_for_files();
    return figure;
}

static double other(void *state)
{
    sides *both = state;
    uint64_t start = bench_now();

    raw_publish(&both->other);
    double figure = raw_rate(start);
    raw_purge(&both->other);
    wait_for_files();
    return figure;
}

int main(void)
{
    static sides both;
    catga_problem problem;

    bench_need(catga_open(&both.bus, NULL) == CATGA_OK, "catga_open");
    bench_need(catga_objects_ensure(both.bus, &store, &problem) == CATGA_OK, "store");
    raw_open(&both.other);
    bench_compare(&(bench_pair){
        .name = "object_put",
        .unit = "MB/s",
        .who = "js_PublishAsync of its chunks",
        .more_is_better = true,
        .rounds = 9,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    bench_need(catga_objects_remove(both.bus, &store, &problem) == CATGA_OK, "removal");
    catga_close(both.bus);
    raw_close(&both.other);
    nats_Close();
    return 0;
}
