/*
 * Closing a bus, and functions that would wait for the handler or callback that calls them: closing
 * local | nats (at $NATS_URL).
 */
#include "fixture.h"
#include "kept.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CALLS = 64 };

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 3000);
static const catga_claims claims = {"SAMPLE_V1_Once", 60000};
static const catga_message once = {
    .subject = "catga.commands.sample.v1.Once",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .kind = CATGA_COMMAND,
    .timeout_ms = 3000,
    .claims = &claims,
};
static const sample hello = {{"hello", 5}, 7};

typedef struct fixture {
    fixture_base base;
    catga_bus *server;
    catga_bus *client;
    atomic_uint refusals; /* log lines about a refused close */
    atomic_uint callbacks;
    atomic_uint surprises; /* unexpected statuses */
    atomic_int status;
    atomic_int depth;
    atomic_bool ended;
} fixture;

static void note_refusal(void *user, catga_log_level level, const char *text)
{
    fixture *s = user;

    (void)level;
    if (strstr(text, "refuse to close") != NULL)
        atomic_fetch_add(&s->refusals, 1);
}

static int open_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "closing");
    const catga_options options = {.log = note_refusal, .log_user = s, .drain_wait_ms = 5000};

    s->server = fixture_join(&s->base, options);
    s->client = fixture_join(&s->base, options);
    *state = s;
    return 0;
}

/* The test closes the client's bus. */
static void close_client(fixture *s)
{
    fixture_leave(&s->base);
    s->client = NULL;
}

static catga_status call(catga_bus *bus, const catga_message *message)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, &hello, &reply);

    catga_received_free(reply.received);
    return status;
}

static catga_status reply_to(catga_context *context, const catga_message *message, sample_view view)
{
    const sample answer = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, message, &answer);
}

static catga_status reply_echo(catga_context *context, sample_view view)
{
    return reply_to(context, &sample_echo_message, view);
}

static catga_status reply_ask(catga_context *context, sample_view view)
{
    return reply_to(context, &sample_ask_message, view);
}

static void serve(fixture *s, catga_bus *bus, const sample_answerer *handlers)
{
    assert_int_equal(catga_serve(bus, &sample_answerer_service, handlers, s), CATGA_OK);
}

/* ---- Callbacks may call every function while a bus closes ---- */

static catga_status wait_to_end(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    sem_post(&s->base.started);
    while (!atomic_load(&s->ended))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return CATGA_TIMEOUT;
}

static void never_called(catga_status status, sample_view reply, const catga_error *error,
                         void *user)
{
    fixture *s = user;

    (void)status;
    (void)reply;
    (void)error;
    atomic_fetch_add(&s->surprises, 1);
}

static void never_stored(catga_status status, const catga_error *error, void *user)
{
    never_called(status, (sample_view){NULL}, error, user);
}

static bool no_letter(const catga_dead_letter *letter, void *user)
{
    (void)letter;
    (void)user;
    return false;
}

static void expect_closed(fixture *s, const char *function, catga_status status)
{
    if (status == CATGA_CLOSED)
        return;
    fprintf(stderr, "%s: %s\n", function, catga_status_name(status));
    atomic_fetch_add(&s->surprises, 1);
}

static void call_functions_that_wait(fixture *s, catga_bus *bus)
{
    catga_reply reply;
    catga_problem problem;

    expect_closed(s, "call", call(bus, &sample_echo_message));
    expect_closed(s, "call_with_id",
                  catga_call_with_id(bus, &once, CATGA_STR("one"), &hello, &reply));
    catga_received_free(reply.received);
    expect_closed(s, "publish stored", catga_publish(bus, &kept, &hello));
    expect_closed(s, "run", catga_run(bus));
    expect_closed(s, "wait", catga_wait(bus));
    expect_closed(s, "drain", catga_drain(bus));
    expect_closed(s, "flush", catga_flush(bus, 100));
    expect_closed(s, "dead_letters", catga_dead_letters(bus, "SAMPLE_V1", 1, no_letter, NULL));
    expect_closed(s, "replay", catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 100, &problem));
    expect_closed(s, "remove", catga_dead_letter_remove(bus, "SAMPLE_V1", 1));
}

