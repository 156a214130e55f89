/*
 * Stopping one service of a bus, while the bus and its other services go on: stopping local | nats
 * (at $NATS_URL, with JetStream).
 */
#include "fixture.h"
#include "kept.h"

#include <catga/metrics.h>

#include <pthread.h>
#include <stdatomic.h>

enum { EVENTS = 200, CALLS = 64, CALLERS = 4, ROUNDS = 30 };

static const catga_delivery delivery = {
    .stream = &kept_stream, .backoff_ms = 20, .backoff_longest_ms = 100, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 3000, .retries = 2);
static const catga_handler stored_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
    {"refresh", &kept, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
static const catga_service storer = {"Storer", stored_handlers, 2, sizeof(sample_listener), NULL};
static const catga_service earlier = {"Earlier", stored_handlers, 1, sizeof(sample_listener), NULL};
static const sample hello = {{"hello", 5}, 7};

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    atomic_uint handled[EVENTS];
    atomic_uint total;
    atomic_uint noted;
    atomic_uint refreshed;
    atomic_uint answered;
    atomic_uint succeeded;
    atomic_uint refused;
    atomic_int status;
    atomic_bool done;
    long run_ms;
} fixture;

static int open_stage(void **state)
{
    *state = fixture_new(sizeof(fixture), "stopping");
    return 0;
}

static catga_bus *join(fixture *s, catga_options options)
{
    options.workers = options.workers == 0 ? 4 : options.workers;
    options.drain_wait_ms = options.drain_wait_ms == 0 ? 5000 : options.drain_wait_ms;
    options.ack_wait_ms = options.ack_wait_ms == 0 ? 1000 : options.ack_wait_ms;
    return fixture_join(&s->base, options);
}

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* ---- Handlers ---- */

static catga_status reply_with(catga_context *context, const catga_message *message,
                               sample_view view)
{
    fixture *s = catga_context_user(context);
    const sample answer = {sample_get_text(view), sample_get_number(view)};

    pause_for(s->run_ms);
    atomic_fetch_add(&s->total, 1);
    return catga_answer(context, message, &answer);
}

static catga_status echo(catga_context *context, sample_view view)
{
    return reply_with(context, &sample_echo_message, view);
}

static catga_status ask(catga_context *context, sample_view view)
{
    return reply_with(context, &sample_ask_message, view);
}

static catga_status note(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->noted, 1);
    return CATGA_OK;
}

static catga_status keep(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    pause_for(s->run_ms);
    atomic_fetch_add(&s->handled[sample_get_number(view) % EVENTS], 1);
    atomic_fetch_add(&s->total, 1);
    return CATGA_OK;
}

static catga_status refresh(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->refreshed, 1);
    return CATGA_OK;
}

static catga_status wait_to_end(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    sem_post(&s->base.started);
    sem_wait(&s->base.may_end);
    return reply_with(context, &sample_echo_message, view);
}

static const sample_answerer answerer = {echo, ask};
static const sample_listener listener = {note, note};
static const sample_listener storing = {keep, refresh};

static void serve(fixture *s, catga_bus *bus, const catga_service *service, const void *handlers)
{
    assert_int_equal(catga_serve(bus, service, handlers, s), CATGA_OK);
}

static catga_status call(catga_bus *bus, const catga_message *message)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, &hello, &reply);

    catga_received_free(reply.received);
    return status;
}

/* Calls without retries, which would hide that nobody subscribes. */
static catga_status call_once(catga_bus *bus)
{
    catga_message once = sample_ask_message;

    once.retries = 0;
    return call(bus, &once);
}

/* ---- The other services ---- */

static void the_other_services_go_on(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    serve(s, bus, &sample_answerer_service, &answerer);
    serve(s, bus, &sample_listener_service, &listener);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_OK);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_OK);
    assert_int_equal(call_once(bus), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_publish(bus, &sample_noted_message, &hello), CATGA_OK);
    wait_until(atomic_load(&s->noted) == 2);
    assert_int_equal(catga_ready(bus), CATGA_OK);

    serve(s, bus, &sample_answerer_service, &answerer);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_OK);
    assert_int_equal(catga_service_stop(bus, &sample_listener_service), CATGA_OK);
    assert_int_equal(catga_publish(bus, &sample_noted_message, &hello), CATGA_OK);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_OK);
    pause_for(50);
    assert_int_equal(atomic_load(&s->noted), 2);
}

