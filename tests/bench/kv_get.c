/*
 * kv_get: median microseconds of one get of 128 bytes from a bucket, compared with nats.c's
 * kvStore. kv_get_many: gets without waiting, thousands per second; kvStore always waits.
 */

#include "bench.h"
#include "side/kv_side.h"

#include <semaphore.h>

enum { TIMES = 500, MANY = 10000 };

static double ours(void *state)
{
    kv_sides *sides = state;
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        catga_bucket_entry entry;
        uint64_t start = bench_now();
        catga_status status =
            catga_bucket_get(sides->bus, &kv_bucket, catga_str(sides->keys[i]), &entry);
        micros[i] = bench_each(start, 1000);
        bench_need(status == CATGA_OK && entry.value.length == KV_VALUE, "catga_bucket_get");
        catga_bucket_entry_free(&entry);
    }
    return bench_median(micros, TIMES);
}

static void get_theirs(kv_sides *sides, size_t number)
{
    kvEntry *entry = NULL;

    bench_need(kvStore_Get(&entry, sides->store, sides->keys[number]) == NATS_OK &&
                   kvEntry_ValueLen(entry) == KV_VALUE,
               "kvStore_Get");
    kvEntry_Destroy(entry);
}

static double other(void *state)
{
    double micros[TIMES];

    for (size_t i = 0; i < TIMES; i++) {
        uint64_t start = bench_now();
        get_theirs(state, i);
        micros[i] = bench_each(start, 1000);
    }
    return bench_median(micros, TIMES);
}

/* ---- Without waiting ---- */

typedef struct got_count {
    size_t count;
    sem_t done; /* posted when all have answers */
} got_count;

static void on_got(catga_status status, const catga_bucket_entry *entry, const catga_error *error,
                   void *user)
{
    got_count *got = user;

    (void)error;
    bench_need(status == CATGA_OK && entry->value.length == KV_VALUE, catga_status_text(status));
    if (++got->count == MANY)
        sem_post(&got->done);
}

/* At the limit of calls in flight, waits for some of them. */
static catga_status get(kv_sides *sides, size_t number, got_count *got)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    const catga_string key = catga_str(sides->keys[number % KV_KEYS]);
    catga_status status;

    while ((status = catga_bucket_get_async(sides->bus, &kv_bucket, key, on_got, got)) ==
           CATGA_OVERLOADED)
        nanosleep(&pause, NULL);
    return status;
}

static double ours_many(void *state)
{
    got_count got = {.count = 0};
    uint64_t start = bench_now();

    sem_init(&got.done, 0, 0);
    for (size_t i = 0; i < MANY; i++)
        bench_need(get(state, i, &got) == CATGA_OK, "catga_bucket_get_async");
    while (sem_wait(&got.done) != 0)
        continue; /* interrupted */
    double each = bench_each(start, MANY);
    sem_destroy(&got.done);
    return 1e6 / each;
}

static double other_many(void *state)
{
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++)
        get_theirs(state, i);
    return 1e6 / bench_each(start, TIMES);
}

int main(void)
{
    static kv_sides sides;

    kv_open(&sides);
    bench_compare(&(bench_pair){
        .name = "kv_get",
        .unit = "us",
        .who = "kvStore_Get with SendAsap",
        .ours = ours,
        .other = other,
        .state = &sides,
    });
    bench_compare(&(bench_pair){
        .name = "kv_get_many",
        .unit = "k/s",
        .who = "kvStore_Get, one at a time",
        .more_is_better = true,
        .ours = ours_many,
        .other = other_many,
        .state = &sides,
    });
    kv_close(&sides);
    return 0;
}
