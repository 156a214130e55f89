/* Recreates streams, buckets and consumers that an operator deletes, or that the server loses, with
 * their original settings. The reconcile thread looks at each of them after every reconnect, and
 * every few seconds. It does not change objects that exist with other settings. It recreates a
 * stream that has been missing for a while, and then checks for a minute whether the server keeps
 * the stream's messages.
 *
 * A recreated consumer resumes after the last message that was settled when it was last observed:
 * events that were settled later are redelivered. In a recreated stream, and in a work queue, it
 * begins at the first message.
 */
#include "transport/nats/reconcile.h"

#include "base/clock.h"
#include "base/signals.h"
#include "transport/nats/config_text.h"

#include <stdio.h>
#include <stdlib.h>

#define PERIOD (3 * CATGA_SECOND)

/* pause between two reports of an unusable object */
#define REPORT (60 * CATGA_SECOND)

/* time after its recreation in which a stream is checked for lost messages */
#define PROBATION (60 * CATGA_SECOND)

/* limit of a round trip, and so of the wait of a closing thread for a silent server */
enum { WAIT_MS = 1000 };

struct catga_nats_reconciled {
    TAILQ_ENTRY(catga_nats_reconciled) entry;
    catga_nats_desired desired; /* with a copy of the settings */
    char *description;
    const catga_nats_reconciled *stream; /* of a consumer whose stream is reconciled; else NULL */

    /* Under the transport's lock. */
    unsigned users;                          /* 0: the thread ignores the object */
    bool forgotten;                          /* its stream was deleted on purpose: the same */
    bool unusable;                           /* missing, or reported, at the last observation */
    bool is_known;                           /* the last observation has succeeded */
    catga_nats_observed observed;            /* the last one that has */
    char stream_created[CATGA_NATS_CREATED]; /* of a consumer: its stream's creation time by then */

    /* Of the reconcile thread alone. */
    int64_t missing_ns;  /* time at which it was found missing; 0: it exists */
    int64_t restored_ns; /* time of its last recreation; 0: none */
    int64_t told_ns;     /* time of the last report that it is unusable; 0: none */
    uint64_t unread;     /* number of a stream's first message that the server did not find */
};

/* ---- Registered objects ---- */

/* Returns the object with that subject, and that description unless it is NULL. Called under the
 * lock. */
static catga_nats_reconciled *find(catga_nats *nats, const char *info, const char *description)
{
    catga_nats_reconciled *item;

    TAILQ_FOREACH(item, &nats->reconciled, entry)
    {
        if (strcmp(item->desired.info, info) == 0 &&
            (description == NULL || strcmp(item->description, description) == 0))
            return item;
    }
    return NULL;
}

static catga_nats_reconciled *find_stream(catga_nats *nats, const char *prefix, const char *name)
{
    char info[CATGA_NATS_API_SUBJECT];

    snprintf(info, sizeof info, CATGA_NATS_STREAM_INFO "%s%s", prefix, name);
    return find(nats, info, NULL);
}

static void item_free(catga_nats_reconciled *item)
{
    free(item->description);
    free((void *)(uintptr_t)item->desired.settings);
    free(item);
}

static catga_nats_reconciled *item_new(const catga_nats_desired *desired)
{
    catga_nats_reconciled *item = calloc(1, sizeof *item);

    if (item == NULL)
        return NULL;
    catga_nats_desired copy = *desired;
    copy.wait_ms = WAIT_MS;
    item->description = catga_nats_description(desired);
    if (item->description != NULL && desired->kind->copy(&copy)) {
        item->desired = copy;
        return item;
    }
    item_free(item);
    return NULL;
}

/* Notes an observation. Called under the lock. */
static void observe(catga_nats *nats, catga_nats_reconciled *item,
                    const catga_nats_observed *observed)
{
    if (observed->nearly_full != item->observed.nearly_full)
        atomic_fetch_add(&nats->nearly_full, observed->nearly_full ? 1 : -1);
    item->observed = *observed;
    item->is_known = true;
    if (item->stream != NULL)
        memcpy(item->stream_created, item->stream->observed.created, CATGA_NATS_CREATED);
}

static bool is_watched(const catga_nats_reconciled *item)
{
    return item->users != 0 && !item->forgotten;
}

/* ---- Observing ---- */

/* A work queue removes settled messages, and refuses a consumer that begins with another message
 * than its first. */
static bool is_of_work_queue(const catga_nats_reconciled *item)
{
    const catga_stream_settings *stream =
        item->stream == NULL ? NULL : item->stream->desired.settings;

    return stream != NULL && stream->work_queue;
}

/* Returns the first message of a recreated consumer; 0: as for a new one. Called under the lock. */
static uint64_t start_of(const catga_nats_reconciled *item)
{
    if (item->observed.created[0] == '\0' || is_of_work_queue(item))
        return 0;
    if (item->stream != NULL && strcmp(item->stream->observed.created, item->stream_created) != 0)
        return 1;
    return item->observed.settled + 1;
}

