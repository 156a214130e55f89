/*
 * Recreates streams, buckets and consumers that an operator deletes, or that the server forgets or
 * loses, as they were at first. One thread looks at each of them, after every reconnect and every
 * few seconds. It leaves alone what is there but different. It recreates a stream when that was
 * missing for a while, and then looks for a minute whether the server keeps what is stored in it.
 *
 * A consumer goes on where it was when it was looked at last: earlier events are settled. Events
 * that were settled since come again. In a stream that was gone too, all is new.
 */
#include "base/clock.h"
#include "base/signals.h"
#include "transport/nats/nats_transport.h"

#include <stdio.h>
#include <stdlib.h>

#define PERIOD (3 * CATGA_SECOND)

/* Pause between two reports of an unusable stream. */
#define REPORT (60 * CATGA_SECOND)

/* For so long after its recreation a stream is examined for lost messages. */
#define PROBATION (60 * CATGA_SECOND)

/* Whoever closes waits no longer than this for a server that is silent. */
enum { WAIT_MS = 1000 };

struct catga_nats_reconciled {
    TAILQ_ENTRY(catga_nats_reconciled) entry;
    catga_nats_desired desired; /* its settings are a copy */
    char *description;
    const catga_nats_reconciled
        *stream; /* of a consumer, when its stream is reconciled too; else NULL */

    /* Under the transport's lock. */
    unsigned users;                          /* nobody needs it: it is not looked at */
    catga_nats_observed observed;            /* when it was looked at last */
    char stream_created[CATGA_NATS_CREATED]; /* of a consumer: its stream, by then */

    /* Of the reconcile thread alone; times are 0 where there is none. */
    int64_t missing_ns;  /* a stream is known to be missing since then */
    int64_t restored_ns; /* it was recreated then */
    int64_t told_ns;     /* it was reported then as one that cannot be used */
    uint64_t unread;     /* the first message of a stream, if the server did not find it */
};

/* ---- Reconciled things ---- */

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

static const catga_nats_reconciled *stream_of(catga_nats *nats,
                                              const catga_consumer_settings *consumer)
{
    char info[CATGA_NATS_API_SUBJECT];

    snprintf(info, sizeof info, "$JS.API.STREAM.INFO.%s", consumer->stream);
    return find(nats, info, NULL);
}

static void item_free(catga_nats_reconciled *item)
{
    free(item->description);
    free((void *)(uintptr_t)item->desired.settings);
    free(item);
}

static catga_nats_reconciled *item_new(const catga_nats_desired *thing)
{
    catga_nats_reconciled *item = calloc(1, sizeof *item);

    if (item == NULL)
        return NULL;
    item->desired = *thing;
    item->desired.wait_ms = WAIT_MS;
    item->desired.settings = NULL;
    item->description = catga_nats_description(thing);
    catga_nats_desired copy = *thing;
    if (item->description != NULL && thing->kind->copy(&copy)) {
        item->desired.settings = copy.settings;
        item->desired.name = copy.name;
        return item;
    }
    item_free(item);
    return NULL;
}

/* Under the lock. */
static void learn(catga_nats *nats, catga_nats_reconciled *item,
                  const catga_nats_observed *observed)
{
    if (observed->nearly_full != item->observed.nearly_full)
        atomic_fetch_add(&nats->nearly_full, observed->nearly_full ? 1 : -1);
    item->observed = *observed;
    if (item->stream != NULL)
        memcpy(item->stream_created, item->stream->observed.created, CATGA_NATS_CREATED);
}

/* ---- Looking ---- */

/* Under the lock: with which message a consumer that is gone goes on; 0: nothing is known of it. */
static uint64_t start_of(const catga_nats_reconciled *item)
{
    if (item->observed.created[0] == '\0')
        return 0;
    if (item->stream != NULL && strcmp(item->stream->observed.created, item->stream_created) != 0)
        return 1;
    return item->observed.settled + 1;
}

/* There may be an answer the next time. */
static bool is_passing(catga_status status)
{
    return status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED || status == CATGA_OVERLOADED ||
           status == CATGA_NO_JETSTREAM;
}

static void tell(catga_nats *nats, const catga_nats_desired *thing, catga_connection_event event)
{
    char text[CATGA_NATS_API_SUBJECT];

    snprintf(text, sizeof text, "%s %s", thing->kind->name, thing->name);
    nats->listener.on_event(nats->listener.user, event, text);
}

/* Once a minute. */
static void tell_unusable(catga_nats *nats, catga_nats_reconciled *item, const char *reason,
                          int64_t now)
{
    const catga_nats_desired *thing = &item->desired;
    char text[CATGA_NATS_API_SUBJECT + CATGA_PROBLEM_TEXT];

    if (item->told_ns != 0 && now - item->told_ns < REPORT)
        return;
    item->told_ns = now;
    bool named = strstr(reason, thing->name) != NULL;
    snprintf(text, sizeof text, "%s%s%s%s%s", named ? "" : thing->kind->name, named ? "" : " ",
             named ? "" : thing->name, named ? "" : ": ", reason);
    nats->listener.on_event(nats->listener.user, CATGA_STORAGE_UNUSABLE, text);
}