static void call_every_function(fixture *s, catga_bus *bus)
{
    static const sample_answerer handlers = {reply_echo, reply_ask};

    expect_closed(s, "send",
                  catga_send(bus, &sample_ask_message, &hello, sample_deliver,
                             (catga_function)never_called, s));
    expect_closed(s, "publish", catga_publish(bus, &sample_noted_message, &hello));
    expect_closed(s, "publish_async", catga_publish_async(bus, &kept, &hello, never_stored, s));
    expect_closed(s, "serve", catga_serve(bus, &sample_answerer_service, &handlers, s));
    call_functions_that_wait(s, bus);
    if (catga_connected(bus) || catga_instance(bus)[0] == '\0' ||
        catga_count(bus).calls_failed == 0)
        atomic_fetch_add(&s->surprises, 1);
    catga_stop(bus);
    catga_close(bus);
}

static void on_closed(catga_status status, sample_view reply, const catga_error *error, void *user)
{
    fixture *s = user;

    (void)reply;
    if (status != CATGA_CLOSED || error->text.length == 0)
        atomic_fetch_add(&s->surprises, 1);
    call_every_function(s, s->client);
    atomic_fetch_add(&s->callbacks, 1);
}

static void callbacks_of_a_bus_that_closes_may_call_everything(void **state)
{
    static const sample_answerer slow = {wait_to_end, wait_to_end};
    fixture *s = *state;

    serve(s, s->server, &slow);
    for (int i = 0; i < CALLS; i++)
        assert_int_equal(catga_send(s->client, &sample_ask_message, &hello, sample_deliver,
                                    (catga_function)on_closed, s),
                         CATGA_OK);
    sem_wait(&s->base.started);
    fixture_leave(&s->base);
    atomic_store(&s->ended, true);
    assert_int_equal(s->callbacks, CALLS);
    assert_int_equal(s->surprises, 0);
    assert_int_equal(s->refusals, CALLS);
}

/* ---- Closing and draining that would wait for the caller ---- */

static catga_status close_and_drain(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    catga_bus *bus = catga_context_bus(context);

    catga_close(bus);
    catga_close(s->server);
    if (catga_drain(bus) != CATGA_WOULD_DEADLOCK || catga_run(bus) != CATGA_WOULD_DEADLOCK ||
        catga_wait(bus) != CATGA_WOULD_DEADLOCK)
        atomic_fetch_add(&s->surprises, 1);
    return reply_to(context, &sample_echo_message, view);
}

static void a_handler_cannot_close_its_bus(void **state)
{
    static const sample_answerer handlers = {close_and_drain, reply_ask};
    fixture *s = *state;

    serve(s, s->server, &handlers);
    assert_int_equal(call(s->client, &sample_echo_message), CATGA_OK);
    assert_int_equal(s->refusals, 2);
    assert_int_equal(s->surprises, 0);
    assert_int_equal(call(s->client, &sample_ask_message), CATGA_OK); /* the bus is still open */
}

static void close_in_callback(catga_status status, sample_view reply, const catga_error *error,
                              void *user)
{
    fixture *s = user;

    (void)reply;
    (void)error;
    catga_close(s->client);
    if (status != CATGA_OK || catga_drain(s->client) != CATGA_WOULD_DEADLOCK)
        atomic_fetch_add(&s->surprises, 1);
    atomic_fetch_add(&s->callbacks, 1);
}

static void a_callback_cannot_close_its_bus(void **state)
{
    static const sample_answerer handlers = {reply_echo, reply_ask};
    fixture *s = *state;

    serve(s, s->server, &handlers);
    assert_int_equal(catga_send(s->client, &sample_echo_message, &hello, sample_deliver,
                                (catga_function)close_in_callback, s),
                     CATGA_OK);
    wait_until(s->callbacks == 1);
    assert_int_equal(s->refusals, 1);
    assert_int_equal(s->surprises, 0);
    assert_int_equal(call(s->client, &sample_ask_message), CATGA_OK);
}

/* catga_close must be the last call of a bus, so the sender must have returned. */
static catga_status close_the_other(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    sem_wait(&s->base.may_end);
    close_client(s);
    return reply_to(context, &sample_echo_message, view);
}