static void a_service_that_is_not_served_is_not_found(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_NOT_FOUND);
    serve(s, bus, &sample_answerer_service, &answerer);
    assert_int_equal(catga_service_stop(bus, &sample_listener_service), CATGA_NOT_FOUND);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_OK);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_NOT_FOUND);
}

static void a_service_that_is_served_twice_stops_twice(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    serve(s, bus, &sample_answerer_service, &answerer);
    serve(s, bus, &sample_listener_service, &listener);
    serve(s, bus, &sample_answerer_service, &answerer);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_OK);
    assert_int_equal(call_once(bus), CATGA_NO_RESPONDERS);
}

static void a_drained_bus_does_not_stop_a_service(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    serve(s, bus, &sample_answerer_service, &answerer);
    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_DRAINING);
}

/* ---- Messages in hand ---- */

static void count_reply(catga_status status, sample_view reply, const catga_error *error,
                        void *user)
{
    fixture *s = user;

    (void)reply;
    (void)error;
    atomic_fetch_add(&s->succeeded, status == CATGA_OK);
    atomic_fetch_add(&s->refused, status == CATGA_NO_RESPONDERS);
    atomic_fetch_add(&s->answered, 1);
}

/* Each call ends: by its answer, or without a service. No handler runs for a caller that gave up.
 */
static void slow_handlers_finish(void **state)
{
    fixture *s = *state;
    catga_message slow = sample_echo_message;
    catga_bus *bus = join(s, (catga_options){0});
    catga_bus *client = join(s, (catga_options){0});

    slow.retries = 0;
    slow.timeout_ms = 10000;
    s->run_ms = 20;
    serve(s, bus, &sample_answerer_service, &answerer);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(
            catga_send(client, &slow, &hello, sample_deliver, (catga_function)count_reply, s),
            CATGA_OK);
    wait_until(atomic_load(&s->total) != 0);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_OK);
    unsigned handled = atomic_load(&s->total);
    wait_until(atomic_load(&s->answered) == CALLS);
    assert_int_equal(atomic_load(&s->total), handled);
    assert_int_equal(atomic_load(&s->succeeded), handled);
    assert_int_equal(atomic_load(&s->refused), CALLS - handled);
}

/* Waiting events return to their consumer, and none is handled twice or lost. */
static void stored_events_wait_for_the_next_serving(void **state)
{
    fixture *s = *state;
    const catga_options options = {.instance = "a", .ack_wait_ms = 5000};
    catga_bus *bus = join(s, options); /* no redelivery on a busy machine */

    s->run_ms = 2;
    serve(s, bus, &storer, &storing);
    for (uint32_t i = 0; i < EVENTS; i++) {
        const sample numbered = {CATGA_STR("kept"), i};
        assert_int_equal(catga_publish(bus, &kept, &numbered), CATGA_OK);
        if (i % 50 != 20)
            continue;
        assert_int_equal(catga_service_stop(bus, &storer), CATGA_OK);
        unsigned handled = atomic_load(&s->total);
        pause_for(30);
        assert_int_equal(atomic_load(&s->total), handled);
        serve(s, bus, &storer, &storing);
    }
    wait_until(atomic_load(&s->total) == EVENTS && atomic_load(&s->refreshed) == EVENTS);
    pause_for(100);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
    assert_int_equal(atomic_load(&s->refreshed), EVENTS);
}

/* Returns how many events are handled while the service stops, with a backlog of slow ones. */
static unsigned handled_by_stop(fixture *s, catga_bus *bus)
{
    unsigned before = atomic_load(&s->total);

    wait_until(atomic_load(&s->total) >= before + 4);
    unsigned began = atomic_load(&s->total);
    assert_int_equal(catga_service_stop(bus, &storer), CATGA_OK);
    unsigned handled = atomic_load(&s->total) - began;
    serve(s, bus, &storer, &storing);
    return handled;
}

/* Over NATS, a drain hands back only events that wait for long: a server before 2.10.16 may deliver
 * one twice that goes back while a service stops. */
