/* Watchers of buckets: ordered readers of their streams. */
#include "kv/watchers.h"

#include "base/running.h"
#include "kv/entry.h"

#include <stdlib.h>

struct catga_bucket_watcher {
    catga_bucket_watcher *next; /* under the lock of the buckets */
    catga_buckets *owner;
    catga_watch watch;
    catga_reader *reader; /* NULL: it is stopped */
    void *owned;          /* freed with it */
};

/* ---- Entries ---- */

static void receive(void *user, catga_incoming *message, uint64_t pending)
{
    catga_bucket_watcher *watcher = user;
    catga_bus_state *state = watcher->owner->state;
    catga_bucket_entry entry = catga_bucket_entry_of(state, message);
    catga_running running;

    (void)pending;
    if (entry.change == CATGA_BUCKET_PUT || !watcher->watch.ignores_deletions) {
        catga_running_add(&running, state, watcher->owner, NULL);
        watcher->watch.changed(&entry, watcher->watch.user);
        catga_running_remove(&running);
    }
    state->operations->release(message);
}

static void catch_up(void *user)
{
    catga_bucket_watcher *watcher = user;
    catga_running running;

    if (watcher->watch.caught_up == NULL)
        return;
    catga_running_add(&running, watcher->owner->state, watcher->owner, NULL);
    watcher->watch.caught_up(watcher->watch.user);
    catga_running_remove(&running);
}

/* ---- Begin and end ---- */

static catga_status begin(catga_bucket_watcher *watcher, const catga_used_bucket *used,
                          const char *filter, catga_problem *problem)
{
    static const catga_read_start starts[] = {[CATGA_WATCH_VALUES] = CATGA_READ_LAST_PER_SUBJECT,
                                              [CATGA_WATCH_HISTORY] = CATGA_READ_FIRST,
                                              [CATGA_WATCH_CHANGES] = CATGA_READ_NEW};
    catga_transport *transport = watcher->owner->state->transport;
    const catga_reader_settings settings = {.stream = used->stream,
                                            .subject = filter,
                                            .start = starts[watcher->watch.start],
                                            .headers_only = watcher->watch.keys_only,
                                            .receive = receive,
                                            .caught_up = catch_up,
                                            .user = watcher};

    return transport->streams->read(transport, &settings, &watcher->reader, problem);
}

static void stop(catga_bucket_watcher *watcher)
{
    catga_transport *transport = watcher->owner->state->transport;

    if (watcher->reader != NULL)
        transport->streams->end_read(transport, watcher->reader);
    watcher->reader = NULL;
}

static void free_watcher(catga_bucket_watcher *watcher)
{
    free(watcher->owned);
    free(watcher);
}

/* Stops all watchers, before the transport ends; they stay valid. `lock` is not held while a
 * function of a watcher runs: that may begin another. */
static void stop_all(catga_buckets *buckets)
{
    pthread_mutex_lock(&buckets->ending);
    pthread_mutex_lock(&buckets->lock);
    catga_bucket_watcher *watcher = buckets->watchers;
    pthread_mutex_unlock(&buckets->lock);
    for (; watcher != NULL; watcher = watcher->next)
        stop(watcher);
    pthread_mutex_unlock(&buckets->ending);
}

static void free_all(catga_buckets *buckets)
{
    while (buckets->watchers != NULL) {
        catga_bucket_watcher *watcher = buckets->watchers;
        buckets->watchers = watcher->next;
        free_watcher(watcher);
    }
}

/* Adds a watcher that reads. CATGA_DRAINING: the bus drains. A drain sets the phase, and then looks
 * for watchers to stop: so `stop_watchers` is set before the phase is read. */
static catga_status add(catga_bucket_watcher *watcher)
{
    catga_buckets *buckets = watcher->owner;

    pthread_mutex_lock(&buckets->lock);
    atomic_store(&buckets->state->stop_watchers, stop_all);
    bool draining = atomic_load(&buckets->state->phase) != CATGA_BUS_OPEN;
    if (!draining) {
        buckets->free_watchers = free_all;
        watcher->next = buckets->watchers;
        buckets->watchers = watcher;
    }
    pthread_mutex_unlock(&buckets->lock);
    return draining ? CATGA_DRAINING : CATGA_OK;
}

