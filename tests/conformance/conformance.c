/*
 * Calls and events over each transport: conformance local | nats (at $NATS_URL). Each case has its
 * own prefix, so no case receives messages of another.
 */
#include "base/clock.h"
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

/* Data of the handlers of a case. It outlives them: the buses are closed before it is freed. */
typedef struct fixture {
    fixture_base base;
    atomic_uint echoed;
    atomic_uint notified;
    atomic_uint refreshed;
    atomic_uint last;
    atomic_uint delivered;
    atomic_uint delivered_good;
    atomic_bool disordered;
    atomic_int nested;
} fixture;

static catga_bus *join(fixture *s, catga_options options)
{
    return fixture_join(&s->base, options);
}

static int set_stage(void **state)
{
    *state = fixture_new(sizeof(fixture), "case");
    return 0;
}

/* ---- Handlers ---- */

static catga_status answer(catga_context *context, const catga_message *message, sample_view view)
{
    sample same = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, message, &same);
}

static catga_status echo(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->echoed, 1);
    return answer(context, &sample_echo_message, view);
}

static catga_status ask(catga_context *context, sample_view view)
{
    return answer(context, &sample_ask_message, view);
}

static catga_status notify(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    unsigned number = sample_get_number(view);

    if (atomic_exchange(&s->last, number) >= number)
        atomic_store(&s->disordered, true);
    atomic_fetch_add(&s->notified, 1);
    return CATGA_OK;
}

static catga_status refresh(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->refreshed, 1);
    return CATGA_OK;
}

static const sample_answerer answerer = {echo, ask};
static const sample_listener listener = {notify, refresh};

static void serve(fixture *s, catga_bus *bus, const sample_answerer *handlers)
{
    assert_int_equal(catga_serve(bus, &sample_answerer_service, handlers, s), CATGA_OK);
}

static void listen_to(fixture *s, catga_bus *bus)
{
    assert_int_equal(catga_serve(bus, &sample_listener_service, &listener, s), CATGA_OK);
}

/* ---- Callers ---- */

static const sample hello = {{"hello", 5}, 1};

static catga_status call(catga_bus *bus, const catga_message *message, const sample *input)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, input, &reply);

    if (status == CATGA_OK) {
        sample_view view = {reply.table};
        if (!catga_string_equal(sample_get_text(view), input->text) ||
            sample_get_number(view) != input->number)
            status = CATGA_STATUS_COUNT; /* the answer of another call */
    }
    catga_received_free(reply.received);
    return status;
}

static void publish(catga_bus *bus, uint32_t number)
{
    sample numbered = {CATGA_STR("note"), number};

    assert_int_equal(catga_publish(bus, &sample_noted_message, &numbered), CATGA_OK);
}

/* ---- Calls ---- */

static void commands_and_queries_are_answered(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    serve(s, join(s, (catga_options){0}), &answerer);
    for (uint32_t i = 0; i < 200; i++) {
        sample input = {CATGA_STR("笔记本电脑"), i};
        assert_int_equal(call(client, &sample_echo_message, &input), CATGA_OK);
        assert_int_equal(call(client, &sample_ask_message, &input), CATGA_OK);
    }
    assert_int_equal(s->echoed, 200);
    assert_int_equal(catga_count(client).calls, 400);
    assert_int_equal(catga_count(client).calls_failed, 0);
}

static void a_bus_may_call_itself(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    serve(s, bus, &answerer);
    assert_int_equal(call(bus, &sample_echo_message, &hello), CATGA_OK);
}

static void sizes(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    char *text = malloc(2000000);

    serve(s, join(s, (catga_options){0}), &answerer);
    assert_non_null(text);
    memset(text, 'x', 2000000);
    for (size_t length = 1; length <= 100000; length = length * 3 + 1) {
        sample input = {{text, length}, (uint32_t)length};
        assert_int_equal(call(client, &sample_echo_message, &input), CATGA_OK);
    }
    sample over_its_limit = {{text, 100001}, 0};
    assert_int_equal(call(client, &sample_echo_message, &over_its_limit), CATGA_INVALID_MESSAGE);
    assert_int_equal(call(client, &sample_echo_message, &hello), CATGA_OK);
    free(text);
}