static void events_that_have_arrived_are_handled(void **state)
{
    fixture *s = *state;
    unsigned most = 0;

    if (strcmp(fixture_transport, "nats") != 0)
        skip();
    catga_bus *bus = join(s, (catga_options){.instance = "a", .ack_wait_ms = 30000, .workers = 1});
    s->run_ms = 20;
    serve(s, bus, &storer, &storing);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(catga_publish(bus, &kept, &((sample){CATGA_STR("kept"), i})), CATGA_OK);
    for (int round = 0; round < 5; round++) {
        unsigned handled = handled_by_stop(s, bus);
        print_message("%u events were handled while the service stopped\n", handled);
        most = handled > most ? handled : most;
    }
    assert_true(most > 1); /* besides the one that runs, those of 50 ms */
    wait_until(atomic_load(&s->total) == EVENTS);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

static void *call_until_done(void *user)
{
    fixture *s = user;

    while (!atomic_load(&s->done)) {
        catga_status status = call(s->bus, &sample_echo_message);
        atomic_fetch_add(&s->answered, 1);
        atomic_fetch_add(&s->refused, status != CATGA_OK);
    }
    return NULL;
}

/* A second replica serves meanwhile, so that no call may fail. */
static void no_call_fails_while_a_replica_stops_and_serves(void **state)
{
    fixture *s = *state;
    pthread_t callers[CALLERS];
    catga_bus *replica = join(s, (catga_options){.workers = 8});
    catga_bus *bus = join(s, (catga_options){.workers = 8});

    s->bus = join(s, (catga_options){0});
    s->run_ms = 1;
    serve(s, replica, &sample_answerer_service, &answerer);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_until_done, s), 0);
    for (int round = 0; round < ROUNDS; round++) {
        serve(s, bus, &sample_answerer_service, &answerer);
        pause_for(5);
        assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_OK);
    }
    atomic_store(&s->done, true);
    for (int i = 0; i < CALLERS; i++)
        pthread_join(callers[i], NULL);
    assert_true(atomic_load(&s->answered) > ROUNDS);
    assert_int_equal(atomic_load(&s->refused), 0);
}

/* ---- Waiting ---- */

static void *call_in_thread(void *user)
{
    fixture *s = user;
    catga_message slow = sample_echo_message;

    slow.retries = 0;
    slow.timeout_ms = 10000;
    atomic_store(&s->status, (int)call(s->bus, &slow));
    return NULL;
}

static void a_handler_that_does_not_end_in_time_may_be_awaited_again(void **state)
{
    fixture *s = *state;
    const sample_answerer waiting = {wait_to_end, ask};
    catga_bus *bus = join(s, (catga_options){.drain_wait_ms = 60});
    pthread_t caller;

    s->bus = join(s, (catga_options){0});
    serve(s, bus, &sample_answerer_service, &waiting);
    assert_int_equal(pthread_create(&caller, NULL, call_in_thread, s), 0);
    sem_wait(&s->base.started);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_TIMEOUT);
    assert_int_equal(call_once(s->bus), CATGA_NO_RESPONDERS);
    sem_post(&s->base.may_end);
    pthread_join(caller, NULL);
    assert_int_equal(atomic_load(&s->status), CATGA_OK);
    catga_status status = catga_service_stop(bus, &sample_answerer_service);
    assert_true(status == CATGA_OK || status == CATGA_TIMEOUT);
    while (status == CATGA_TIMEOUT) /* under load, the worker may need longer */
        status = catga_service_stop(bus, &sample_answerer_service);
    assert_int_equal(status, CATGA_OK);
    assert_int_equal(catga_service_stop(bus, &sample_answerer_service), CATGA_NOT_FOUND);
}

static catga_status stop_services(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    catga_bus *bus = catga_context_bus(context);

    atomic_fetch_add(&s->refused,
                     catga_service_stop(bus, &sample_answerer_service) == CATGA_WOULD_DEADLOCK);
    atomic_fetch_add(&s->refused,
                     catga_service_stop(bus, &sample_listener_service) == CATGA_WOULD_DEADLOCK);
    return reply_with(context, &sample_echo_message, view);
}

static void stop_in_callback(catga_status status, sample_view reply, const catga_error *error,
                             void *user)
{
    fixture *s = user;

    (void)status;
    (void)reply;
    (void)error;
    atomic_fetch_add(&s->refused,
                     catga_service_stop(s->bus, &sample_answerer_service) == CATGA_WOULD_DEADLOCK);
    atomic_fetch_add(&s->answered, 1);
}

static void handlers_and_callbacks_cannot_stop(void **state)
{
    fixture *s = *state;
    const sample_answerer stopping = {stop_services, ask};

    s->bus = join(s, (catga_options){0});
    serve(s, s->bus, &sample_answerer_service, &stopping);
    serve(s, s->bus, &sample_listener_service, &listener);
    assert_int_equal(call(s->bus, &sample_echo_message), CATGA_OK);
    assert_int_equal(atomic_load(&s->refused), 2);
    assert_int_equal(catga_send(s->bus, &sample_ask_message, &hello, sample_deliver,
                                (catga_function)stop_in_callback, s),
                     CATGA_OK);
    wait_until(atomic_load(&s->answered) == 1);
    assert_int_equal(atomic_load(&s->refused), 3);
    assert_int_equal(call(s->bus, &sample_echo_message), CATGA_OK);
}