/*
 * A server that deleted the files of the new stream goes on as if it had them. The first message
 * may also have been removed between the two questions: so it has to be missing twice.
 */
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

static void note_there(catga_nats *nats, catga_nats_reconciled *item,
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
        note_there(nats, item, observed, now);
    else if (status == CATGA_NOT_FOUND)
        note_missing(nats, item, now);
    else if (!is_passing(status))
        tell_unusable(nats, item,
                      problem->text[0] == '\0' ? catga_status_text(status) : problem->text, now);
}

/* The server may still be deleting its files. */
static bool is_being_deleted(const catga_nats_reconciled *item)
{
    int64_t pause_ns = item->desired.kind->pause_ns;

    return pause_ns != 0 &&
           (item->missing_ns == 0 || catga_clock_now() - item->missing_ns < pause_ns);
}

/* Under the lock, which it lets go. A consumer waits for its stream. */
static void look_at(catga_nats *nats, catga_nats_reconciled *item)
{
    catga_nats_observed observed;
    catga_problem problem = {""};

    if (item->stream != NULL && item->stream->missing_ns != 0)
        return;
    item->desired.start = start_of(item);
    item->desired.only_look = is_being_deleted(item);
    pthread_mutex_unlock(&nats->lock);
    catga_status status = catga_nats_ensure(nats, &item->desired, &observed, &problem);
    note(nats, item, status, &observed, &problem);
    pthread_mutex_lock(&nats->lock);
    if (status == CATGA_OK)
        learn(nats, item, &observed);
}

static void look_at_all(catga_nats *nats)
{
    catga_nats_reconciled *item;

    TAILQ_FOREACH(item, &nats->reconciled, entry)
    {
        if (nats->reconcile_ends || atomic_load(&nats->immediate.connection) == NULL)
            return;
        if (item->users != 0)
            look_at(nats, item);
    }
}

static void *run(void *argument)
{
    catga_nats *nats = argument;

    pthread_mutex_lock(&nats->lock);
    int64_t up_ns = nats->immediate.up_ns;
    int64_t due_ns = catga_clock_now() + PERIOD;
    while (!nats->reconcile_ends) {
        bool connected = atomic_load(&nats->immediate.connection) != NULL;
        if (connected && (up_ns != nats->immediate.up_ns || catga_clock_now() >= due_ns)) {
            up_ns = nats->immediate.up_ns;
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

/* ---- From outside ---- */

/* Under the lock. NULL: no memory, or no thread. */
static catga_nats_reconciled *add(catga_nats *nats, const catga_nats_desired *thing,
                                  bool is_consumer)
{
    if (!nats->reconciling)
        nats->reconciling = catga_thread_start(&nats->reconcile_thread, run, nats);
    catga_nats_reconciled *item = nats->reconciling ? item_new(thing) : NULL;
    if (item == NULL)
        return NULL;
    if (is_consumer)
        item->stream = stream_of(nats, thing->settings);
    TAILQ_INSERT_TAIL(&nats->reconciled, item, entry);
    return item;
}

/* A stream has one user for ever: whoever publishes to it may do so at any time. */
catga_status catga_nats_reconcile(catga_nats *nats, const catga_nats_desired *thing,
                                  const catga_nats_observed *observed,
                                  catga_subscription *subscription)
{
    char *description = catga_nats_description(thing);

    if (description == NULL)
        return CATGA_NO_MEMORY;
    pthread_mutex_lock(&nats->lock);
    catga_nats_reconciled *item = find(nats, thing->info, description);
    if (item == NULL)
        item = add(nats, thing, subscription != NULL);
    if (item != NULL && item->users == 0)
        learn(nats, item, observed);
    if (item != NULL && (subscription != NULL || item->users == 0))
        item->users++;
    if (item != NULL && subscription != NULL)
        subscription->reconciled = item;
    pthread_mutex_unlock(&nats->lock);
    free(description);
    return item != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

bool catga_nats_nearly_full(catga_transport *transport, const char *bucket)
{
    catga_nats *nats = catga_nats_of(transport);
    char info[CATGA_NATS_API_SUBJECT];

    if (atomic_load_explicit(&nats->nearly_full, memory_order_relaxed) == 0)
        return false;
    snprintf(info, sizeof info, "$JS.API.STREAM.INFO.KV_%s", bucket);
    pthread_mutex_lock(&nats->lock);
    const catga_nats_reconciled *item = find(nats, info, NULL);
    bool full = item != NULL && item->observed.nearly_full;
    pthread_mutex_unlock(&nats->lock);
    return full;
}

void catga_nats_reconcile_release(catga_nats_reconciled *item)
{
    item->users--;
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