static void without_responders(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    assert_int_equal(call(client, &sample_echo_message, &hello), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_count(client).calls_retried, 2);
    publish(client, 1); /* an event may have no subscriber */
}

/* The usual pause before a first retry is 25 to 75 ms. */
static void a_declared_pause_is_between_two_tries(void **state)
{
    static const catga_message patient = {
        .subject = "catga.queries.sample.v1.Ask",
        .table = &sample_ask_table,
        .result = &sample_answer_table,
        .kind = CATGA_QUERY,
        .timeout_ms = 2000,
        .retries = 1,
        .backoff_ms = 400,
        .backoff_longest_ms = 400,
    };
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    int64_t began = catga_clock_now();

    assert_int_equal(call(client, &patient, &hello), CATGA_NO_RESPONDERS);
    assert_in_range(catga_clock_now() - began, 200 * CATGA_MILLISECOND, 1500 * CATGA_MILLISECOND);
    assert_int_equal(catga_count(client).calls_retried, 1);
}

static void *serve_soon(void *argument)
{
    fixture *s = argument;

    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    serve(s, s->base.buses[1], &answerer);
    return NULL;
}

static void somebody_comes_in_time(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    pthread_t thread;

    join(s, (catga_options){0});
    assert_int_equal(pthread_create(&thread, NULL, serve_soon, s), 0);
    assert_int_equal(call(client, &sample_echo_message, &hello),
                     CATGA_OK); /* by the second or third try */
    pthread_join(thread, NULL);
    assert_int_equal(s->echoed, 1);
}

static catga_status refuse(catga_context *context, sample_view view)
{
    catga_string text = sample_get_text(view);

    return sample_fail(context, &sample_error, "no %.*s, 无\r\nX: y", CATGA_PRINT(text));
}

static catga_status fail_plainly(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_NO_MEMORY;
}

static void errors_travel(void **state)
{
    static const sample_answerer failing = {refuse, fail_plainly};
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    catga_reply reply;

    serve(s, join(s, (catga_options){0}), &failing);
    assert_int_equal(catga_call(client, &sample_echo_message, &hello, &reply),
                     CATGA_DECLARED_ERROR);
    assert_int_equal(reply.error.code, 1001);
    assert_true(catga_string_equal(reply.error.name, CATGA_STR("sample.SampleError.Refused")));
    assert_true(catga_string_equal(reply.error.text, CATGA_STR("no hello, 无  X: y")));
    catga_received_free(reply.received);
    assert_int_equal(catga_call(client, &sample_ask_message, &hello, &reply), CATGA_HANDLER_FAILED);
    assert_int_equal(reply.error.code, 500);
    assert_int_equal(reply.error.name.length, 0);
    catga_received_free(reply.received);
}

/* ---- Deadlines ---- */

static catga_status echo_when_told(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    sem_post(&s->base.started);
    sem_wait(&s->base.may_end);
    return echo(context, view);
}

static const catga_message short_echo = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 100,
    .retries = 3,
};

static void *give_up(void *argument)
{
    return (void *)(uintptr_t)call(argument, &short_echo, &hello);
}

static void *end_soon(void *argument)
{
    fixture *s = argument;

    sem_wait(&s->base.started);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    sem_post(&s->base.may_end);
    return NULL;
}