static catga_status serve_another(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    sem_post(&s->base.started);
    sem_wait(&s->base.may_end);
    atomic_store(&s->status, (int)catga_serve(catga_context_bus(context), &sample_listener_service,
                                              &listener, s));
    return reply_with(context, &sample_echo_message, view);
}

static void *stop_in_thread(void *user)
{
    fixture *s = user;

    return catga_service_stop(s->bus, &sample_answerer_service) == CATGA_OK ? s : NULL;
}

static void *call_client(void *user)
{
    fixture *s = user;

    (void)call(s->base.buses[1], &sample_echo_message);
    return NULL;
}

/* The stopping thread must not keep the lock that the handler needs to end. */
static void a_handler_may_serve_while_its_service_stops(void **state)
{
    fixture *s = *state;
    const sample_answerer serving = {serve_another, ask};
    pthread_t caller;
    pthread_t stopper;
    void *stopped;

    atomic_store(&s->status, -1);
    s->bus = join(s, (catga_options){0});
    join(s, (catga_options){0});
    serve(s, s->bus, &sample_answerer_service, &serving);
    assert_int_equal(pthread_create(&caller, NULL, call_client, s), 0);
    sem_wait(&s->base.started);
    assert_int_equal(pthread_create(&stopper, NULL, stop_in_thread, s), 0);
    pause_for(20);
    sem_post(&s->base.may_end);
    pthread_join(stopper, &stopped);
    pthread_join(caller, NULL);
    assert_non_null(stopped);
    assert_int_equal(atomic_load(&s->status), CATGA_OK);
    assert_int_equal(catga_publish(s->bus, &sample_noted_message, &hello), CATGA_OK);
    wait_until(atomic_load(&s->noted) == 2);
}

static void *drain_in_thread(void *user)
{
    fixture *s = user;

    return catga_drain(s->bus) == CATGA_OK ? s : NULL;
}

static void a_bus_may_drain_while_a_service_stops(void **state)
{
    fixture *s = *state;
    const sample_answerer waiting = {wait_to_end, ask};
    pthread_t threads[3];
    void *drained;

    s->bus = join(s, (catga_options){0});
    join(s, (catga_options){0});
    serve(s, s->bus, &sample_answerer_service, &waiting);
    assert_int_equal(pthread_create(&threads[0], NULL, call_client, s), 0);
    sem_wait(&s->base.started);
    assert_int_equal(pthread_create(&threads[1], NULL, stop_in_thread, s), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, drain_in_thread, s), 0);
    pause_for(20);
    sem_post(&s->base.may_end);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_join(threads[2], &drained);
    assert_non_null(drained);
}

/* ---- State of the service ---- */

static catga_status refuse(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->handled[sample_get_number(view)], 1);
    return catga_reject(context, "refused");
}

static bool count_letter(const catga_dead_letter *letter, void *user)
{
    (void)letter;
    ++*(unsigned *)user;
    return true;
}

static bool has_dead_letter(catga_bus *bus, const char *stream)
{
    unsigned letters = 0;

    return catga_dead_letters(bus, stream, 1, count_letter, &letters) == CATGA_OK && letters == 1;
}

/*
 * An event that is rejected while the server stores no dead letter is handed back. Its end is
 * recorded, so no later serving runs it again.
 */
static void an_event_that_cannot_be_settled_is_handed_back(void **state)
{
    fixture *s = *state;
    const sample_listener refusing = {refuse, refresh};
    char refused[128];

    if (s->base.broker == NULL)
        return; /* a stock server stores every dead letter */
    catga_bus *bus = join(s, (catga_options){.instance = "a", .drain_wait_ms = 20000});
    snprintf(refused, sizeof refused, "%s.dead.>", s->base.prefix);
    serve(s, bus, &storer, &refusing);
    assert_int_equal(catga_local_set_allowed(s->base.broker, refused, false), CATGA_OK);
    assert_int_equal(catga_publish(bus, &kept, &(sample){CATGA_STR("kept"), 1}), CATGA_OK);
    wait_until(atomic_load(&s->handled[1]) == 1);
    pause_for(300); /* the settling thread has tried, and pauses */
    int64_t begin = catga_timestamp_now();
    assert_int_equal(catga_service_stop(bus, &storer), CATGA_OK);
    assert_in_range(catga_timestamp_now() - begin, 0, INT64_C(5000000000));

    assert_int_equal(catga_local_set_allowed(s->base.broker, refused, true), CATGA_OK);
    serve(s, bus, &storer, &refusing);
    catga_local_advance(s->base.broker, 10000);
    wait_until(has_dead_letter(bus, "SAMPLE_V1"));
    pause_for(50);
    assert_int_equal(atomic_load(&s->handled[1]), 1);
}

