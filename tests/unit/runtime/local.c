/* The local server: receivers, order, lost connections and overload. */
#include "base/clock.h"
#include "bus_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/* Observations of the handlers of a test. */
typedef struct scene {
    atomic_uint runs;
    atomic_uint inside;
    atomic_uint most_inside;
    atomic_uint last;
    atomic_bool disordered;
    sem_t started;
    sem_t may_end;
} scene;

static int begin_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    sem_init(&s->started, 0, 0);
    sem_init(&s->may_end, 0, 0);
    return 0;
}

static catga_status reply_to(catga_context *context, const catga_message *message, sample_view view)
{
    sample answer = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, message, &answer);
}

static catga_status count_run(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->runs, 1);
    return CATGA_OK;
}

static catga_status reply_echo(catga_context *context, sample_view view)
{
    count_run(context, view);
    return reply_to(context, &sample_echo_message, view);
}

static catga_status reply_ask(catga_context *context, sample_view view)
{
    count_run(context, view);
    return reply_to(context, &sample_ask_message, view);
}

static const sample_answerer answerer = {reply_echo, reply_ask};

static void serve_answerer(catga_bus *bus, scene *s)
{
    assert_int_equal(catga_serve(bus, &sample_answerer_service, &answerer, s), CATGA_OK);
}

static void serve_listener(catga_bus *bus, const sample_listener *listener, scene *s)
{
    assert_int_equal(catga_serve(bus, &sample_listener_service, listener, s), CATGA_OK);
}

static const sample note = {{"hello", 5}, 1};

static catga_status call(catga_bus *bus, const catga_message *message)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, &note, &reply);

    catga_received_free(reply.received);
    return status;
}

/* ---- Receivers ---- */

static void a_queue_group_takes_turns(void **state)
{
    bus_fixture *f = *state;
    scene scenes[3];
    catga_bus *replicas[3];

    for (size_t i = 0; i < 3; i++) {
        begin_scene(&scenes[i]);
        replicas[i] = open_bus(f->broker, (catga_options){0});
        serve_answerer(replicas[i], &scenes[i]);
    }
    for (int i = 0; i < 30; i++)
        assert_int_equal(call(f->bus, &sample_echo_message), CATGA_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(scenes[i].runs, 10);
    catga_close(replicas[1]);
    for (int i = 0; i < 10; i++)
        assert_int_equal(call(f->bus, &sample_echo_message), CATGA_OK);
    assert_int_equal(scenes[0].runs + scenes[2].runs, 30);
    catga_close(replicas[0]);
    catga_close(replicas[2]);
    assert_int_equal(call(f->bus, &sample_ask_message), CATGA_NO_RESPONDERS);
}

static catga_status refreshed(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->inside, 1);
    return CATGA_OK;
}

static void an_event_goes_to_each_group_and_to_all_of_a_broadcast(void **state)
{
    static const sample_listener listener = {count_run, refreshed};
    bus_fixture *f = *state;
    scene scenes[2];
    catga_bus *replicas[2];

    for (size_t i = 0; i < 2; i++) {
        begin_scene(&scenes[i]);
        replicas[i] = open_bus(f->broker, (catga_options){0});
        serve_listener(replicas[i], &listener, &scenes[i]);
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    wait_until(scenes[0].runs + scenes[1].runs == 20);
    wait_until(scenes[0].inside == 20 && scenes[1].inside == 20);
    assert_int_equal(scenes[0].runs, 10);
    catga_close(replicas[0]);
    catga_close(replicas[1]);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK); /* nobody
                                                                                        subscribes
                                                                                        */
}

static catga_status in_order(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    if (sample_get_number(view) != atomic_fetch_add(&s->last, 1) + 1)
        atomic_store(&s->disordered, true);
    return CATGA_OK;
}

static void events_come_in_order(void **state)
{
    static const sample_listener listener = {in_order, count_run};
    bus_fixture *f = *state;
    scene s;

    begin_scene(&s);
    serve_listener(f->bus, &listener, &s);
    for (uint32_t i = 1; i <= 20000; i++) {
        sample numbered = {CATGA_STR("x"), i};
        assert_int_equal(catga_publish(f->bus, &sample_noted_message, &numbered), CATGA_OK);
    }
    wait_until(s.runs == 20000);
    assert_int_equal(s.last, 20000);
    assert_false(s.disordered);
}