static void a_slow_handler_does_not_delay_its_caller(void **state)
{
    static const sample_answerer slow = {echo_when_told, ask};
    fixture *s = *state;
    catga_bus *server = join(s, (catga_options){0});
    pthread_t caller, ender;
    void *status;

    serve(s, server, &slow);
    assert_int_equal(pthread_create(&ender, NULL, end_soon, s), 0);
    assert_int_equal(pthread_create(&caller, NULL, give_up, join(s, (catga_options){0})), 0);
    pthread_join(caller, &status);
    pthread_join(ender, NULL);
    assert_int_equal((uintptr_t)status, CATGA_TIMEOUT);
    wait_until(s->echoed == 1); /* it ran once: a command is not repeated because of silence */
}

static catga_status ask_within(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    int64_t before = catga_context_remaining_ms(context);
    catga_status status = call(catga_context_bus(context), &sample_ask_message, &hello);

    atomic_store(&s->nested,
                 before > 0 && before <= 2000 && catga_context_message_id(context).length == 22);
    return status == CATGA_OK ? echo(context, view) : status;
}

static catga_status ask_with_correlation(catga_context *context, sample_view view)
{
    if (catga_context_correlation_id(context).length != 22 ||
        catga_context_remaining_ms(context) > 2000)
        return CATGA_HANDLER_FAILED;
    return ask(context, view);
}

static void a_handler_may_call(void **state)
{
    static const sample_answerer nested = {ask_within, ask_with_correlation};
    fixture *s = *state;

    serve(s, join(s, (catga_options){0}), &nested);
    assert_int_equal(call(join(s, (catga_options){0}), &sample_echo_message, &hello), CATGA_OK);
    assert_int_equal(s->nested, 1);
}

/* ---- Many at once ---- */

enum { CALLERS = 4, CALLS = 250, SENDS = 1000 };

typedef struct caller {
    catga_bus *bus;
    uint32_t first;
} caller;

static void *call_often(void *argument)
{
    const caller *c = argument;

    for (uint32_t i = 0; i < CALLS; i++) {
        sample input = {CATGA_STR("x"), c->first + i};
        if (call(c->bus, &sample_echo_message, &input) != CATGA_OK)
            return argument;
    }
    return NULL;
}

