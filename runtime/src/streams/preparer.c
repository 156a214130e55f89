/* Prepares the streams of published events; see preparer.h. */
#include "base/signals.h"
#include "streams/streams.h"

#include <stdint.h>

uint64_t catga_preparer_key(const catga_stream *stream)
{
    return (uint64_t)(uintptr_t)stream;
}

/*
 * Returns the event for calls that wait. A stream that cannot be verified now may exist: the
 * event's own answer decides, and its next try asks again.
 */
static catga_call_event outcome_of(catga_status status)
{
    bool later =
        status == CATGA_DISCONNECTED || status == CATGA_TIMEOUT || status == CATGA_OVERLOADED;

    if (status == CATGA_OK || later)
        return (catga_call_event){.kind = CATGA_RETRY_BEGIN};
    return (catga_call_event){.kind = CATGA_RETRY_RESULT, .status = status};
}

/*
 * Prepares the first stream of the queue. The caller holds the lock, which is released meanwhile.
 */
static void check_next(catga_bus_state *state)
{
    catga_preparer *preparer = &state->preparer;
    const catga_stream *stream = preparer->queue[0];
    catga_problem problem = {""};

    pthread_mutex_unlock(&preparer->lock);
    catga_status status = catga_streams_prepare(state, stream, &problem);
    pthread_mutex_lock(&preparer->lock);
    preparer->count--;
    memmove(preparer->queue, preparer->queue + 1, preparer->count * sizeof preparer->queue[0]);
    if (status != CATGA_OK) {
        preparer->failed = stream;
        preparer->problem = problem;
    }
    pthread_mutex_unlock(&preparer->lock);
    const catga_call_event event = outcome_of(status);
    catga_calls_tell(&state->calls, catga_preparer_key(stream), &event);
    pthread_mutex_lock(&preparer->lock);
}

static void *run(void *argument)
{
    catga_bus_state *state = argument;
    catga_preparer *preparer = &state->preparer;

    pthread_mutex_lock(&preparer->lock);
    while (!preparer->ending) {
        if (preparer->count == 0)
            pthread_cond_wait(&preparer->changed, &preparer->lock);
        else
            check_next(state);
    }
    pthread_mutex_unlock(&preparer->lock);
    return NULL;
}

/* Appends a stream, and starts the thread. The caller holds the lock. */
static catga_status enqueue(catga_bus_state *state, const catga_stream *stream)
{
    catga_preparer *preparer = &state->preparer;

    for (size_t i = 0; i < preparer->count; i++)
        if (preparer->queue[i] == stream)
            return CATGA_IN_PROGRESS;
    if (preparer->ending)
        return CATGA_CLOSED;
    if (preparer->count == CATGA_PREPARER_QUEUE)
        return CATGA_OVERLOADED;
    if (!preparer->running)
        preparer->running = catga_thread_start(&preparer->thread, run, state);
    if (!preparer->running)
        return CATGA_NO_MEMORY;
    preparer->queue[preparer->count++] = stream;
    pthread_cond_broadcast(&preparer->changed);
    return CATGA_IN_PROGRESS;
}

/* Checks without the lock for known streams, and with the lock for one that was just prepared. */
catga_status catga_preparer_ask(catga_bus_state *state, const catga_stream *stream)
{
    catga_status status = CATGA_OK;

    if (catga_streams_is_prepared(state, stream))
        return CATGA_OK;
    pthread_mutex_lock(&state->preparer.lock);
    if (!catga_streams_is_prepared(state, stream))
        status = enqueue(state, stream);
    pthread_mutex_unlock(&state->preparer.lock);
    return status;
}

void catga_preparer_explain(catga_preparer *preparer, const catga_stream *stream,
                            catga_problem *problem)
{
    pthread_mutex_lock(&preparer->lock);
    if (preparer->failed == stream)
        *problem = preparer->problem;
    pthread_mutex_unlock(&preparer->lock);
}

void catga_preparer_begin(catga_preparer *preparer)
{
    pthread_mutex_init(&preparer->lock, NULL);
    pthread_cond_init(&preparer->changed, NULL);
}

void catga_preparer_end(catga_preparer *preparer)
{
    pthread_mutex_lock(&preparer->lock);
    preparer->ending = true;
    pthread_cond_broadcast(&preparer->changed);
    pthread_mutex_unlock(&preparer->lock);
    if (preparer->running)
        pthread_join(preparer->thread, NULL);
    preparer->running = false;
}
