/* Begins and ends readers. A thread, which the first reader starts, replaces the consumer of a
 * reader when messages are missing, when the consumer is silent, and after each reconnect: a
 * restarted server has forgotten it. */
#include "transport/nats/readers.h"

#include "base/clock.h"
#include "base/signals.h"
#include "transport/nats/api.h"
#include "transport/nats/reader.h"
#include "transport/nats/subscription.h"
#include "transport/validate.h"

#include <stdio.h>
#include <stdlib.h>

/* A consumer that misses two heartbeats counts as lost. */
#define SILENCE (2 * CATGA_NATS_READER_HEARTBEAT + CATGA_SECOND)

/* Pauses between attempts to replace a consumer (nats.rs#1596, openobserve#13594: consumers were
 * recreated in a storm). A consumer that lives longer than the longest resets the pause. */
#define PAUSE_FIRST   CATGA_SECOND
#define PAUSE_LONGEST (30 * CATGA_SECOND)

/* pause between two reports of a reader that cannot read */
#define REPORT (60 * CATGA_SECOND)

/* pause between two looks at a subscription that a new connection does not have yet */
#define SUBSCRIBES_SOON (10 * CATGA_MILLISECOND)

/* pause after a function of a reader was found to run, so that its consumer was not replaced */
#define FUNCTION_RUNS (50 * CATGA_MILLISECOND)

enum { WAIT_MS = 1000 };

/* ---- Replacing consumers ---- */

/* Plans the attempt after that of `now`. */
static void plan(catga_reader *reader, int64_t now)
{
    int64_t pause_ns = reader->pause_ns;

    reader->next_ns = now + pause_ns;
    if (pause_ns != 0) /* half is random, so that many readers do not return at once */
        reader->next_ns -= arc4random_uniform((uint32_t)(pause_ns / 2 / 1000)) * INT64_C(1000);
    reader->pause_ns = pause_ns == 0                  ? PAUSE_FIRST
                       : pause_ns > PAUSE_LONGEST / 2 ? PAUSE_LONGEST
                                                      : pause_ns * 2;
}

/* Reports a reader that cannot read, once a minute. */
static void tell_unusable(catga_nats *nats, catga_reader *reader, catga_status status,
                          const catga_problem *problem, int64_t now)
{
    char text[CATGA_NATS_API_SUBJECT + CATGA_PROBLEM_TEXT];
    bool is_transient = status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
                        status == CATGA_OVERLOADED || status == CATGA_NO_JETSTREAM;

    if (is_transient || (reader->told_ns != 0 && now - reader->told_ns < REPORT))
        return;
    reader->told_ns = now;
    snprintf(text, sizeof text, "reader of %s in stream %s: %s", reader->settings.subject,
             reader->settings.stream,
             problem->text[0] == '\0' ? catga_status_text(status) : problem->text);
    nats->listener.on_event(nats->listener.user, CATGA_STORAGE_UNUSABLE, text);
}

/* Called under the lock, which it releases meanwhile. */
static void replace(catga_nats *nats, catga_reader *reader)
{
    catga_problem problem = {""};
    int64_t now = catga_clock_now();

    if (now - reader->next_ns > PAUSE_LONGEST)
        reader->pause_ns = 0;
    reader->is_busy = true;
    pthread_mutex_unlock(&nats->lock);
    catga_status status = catga_nats_reader_recreate(reader, WAIT_MS, &problem);
    if (status == CATGA_OK)
        reader->told_ns = 0;
    else if (status != CATGA_IN_PROGRESS)
        tell_unusable(nats, reader, status, &problem, now);
    pthread_mutex_lock(&nats->lock);
    if (status == CATGA_IN_PROGRESS)
        reader->next_ns = now + FUNCTION_RUNS;
    else
        plan(reader, now);
    reader->is_busy = false;
    pthread_cond_broadcast(&nats->changed);
}

/* A new connection has no consumer, and does not count as a failure of the reader. */
static void note_connection(catga_reader *reader, int64_t up_ns, int64_t now)
{
    if (reader->up_ns == up_ns)
        return;
    reader->up_ns = up_ns;
    reader->next_ns = now;
    reader->pause_ns = 0;
    atomic_store(&reader->is_lost, true);
}

/* Returns the time at which the reader must be looked at; `now` or before: its consumer must be
 * replaced. Called under the lock, while there is a connection. */
static int64_t due(catga_nats *nats, catga_reader *reader, int64_t now)
{
    note_connection(reader, nats->link.up_ns, now);
    int64_t silent_ns = atomic_load(&reader->heard_ns) + SILENCE;
    if (atomic_load(&reader->running))
        silent_ns = now + SILENCE;
    else if (now >= silent_ns)
        atomic_store(&reader->is_lost, true);
    if (!atomic_load(&reader->is_lost))
        return silent_ns;
    return reader->subscription->native == NULL ? now + SUBSCRIBES_SOON : reader->next_ns;
}

/* Returns a reader whose consumer must be replaced now; NULL: none, and *next_ns is the time of the
 * next look. Called under the lock. */
