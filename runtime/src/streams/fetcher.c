/* Passes fetched events to the program; see fetcher.h. */
#include "streams/fetcher.h"

#include "base/clock.h"
#include "observe/hooks.h"
#include "streams/settling.h"

#include <stdlib.h>

/* Pause at least before an event that no thread waits for is redelivered, perhaps to this program
 * again. */
enum { UNWANTED_MS = 100, NO_MEMORY_MS = 1000 };

/* ---- Lifetime ---- */

/* Drops a reference. The caller holds the lock, which is released. */
static void release(catga_fetcher *fetcher)
{
    bool is_last = --fetcher->references == 0;

    pthread_mutex_unlock(&fetcher->lock);
    if (!is_last)
        return;
    pthread_cond_destroy(&fetcher->changed);
    pthread_mutex_destroy(&fetcher->lock);
    catga_process_end(&fetcher->process);
    free(fetcher);
}

/* No caller can enter any more. */
static void end(catga_receiver *receiver)
{
    catga_fetcher *fetcher = (catga_fetcher *)receiver;
    catga_fetchers *fetchers = &fetcher->state->fetchers;

    pthread_mutex_lock(&fetchers->lock);
    if (fetcher->is_open)
        LIST_REMOVE(fetcher, entry);
    pthread_mutex_unlock(&fetchers->lock);
    pthread_mutex_lock(&fetcher->lock);
    release(fetcher);
}

/* Hands an event back to the server, which delivers it again after `delay_ns`. */
static void hand_back(catga_bus_state *state, catga_incoming *event, int64_t delay_ns)
{
    (void)state->transport->streams->settle(state->transport, event, CATGA_SETTLE_RETRY, delay_ns);
    state->operations->release(event);
}

/* Returns in how many nanoseconds the server knows no request any more. A server before 2.10.16
 * may lose an event that goes back while it knows only requests of a subscription that has ended:
 * it redelivers that one after ack_wait, and the event before it as if that were new (nats-server
 * pull request 5305). So a fetcher that closes keeps its subscription, and events, for so long. */
static int64_t requested_for_ns(const catga_fetcher *fetcher)
{
    int64_t left_ns = atomic_load(&fetcher->wanted.requested_until_ns) - catga_clock_now();

    return left_ns > 0 ? left_ns : 0;
}

/* ---- Arriving events ---- */

/* Appends a text to the bytes of an event, at *end. */
static catga_string keep_text(char **end, catga_string text)
{
    catga_string kept = {*end, text.length};

    if (text.length != 0)
        memcpy(*end, text.data, text.length);
    (*end)[text.length] = '\0';
    *end += text.length + 1;
    return kept;
}

static void copy(catga_held *held, catga_context *context, catga_bytes payload,
                 const uint8_t *table)
{
    const catga_incoming *event = held->delivered.event;
    char *end = (char *)held->bytes + payload.length;

    memcpy(held->bytes, payload.data, payload.length);
    held->copy = (catga_fetched){.table = held->bytes + (table - payload.data),
                                 .subject = keep_text(&end, event->subject),
                                 .message_id = keep_text(&end, catga_context_message_id(context)),
                                 .traceparent = keep_text(&end, catga_context_traceparent(context)),
                                 .sequence = event->sequence,
                                 .stored_ns = event->stored_ns,
                                 .attempt = held->delivered.handling.attempt,
                                 .held = held};
}

/* Copies a verified event. Returns NULL without memory. */
static catga_held *hold(catga_fetcher *fetcher, catga_context *context,
                        const catga_delivered *delivered, const uint8_t *table)
{
    catga_bytes payload = catga_context_payload(context);
    size_t texts = delivered->event->subject.length + catga_context_message_id(context).length +
                   catga_context_traceparent(context).length + 3;
    catga_held *held = malloc(sizeof *held + payload.length + texts);

    if (held == NULL)
        return NULL;
    held->fetcher = fetcher;
    held->is_back = false;
    held->delivered = *delivered;
    copy(held, context, payload, table);
    return held;
}

static bool is_wanted(catga_fetcher *fetcher)
{
    pthread_mutex_lock(&fetcher->lock);
    bool is_wanted = atomic_load(&fetcher->wanted.count) > 0 && !fetcher->is_closing;
    pthread_mutex_unlock(&fetcher->lock);
    return is_wanted;
}

