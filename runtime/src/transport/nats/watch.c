/*
 * What has been made is watched: a stream, bucket or consumer that an operator deletes, or that the
 * server forgets or has lost, is made again as it was at first. One thread looks at each of them, after
 * every reconnect and every few seconds; what is there but different it leaves alone.
 *
 * A consumer goes on where it was when it was looked at last: before that, all is settled. What has
 * been settled since comes again. In a stream that was gone too, all is new.
 */
#include "transport/nats/nats_transport.h"

#include "base/clock.h"
#include "base/signals.h"

#include <stdio.h>
#include <stdlib.h>

#define PERIOD (3 * CATGA_SECOND)

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

    bool told; /* the watcher's: that it cannot be used */
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
static void learn(catga_nats_watched *watched, const catga_nats_found *found)
{
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

static void tell_restored(catga_nats *nats, const catga_nats_wanted *thing)
{
    char text[CATGA_NATS_API_SUBJECT];
    snprintf(text, sizeof(text), "%s %s", thing->sort->name, thing->name);
    nats->listener.on_event(nats->listener.user, CATGA_STORE_RESTORED, text);
}

static void tell_unusable(catga_nats *nats, const catga_nats_wanted *thing, catga_status status,
                          const catga_problem *problem)
{
    char text[CATGA_NATS_API_SUBJECT];
    snprintf(text, sizeof(text), "%s %s: %s", thing->sort->name, thing->name, catga_status_text(status));
    nats->listener.on_event(nats->listener.user, CATGA_STORE_UNUSABLE,
                            problem->text[0] == '\0' ? text : problem->text);
}

/* Under the lock, which it lets go. */
static void look_at(catga_nats *nats, catga_nats_watched *watched)
{
    catga_nats_found found;
    catga_problem problem = {""};
    watched->wanted.start = start_of(watched);
    pthread_mutex_unlock(&nats->lock);
    catga_status status = catga_nats_ensure(nats, &watched->wanted, &found, &problem);
    if (status == CATGA_OK && found.made)
        tell_restored(nats, &watched->wanted);
    else if (status != CATGA_OK && !is_passing(status) && !watched->told)
        tell_unusable(nats, &watched->wanted, status, &problem);
    watched->told = status != CATGA_OK && (watched->told || !is_passing(status));
    pthread_mutex_lock(&nats->lock);
    if (status == CATGA_OK)
        learn(watched, &found);
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
        learn(watched, found);
    if (watched != NULL && (subscription != NULL || watched->users == 0))
        watched->users++;
    if (watched != NULL && subscription != NULL)
        subscription->watched = watched;
    pthread_mutex_unlock(&nats->lock);
    free(description);
    return watched != NULL ? CATGA_OK : CATGA_NO_MEMORY;
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