/* The older event of another service fails first, again and again, and does not delay the stop. */
static void an_older_event_of_another_service_delays_nothing(void **state)
{
    fixture *s = *state;
    const sample_listener refusing = {refuse, refresh};
    char refused[128];

    if (s->base.broker == NULL)
        return; /* a stock server stores every dead letter */
    catga_bus *bus = join(s, (catga_options){.instance = "a", .drain_wait_ms = 20000});
    snprintf(refused, sizeof refused, "%s.dead.>", s->base.prefix);
    assert_int_equal(catga_local_set_allowed(s->base.broker, refused, false), CATGA_OK);
    serve(s, bus, &earlier, &refusing);
    assert_int_equal(catga_publish(bus, &kept, &(sample){CATGA_STR("kept"), 1}), CATGA_OK);
    wait_until(atomic_load(&s->handled[1]) == 1);
    serve(s, bus, &storer, &refusing);
    wait_until(atomic_load(&s->handled[1]) == 2);
    pause_for(300); /* the settling thread has tried, and pauses */
    int64_t begin = catga_timestamp_now();
    assert_int_equal(catga_service_stop(bus, &storer), CATGA_OK);
    assert_in_range(catga_timestamp_now() - begin, 0, INT64_C(15000000000));
    assert_int_equal(catga_local_set_allowed(s->base.broker, refused, true), CATGA_OK);
}

typedef struct text {
    char data[65536];
    size_t length;
} text;

static catga_status append(void *user, const char *piece, size_t length)
{
    text *all = user;

    if (length >= sizeof all->data - all->length)
        return CATGA_TOO_LARGE;
    memcpy(all->data + all->length, piece, length);
    all->length += length;
    all->data[all->length] = '\0';
    return CATGA_OK;
}

static bool shows(catga_metrics *metrics, const char *wanted)
{
    static text all;

    all.length = 0;
    assert_int_equal(catga_metrics_write(metrics, CATGA_METRICS_TEXT, NULL, 0, append, &all),
                     CATGA_OK);
    return strstr(all.data, wanted) != NULL;
}

/* The counts stay; the backlog of a consumer that the bus does not serve is not shown. */
static void metrics_keep_the_counts_and_drop_the_backlog(void **state)
{
    fixture *s = *state;
    catga_metrics *metrics;
    catga_bus *bus = join(s, (catga_options){.instance = "a"});

    assert_int_equal(catga_metrics_open(&metrics, bus), CATGA_OK);
    serve(s, bus, &storer, &storing);
    assert_int_equal(catga_publish(bus, &kept, &(sample){CATGA_STR("kept"), 1}), CATGA_OK);
    wait_until(atomic_load(&s->total) == 1 && shows(metrics, "catga_consumer_pending{"));
    assert_int_equal(catga_service_stop(bus, &storer), CATGA_OK);
    assert_false(shows(metrics, "catga_consumer_pending{"));
    assert_true(shows(metrics, "service=\"storer\""));
    assert_true(catga_count(bus).handled >= 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest tests[] = {
        CASE(the_other_services_go_on),
        CASE(a_service_that_is_not_served_is_not_found),
        CASE(a_service_that_is_served_twice_stops_twice),
        CASE(a_drained_bus_does_not_stop_a_service),
        CASE(slow_handlers_finish),
        CASE(stored_events_wait_for_the_next_serving),
        CASE(events_that_have_arrived_are_handled),
        CASE(no_call_fails_while_a_replica_stops_and_serves),
        CASE(a_handler_that_does_not_end_in_time_may_be_awaited_again),
        CASE(handlers_and_callbacks_cannot_stop),
        CASE(a_handler_may_serve_while_its_service_stops),
        CASE(a_bus_may_drain_while_a_service_stops),
        CASE(an_event_that_cannot_be_settled_is_handed_back),
        CASE(an_older_event_of_another_service_delays_nothing),
        CASE(metrics_keep_the_counts_and_drop_the_backlog),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
