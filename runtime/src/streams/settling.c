/* Settles events in a thread; see settling.h. */
#include "streams/settling.h"

#include "base/clock.h"
#include "base/running.h"
#include "base/signals.h"
#include "server/service.h"
#include "streams/delivered.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* Pause between two tries of one store: doubled each time, up to the longest. */
#define FIRST_PAUSE   (100 * CATGA_MILLISECOND)
#define LONGEST_PAUSE (5 * CATGA_SECOND)

struct catga_settling_event {
    catga_delivered delivered;
    catga_handling_action action; /* next action */
    int64_t due_ns;
    int64_t pause_ns; /* current pause of its store; 0 after a success */
    uint64_t number;  /* position in the order of arrival */
};

void catga_settling_begin(catga_settling *settling)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&settling->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&settling->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* ---- Pauses ---- */

/* Returns when a drain hands back the event at the latest; CATGA_FOREVER without a drain. */
static int64_t hand_back_time(const catga_settling *settling, const catga_endpoint *endpoint)
{
    int64_t bus_ns = settling->draining ? settling->last_ns : CATGA_FOREVER;
    int64_t service_ns = endpoint->service_instance->hand_back_ns;

    return bus_ns < service_ns ? bus_ns : service_ns;
}

static bool is_storing(const catga_settling_event *event)
{
    return event->action == CATGA_HANDLING_DEAD_LETTER;
}

static const catga_stream *stream_of(const catga_settling_event *event)
{
    return event->delivered.endpoint->handler->message->delivery->stream;
}

/*
 * Returns whether two events wait for the same store. Records and dead letters of a stream are two
 * stores.
 */
static bool same_store(const catga_settling_event *a, const catga_settling_event *b)
{
    return is_storing(a) == is_storing(b) && stream_of(a) == stream_of(b);
}

/* Sets the pause of all events of a store: only one of them tries a store that fails. An event that
 * a drain hands back is due then at the latest. */
static void pause_store(catga_settling *settling, const catga_settling_event *tried,
                        int64_t pause_ns, int64_t due_ns)
{
    for (size_t i = 0; i < settling->count; i++) {
        catga_settling_event *event = &settling->events[i];
        if (!same_store(event, tried))
            continue;
        int64_t last = hand_back_time(settling, event->delivered.endpoint);
        event->pause_ns = pause_ns;
        event->due_ns = due_ns < last ? due_ns : last;
    }
}

/* Gives a new event the pause of its store. */
static void join_store(catga_settling *settling, catga_settling_event *joining)
{
    joining->pause_ns = 0;
    joining->due_ns = 0;
    if (hand_back_time(settling, joining->delivered.endpoint) != CATGA_FOREVER)
        return;
    for (size_t i = 0; i < settling->count; i++) {
        const catga_settling_event *event = &settling->events[i];
        if (event == joining || !same_store(event, joining))
            continue;
        joining->pause_ns = event->pause_ns;
        joining->due_ns = event->due_ns;
        return;
    }
}

/* Varies a pause, so that replicas do not retry together. */
static int64_t with_jitter(int64_t pause_ns)
{
    uint32_t ms = (uint32_t)(pause_ns / CATGA_MILLISECOND);

    return (ms / 2 + arc4random_uniform(ms)) * CATGA_MILLISECOND;
}

static void note_try(catga_settling *settling, catga_settling_event *tried)
{
    int64_t pause = tried->pause_ns * 2;

    if (!tried->delivered.stuck) {
        if (tried->pause_ns != 0)
            pause_store(settling, tried, 0, 0);
        return;
    }
    pause = pause < FIRST_PAUSE ? FIRST_PAUSE : pause > LONGEST_PAUSE ? LONGEST_PAUSE : pause;
    pause_store(settling, tried, pause, catga_clock_now() + with_jitter(pause));
}

/* ---- One event ---- */

/*
 * Returns whether to hand the event back. An event whose end is not recorded would run again in
 * another replica, so it stays longest. The caller holds the lock.
 */
static bool is_to_go(const catga_bus_state *state, const catga_delivered *delivered)
{
    int64_t last = hand_back_time(&state->settling, delivered->endpoint);

    if (last == CATGA_FOREVER || !delivered->stuck)
        return false;
    return !catga_handling_must_record(&delivered->handling) || catga_clock_now() >= last;
}