/* Returns the pause before an event that no thread waits for is redelivered. When the service
 * stops, it is longer, because the subscription still receives what was requested. */
static int64_t unwanted_ns(catga_fetcher *fetcher)
{
    int64_t shortest_ns = UNWANTED_MS * CATGA_MILLISECOND;

    pthread_mutex_lock(&fetcher->lock);
    int64_t left_ns = fetcher->is_closing ? requested_for_ns(fetcher) : 0;
    pthread_mutex_unlock(&fetcher->lock);
    return left_ns > shortest_ns ? left_ns : shortest_ns;
}

/* Gives an event to the callers. Returns false if none waits any more. */
static bool give(catga_fetcher *fetcher, catga_held *held)
{
    pthread_mutex_lock(&fetcher->lock);
    bool has_caller = atomic_load(&fetcher->wanted.count) > 0 && !fetcher->is_closing;
    if (has_caller) {
        TAILQ_INSERT_TAIL(&fetcher->arrived, held, entry);
        atomic_fetch_sub(&fetcher->wanted.count, 1);
        fetcher->count++;
        fetcher->references++;
        pthread_cond_broadcast(&fetcher->changed);
    }
    pthread_mutex_unlock(&fetcher->lock);
    return has_caller;
}

/* Follows the rules of attempts until the program may get the event, or has to settle it. */
static catga_handling_action follow(catga_delivered *delivered, bool is_valid)
{
    catga_handling_action action =
        catga_handling_received(&delivered->handling, delivered->event->deliveries, is_valid);

    while (action != CATGA_HANDLING_RUN && catga_handling_may_run(&delivered->handling))
        action = catga_delivered_follow(delivered, action);
    return action;
}

/* Ends an event that the program does not get. */
static void end_unfetched(catga_context *context, catga_delivered *delivered,
                          catga_handling_action action, catga_status outcome)
{
    context->outcome = outcome;
    if (outcome == CATGA_BAD_MESSAGE)
        context->verdict = CATGA_COUNTER_bad_messages;
    catga_hook_handling_begins(context);
    catga_hook_handling_ends(context);
    catga_context_end(context);
    catga_settling_finish(context->state, delivered, action);
}

/* Passes an event to the program, unless that does not wait for it any more. */
static void pass(catga_fetcher *fetcher, catga_context *context, catga_delivered *delivered,
                 const uint8_t *table)
{
    catga_held *held = hold(fetcher, context, delivered, table);

    catga_context_end(context);
    if (held != NULL && give(fetcher, held))
        return;
    int64_t pause_ms = held == NULL ? NO_MEMORY_MS : unwanted_ns(fetcher) / CATGA_MILLISECOND;
    free(held);
    catga_handling_action action =
        catga_handling_step(&delivered->handling, CATGA_HANDLING_NOT_RUN, pause_ms);
    catga_settling_finish(context->state, delivered, action);
}

static void take_in(catga_fetcher *fetcher, catga_incoming *event)
{
    catga_endpoint *endpoint = fetcher->receiver.endpoint;
    catga_context context;
    catga_delivered delivered;
    const uint8_t *table;

    catga_context_begin(&context, endpoint, event);
    catga_delivered_begin(&delivered, endpoint, event);
    catga_status status = catga_context_open(&context, &table, &delivered.problem);
    if (status == CATGA_NO_MEMORY) {
        catga_context_end(&context);
        hand_back(context.state, event, NO_MEMORY_MS * CATGA_MILLISECOND);
        return;
    }
    catga_handling_action action = follow(&delivered, status == CATGA_OK);
    if (action == CATGA_HANDLING_RUN)
        pass(fetcher, &context, &delivered, table);
    else
        end_unfetched(&context, &delivered, action, status);
}

/* Receives an event in the worker of the consumer. */
static void receive(void *user, catga_incoming *event)
{
    catga_endpoint *endpoint = user;
    catga_fetcher *fetcher = (catga_fetcher *)endpoint->receiver;
    catga_bus_state *state = endpoint->service_instance->state;

    if (catga_settling_has(state, endpoint, event))
        state->operations->release(event);
    else if (is_wanted(fetcher))
        take_in(fetcher, event);
    else
        hand_back(state, event, unwanted_ns(fetcher));
}

/* ---- The end of a service ---- */

static bool is_idle(const catga_fetcher *fetcher)
{
    return TAILQ_EMPTY(&fetcher->callers) && fetcher->settling == 0 && fetcher->count == 0;
}