static bool is_valid(const catga_watch *watch)
{
    return watch->changed != NULL && (unsigned)watch->start <= CATGA_WATCH_CHANGES;
}

/* Finds the bucket, and writes the filter of a watcher. */
static catga_status prepare(catga_bus *bus, const catga_bucket *bucket, const catga_watch *watch,
                            const catga_used_bucket **used, char filter[CATGA_BUCKET_SUBJECT])
{
    catga_status status = catga_bus_may_wait(bus);

    if (status == CATGA_OK)
        status = catga_buckets_use(bus, bucket, used);
    if (status == CATGA_OK &&
        (!is_valid(watch) || !catga_buckets_filter(bus, bucket, watch->pattern, filter)))
        status = CATGA_INVALID_ARGUMENT;
    return status;
}

/* Makes a watcher that owns `owned`, or frees that. */
static catga_bucket_watcher *make(const catga_bus *bus, const catga_watch *watch, void *owned)
{
    catga_bucket_watcher *made = calloc(1, sizeof *made);

    if (made == NULL) {
        free(owned);
        return NULL;
    }
    made->owner = catga_buckets_of(bus);
    made->watch = *watch;
    made->owned = owned;
    return made;
}

catga_status catga_watchers_begin(catga_bus *bus, const catga_bucket *bucket,
                                  const catga_watch *watch, void *owned,
                                  catga_bucket_watcher **watcher)
{
    char filter[CATGA_BUCKET_SUBJECT];
    const catga_used_bucket *used;
    catga_problem problem = {""};
    catga_status status = prepare(bus, bucket, watch, &used, filter);

    *watcher = NULL;
    if (status != CATGA_OK) {
        free(owned);
        return status;
    }
    catga_bucket_watcher *begun = make(bus, watch, owned);
    if (begun == NULL)
        return CATGA_NO_MEMORY;
    status = begin(begun, used, filter, &problem);
    if (status == CATGA_OK)
        status = add(begun);
    if (status == CATGA_OK) {
        *watcher = begun;
        return CATGA_OK;
    }
    stop(begun);
    free_watcher(begun);
    catga_buckets_report(bus, bucket, "watch", catga_str(watch->pattern), status, &problem);
    return status;
}

catga_status catga_bucket_watch(catga_bus *bus, const catga_bucket *bucket,
                                const catga_watch *watch, catga_bucket_watcher **watcher)
{
    return catga_watchers_begin(bus, bucket, watch, NULL, watcher);
}

bool catga_watchers_running(const catga_bus *bus)
{
    const catga_buckets *buckets = catga_buckets_of(bus);

    return buckets != NULL && catga_running_handlers(buckets) > 0;
}

/* Takes a watcher off the list. */
static void remove_watcher(catga_bucket_watcher *watcher)
{
    catga_buckets *buckets = watcher->owner;

    pthread_mutex_lock(&buckets->lock);
    for (catga_bucket_watcher **at = &buckets->watchers; *at != NULL; at = &(*at)->next) {
        if (*at == watcher) {
            *at = watcher->next;
            break;
        }
    }
    pthread_mutex_unlock(&buckets->lock);
}

void catga_bucket_unwatch(catga_bucket_watcher *watcher)
{
    if (watcher == NULL || catga_process_is_forked(&watcher->owner->state->process))
        return;
    catga_buckets *buckets = watcher->owner;
    if (catga_running_handlers(buckets) > 0) { /* of any watcher */
        catga_log(&buckets->state->settings.logger, CATGA_LOG_ERROR,
                  "buckets: refuse to end a watcher: a function of a watcher called "
                  "catga_bucket_unwatch, which could wait for it");
        return;
    }
    pthread_mutex_lock(&buckets->ending);
    remove_watcher(watcher);
    pthread_mutex_unlock(&buckets->ending);
    stop(watcher); /* without the lock: its function may wait for a service whose watches end */
    free_watcher(watcher);
}
