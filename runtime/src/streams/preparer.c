/* Checks the streams of published events; see preparer.h. */
#include "base/signals.h"
#include "streams/streams.h"

#include <stdint.h>

uint64_t catga_preparer_key(const catga_stream *stream)
{
    return (uint64_t)(uintptr_t)stream;
}

/*
 * A stream that cannot be checked now may well be there: the event's own answer will tell, and a
 * further try asks again.
 */
static catga_call_event outcome_of(catga_status status)
{
    bool later =
        status == CATGA_DISCONNECTED || status == CATGA_TIMEOUT || status == CATGA_OVERLOADED;

    if (status == CATGA_OK || later)
        return (catga_call_event){.kind = CATGA_RETRY_BEGIN};
    return (catga_call_event){.kind = CATGA_RETRY_RESULT, .status = status};
}

/* Under the lock, which is released meanwhile: checks the first stream of the queue. */
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

/* Under the lock. */
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

/* The first look is for events of a stream that is known, the second for one that was just checked.
 */
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