static void send_and_forget(catga_status status, sample_view reply, const catga_error *error,
                            void *user)
{
    fixture *s = user;

    (void)reply;
    (void)error;
    atomic_store(&s->status, (int)status);
    atomic_fetch_add(&s->callbacks, 1);
}

static void a_handler_may_close_another_bus(void **state)
{
    static const sample_answerer handlers = {close_the_other, reply_ask};
    fixture *s = *state;

    serve(s, s->server, &handlers);
    assert_int_equal(catga_send(s->client, &sample_echo_message, &hello, sample_deliver,
                                (catga_function)send_and_forget, s),
                     CATGA_OK);
    sem_post(&s->base.may_end);
    wait_until(s->callbacks == 1);
    assert_int_equal(s->status, CATGA_CLOSED);
    assert_int_equal(s->refusals, 0);
}

static catga_status serve_while_draining(catga_context *context, sample_view view)
{
    static const sample_answerer handlers = {reply_echo, reply_ask};
    fixture *s = catga_context_user(context);

    sem_post(&s->base.started);
    while (catga_publish(s->server, &sample_noted_message, &hello) == CATGA_OK)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (catga_serve(s->server, &sample_answerer_service, &handlers, s) != CATGA_DRAINING)
        atomic_fetch_add(&s->surprises, 1);
    return reply_to(context, &sample_echo_message, view);
}

static void a_handler_that_serves_does_not_hold_up_draining(void **state)
{
    static const sample_answerer handlers = {serve_while_draining, reply_ask};
    fixture *s = *state;

    serve(s, s->server, &handlers);
    assert_int_equal(catga_send(s->client, &sample_echo_message, &hello, sample_deliver,
                                (catga_function)send_and_forget, s),
                     CATGA_OK);
    sem_wait(&s->base.started);
    assert_int_equal(catga_drain(s->server), CATGA_OK);
    assert_int_equal(s->surprises, 0);
}

/* ---- Calls that would wait for an answer that their own thread delivers ---- */

static void wait_in_callback(catga_status status, sample_view reply, const catga_error *error,
                             void *user)
{
    fixture *s = user;
    catga_problem problem;

    (void)status;
    (void)reply;
    (void)error;
    if (call(s->client, &sample_ask_message) != CATGA_WOULD_DEADLOCK ||
        catga_publish(s->client, &kept, &hello) != CATGA_WOULD_DEADLOCK ||
        catga_dead_letter_replay(s->client, "SAMPLE_V1", 1, 1000, &problem) != CATGA_WOULD_DEADLOCK)
        atomic_fetch_add(&s->surprises, 1);
    /* Functions that do not wait are allowed, and so is another bus. */
    if (catga_publish(s->client, &sample_noted_message, &hello) != CATGA_OK ||
        catga_send(s->client, &sample_ask_message, &hello, sample_deliver,
                   (catga_function)send_and_forget, s) != CATGA_OK ||
        call(s->server, &sample_ask_message) != CATGA_OK)
        atomic_fetch_add(&s->surprises, 1);
    atomic_fetch_add(&s->callbacks, 1);
}

static void a_callback_does_not_wait_for_its_own_bus(void **state)
{
    static const sample_answerer handlers = {reply_echo, reply_ask};
    fixture *s = *state;

    serve(s, s->server, &handlers);
    assert_int_equal(catga_send(s->client, &sample_echo_message, &hello, sample_deliver,
                                (catga_function)wait_in_callback, s),
                     CATGA_OK);
    wait_until(s->callbacks == 2);
    assert_int_equal(s->surprises, 0);
    assert_int_equal(s->status, CATGA_OK);
    assert_int_equal(call(s->client, &sample_ask_message), CATGA_OK); /* waiting is allowed again
                                                                         here */
}

/* Calls the other handler, or itself. The fixture's status is the result of the innermost call. */
static catga_status call_on(catga_context *context, const catga_message *next)
{
    fixture *s = catga_context_user(context);

    if (atomic_fetch_add(&s->depth, 1) > 4)
        return CATGA_TIMEOUT;
    catga_status status = call(catga_context_bus(context), next);
    if (status != CATGA_HANDLER_FAILED)
        atomic_store(&s->status, (int)status);
    return status;
}