/* Hands back the events of the program, which keeps their copies. The caller holds the lock. */
static void return_held(catga_fetcher *fetcher)
{
    catga_held *held;

    while ((held = TAILQ_FIRST(&fetcher->held)) != NULL) {
        TAILQ_REMOVE(&fetcher->held, held, entry);
        fetcher->count--;
        held->is_back = true;
        hand_back(fetcher->state, held->delivered.event, requested_for_ns(fetcher));
    }
}

/* Wakes the callers, which take what has arrived and leave. Returns whether the subscription may be
 * drained. */
static bool drain(catga_receiver *receiver, int wait_ms)
{
    catga_fetcher *fetcher = (catga_fetcher *)receiver;
    const catga_bus_state *state = fetcher->state;
    int64_t last_ns = catga_settling_hand_back_ns(fetcher->state, receiver->endpoint);
    int64_t end_ns = catga_clock_now() + wait_ms * CATGA_MILLISECOND;
    struct timespec until = catga_clock_timespec(end_ns < last_ns ? end_ns : last_ns);

    pthread_mutex_lock(&fetcher->lock);
    fetcher->is_closing = true;
    pthread_cond_broadcast(&fetcher->changed);
    bool in_time = wait_ms > 0;
    while (in_time && !(is_idle(fetcher) && requested_for_ns(fetcher) == 0))
        in_time = pthread_cond_timedwait(&fetcher->changed, &fetcher->lock, &until) == 0;
    bool is_late = catga_clock_now() >= last_ns || catga_bus_is_ending(state);
    if (is_late)
        return_held(fetcher);
    bool is_done = is_idle(fetcher) && (is_late || requested_for_ns(fetcher) == 0);
    pthread_mutex_unlock(&fetcher->lock);
    return is_done;
}

