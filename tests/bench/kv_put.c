/*
 * kv_put: median microseconds of one put of 128 bytes into a bucket, compared with nats.c's
 * kvStore. kv_put_many: puts without waiting, thousands per second; kvStore always waits.
 */

#include "bench.h"
#include "side/kv_side.h"

#include <semaphore.h>

enum { TIMES = 500, MANY = 10000 };

static double ours(void *state)
{
    kv_sides *sides = state;
    const catga_bytes value = {sides->value, KV_VALUE};
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        uint64_t start = bench_now();
        catga_status status =
            catga_bucket_put(sides->bus, &kv_bucket, catga_str(sides->keys[i]), value, NULL);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK, catga_status_text(status));
    }
    return bench_median(micros, TIMES);
}

static double other(void *state)
{
    kv_sides *sides = state;
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        uint64_t start = bench_now();
        natsStatus status = kvStore_Put(NULL, sides->store, sides->keys[i], sides->value, KV_VALUE);
        micros[i] = bench_each(start, 1000);
        bench_need(status == NATS_OK, "kvStore_Put");
    }
    return bench_median(micros, TIMES);
}

/* ---- Without waiting ---- */

typedef struct stored_count {
    size_t count;
    sem_t done; /* posted when all are stored */
} stored_count;

static void on_stored(catga_status status, uint64_t revision, const catga_error *error, void *user)
{
    stored_count *stored = user;

    (void)revision;
    (void)error;
    bench_need(status == CATGA_OK, catga_status_text(status));
    if (++stored->count == MANY)
        sem_post(&stored->done);
}

/* At the limit of calls in flight, waits for some of them. */
static catga_status put(kv_sides *sides, size_t number, stored_count *stored)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    const catga_string key = catga_str(sides->keys[number % KV_KEYS]);
    const catga_bytes value = {sides->value, KV_VALUE};
    catga_status status;

    while ((status = catga_bucket_put_async(sides->bus, &kv_bucket, key, value, on_stored,
                                            stored)) == CATGA_OVERLOADED)
        nanosleep(&pause, NULL);
    return status;
}

static double ours_many(void *state)
{
    stored_count stored = {.count = 0};
    uint64_t start = bench_now();

    sem_init(&stored.done, 0, 0);
    for (size_t i = 0; i < MANY; i++)
        bench_need(put(state, i, &stored) == CATGA_OK, "catga_bucket_put_async");
    while (sem_wait(&stored.done) != 0)
        continue; /* interrupted */
    double each = bench_each(start, MANY);
    sem_destroy(&stored.done);
    return 1e6 / each;
}

static double other_many(void *state)
{
    kv_sides *sides = state;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        bench_need(kvStore_Put(NULL, sides->store, sides->keys[i], sides->value, KV_VALUE) ==
                       NATS_OK,
                   "kvStore_Put");
    return 1e6 / bench_each(start, TIMES);
}

int main(void)
{
    static kv_sides sides;

    kv_open(&sides);
    bench_compare(&(bench_pair){
        .name = "kv_put",
        .unit = "us",
        .who = "kvStore_Put with SendAsap",
        .ours = ours,
        .other = other,
        .state = &sides,
    });
    bench_compare(&(bench_pair){
        .name = "kv_put_many",
        .unit = "k/s",
        .who = "kvStore_Put, one at a time",
        .more_is_better = true,
        .ours = ours_many,
        .other = other_many,
        .state = &sides,
    });
    kv_close(&sides);
    return 0;
}