static void many_callers(void **state)
{
    fixture *s = *state;
    pthread_t threads[CALLERS];
    caller callers[CALLERS];
    catga_bus *client = join(s, (catga_options){0});
    void *failed;

    serve(s, join(s, (catga_options){.workers = 2}), &answerer);
    for (uint32_t i = 0; i < CALLERS; i++) {
        callers[i] = (caller){client, i * CALLS};
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(s->echoed, CALLERS * CALLS);
}

static void note_delivery(catga_status status, sample_view view, const catga_error *error,
                          void *user)
{
    fixture *s = user;

    (void)error;
    if (status == CATGA_OK && catga_string_equal(sample_get_text(view), CATGA_STR("hello")))
        atomic_fetch_add(&s->delivered_good, 1);
    atomic_fetch_add(&s->delivered, 1);
}

static void many_sends(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    serve(s, join(s, (catga_options){0}), &answerer);
    for (unsigned i = 0; i < SENDS; i++)
        assert_int_equal(catga_send(client, i % 2 == 0 ? &sample_echo_message : &sample_ask_message,
                                    &hello, sample_deliver, (catga_function)note_delivery, s),
                         CATGA_OK);
    wait_until(s->delivered == SENDS);
    assert_int_equal(s->delivered_good, SENDS);
}

static void a_send_to_nobody(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    assert_int_equal(catga_send(client, &sample_ask_message, &hello, sample_deliver,
                                (catga_function)note_delivery, s),
                     CATGA_OK);
    wait_until(s->delivered == 1);
    assert_int_equal(s->delivered_good, 0);
    assert_int_equal(catga_count(client).calls_retried, 2);
}

/* ---- Events ---- */

static void events_reach_a_group_once_and_a_broadcast_everywhere(void **state)
{
    fixture *s = *state;
    catga_bus *publisher = join(s, (catga_options){0});

    listen_to(s, join(s, (catga_options){0}));
    listen_to(s, join(s, (catga_options){0}));
    for (uint32_t i = 1; i <= 300; i++)
        publish(publisher, i);
    assert_int_equal(catga_flush(publisher, 5000), CATGA_OK);
    wait_until(s->notified == 300 && s->refreshed == 600);
    assert_int_equal(catga_count(publisher).published, 300);
}

/* Messages take the network, or its equivalent, even to the publisher's own subscription. */
static void a_publisher_with_a_handler_gets_its_event_once(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    listen_to(s, bus);
    for (uint32_t i = 1; i <= 100; i++)
        publish(bus, i);
    assert_int_equal(catga_flush(bus, 5000), CATGA_OK);
    wait_until(s->notified == 100 && s->refreshed == 100);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    assert_int_equal(s->notified, 100);
    assert_int_equal(s->refreshed, 100);
}

static void events_keep_their_order(void **state)
{
    fixture *s = *state;
    catga_bus *publisher = join(s, (catga_options){0});

    listen_to(s, join(s, (catga_options){0}));
    for (uint32_t i = 1; i <= 5000; i++)
        publish(publisher, i);
    assert_int_equal(catga_flush(publisher, 5000), CATGA_OK);
    wait_until(s->notified == 5000);
    assert_false(s->disordered);
}

/* ---- Draining ---- */

static void draining_finishes_and_refuses(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    catga_bus *server = join(s, (catga_options){0});

    serve(s, server, &answerer);
    assert_int_equal(call(client, &sample_echo_message, &hello), CATGA_OK);
    assert_int_equal(catga_drain(server), CATGA_OK);
    assert_int_equal(call(server, &sample_echo_message, &hello), CATGA_DRAINING);
    assert_int_equal(call(client, &sample_echo_message, &hello), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_drain(server), CATGA_OK);
}

/* Only the local server can be disconnected here. */
static void a_bus_is_ready_while_it_can_work(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, (catga_options){0});

    assert_int_equal(catga_ready(bus), CATGA_OK);
    if (s->base.broker != NULL) {
        catga_local_set_connected(s->base.broker, false);
        assert_int_equal(catga_ready(bus), CATGA_DISCONNECTED);
        catga_local_set_connected(s->base.broker, true);
        assert_int_equal(catga_ready(bus), CATGA_OK);
    }
    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(catga_ready(bus), CATGA_DRAINING);
}

static void waiting_messages_are_handled_before_the_end(void **state)
{
    fixture *s = *state;
    catga_bus *publisher = join(s, (catga_options){0});
    catga_bus *server = join(s, (catga_options){0});

    listen_to(s, server);
    for (uint32_t i = 1; i <= 2000; i++)
        publish(publisher, i);
    assert_int_equal(catga_flush(publisher, 5000), CATGA_OK);
    assert_int_equal(catga_flush(server, 5000), CATGA_OK); /* all published messages have arrived */
    assert_int_equal(catga_drain(server), CATGA_OK);
    assert_int_equal(s->notified, 2000);
    assert_int_equal(s->refreshed, 2000);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, set_stage, fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        case_of(commands_and_queries_are_answered),
        case_of(a_bus_may_call_itself),
        case_of(sizes),
        case_of(without_responders),
        case_of(a_declared_pause_is_between_two_tries),
        case_of(somebody_comes_in_time),
        case_of(errors_travel),
        case_of(a_slow_handler_does_not_delay_its_caller),
        case_of(a_handler_may_call),
        case_of(many_callers),
        case_of(many_sends),
        case_of(a_send_to_nobody),
        case_of(events_reach_a_group_once_and_a_broadcast_everywhere),
        case_of(a_publisher_with_a_handler_gets_its_event_once),
        case_of(events_keep_their_order),
        case_of(draining_finishes_and_refuses),
        case_of(a_bus_is_ready_while_it_can_work),
        case_of(waiting_messages_are_handled_before_the_end),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
