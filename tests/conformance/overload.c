/* Overload, and services that stop, over each transport: overload local | nats (at $NATS_URL). */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { BACKLOG = 3, CALLERS = 16 };

typedef struct fixture fixture;

/* A call in its own thread. On the local server this thread runs the handler. */
typedef struct caller {
    fixture *s;
    catga_bus *bus;
    const catga_message *message;
} caller;

struct fixture {
    fixture_base base;
    atomic_uint run;
    atomic_uint run_elsewhere;
    atomic_uint outcomes[CATGA_STATUS_COUNT];
    caller callers[CALLERS];
    pthread_t threads[CALLERS];
    unsigned caller_count;
};

static catga_bus *join(fixture *s, catga_options options)
{
    return fixture_join(&s->base, options);
}

static int set_stage(void **state)
{
    *state = fixture_new(sizeof(fixture), "much");
    return 0;
}

static int clear_stage(void **state)
{
    fixture *s = *state;

    for (unsigned i = 0; i < 100; i++)
        sem_post(&s->base.may_end);
    while (s->caller_count > 0)
        pthread_join(s->threads[--s->caller_count], NULL);
    return fixture_clear(state);
}

/* ---- Messages and handlers ---- */

static const catga_message once = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 5000,
};
static const catga_message often = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 5000,
    .retries = 8,
};

static const sample hello = {{"hello", 5}, 1};

static catga_status answer(catga_context *context, sample_view view)
{
    sample reply = {sample_get_text(view), 1};

    return catga_answer(context, &sample_echo_message, &reply);
}

static catga_status wait_and_answer(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->run, 1);
    sem_post(&s->base.started);
    sem_wait(&s->base.may_end);
    return answer(context, view);
}

static catga_status answer_elsewhere(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->run_elsewhere, 1);
    return answer(context, view);
}

static void serve(fixture *s, catga_bus *bus, sample_function *function)
{
    const sample_answerer functions = {function, function};

    assert_int_equal(catga_serve(bus, &sample_answerer_service, &functions, s), CATGA_OK);
}

static void note_outcome(catga_status status, sample_view view, const catga_error *error,
                         void *user)
{
    fixture *s = user;

    (void)view;
    (void)error;
    atomic_fetch_add(&s->outcomes[status], 1);
}

static void send(fixture *s, catga_bus *bus, const catga_message *message)
{
    assert_int_equal(
        catga_send(bus, message, &hello, sample_deliver, (catga_function)note_outcome, s),
        CATGA_OK);
}

static void *call(void *argument)
{
    caller *c = argument;
    catga_reply reply;
    catga_status status = catga_call(c->bus, c->message, &hello, &reply);

    catga_received_free(reply.received);
    note_outcome(status, (sample_view){NULL}, NULL, c->s);
    return NULL;
}

static void begin_call(fixture *s, catga_bus *bus, const catga_message *message)
{
    caller *c = &s->callers[s->caller_count];

    *c = (caller){s, bus, message};
    assert_int_equal(pthread_create(&s->threads[s->caller_count++], NULL, call, c), 0);
}

static void let_end(fixture *s, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        sem_post(&s->base.may_end);
}

/* ---- Overload ---- */

/* A service with a busy handler, BACKLOG waiting requests and `refused` rejected ones. */
static catga_bus *be_full(fixture *s, catga_bus *client, unsigned refused)
{
    catga_bus *server = join(s, (catga_options){.backlog = BACKLOG});

    serve(s, server, wait_and_answer);
    for (unsigned i = 0; i < 1 + BACKLOG + refused; i++)
        begin_call(s, client, &once);
    wait_until(s->outcomes[CATGA_OVERLOADED] == refused);
    return server;
}

static void requests_beyond_the_backlog_are_rejected_at_once(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    catga_bus *server = be_full(s, client, 2);
    catga_reply reply;

    assert_int_equal(catga_call(client, &once, &hello, &reply), CATGA_OVERLOADED);
    assert_int_equal(reply.error.code, 429);
    catga_received_free(reply.received);
    send(s, client, &once);
    wait_until(s->outcomes[CATGA_OVERLOADED] == 3);
    assert_int_equal(s->run, 1); /* the handler was busy with the first request all the time */
    assert_int_equal(catga_count(server).overloaded, 4);
    let_end(s, 1 + BACKLOG);
    wait_until(s->outcomes[CATGA_OK] == 1 + BACKLOG);
    assert_int_equal(s->run, 1 + BACKLOG);
}

static void rejected_requests_are_retried_within_the_deadline(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    be_full(s, client, 1);
    begin_call(s, client, &often);
    wait_until(catga_count(client).calls_retried > 0);
    let_end(s, 1 + BACKLOG + 1);
    wait_until(s->outcomes[CATGA_OK] == 1 + BACKLOG + 1);
    assert_int_equal(s->run, 1 + BACKLOG + 1);
}

