/*
 * Recreates streams, buckets and consumers that an operator deletes, or that the server forgets or
 * loses, as they were at first. One thread looks at each of them, after every reconnect and every few
 * seconds. It leaves alone what is there but different. It recreates a stream when that was missing
 * for a while, and then looks for a minute whether the server keeps what is stored in it.
 *
 * A consumer goes on where it was when it was looked at last: earlier events are settled. Events
 * that were settled since come again. In a stream that was gone too, all is new.
 */
#include "transport/nats/nats_transport.h"

#include "base/clock.h"
#include "base/signals.h"

#include <stdio.h>
#include <stdlib.h>

#define PERIOD (3 * CATGA_SECOND)

/* Pause between two reports of an unusable stream. */
#define REPORT (60 * CATGA_SECOND)

/* For so long after its recreation a stream is watched for lost messages. */
#define PROBATION (60 * CATGA_SECOND)

/* Whoever closes waits no longer than this for a server that is silent. */
enum { WAIT_MS = 1000 };

struct catga_nats_watched {
    TAILQ_ENTRY(catga_nats_watched) entry;
    catga_nats_wanted wanted; /* its settings are a copy */
    char *description;
    const catga_nats_watched *stream; /* of a consumer, when its stream is watched too; else NULL */

    /* Under the transport's lock. */
    unsigned users;         /* nobody needs it: it is not looked at */
    catga_nats_found found; /* when it was looked at last */
    char stream_created[CATGA_NATS_CREATED]; /* of a consumer: its stream, by then */

    /* Of the watcher alone; times are 0 where there is none. */
    int64_t missing_ns;  /* a stream is known to be missing since then */
    int64_t restored_ns; /* it was recreated then */
    int64_t told_ns;     /* it was reported then as one that cannot be used */
    uint64_t unread;     /* the first message of a stream, if the server did not find it */
};

/* ---- What is watched ---- */

static catga_nats_watched *find(catga_nats *nats, const char *info, const char *description)
{
    catga_nats_watched *watched;
    TAILQ_FOREACH(watched, &nats->watched, entry)
    {
        if (strcmp(watched->wanted.info, info) == 0 &&
            (description == NULL || strcmp(watched->description, description) == 0))
            return watched;
    }
    return NULL;
}

static const catga_nats_watched *stream_of(catga_nats *nats, const catga_consumer_settings *consumer)
{
    char info[CATGA_NATS_API_SUBJECT];
    snprintf(info, sizeof(info), "$JS.API.STREAM.INFO.%s", consumer->stream);
    return find(nats, info, NULL);
}

static void watched_free(catga_nats_watched *watched)
{
    free(watched->description);
    free((void *)(uintptr_t)watched->wanted.settings);
    free(watched);
}

static catga_nats_watched *watched_new(const catga_nats_wanted *thing)
{
    catga_nats_watched *watched = calloc(1, sizeof(*watched));
    if (watched == NULL)
        return NULL;
    watched->wanted = *thing;
    watched->wanted.wait_ms = WAIT_MS;
    watched->wanted.settings = NULL;
    watched->description = catga_nats_description(thing);
    catga_nats_wanted copy = *thing;
    if (watched->description != NULL && thing->sort->copy(&copy)) {
        watched->wanted.settings = copy.settings;
        watched->wanted.name = copy.name;
        return watched;
    }
    watched_free(watched);
    return NULL;
}

/* Under the lock. */
static void learn(catga_nats *nats, catga_nats_watched *watched, const catga_nats_found *found)
{
    if (found->nearly_full != watched->found.nearly_full)
        atomic_fetch_add(&nats->nearly_full, found->nearly_full ? 1 : -1);
    watched->found = *found;
    if (watched->stream != NULL)
        memcpy(watched->stream_created, watched->stream->found.created, CATGA_NATS_CREATED);
}

/* ---- Looking ---- */