static catga_status echo_calls_echo(catga_context *context, sample_view view)
{
    (void)view;
    return call_on(context, &sample_echo_message);
}

static catga_status echo_calls_ask(catga_context *context, sample_view view)
{
    (void)view;
    return call_on(context, &sample_ask_message);
}

static catga_status ask_calls_echo(catga_context *context, sample_view view)
{
    (void)view;
    return call_on(context, &sample_echo_message);
}

/* Only the local server knows that there is no other replica. */
static bool is_local(const fixture *s)
{
    return s->base.broker != NULL;
}

static void a_handler_does_not_wait_for_itself(void **state)
{
    static const sample_answerer handlers = {echo_calls_echo, reply_ask};
    fixture *s = *state;

    if (!is_local(s))
        skip();
    serve(s, s->server, &handlers);
    assert_int_equal(call(s->client, &sample_echo_message), CATGA_HANDLER_FAILED);
    assert_int_equal(s->status, CATGA_WOULD_DEADLOCK);
    assert_int_equal(s->depth, 1);
}

static void a_chain_of_handlers_does_not_wait_for_its_first(void **state)
{
    static const sample_answerer handlers = {echo_calls_ask, ask_calls_echo};
    fixture *s = *state;

    if (!is_local(s))
        skip();
    serve(s, s->server, &handlers);
    assert_int_equal(call(s->client, &sample_echo_message), CATGA_HANDLER_FAILED);
    assert_int_equal(s->status, CATGA_WOULD_DEADLOCK);
    assert_int_equal(s->depth, 2);
}

static catga_status echo_calls_echo_once(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    if (atomic_fetch_add(&s->depth, 1) % 2 == 0)
        atomic_store(&s->status, (int)call(catga_context_bus(context), &sample_echo_message));
    return reply_to(context, &sample_echo_message, view);
}

static void a_handler_finds_its_other_worker(void **state)
{
    static const sample_answerer handlers = {echo_calls_echo_once, reply_ask};
    fixture *s = *state;
    catga_bus *two = fixture_join(&s->base, (catga_options){.workers = 2});

    if (!is_local(s))
        skip();
    serve(s, two, &handlers);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(call(s->client, &sample_echo_message), CATGA_OK);
        assert_int_equal(s->status, CATGA_OK);
    }
}

/* A command that two services handle is queued for the thread that runs the handlers of events. */
static catga_status notify_calls_both(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    atomic_store(&s->status, (int)call(s->client, &sample_echo_message));
    atomic_fetch_add(&s->callbacks, 1);
    return CATGA_OK;
}

static void the_delivering_thread_does_not_wait_for_itself(void **state)
{
    static const sample_answerer handlers = {reply_echo, reply_ask};
    static const sample_listener listener = {notify_calls_both, notify_calls_both};
    static const catga_service other = {"Other", sample_answerer_handlers, 1,
                                        sizeof(sample_answerer), NULL};
    fixture *s = *state;

    if (!is_local(s))
        skip();
    serve(s, s->server, &handlers);
    assert_int_equal(catga_serve(s->server, &other, &handlers, s), CATGA_OK);
    assert_int_equal(catga_serve(s->server, &sample_listener_service, &listener, s), CATGA_OK);
    assert_int_equal(call(s->client, &sample_echo_message), CATGA_OK);
    assert_int_equal(catga_publish(s->client, &sample_noted_message, &hello), CATGA_OK);
    wait_until(s->callbacks == 2);
    assert_int_equal(s->status, CATGA_WOULD_DEADLOCK);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(callbacks_of_a_bus_that_closes_may_call_everything),
        CASE(a_handler_cannot_close_its_bus),
        CASE(a_callback_cannot_close_its_bus),
        CASE(a_handler_may_close_another_bus),
        CASE(a_handler_that_serves_does_not_hold_up_draining),
        CASE(a_callback_does_not_wait_for_its_own_bus),
        CASE(a_handler_does_not_wait_for_itself),
        CASE(a_chain_of_handlers_does_not_wait_for_its_first),
        CASE(a_handler_finds_its_other_worker),
        CASE(the_delivering_thread_does_not_wait_for_itself),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