static void prefixes_are_apart(void **state)
{
    bus_fixture *f = *state;
    catga_bus *other = open_bus(f->broker, (catga_options){.prefix = "test.one"});
    scene s;

    begin_scene(&s);
    serve_answerer(other, &s);
    assert_int_equal(call(f->bus, &sample_echo_message), CATGA_NO_RESPONDERS);
    assert_int_equal(call(other, &sample_echo_message), CATGA_OK);
    catga_close(other);
}

/* ---- The connection ---- */

static void without_a_server(void **state)
{
    bus_fixture *f = *state;
    scene s;

    begin_scene(&s);
    serve_answerer(f->bus, &s);
    catga_local_set_connected(f->broker, false);
    assert_false(catga_connected(f->bus));
    assert_int_equal(call(f->bus, &sample_echo_message), CATGA_DISCONNECTED);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_DISCONNECTED);
    assert_int_equal(catga_flush(f->bus, 100), CATGA_DISCONNECTED);
    catga_local_set_connected(f->broker, true);
    assert_int_equal(call(f->bus, &sample_echo_message),
                     CATGA_OK); /* the subscriptions still exist */
    catga_counters counters = catga_count(f->bus);
    assert_int_equal(counters.disconnects, 1);
    assert_int_equal(counters.reconnects, 1);
    assert_int_equal(counters.calls_retried, 2);
    assert_int_equal(s.runs, 1);
}

static void *reconnect_soon(void *argument)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    catga_local_set_connected(argument, true);
    return NULL;
}

static void a_call_outlives_a_short_outage(void **state)
{
    bus_fixture *f = *state;
    pthread_t thread;
    scene s;

    begin_scene(&s);
    serve_answerer(f->bus, &s);
    catga_local_set_connected(f->broker, false);
    assert_int_equal(pthread_create(&thread, NULL, reconnect_soon, f->broker), 0);
    assert_int_equal(call(f->bus, &sample_echo_message), CATGA_OK);
    pthread_join(thread, NULL);
    assert_int_equal(s.runs, 1);
}

/* ---- Overload ---- */

static catga_status wait_for_leave(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    atomic_fetch_add(&s->runs, 1);
    sem_post(&s->started);
    sem_wait(&s->may_end);
    (void)view;
    return CATGA_OK;
}

static void events_beyond_the_limit_are_dropped_and_counted(void **state)
{
    static const sample_listener listener = {wait_for_leave, count_run};
    bus_fixture *f = *state;
    catga_bus *slow = open_bus(f->broker, (catga_options){.pending = 10});
    scene s;

    begin_scene(&s);
    serve_listener(slow, &listener, &s);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    sem_wait(&s.started);
    for (int i = 0; i < 25; i++)
        assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    uint64_t dropped = catga_count(slow).dropped_messages;
    assert_in_range(dropped, 29, 30); /* of two handlers: each has ten waiting events and handles
                                         one */
    for (int i = 0; i < 100; i++)
        sem_post(&s.may_end);
    wait_until(s.runs == 2 * 26 - dropped);
    catga_close(slow);
}

/* ---- Concurrency ---- */

static catga_status crowd(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);
    unsigned inside = atomic_fetch_add(&s->inside, 1) + 1;
    unsigned most = atomic_load(&s->most_inside);

    while (inside > most && !atomic_compare_exchange_weak(&s->most_inside, &most, inside))
        continue;
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    atomic_fetch_sub(&s->inside, 1);
    return reply_echo(context, view);
}

enum { CALLERS = 4, CALLS = 50 };

static void *call_often(void *argument)
{
    for (int i = 0; i < CALLS; i++)
        if (call(argument, &sample_echo_message) != CATGA_OK)
            return argument;
    return NULL;
}

static void run_crowd(bus_fixture *f, unsigned workers, scene *s)
{
    static const sample_answerer handlers = {crowd, reply_ask};
    catga_bus *served = open_bus(f->broker, (catga_options){.workers = workers});
    pthread_t callers[CALLERS];
    void *failed;

    begin_scene(s);
    assert_int_equal(catga_serve(served, &sample_answerer_service, &handlers, s), CATGA_OK);
    for (int i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&callers[i], NULL, call_often, f->bus), 0);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(s->runs, CALLERS * CALLS);
    catga_close(served);
}