static void report_unrecorded(const catga_bus_state *state, const catga_delivered *delivered)
{
    catga_running running;

    catga_running_add(&running, state, delivered->endpoint, delivered->event);
    catga_log(&state->settings.logger, CATGA_LOG_ERROR,
              "service: cannot record the end of %s %" PRIu64 " in %s.%s: it may run again: %s",
              delivered->endpoint->handler->message->table->name, delivered->event->sequence,
              delivered->endpoint->service_instance->service->name,
              delivered->endpoint->handler->name, catga_status_text(delivered->status));
    catga_running_remove(&running);
}

static catga_handling_action hand_back(const catga_bus_state *state, catga_delivered *delivered)
{
    if (delivered->handling.phase == CATGA_HANDLING_ENDING)
        report_unrecorded(state, delivered);
    return catga_handling_step(&delivered->handling, CATGA_HANDLING_HANDED_BACK, 0);
}

static void remove_event(catga_settling *settling, catga_settling_event *event)
{
    settling->bytes -= event->delivered.event->length;
    *event = settling->events[--settling->count];
}

/*
 * Does the next action of an event. The caller holds the lock, which is released meanwhile. Only
 * this thread removes events, so the event stays in its slot.
 */
static void work_on(catga_bus_state *state, catga_settling_event *event)
{
    catga_settling *settling = &state->settling;
    catga_settling_event tried = *event;

    pthread_mutex_unlock(&settling->lock);
    catga_handling_action next = catga_delivered_follow(&tried.delivered, tried.action);
    pthread_mutex_lock(&settling->lock);
    event->delivered = tried.delivered;
    note_try(settling, event);
    if (is_to_go(state, &event->delivered))
        next = hand_back(state, &event->delivered);
    bool moves = next == CATGA_HANDLING_DEAD_LETTER && !is_storing(event);
    event->action = next;
    if (moves)
        join_store(settling, event);
    if (catga_handling_is_behind_run(&event->delivered.handling))
        return;
    tried = *event;
    remove_event(settling, event);
    pthread_mutex_unlock(&settling->lock);
    catga_delivered_settle(&tried.delivered, next);
    pthread_mutex_lock(&settling->lock);
}

/* ---- The thread ---- */

static bool is_before(const catga_settling_event *a, const catga_settling_event *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->number < b->number;
}

static catga_settling_event *first_due(const catga_settling *settling)
{
    catga_settling_event *first = NULL;

    for (size_t i = 0; i < settling->count; i++)
        if (first == NULL || is_before(&settling->events[i], first))
            first = &settling->events[i];
    return first;
}

static void wait_until(catga_settling *settling, int64_t due_ns)
{
    struct timespec end = catga_clock_timespec(due_ns);

    (void)pthread_cond_timedwait(&settling->changed, &settling->lock, &end);
}

static void *run(void *argument)
{
    catga_bus_state *state = argument;
    catga_settling *settling = &state->settling;

    pthread_mutex_lock(&settling->lock);
    while (!settling->ending) {
        catga_settling_event *event = first_due(settling);
        if (event == NULL)
            pthread_cond_wait(&settling->changed, &settling->lock);
        else if (event->due_ns > catga_clock_now())
            wait_until(settling, event->due_ns);
        else
            work_on(state, event);
    }
    pthread_mutex_unlock(&settling->lock);
    return NULL;
}

bool catga_settling_start(catga_bus_state *state)
{
    catga_settling *settling = &state->settling;

    pthread_mutex_lock(&settling->lock);
    if (settling->events == NULL)
        settling->events = calloc(CATGA_SETTLING_EVENTS, sizeof settling->events[0]);
    if (settling->events != NULL && !settling->running)
        settling->running = catga_thread_start(&settling->thread, run, state);
    pthread_mutex_unlock(&settling->lock);
    return settling->running;
}

void catga_settling_end(catga_bus_state *state)
{
    catga_settling *settling = &state->settling;

    pthread_mutex_lock(&settling->lock);
    settling->ending = true;
    pthread_cond_signal(&settling->changed);
    pthread_mutex_unlock(&settling->lock);
    if (settling->running)
        pthread_join(settling->thread, NULL);
    free(settling->events);
    pthread_cond_destroy(&settling->changed);
    pthread_mutex_destroy(&settling->lock);
}

/* ---- Handlers' threads ---- */