/* Under the lock: with which message a consumer that is gone goes on; 0: nothing is known of it. */
static uint64_t start_of(const catga_nats_watched *watched)
{
    if (watched->found.created[0] == '\0')
        return 0;
    if (watched->stream != NULL &&
        strcmp(watched->stream->found.created, watched->stream_created) != 0)
        return 1;
    return watched->found.settled + 1;
}

/* There may be an answer the next time. */
static bool is_passing(catga_status status)
{
    return status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED || status == CATGA_OVERLOADED ||
           status == CATGA_NO_JETSTREAM;
}

static void tell(catga_nats *nats, const catga_nats_wanted *thing, catga_connection_event event)
{
    char text[CATGA_NATS_API_SUBJECT];
    snprintf(text, sizeof(text), "%s %s", thing->sort->name, thing->name);
    nats->listener.on_event(nats->listener.user, event, text);
}

/* Once a minute. */
static void tell_unusable(catga_nats *nats, catga_nats_watched *watched, const char *reason,
                          int64_t now)
{
    const catga_nats_wanted *thing = &watched->wanted;
    char text[CATGA_NATS_API_SUBJECT + CATGA_PROBLEM_TEXT];
    if (watched->told_ns != 0 && now - watched->told_ns < REPORT)
        return;
    watched->told_ns = now;
    bool named = strstr(reason, thing->name) != NULL;
    snprintf(text, sizeof(text), "%s%s%s%s%s", named ? "" : thing->sort->name, named ? "" : " ",
             named ? "" : thing->name, named ? "" : ": ", reason);
    nats->listener.on_event(nats->listener.user, CATGA_STORE_UNUSABLE, text);
}

/*
 * A server that deleted the files of the new stream goes on as if it had them. The first message may
 * also have been removed between the two questions: so it has to be missing twice.
 */
static bool has_lost_messages(catga_nats *nats, catga_nats_watched *watched,
                              const catga_nats_found *found, int64_t now)
{
    if (watched->restored_ns == 0 || now - watched->restored_ns >= PROBATION || found->first == 0)
        return watched->unread != 0 && watched->unread == found->first;
    bool lost = catga_nats_has_lost(nats, &watched->wanted, found->first);
    bool before = watched->unread == found->first;
    watched->unread = lost ? found->first : 0;
    return lost && before;
}

static void note_there(catga_nats *nats, catga_nats_watched *watched, const catga_nats_found *found,
                       int64_t now)
{
    watched->missing_ns = 0;
    if (found->made) {
        watched->restored_ns = now;
        watched->unread = 0;
        tell(nats, &watched->wanted, CATGA_STORE_RESTORED);
    }
    if (has_lost_messages(nats, watched, found, now))
        tell_unusable(nats, watched,
                      "the server has lost its files, and what it acknowledges: delete it, and it is "
                      "recreated",
                      now);
    else
        watched->told_ns = 0;
}

static void note_missing(catga_nats *nats, catga_nats_watched *watched, int64_t now)
{
    if (watched->missing_ns != 0)
        return;
    watched->missing_ns = now;
    tell(nats, &watched->wanted, CATGA_STORE_MISSING);
}

static void note(catga_nats *nats, catga_nats_watched *watched, catga_status status,
                 const catga_nats_found *found, const catga_problem *problem)
{
    int64_t now = catga_clock_now();
    if (status == CATGA_OK)
        note_there(nats, watched, found, now);
    else if (status == CATGA_NOT_FOUND)
        note_missing(nats, watched, now);
    else if (!is_passing(status))
        tell_unusable(nats, watched,
                      problem->text[0] == '\0' ? catga_status_text(status) : problem->text, now);
}

/* The server may still be deleting its files. */
static bool is_being_deleted(const catga_nats_watched *watched)
{
    int64_t pause_ns = watched->wanted.sort->pause_ns;
    return pause_ns != 0 && (watched->missing_ns == 0 ||
                             catga_clock_now() - watched->missing_ns < pause_ns);
}