static void a_request_that_one_replica_rejects_runs_in_another(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    be_full(s, client, 1);
    for (int i = 0; i < 4; i++)
        serve(s, join(s, (catga_options){0}), answer_elsewhere);
    for (int i = 0; i < 10; i++)
        call(&(caller){s, client, &often});
    assert_int_equal(s->outcomes[CATGA_OK], 10);
    assert_int_equal(s->run_elsewhere, 10);
    assert_int_equal(s->run, 1);
    let_end(s, 1 + BACKLOG);
    wait_until(s->outcomes[CATGA_OK] == 10 + 1 + BACKLOG);
}

/* Within the limit, every request is handled once, whatever its speed. */
static void a_burst_within_the_limit_is_handled(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    catga_bus *server = join(s, (catga_options){.backlog = 2000});

    serve(s, server, answer_elsewhere);
    for (int i = 0; i < 2000; i++)
        send(s, client, &once);
    wait_until(s->outcomes[CATGA_OK] == 2000);
    assert_int_equal(s->run_elsewhere, 2000);
    assert_int_equal(catga_count(server).overloaded, 0);
}

static void free_workers_get_requests(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});

    serve(s, join(s, (catga_options){.workers = 64}), wait_and_answer);
    for (int i = 0; i < 40; i++)
        send(s, client, &once);
    wait_until(s->run == 40); /* all at once: none has ended */
    let_end(s, 40);
    wait_until(s->outcomes[CATGA_OK] == 40);
}

/* Six messages of 10,000 bytes fit in the limit; the first runs. */
static void too_many_bytes_are_refused_at_once(void **state)
{
    fixture *s = *state;
    static char text[10001];
    catga_bus *client = join(s, (catga_options){0});
    catga_bus *server = join(s, (catga_options){.pending_bytes = 65536});

    memset(text, 'x', sizeof text - 1);
    const sample large = {catga_str(text), 1};
    serve(s, server, wait_and_answer);
    for (int i = 0; i < 40; i++)
        assert_int_equal(
            catga_send(client, &once, &large, sample_deliver, (catga_function)note_outcome, s),
            CATGA_OK);
    wait_until(s->outcomes[CATGA_OVERLOADED] == 34 && s->run == 1);
    let_end(s, 6);
    wait_until(s->outcomes[CATGA_OK] == 6);
    assert_int_equal(catga_count(server).overloaded, 34);
}

/* ---- Services that stop ---- */

/* A service whose handler is busy with one request. */
static catga_bus *be_busy(fixture *s, catga_bus *client)
{
    catga_bus *server = join(s, (catga_options){.drain_wait_ms = 100});

    serve(s, server, wait_and_answer);
    send(s, client, &once);
    sem_wait(&s->base.started);
    return server;
}

static void requests_not_begun_within_the_drain_time_are_answered_503(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    catga_bus *server = be_busy(s, client);

    send(s, client, &once);
    send(s, client, &once);
    assert_int_equal(catga_flush(client, 2000), CATGA_OK);
    assert_int_equal(catga_drain(server), CATGA_TIMEOUT);
    let_end(s, 1);
    wait_until(s->outcomes[CATGA_OK] == 1 && s->outcomes[CATGA_DRAINING] == 2);
    assert_int_equal(s->run, 1);
    assert_int_equal(catga_count(server).refused_draining, 2);
}

static void a_call_outlives_a_stopping_replica(void **state)
{
    fixture *s = *state;
    catga_bus *client = join(s, (catga_options){0});
    catga_bus *server = be_busy(s, client);

    for (int i = 0; i < 5; i++)
        send(s, client, &often);
    assert_int_equal(catga_flush(client, 2000), CATGA_OK);
    assert_int_equal(catga_drain(server), CATGA_TIMEOUT);
    serve(s, join(s, (catga_options){0}), answer_elsewhere);
    let_end(s, 1);
    wait_until(s->outcomes[CATGA_OK] == 6);
    assert_int_equal(s->run, 1);
    assert_int_equal(s->run_elsewhere, 5);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)
    const struct CMUnitTest tests[] = {
        CASE(requests_beyond_the_backlog_are_rejected_at_once),
        CASE(rejected_requests_are_retried_within_the_deadline),
        CASE(a_request_that_one_replica_rejects_runs_in_another),
        CASE(a_burst_within_the_limit_is_handled),
        CASE(free_workers_get_requests),
        CASE(too_many_bytes_are_refused_at_once),
        CASE(requests_not_begun_within_the_drain_time_are_answered_503),
        CASE(a_call_outlives_a_stopping_replica),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