/* Returns true if the next observation may succeed. */
static bool is_transient(catga_status status)
{
    return status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED || status == CATGA_OVERLOADED ||
           status == CATGA_NO_JETSTREAM;
}

static void tell(catga_nats *nats, const catga_nats_desired *desired, catga_connection_event event)
{
    char text[CATGA_NATS_API_SUBJECT];

    snprintf(text, sizeof text, "%s %s", desired->kind->name, desired->name);
    nats->listener.on_event(nats->listener.user, event, text);
}

/* Reports an unusable object, once a minute. */
static void tell_unusable(catga_nats *nats, catga_nats_reconciled *item, const char *reason,
                          int64_t now)
{
    const catga_nats_desired *desired = &item->desired;
    char text[CATGA_NATS_API_SUBJECT + CATGA_PROBLEM_TEXT];

    if (item->told_ns != 0 && now - item->told_ns < REPORT)
        return;
    item->told_ns = now;
    bool named = strstr(reason, desired->name) != NULL;
    snprintf(text, sizeof text, "%s%s%s%s%s", named ? "" : desired->kind->name, named ? "" : " ",
             named ? "" : desired->name, named ? "" : ": ", reason);
    nats->listener.on_event(nats->listener.user, CATGA_STORAGE_UNUSABLE, text);
}

/* Returns true if the server has deleted the files of the new stream, and does not know it. The
 * first message may also have been removed between two requests, so it must be missing twice. */
static bool has_lost_messages(catga_nats *nats, catga_nats_reconciled *item,
                              const catga_nats_observed *observed, int64_t now)
{
    if (item->restored_ns == 0 || now - item->restored_ns >= PROBATION || observed->first == 0)
        return item->unread != 0 && item->unread == observed->first;
    bool lost = catga_nats_has_lost(nats, &item->desired, observed->first);
    bool before = item->unread == observed->first;
    item->unread = lost ? observed->first : 0;
    return lost && before;
}

static void note_existing(catga_nats *nats, catga_nats_reconciled *item,
                          const catga_nats_observed *observed, int64_t now)
{
    item->missing_ns = 0;
    if (observed->made) {
        item->restored_ns = now;
        item->unread = 0;
        tell(nats, &item->desired, CATGA_STORAGE_RESTORED);
    }
    if (has_lost_messages(nats, item, observed, now))
        tell_unusable(
            nats, item,
            "the server has lost its files, and what it acknowledges: delete it, and it is "
            "recreated",
            now);
    else
        item->told_ns = 0;
}

static void note_missing(catga_nats *nats, catga_nats_reconciled *item, int64_t now)
{
    if (item->missing_ns != 0)
        return;
    item->missing_ns = now;
    tell(nats, &item->desired, CATGA_STORAGE_MISSING);
}

static void note(catga_nats *nats, catga_nats_reconciled *item, catga_status status,
                 const catga_nats_observed *observed, const catga_problem *problem)
{
    int64_t now = catga_clock_now();

    if (status == CATGA_OK)
        note_existing(nats, item, observed, now);
    else if (status == CATGA_NOT_FOUND)
        note_missing(nats, item, now);
    else if (!is_transient(status))
        tell_unusable(nats, item,
                      problem->text[0] == '\0' ? catga_status_text(status) : problem->text, now);
}

/* Returns true if the server may still be deleting the files of the missing object. */
static bool is_being_deleted(const catga_nats_reconciled *item)
{
    int64_t pause_ns = item->desired.kind->pause_ns;

    return pause_ns != 0 &&
           (item->missing_ns == 0 || catga_clock_now() - item->missing_ns < pause_ns);
}

/* Observes an object, and recreates it if it is missing; a consumer after its stream. Called under
 * the lock, which it releases meanwhile. */
static void look_at(catga_nats *nats, catga_nats_reconciled *item)
{
    catga_nats_observed observed;
    catga_problem problem = {""};

    if (item->stream != NULL && item->stream->missing_ns != 0) {
        item->is_known = false;
        return;
    }
    item->desired.start = start_of(item);
    item->desired.only_look = item->desired.never_created || is_being_deleted(item);
    pthread_mutex_unlock(&nats->lock);
    catga_status status = catga_nats_ensure(nats, &item->desired, &observed, &problem);
    note(nats, item, status, &observed, &problem);
    pthread_mutex_lock(&nats->lock);
    item->unusable = item->missing_ns != 0 || item->told_ns != 0;
    item->is_known = false;
    if (status == CATGA_OK)
        observe(nats, item, &observed);
}

static void look_at_all(catga_nats *nats)
{
    catga_nats_reconciled *item;

    TAILQ_FOREACH(item, &nats->reconciled, entry)
    {
        if (nats->reconcile_ends || !catga_nats_link_is_up(&nats->link))
            return;
        if (is_watched(item))
            look_at(nats, item);
    }
}