static catga_reader *find_due(catga_nats *nats, int64_t now, int64_t *next_ns)
{
    catga_reader *reader;

    *next_ns = CATGA_FOREVER;
    if (!catga_nats_link_is_up(&nats->link))
        return NULL;
    TAILQ_FOREACH(reader, &nats->readers, entry)
    {
        int64_t due_ns = due(nats, reader, now);
        if (due_ns <= now)
            return reader;
        if (due_ns < *next_ns)
            *next_ns = due_ns;
    }
    return NULL;
}

static void *run(void *argument)
{
    catga_nats *nats = argument;
    int64_t next_ns;

    pthread_mutex_lock(&nats->lock);
    while (!nats->readers_end) {
        catga_reader *reader = find_due(nats, catga_clock_now(), &next_ns);
        struct timespec next = catga_clock_timespec(next_ns);
        if (reader != NULL)
            replace(nats, reader);
        else if (next_ns == CATGA_FOREVER)
            pthread_cond_wait(&nats->changed, &nats->lock);
        else
            pthread_cond_timedwait(&nats->changed, &nats->lock, &next);
    }
    pthread_mutex_unlock(&nats->lock);
    nats_ReleaseThreadMemory();
    return NULL;
}

void catga_nats_readers_stop(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    nats->readers_end = true;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
    if (nats->has_readers_thread)
        pthread_join(nats->readers_thread, NULL);
}

/* ---- Begin and end ---- */

static void reader_free(catga_reader *reader)
{
    free((void *)(uintptr_t)reader->settings.stream);
    free((void *)(uintptr_t)reader->settings.subject);
    free(reader);
}

static catga_reader *reader_new(catga_nats *nats, const catga_reader_settings *settings)
{
    catga_reader *reader = calloc(1, sizeof *reader);

    if (reader == NULL)
        return NULL;
    reader->owner = nats;
    reader->settings = *settings;
    reader->settings.stream = strdup(settings->stream);
    reader->settings.subject = strdup(settings->subject);
    catga_nats_inbox_name(reader->inbox);
    if (reader->settings.stream != NULL && reader->settings.subject != NULL)
        return reader;
    reader_free(reader);
    return NULL;
}

static catga_status subscribe(catga_reader *reader)
{
    const catga_subscription_options options = {
        .subject = reader->inbox, .receive = catga_nats_reader_receive, .user = reader};

    return catga_nats_subscribe_inbox(reader->owner, &options, &reader->subscription);
}

static void unsubscribe(catga_reader *reader)
{
    catga_transport *transport = &reader->owner->transport;

    while (catga_nats_drain(transport, reader->subscription, WAIT_MS) != CATGA_OK)
        continue;
    catga_nats_unsubscribe(transport, reader->subscription);
}

/* Has the thread look after the reader from now on. Returns false without a thread. */
static bool add(catga_nats *nats, catga_reader *reader)
{
    pthread_mutex_lock(&nats->lock);
    if (!nats->has_readers_thread)
        nats->has_readers_thread = catga_thread_start(&nats->readers_thread, run, nats);
    bool added = nats->has_readers_thread;
    if (added) {
        TAILQ_INSERT_TAIL(&nats->readers, reader, entry);
        pthread_cond_broadcast(&nats->changed);
    }
    pthread_mutex_unlock(&nats->lock);
    return added;
}

static catga_status begin(catga_nats *nats, catga_reader *reader, catga_problem *problem)
{
    pthread_mutex_lock(&nats->lock);
    reader->up_ns = nats->link.up_ns;
    bool is_up = catga_nats_link_is_up(&nats->link);
    pthread_mutex_unlock(&nats->lock);
    if (!is_up)
        return CATGA_DISCONNECTED;
    catga_status status = catga_nats_reader_create(reader, CATGA_NATS_API_WAIT_MS, problem);
    if (status == CATGA_OK && !add(nats, reader))
        status = CATGA_NO_MEMORY;
    return status;
}

/* Waits for a function of the reader that runs: it uses the name of the consumer. */
static void end(catga_reader *reader)
{
    atomic_store(&reader->stopped, true);
    while (sem_wait(&reader->subscription->delivery_lock) != 0)
        continue; /* interrupted */
    catga_nats_reader_delete(reader);
    sem_post(&reader->subscription->delivery_lock);
    unsubscribe(reader);
    reader_free(reader);
}

catga_status catga_nats_read(catga_transport *transport, const catga_reader_settings *settings,
                             catga_reader **reader, catga_problem *problem)
{
    catga_nats *nats = catga_nats_of(transport);

    *reader = NULL;
    if (!catga_subject_valid(settings->stream) || strchr(settings->stream, '.') != NULL ||
        !catga_pattern_valid(settings->subject))
        return CATGA_INVALID_ARGUMENT;
    catga_reader *begun = reader_new(nats, settings);
    if (begun == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = subscribe(begun);
    if (status != CATGA_OK) {
        reader_free(begun);
        return status;
    }
    status = begin(nats, begun, problem);
    if (status == CATGA_OK)
        *reader = begun;
    else
        end(begun);
    return status;
}

void catga_nats_end_read(catga_transport *transport, catga_reader *reader)
{
    catga_nats *nats = catga_nats_of(transport);

    pthread_mutex_lock(&nats->lock);
    while (reader->is_busy)
        pthread_cond_wait(&nats->changed, &nats->lock);
    TAILQ_REMOVE(&nats->readers, reader, entry);
    pthread_mutex_unlock(&nats->lock);
    end(reader);
}
