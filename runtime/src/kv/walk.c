/* Visits the entries that a bucket has now: a reader that ends when it is caught up. */
#include "base/running.h"
#include "kv/buckets.h"
#include "kv/entry.h"

#include <errno.h>
#include <semaphore.h>

/* A walk that gets no entry for so long has failed. */
enum { SILENCE_MS = 10000 };

typedef struct walk {
    catga_bus_state *state;
    catga_bucket_visit *visit;
    void *user;
    bool only_values; /* no markers */
    bool stopped;     /* by `visit`; of the reader's thread */
    atomic_uint seen;
    atomic_bool visiting;
    sem_t ended;
} walk;

static bool visit(walk *at, const catga_bucket_entry *entry)
{
    catga_running running;

    catga_running_add(&running, at->state, at, NULL);
    bool more = at->visit(entry, at->user);
    catga_running_remove(&running);
    return more;
}

static void receive(void *user, catga_incoming *message, uint64_t pending)
{
    walk *at = user;
    catga_bucket_entry entry = catga_bucket_entry_of(at->state, message);
    bool wanted = !at->stopped && (entry.change == CATGA_BUCKET_PUT || !at->only_values);

    (void)pending;
    atomic_store(&at->visiting, true);
    if (wanted && !visit(at, &entry)) {
        at->stopped = true;
        sem_post(&at->ended);
    }
    atomic_fetch_add(&at->seen, 1);
    atomic_store(&at->visiting, false);
    at->state->operations->release(message);
}

/* Later entries are not visited. */
static void catch_up(void *user)
{
    walk *at = user;

    at->stopped = true;
    sem_post(&at->ended);
}

/* Waits for some time. Returns true at the end of the walk. */
static bool ends_soon(walk *at)
{
    const struct timespec until =
        catga_clock_timespec(catga_clock_now() + SILENCE_MS * CATGA_MILLISECOND);
    int failure;

    do {
        failure = sem_clockwait(&at->ended, CLOCK_MONOTONIC, &until);
    } while (failure != 0 && errno == EINTR);
    return failure == 0;
}

/* Waits for the end, as long as entries arrive, or one is visited. */
static catga_status await_end(walk *at)
{
    unsigned seen;

    do {
        seen = atomic_load(&at->seen);
        if (ends_soon(at))
            return CATGA_OK;
    } while (atomic_load(&at->visiting) || atomic_load(&at->seen) != seen);
    return CATGA_TIMEOUT;
}

static catga_status run(walk *at, catga_reader_settings settings, catga_problem *problem)
{
    catga_transport *transport = at->state->transport;
    catga_reader *reader;

    settings.receive = receive;
    settings.caught_up = catch_up;
    settings.user = at;
    sem_init(&at->ended, 0, 0);
    catga_status status = transport->streams->read(transport, &settings, &reader, problem);
    if (status == CATGA_OK) {
        status = await_end(at);
        transport->streams->end_read(transport, reader);
    }
    sem_destroy(&at->ended);
    return status;
}

static catga_status walk_over(catga_bus *bus, const catga_bucket *bucket, const char *pattern,
                              catga_reader_settings settings, walk at)
{
    char filter[CATGA_BUCKET_SUBJECT];
    const catga_used_bucket *used;
    catga_problem problem = {""};
    catga_status status = catga_buckets_use(bus, bucket, &used);

    if (status == CATGA_OK)
        status = catga_bus_may_wait(bus);
    if (status == CATGA_OK && !catga_buckets_filter(bus, bucket, pattern, filter))
        status = CATGA_INVALID_ARGUMENT;
    if (status != CATGA_OK)
        return status;
    settings.stream = used->stream;
    settings.subject = filter;
    status = run(&at, settings, &problem);
    catga_buckets_report(bus, bucket, "read", catga_str(pattern), status, &problem);
    return status;
}

catga_status catga_bucket_keys(catga_bus *bus, const catga_bucket *bucket, const char *pattern,
                               catga_bucket_visit *visited, void *user)
{
    return walk_over(
        bus, bucket, pattern,
        (catga_reader_settings){.start = CATGA_READ_LAST_PER_SUBJECT, .headers_only = true},
        (walk){.state = bus->state, .visit = visited, .user = user, .only_values = true});
}

catga_status catga_bucket_history(catga_bus *bus, const catga_bucket *bucket, const char *pattern,
                                  catga_bucket_visit *visited, void *user)
{
    return walk_over(bus, bucket, pattern, (catga_reader_settings){.start = CATGA_READ_FIRST},
                     (walk){.state = bus->state, .visit = visited, .user = user});
}