/* Under the lock, which it lets go. A consumer waits for its stream. */
static void look_at(catga_nats *nats, catga_nats_watched *watched)
{
    catga_nats_found found;
    catga_problem problem = {""};
    if (watched->stream != NULL && watched->stream->missing_ns != 0)
        return;
    watched->wanted.start = start_of(watched);
    watched->wanted.only_look = is_being_deleted(watched);
    pthread_mutex_unlock(&nats->lock);
    catga_status status = catga_nats_ensure(nats, &watched->wanted, &found, &problem);
    note(nats, watched, status, &found, &problem);
    pthread_mutex_lock(&nats->lock);
    if (status == CATGA_OK)
        learn(nats, watched, &found);
}

static void look_at_all(catga_nats *nats)
{
    catga_nats_watched *watched;
    TAILQ_FOREACH(watched, &nats->watched, entry)
    {
        if (nats->unwatched || atomic_load(&nats->prompt.connection) == NULL)
            return;
        if (watched->users != 0)
            look_at(nats, watched);
    }
}

static void *run(void *argument)
{
    catga_nats *nats = argument;
    pthread_mutex_lock(&nats->lock);
    int64_t up_ns = nats->prompt.up_ns;
    int64_t due_ns = catga_clock_now() + PERIOD;
    while (!nats->unwatched) {
        bool connected = atomic_load(&nats->prompt.connection) != NULL;
        if (connected && (up_ns != nats->prompt.up_ns || catga_clock_now() >= due_ns)) {
            up_ns = nats->prompt.up_ns;
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
static catga_nats_watched *add(catga_nats *nats, const catga_nats_wanted *thing, bool is_consumer)
{
    if (!nats->watching)
        nats->watching = catga_thread_start(&nats->watcher, run, nats);
    catga_nats_watched *watched = nats->watching ? watched_new(thing) : NULL;
    if (watched == NULL)
        return NULL;
    if (is_consumer)
        watched->stream = stream_of(nats, thing->settings);
    TAILQ_INSERT_TAIL(&nats->watched, watched, entry);
    return watched;
}

/* A stream has one user for ever: whoever publishes to it may do so at any time. */
catga_status catga_nats_watch(catga_nats *nats, const catga_nats_wanted *thing,
                              const catga_nats_found *found, catga_subscription *subscription)
{
    char *description = catga_nats_description(thing);
    if (description == NULL)
        return CATGA_NO_MEMORY;
    pthread_mutex_lock(&nats->lock);
    catga_nats_watched *watched = find(nats, thing->info, description);
    if (watched == NULL)
        watched = add(nats, thing, subscription != NULL);
    if (watched != NULL && watched->users == 0)
        learn(nats, watched, found);
    if (watched != NULL && (subscription != NULL || watched->users == 0))
        watched->users++;
    if (watched != NULL && subscription != NULL)
        subscription->watched = watched;
    pthread_mutex_unlock(&nats->lock);
    free(description);
    return watched != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

bool catga_nats_nearly_full(catga_transport *transport, const char *bucket)
{
    catga_nats *nats = catga_nats_of(transport);
    char info[CATGA_NATS_API_SUBJECT];
    if (atomic_load_explicit(&nats->nearly_full, memory_order_relaxed) == 0)
        return false;
    snprintf(info, sizeof(info), "$JS.API.STREAM.INFO.KV_%s", bucket);
    pthread_mutex_lock(&nats->lock);
    const catga_nats_watched *watched = find(nats, info, NULL);
    bool full = watched != NULL && watched->found.nearly_full;
    pthread_mutex_unlock(&nats->lock);
    return full;
}

void catga_nats_watch_less(catga_nats_watched *watched)
{
    watched->users--;
}

void catga_nats_watch_stop(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    nats->unwatched = true;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
    if (nats->watching)
        pthread_join(nats->watcher, NULL);
    while (!TAILQ_EMPTY(&nats->watched)) {
        catga_nats_watched *watched = TAILQ_FIRST(&nats->watched);
        TAILQ_REMOVE(&nats->watched, watched, entry);
        watched_free(watched);
    }
}