static void a_handler_works_on_one_message_unless_told_otherwise(void **state)
{
    scene s;

    run_crowd(*state, 1, &s);
    assert_int_equal(s.most_inside, 1);
    run_crowd(*state, 3, &s);
    assert_in_range(s.most_inside, 2, 3);
}

/* ---- Without waiting ---- */

typedef struct outcome {
    atomic_uint delivered;
    atomic_uint good;
    atomic_int status; /* of the last one */
    atomic_uint code;
} outcome;

static void note_outcome(catga_status status, sample_view reply, const catga_error *error,
                         void *user)
{
    outcome *o = user;

    atomic_store(&o->status, (int)status);
    atomic_store(&o->code, error->code);
    if (status == CATGA_OK && sample_get_number(reply) == 1)
        atomic_fetch_add(&o->good, 1);
    atomic_fetch_add(&o->delivered, 1);
}

static catga_status send_note(catga_bus *bus, const catga_message *message, outcome *o)
{
    return catga_send(bus, message, &note, sample_deliver, (catga_function)note_outcome, o);
}

static void many_sends(void **state)
{
    bus_fixture *f = *state;
    outcome o = {0};
    scene s;

    begin_scene(&s);
    serve_answerer(f->bus, &s);
    for (unsigned i = 0; i < 2000; i++)
        assert_int_equal(
            send_note(f->bus, i % 2 == 0 ? &sample_echo_message : &sample_ask_message, &o),
            CATGA_OK);
    wait_until(o.delivered == 2000);
    assert_int_equal(o.good, 2000);
    assert_int_equal(catga_count(f->bus).calls, 2000);
}

static void a_send_without_responders_is_tried_again(void **state)
{
    bus_fixture *f = *state;
    outcome o = {0};

    assert_int_equal(send_note(f->bus, &sample_echo_message, &o), CATGA_OK);
    wait_until(o.delivered == 1);
    assert_int_equal(o.status, CATGA_NO_RESPONDERS);
    assert_int_equal(catga_count(f->bus).calls_retried, 2);
}

static void a_send_that_starts_without_a_server(void **state)
{
    bus_fixture *f = *state;
    outcome o = {0};
    scene s;

    begin_scene(&s);
    serve_answerer(f->bus, &s);
    catga_local_set_connected(f->broker, false);
    assert_int_equal(send_note(f->bus, &sample_echo_message, &o), CATGA_OK);
    catga_local_set_connected(f->broker, true);
    wait_until(o.delivered == 1);
    assert_int_equal(o.good, 1);
    assert_int_equal(s.runs, 1);
}

static void sends_beyond_in_flight_are_rejected(void **state)
{
    static const sample_answerer handlers = {wait_for_leave, reply_ask};
    bus_fixture *f = *state;
    catga_bus *narrow = open_bus(f->broker, (catga_options){.in_flight = 3});
    outcome o = {0};
    scene s;

    begin_scene(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &handlers, &s), CATGA_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(send_note(narrow, &sample_echo_message, &o), CATGA_OK);
    assert_int_equal(send_note(narrow, &sample_echo_message, &o), CATGA_OVERLOADED);
    for (int i = 0; i < 3; i++)
        sem_post(&s.may_end);
    wait_until(o.delivered == 3);
    assert_int_equal(o.status, CATGA_HANDLER_FAILED); /* the handler did not answer */
    assert_int_equal(o.code, 500);
    catga_close(narrow);
}

static void a_send_that_is_not_answered(void **state)
{
    static const catga_message impatient = {
        .subject = "catga.queries.sample.v1.Ask",
        .table = &sample_ask_table,
        .result = &sample_answer_table,
        .errors = &sample_error,
        .kind = CATGA_QUERY,
        .timeout_ms = 60,
        .retries = 1,
    };
    static const sample_answerer handlers = {reply_echo, wait_for_leave};
    bus_fixture *f = *state;
    outcome o = {0};
    scene s;

    begin_scene(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &handlers, &s), CATGA_OK);
    assert_int_equal(send_note(f->bus, &impatient, &o), CATGA_OK);
    wait_until(o.delivered == 1);
    assert_int_equal(o.status, CATGA_TIMEOUT);
    assert_int_equal(o.code, 408);
    for (int i = 0; i < 2; i++)
        sem_post(&s.may_end);
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
}