static void *run(void *argument)
{
    catga_nats *nats = argument;

    pthread_mutex_lock(&nats->lock);
    int64_t up_ns = nats->link.up_ns;
    int64_t due_ns = catga_clock_now() + PERIOD;
    while (!nats->reconcile_ends) {
        bool connected = catga_nats_link_is_up(&nats->link);
        if (connected && (up_ns != nats->link.up_ns || catga_clock_now() >= due_ns)) {
            up_ns = nats->link.up_ns;
            look_at_all(nats);
            due_ns = catga_clock_now() + PERIOD;
        } else if (connected) {
            struct timespec due = catga_clock_timespec(due_ns);
            pthread_cond_timedwait(&nats->changed, &nats->lock, &due);
        } else {
            pthread_cond_wait(&nats->changed, &nats->lock);
        }
    }
    pthread_mutex_unlock(&nats->lock);
    nats_ReleaseThreadMemory();
    return NULL;
}

/* ---- Registering ---- */

/* Returns NULL without memory or a thread. Called under the lock. */
static catga_nats_reconciled *add(catga_nats *nats, const catga_nats_desired *desired)
{
    if (!nats->reconciling)
        nats->reconciling = catga_thread_start(&nats->reconcile_thread, run, nats);
    catga_nats_reconciled *item = nats->reconciling ? item_new(desired) : NULL;
    if (item == NULL)
        return NULL;
    if (desired->stream != NULL)
        item->stream = find_stream(nats, "", desired->stream);
    TAILQ_INSERT_TAIL(&nats->reconciled, item, entry);
    return item;
}

/* A stream has one user forever: it may be published to at any time. */
catga_nats_reconciled *catga_nats_reconcile(catga_nats *nats, const catga_nats_desired *desired,
                                            const catga_nats_observed *observed)
{
    char *description = catga_nats_description(desired);

    if (description == NULL)
        return NULL;
    pthread_mutex_lock(&nats->lock);
    catga_nats_reconciled *item = find(nats, desired->info, description);
    if (item == NULL)
        item = add(nats, desired);
    if (item != NULL && !is_watched(item)) {
        item->desired.never_created = desired->never_created;
        observe(nats, item, observed);
    }
    if (item != NULL && (desired->stream != NULL || item->users == 0))
        item->users++;
    if (item != NULL)
        item->forgotten = false;
    pthread_mutex_unlock(&nats->lock);
    free(description);
    return item;
}

void catga_nats_reconcile_forget(catga_nats *nats, const char *stream, bool forgotten)
{
    char info[CATGA_NATS_API_SUBJECT];
    catga_nats_reconciled *item;

    snprintf(info, sizeof info, CATGA_NATS_STREAM_INFO "%s", stream);
    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(item, &nats->reconciled, entry)
    {
        const char *of = item->desired.stream;
        if (strcmp(item->desired.info, info) == 0 || (of != NULL && strcmp(of, stream) == 0))
            item->forgotten = forgotten;
    }
    pthread_mutex_unlock(&nats->lock);
}

bool catga_nats_nearly_full(catga_transport *transport, const char *bucket)
{
    catga_nats *nats = catga_nats_of(transport);

    if (atomic_load_explicit(&nats->nearly_full, memory_order_relaxed) == 0)
        return false;
    pthread_mutex_lock(&nats->lock);
    const catga_nats_reconciled *item = find_stream(nats, "KV_", bucket);
    bool full = item != NULL && item->observed.nearly_full;
    pthread_mutex_unlock(&nats->lock);
    return full;
}

bool catga_nats_storage_usable(catga_transport *transport)
{
    catga_nats *nats = catga_nats_of(transport);
    const catga_nats_reconciled *item;
    bool usable = true;

    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(item, &nats->reconciled, entry)
    usable = usable && (!is_watched(item) || !item->unusable);
    pthread_mutex_unlock(&nats->lock);
    return usable;
}

void catga_nats_reconcile_release(catga_nats_reconciled *item)
{
    item->users--;
}

bool catga_nats_reconcile_backlog(const catga_nats *nats, const catga_nats_reconciled *item,
                                  catga_consumer_backlog *backlog)
{
    backlog->pending = item->observed.pending;
    backlog->ack_pending = item->observed.ack_pending;
    return item->is_known && catga_nats_link_is_up(&nats->link);
}

void catga_nats_reconcile_stop(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    nats->reconcile_ends = true;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
    if (nats->reconciling)
        pthread_join(nats->reconcile_thread, NULL);
    while (!TAILQ_EMPTY(&nats->reconciled)) {
        catga_nats_reconciled *item = TAILQ_FIRST(&nats->reconciled);
        TAILQ_REMOVE(&nats->reconciled, item, entry);
        item_free(item);
    }
}