/* Takes over the event and its next action. Returns false if there is no room. */
static bool take(catga_bus_state *state, const catga_delivered *delivered,
                 catga_handling_action action)
{
    catga_settling *settling = &state->settling;
    size_t length = delivered->event->length;

    pthread_mutex_lock(&settling->lock);
    bool fits = settling->count == 0 ||
                (settling->count < CATGA_SETTLING_EVENTS && length <= CATGA_SETTLING_BYTES &&
                 settling->bytes <= CATGA_SETTLING_BYTES - length);
    if (fits) {
        catga_settling_event *event = &settling->events[settling->count++];
        event->delivered = *delivered;
        event->action = action;
        event->number = settling->number++;
        settling->bytes += length;
        join_store(settling, event);
        pthread_cond_signal(&settling->changed);
    }
    pthread_mutex_unlock(&settling->lock);
    return fits;
}

static bool may_wait(catga_bus_state *state, const catga_delivered *delivered)
{
    pthread_mutex_lock(&state->settling.lock);
    bool goes = is_to_go(state, delivered);
    pthread_mutex_unlock(&state->settling.lock);
    return !goes;
}

catga_handling_action catga_settling_record(catga_bus_state *state, catga_delivered *delivered,
                                            catga_handling_action action)
{
    while (action == CATGA_HANDLING_READ || action == CATGA_HANDLING_WRITE) {
        action = catga_delivered_follow(delivered, action);
        if (!delivered->stuck)
            continue;
        if (!may_wait(state, delivered))
            return hand_back(state, delivered);
        nanosleep(&(struct timespec){.tv_nsec = FIRST_PAUSE}, NULL);
    }
    return action;
}

/* Settles an event in this thread. A callback may not wait: this thread may have to call it before
 * there is room. The event goes back to the server instead. */
static catga_handling_action finish_here(catga_bus_state *state, catga_delivered *delivered,
                                         catga_handling_action action)
{
    if (catga_running_in_callback(state)) {
        delivered->status = CATGA_WOULD_DEADLOCK;
        return hand_back(state, delivered);
    }
    action = catga_settling_record(state, delivered, action);
    return action == CATGA_HANDLING_DEAD_LETTER ? hand_back(state, delivered) : action;
}

void catga_settling_finish(catga_bus_state *state, catga_delivered *delivered,
                           catga_handling_action action)
{
    if (catga_handling_is_behind_run(&delivered->handling)) {
        if (take(state, delivered, action))
            return;
        action = finish_here(state, delivered, action);
    }
    catga_delivered_settle(delivered, action);
}

bool catga_settling_has(catga_bus_state *state, const catga_endpoint *endpoint,
                        const catga_incoming *event)
{
    catga_settling *settling = &state->settling;
    bool found = false;

    if (atomic_load_explicit(&settling->count, memory_order_relaxed) == 0)
        return false;
    pthread_mutex_lock(&settling->lock);
    for (size_t i = 0; !found && i < settling->count; i++) {
        const catga_delivered *delivered = &settling->events[i].delivered;
        found = delivered->endpoint == endpoint && delivered->event->sequence == event->sequence &&
                delivered->event->stored_ns == event->stored_ns;
    }
    pthread_mutex_unlock(&settling->lock);
    return found;
}

int64_t catga_settling_hand_back_ns(catga_bus_state *state, const catga_endpoint *endpoint)
{
    pthread_mutex_lock(&state->settling.lock);
    int64_t last_ns = hand_back_time(&state->settling, endpoint);
    pthread_mutex_unlock(&state->settling.lock);
    return last_ns;
}

/* Has the thread try all events now. The caller holds the lock. */
static void try_all_now(catga_settling *settling)
{
    for (size_t i = 0; i < settling->count; i++)
        settling->events[i].due_ns = 0;
    pthread_cond_signal(&settling->changed);
}

void catga_settling_drain(catga_bus_state *state, int64_t last_ns)
{
    catga_settling *settling = &state->settling;

    pthread_mutex_lock(&settling->lock);
    settling->draining = true;
    settling->last_ns = last_ns;
    try_all_now(settling);
    pthread_mutex_unlock(&settling->lock);
}

void catga_settling_drain_service(catga_bus_state *state, catga_service_instance *service_instance,
                                  int64_t last_ns)
{
    catga_settling *settling = &state->settling;

    pthread_mutex_lock(&settling->lock);
    service_instance->hand_back_ns = last_ns;
    try_all_now(settling);
    pthread_mutex_unlock(&settling->lock);
}