catga_fetcher *catga_fetcher_new(catga_bus_state *state, const catga_service *service)
{
    catga_fetcher *made = calloc(1, sizeof *made);
    pthread_condattr_t monotonic;

    if (made == NULL)
        return NULL;
    made->receiver =
        (catga_receiver){.receive = receive, .wanted = &made->wanted, .drain = drain, .end = end};
    made->state = state;
    made->service = service;
    catga_process_begin(&made->process);
    pthread_mutex_init(&made->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&made->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    TAILQ_INIT(&made->arrived);
    TAILQ_INIT(&made->held);
    TAILQ_INIT(&made->callers);
    made->references = 1;
    return made;
}

/* ---- Callers ---- */

void catga_fetcher_open(catga_fetcher *fetcher)
{
    catga_fetchers *fetchers = &fetcher->state->fetchers;

    pthread_mutex_lock(&fetchers->lock);
    LIST_INSERT_HEAD(&fetchers->list, fetcher, entry);
    fetcher->is_open = true;
    pthread_mutex_unlock(&fetchers->lock);
}

/* The caller holds the lock of the list. Nobody enters while the service stops, so that a stop ends
 * when the last caller leaves. */
static catga_status enter(catga_fetcher *fetcher, catga_fetch_caller *caller)
{
    pthread_mutex_lock(&fetcher->lock);
    bool is_closing = fetcher->is_closing;
    if (!is_closing)
        TAILQ_INSERT_TAIL(&fetcher->callers, caller, entry);
    pthread_mutex_unlock(&fetcher->lock);
    return is_closing ? CATGA_DRAINING : CATGA_OK;
}

/* The caller holds the lock of the list. Returns NULL if none is open. */
static catga_fetcher *find(const catga_bus_state *state, const catga_service *service)
{
    catga_fetcher *at;

    LIST_FOREACH(at, &state->fetchers.list, entry)
    {
        if (at->service == service)
            return at;
    }
    return NULL;
}

catga_status catga_fetcher_enter(catga_bus_state *state, const catga_service *service,
                                 catga_fetch_caller *caller, catga_fetcher **entered)
{
    pthread_mutex_lock(&state->fetchers.lock);
    *entered = find(state, service);
    catga_status status = *entered == NULL ? CATGA_NOT_FOUND : enter(*entered, caller);
    pthread_mutex_unlock(&state->fetchers.lock);
    return status;
}

/* No request may outlive the caller that needs it: its events would be handed back. So requests end
 * with the first caller; the others request again then. */
static void set_end_of_requests(catga_fetcher *fetcher)
{
    const catga_fetch_caller *at;
    int64_t first_ns = CATGA_FOREVER;

    TAILQ_FOREACH(at, &fetcher->callers, entry)
    if (at->until_ns != 0 && at->until_ns < first_ns)
        first_ns = at->until_ns;
    atomic_store(&fetcher->wanted.until_ns, first_ns);
}

void catga_fetcher_leave(catga_fetcher *fetcher, catga_fetch_caller *caller)
{
    pthread_mutex_lock(&fetcher->lock);
    TAILQ_REMOVE(&fetcher->callers, caller, entry);
    set_end_of_requests(fetcher);
    pthread_cond_broadcast(&fetcher->changed);
    pthread_mutex_unlock(&fetcher->lock);
}

/* Moves an event that has arrived to the program. */
static void move(catga_fetcher *fetcher, catga_held *held, catga_fetched *to)
{
    TAILQ_REMOVE(&fetcher->arrived, held, entry);
    TAILQ_INSERT_TAIL(&fetcher->held, held, entry);
    held->delivered.event->began_ns = catga_clock_now();
    *to = held->copy;
}

/* Waits for events. Returns their number. */
static size_t collect(catga_fetcher *fetcher, int64_t until_ns, catga_fetched *events, size_t n)
{
    struct timespec until = catga_clock_timespec(until_ns);
    bool in_time = true;
    size_t count = 0;

    while (count < n) {
        catga_held *held = TAILQ_FIRST(&fetcher->arrived);
        if (held != NULL)
            move(fetcher, held, &events[count++]);
        else if (fetcher->is_closing || !in_time)
            break;
        else
            in_time = pthread_cond_timedwait(&fetcher->changed, &fetcher->lock, &until) == 0;
    }
    return count;
}

/* Returns the number of events that may be fetched besides those that are held or wanted. */
static size_t room_of(const catga_fetcher *fetcher)
{
    size_t limit = (size_t)fetcher->state->settings.unacknowledged;
    size_t used = (size_t)fetcher->count + atomic_load(&fetcher->wanted.count);

    return used < limit ? limit - used : 0;
}

/* Adds to the wanted events, and requests them. */
static void want(catga_fetcher *fetcher, size_t n)
{
    catga_transport *transport = fetcher->state->transport;

    set_end_of_requests(fetcher);
    atomic_fetch_add(&fetcher->wanted.count, (unsigned)n);
    transport->streams->fetch(transport, fetcher->receiver.endpoint->subscription);
}

static catga_status wait_for(catga_fetcher *fetcher, int64_t until_ns, catga_fetched *events,
                             size_t n, size_t *count)
{
    if (fetcher->is_closing)
        return CATGA_DRAINING;
    if (n > room_of(fetcher))
        return CATGA_OVERLOADED;
    want(fetcher, n);
    *count = collect(fetcher, until_ns, events, n);
    atomic_fetch_sub(&fetcher->wanted.count, (unsigned)(n - *count));
    return fetcher->is_closing && *count == 0 ? CATGA_DRAINING : CATGA_OK;
}

catga_status catga_fetcher_wait(catga_fetcher *fetcher, catga_fetch_caller *caller,
                                int64_t until_ns, catga_fetched *events, size_t n, size_t *count)
{
    pthread_mutex_lock(&fetcher->lock);
    caller->until_ns = until_ns;
    catga_status status = wait_for(fetcher, until_ns, events, n, count);
    pthread_mutex_unlock(&fetcher->lock);
    return status;
}

/* ---- Settling ---- */

bool catga_fetcher_is_forked(const catga_held *held)
{
    return catga_process_is_forked(&held->fetcher->process);
}

bool catga_fetcher_settles(catga_held *held)
{
    catga_fetcher *fetcher = held->fetcher;

    pthread_mutex_lock(&fetcher->lock);
    fetcher->settling++;
    bool is_ours = !held->is_back;
    if (is_ours) {
        TAILQ_REMOVE(&fetcher->held, held, entry);
        fetcher->count--;
    }
    pthread_mutex_unlock(&fetcher->lock);
    return is_ours;
}

void catga_fetcher_settled(catga_held *held)
{
    catga_fetcher *fetcher = held->fetcher;

    free(held);
    pthread_mutex_lock(&fetcher->lock);
    fetcher->settling--;
    pthread_cond_broadcast(&fetcher->changed);
    release(fetcher);
}