static void a_bus_closed_with_sends_under_way(void **state)
{
    static const sample_answerer handlers = {wait_for_leave, reply_ask};
    bus_fixture *f = *state;
    catga_bus *client = open_bus(f->broker, (catga_options){0});
    outcome o = {0};
    scene s;

    begin_scene(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &handlers, &s), CATGA_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(send_note(client, &sample_echo_message, &o), CATGA_OK);
    catga_close(client);
    assert_int_equal(o.delivered, 5);
    assert_int_equal(o.status, CATGA_CLOSED);
    for (int i = 0; i < 5; i++)
        sem_post(&s.may_end);
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
}

/* ---- Closing ---- */

static void *drain(void *argument)
{
    return (void *)(uintptr_t)catga_drain(argument);
}

static catga_status finish_with_a_call(catga_context *context, sample_view view)
{
    catga_status status = wait_for_leave(context, view);
    scene *s = catga_context_user(context);

    atomic_store(&s->last, (unsigned)call(catga_context_bus(context), &sample_ask_message));
    return status;
}

static void draining_lets_handlers_finish(void **state)
{
    static const sample_listener listener = {finish_with_a_call, count_run};
    bus_fixture *f = *state;
    catga_bus *served = open_bus(f->broker, (catga_options){0});
    pthread_t thread;
    void *status;
    scene s;

    begin_scene(&s);
    serve_answerer(f->bus, &s);
    serve_listener(served, &listener, &s);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    sem_wait(&s.started);
    assert_int_equal(pthread_create(&thread, NULL, drain, served), 0);
    wait_until(call(served, &sample_ask_message) == CATGA_DRAINING);
    assert_int_equal(catga_publish(served, &sample_noted_message, &note), CATGA_DRAINING);
    unsigned runs = s.runs;
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note),
                     CATGA_OK); /* nobody subscribes any more */
    sem_post(&s.may_end);
    pthread_join(thread, &status);
    assert_int_equal((uintptr_t)status, CATGA_OK);
    assert_int_equal(s.last, CATGA_OK); /* the handler's own call was allowed */
    assert_in_range(s.runs, runs + 1, runs + 2);
    catga_close(served);
}

static void draining_gives_up_in_time(void **state)
{
    static const sample_listener listener = {wait_for_leave, count_run};
    bus_fixture *f = *state;
    catga_bus *stuck = open_bus(f->broker, (catga_options){.drain_wait_ms = 50});
    scene s;

    begin_scene(&s);
    serve_listener(stuck, &listener, &s);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    sem_wait(&s.started);
    assert_int_equal(catga_drain(stuck), CATGA_TIMEOUT);
    sem_post(&s.may_end);
    wait_until(catga_drain(stuck) == CATGA_OK);
    catga_close(stuck);
}

static catga_status serve_within(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    if (atomic_fetch_add(&s->last, 1) == 0) {
        assert_int_equal(
            catga_serve(catga_context_bus(context), &sample_answerer_service, &answerer, s),
            CATGA_OK);
        assert_int_equal(catga_publish(catga_context_bus(context), &sample_noted_message, &note),
                         CATGA_OK);
    }
    (void)view;
    return CATGA_OK;
}

static void a_handler_may_serve_and_publish(void **state)
{
    static const sample_listener listener = {serve_within, count_run};
    bus_fixture *f = *state;
    scene s;

    begin_scene(&s);
    serve_listener(f->bus, &listener, &s);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    wait_until(s.last == 2 && s.runs == 2);
    assert_int_equal(call(f->bus, &sample_echo_message), CATGA_OK);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_of(a_queue_group_takes_turns),
        case_of(an_event_goes_to_each_group_and_to_all_of_a_broadcast),
        case_of(events_come_in_order),
        case_of(prefixes_are_apart),
        case_of(without_a_server),
        case_of(a_call_outlives_a_short_outage),
        case_of(events_beyond_the_limit_are_dropped_and_counted),
        case_of(a_handler_works_on_one_message_unless_told_otherwise),
        case_of(many_sends),
        case_of(a_send_without_responders_is_tried_again),
        case_of(a_send_that_starts_without_a_server),
        case_of(sends_beyond_in_flight_are_rejected),
        case_of(a_send_that_is_not_answered),
        case_of(a_bus_closed_with_sends_under_way),
        case_of(draining_lets_handlers_finish),
        case_of(draining_gives_up_in_time),
        case_of(a_handler_may_serve_and_publish),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
