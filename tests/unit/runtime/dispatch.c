/* The path of a message to its handler and back: rejected messages, errors, headers. */
#include "bus/bus_state.h"
#include "bus/envelope.h"
#include "bus_fixture.h"

#include <stdatomic.h>
#include <stdio.h>

/* Behaviour of the handlers of a test, and their observations. */
typedef struct scene {
    sample_function *act;
    catga_bus *bus;
    atomic_uint runs;
    int64_t remaining_ms;
    char message_id[64];
    char correlation[64];
    catga_status second_answer;
} scene;

static catga_status act(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);
    catga_string id = catga_context_message_id(context);
    catga_string correlation = catga_context_correlation_id(context);

    atomic_fetch_add(&s->runs, 1);
    s->remaining_ms = catga_context_remaining_ms(context);
    snprintf(s->message_id, sizeof s->message_id, "%.*s", CATGA_PRINT(id));
    snprintf(s->correlation, sizeof s->correlation, "%.*s", CATGA_PRINT(correlation));
    return s->act(context, view);
}

static catga_status reply_to(catga_context *context, const catga_message *message, sample_view view)
{
    char text[100];
    catga_string from = sample_get_text(view);

    snprintf(text, sizeof text, "%.*s!", CATGA_PRINT(from)); /* the answer may point to locals */
    sample answer = {catga_str(text), sample_get_number(view) + 1};
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

static void serve(bus_fixture *f, scene *s, sample_function *what)
{
    static const sample_answerer handlers = {act, act};

    memset(s, 0, sizeof *s);
    s->act = what;
    s->bus = f->bus;
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &handlers, s), CATGA_OK);
}

static const sample question = {{"hello", 5}, 41};

static catga_status call_echo(bus_fixture *f, catga_reply *reply)
{
    return catga_call(f->bus, &sample_echo_message, &question, reply);
}

/* Calls, and checks the status and error text of the failure. */
static void assert_fails(bus_fixture *f, catga_status status, uint32_t code, const char *part)
{
    catga_reply reply;

    assert_int_equal(call_echo(f, &reply), status);
    assert_null(reply.table);
    assert_int_equal(reply.error.code, code);
    char text[600];
    snprintf(text, sizeof text, "%.*s", CATGA_PRINT(reply.error.text));
    if (strstr(text, part) == NULL)
        fail_msg("'%s' is not in '%s'", part, text);
    catga_received_free(reply.received);
}

/* ---- Answers ---- */

static void a_call_is_answered(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    scene s;

    serve(f, &s, reply_echo);
    assert_int_equal(call_echo(f, &reply), CATGA_OK);
    sample_view view = {reply.table};
    assert_true(catga_string_equal(sample_get_text(view), CATGA_STR("hello!")));
    assert_int_equal(sample_get_number(view), 42);
    assert_int_equal(reply.error.code, 0);
    catga_received_free(reply.received);
    assert_int_equal(strlen(s.message_id), 22);
    assert_string_equal(s.correlation, s.message_id);
    assert_in_range(s.remaining_ms, 1, 2000);
    catga_counters counters = catga_count(f->bus);
    assert_int_equal(counters.calls, 1);
    assert_int_equal(counters.calls_failed, 0);
    assert_int_equal(counters.handled, 1);
}

static void a_query_carries_nothing(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    scene s;

    serve(f, &s, reply_ask);
    assert_int_equal(catga_call(f->bus, &sample_ask_message, &question, &reply), CATGA_OK);
    catga_received_free(reply.received);
    assert_string_equal(s.message_id, "");
    assert_string_equal(s.correlation, "");
}

static void a_large_message_goes_both_ways(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    scene s;
    char *text = malloc(100000);

    serve(f, &s, reply_echo);
    assert_non_null(text);
    memset(text, 'x', 100000);
    sample large = {{text, 99}, 1};
    for (large.text.length = 3000; large.text.length <= 100000; large.text.length += 9700) {
        assert_int_equal(catga_call(f->bus, &sample_echo_message, &large, &reply), CATGA_OK);
        catga_received_free(reply.received);
    }
    large.text.length = 100000;
    assert_int_equal(catga_call(f->bus, &sample_echo_message, &large, &reply), CATGA_OK);
    catga_received_free(reply.received);
    free(text);
}

static catga_status declared(catga_context *context, sample_view view)
{
    catga_string text = sample_get_text(view);

    return sample_fail(context, &sample_error, "no %.*s\r\nNats-Msg-Id: 1", CATGA_PRINT(text));
}

static void a_declared_error(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    scene s;

    serve(f, &s, declared);
    assert_int_equal(call_echo(f, &reply), CATGA_DECLARED_ERROR);
    assert_int_equal(reply.error.code, 1001);
    assert_true(catga_string_equal(reply.error.name, CATGA_STR("sample.SampleError.Refused")));
    assert_true(catga_string_equal(reply.error.text, CATGA_STR("no hello  Nats-Msg-Id: 1")));
    assert_null(reply.table);
    catga_received_free(reply.received);
    assert_int_equal(catga_count(f->bus).handled, 1);
}

/* ---- Handlers that fail ---- */

static catga_status silent(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static catga_status out_of_memory(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_NO_MEMORY;
}

static catga_status pretends_a_declared_error(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_DECLARED_ERROR;
}

static catga_status undeclared(catga_context *context, sample_view view)
{
    (void)view;
    return sample_fail(context, &sample_other_error, "not of this message");
}

static catga_status wrong_message(catga_context *context, sample_view view)
{
    return reply_to(context, &sample_ask_message, view);
}

static catga_status invalid_answer(catga_context *context, sample_view view)
{
    sample answer = {{NULL, 0}, 1};

    (void)view;
    return catga_answer(context, &sample_echo_message, &answer);
}

static void handlers_that_fail(void **state)
{
    static const struct {
        sample_function *act;
        const char *part;
    } cases[] = {
        {silent, "returned without an answer"},
        {out_of_memory, "out of memory"},
        {pretends_a_declared_error, "the handler failed"},
        {undeclared, "raised sample.OtherError.Elsewhere, which test.sample.Echo does not declare"},
        {wrong_message, "replied to test.sample.Ask in the handler of test.sample.Echo"},
        {invalid_answer, "text"},
    };
    bus_fixture *f = *state;
    scene s;

    serve(f, &s, silent);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s.act = cases[i].act;
        assert_fails(f, CATGA_HANDLER_FAILED, 500, cases[i].part);
        assert_int_equal(catga_count(f->bus).handlers_failed, i + 1);
        assert_int_equal(s.runs, i + 1); /* a command that ran is not retried */
    }
    assert_int_equal(catga_count(f->bus).handled, 0);
}

static catga_status twice(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);
    catga_status status = reply_to(context, &sample_echo_message, view);

    s->second_answer = reply_to(context, &sample_echo_message, view);
    return status;
}

static void answering_twice_is_an_error(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    scene s;

    serve(f, &s, twice);
    assert_int_equal(call_echo(f, &reply), CATGA_OK);
    catga_received_free(reply.received);
    assert_int_equal(s.second_answer, CATGA_INVALID_ARGUMENT);
}

/* ---- Messages rejected before the handler ---- */

/* A peer that sends arbitrary messages. */
typedef struct peer {
    catga_transport *transport;
    atomic_uint answers;
    char code[16];
    char text[600];
} peer;

static void peer_on_reply(void *user, uint64_t token, catga_incoming *message)
{
    peer *p = user;
    const char *code = p->transport->operations->header(message, CATGA_HEADER_ERROR_CODE);
    const char *text = p->transport->operations->header(message, CATGA_HEADER_ERROR_TEXT);

    (void)token;
    snprintf(p->code, sizeof p->code, "%s", code != NULL ? code : "");
    snprintf(p->text, sizeof p->text, "%s", text != NULL ? text : "");
    p->transport->operations->release(message);
    atomic_fetch_add(&p->answers, 1);
}

static void peer_on_event(void *user, catga_connection_event event, const char *text)
{
    (void)user;
    (void)event;
    (void)text;
}

static void open_peer(peer *p, bus_fixture *f)
{
    const catga_transport_settings settings = {
        .local = f->broker,
        .listener = {.on_reply = peer_on_reply, .on_event = peer_on_event, .user = p}};

    memset(p, 0, sizeof *p);
    assert_int_equal(catga_transport_local_open(&settings, &p->transport), CATGA_OK);
}

static void say(peer *p, const void *data, size_t length, const char *timeout)
{
    catga_header header = {CATGA_HEADER_TIMEOUT, timeout};
    unsigned before = p->answers;
    catga_outgoing message = {.subject = "catga.commands.sample.v1.Echo",
                              .data = data,
                              .length = length,
                              .headers = &header,
                              .header_count = timeout != NULL};

    assert_int_equal(p->transport->operations->request(p->transport, &message, 1), CATGA_OK);
    wait_until(p->answers == before + 1);
}

static void bad_bytes_are_refused(void **state)
{
    static const char garbage[] = "\xff\xff\xff\xff this is no table at all";
    bus_fixture *f = *state;
    uint8_t bytes[256];
    size_t length;
    scene s;
    peer p;

    serve(f, &s, reply_echo);
    open_peer(&p, f);
    say(&p, garbage, sizeof garbage, NULL);
    assert_string_equal(p.code, "400");
    say(&p, NULL, 0, NULL);
    assert_string_equal(p.code, "400");
    assert_int_equal(catga_encode(&sample_ask_table, &question, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    say(&p, bytes, length, NULL); /* another message */
    assert_string_equal(p.code, "400");
    assert_int_equal(
        catga_encode(&sample_echo_table, &question, bytes, sizeof bytes, &length, NULL), CATGA_OK);
    for (size_t cut = 0; cut < length - 3; cut++) /* the last three bytes may be padding */
        say(&p, bytes, cut, NULL);
    assert_int_equal(s.runs, 0);
    assert_int_equal(catga_count(f->bus).bad_messages, 3 + length - 3);
    say(&p, bytes, length, NULL); /* the next valid message is handled */
    assert_string_equal(p.code, "");
    assert_int_equal(s.runs, 1);
    p.transport->operations->close(p.transport);
}

static void late_messages_are_not_run(void **state)
{
    bus_fixture *f = *state;
    uint8_t bytes[256];
    size_t length;
    scene s;
    peer p;

    serve(f, &s, reply_echo);
    open_peer(&p, f);
    assert_int_equal(
        catga_encode(&sample_echo_table, &question, bytes, sizeof bytes, &length, NULL), CATGA_OK);
    say(&p, bytes, length, "0");
    assert_string_equal(p.code, "408");
    assert_int_equal(s.runs, 0);
    assert_int_equal(catga_count(f->bus).late_messages, 1);
    say(&p, bytes, length, "500");
    assert_in_range(s.remaining_ms, 1, 500);
    say(&p, bytes, length, "soon"); /* not a number, so it is ignored */
    assert_in_range(s.remaining_ms, 501, 2000);
    assert_int_equal(s.runs, 2);
    p.transport->operations->close(p.transport);
}

/* ---- Services with arbitrary answers ---- */

/* Answers of a peer that serves Echo, one per try, and its observations. */
typedef struct script {
    peer peer;
    catga_subscription *subscription;
    const char *code; /* code of the error to answer with; NULL to answer with these bytes */
    const char *bytes;
    size_t length;
    unsigned tries;
    char ids[4][32];
    char timeouts[4][32];
} script;

static void copy_header(char out[32], const script *s, const catga_incoming *message,
                        const char *name)
{
    const char *value = s->peer.transport->operations->header(message, name);

    snprintf(out, 32, "%s", value != NULL ? value : "");
}

static void answer_by_script(void *user, catga_incoming *message)
{
    script *s = user;
    const catga_header header = {CATGA_HEADER_ERROR_CODE, s->code};
    const catga_outgoing answer = {.headers = &header,
                                   .header_count = s->code != NULL,
                                   .data = (const uint8_t *)s->bytes,
                                   .length = s->length};

    if (s->tries < 4) {
        copy_header(s->ids[s->tries], s, message, CATGA_HEADER_ID);
        copy_header(s->timeouts[s->tries], s, message, CATGA_HEADER_TIMEOUT);
    }
    s->tries++;
    s->peer.transport->operations->respond(s->peer.transport, message, &answer);
    s->peer.transport->operations->release(message);
}

static void begin_script(script *s, bus_fixture *f)
{
    const catga_subscription_options options = {.subject = "catga.commands.sample.v1.Echo",
                                                .queue_group = "Answerer",
                                                .pending = 10,
                                                .receive = answer_by_script,
                                                .user = s};

    memset(s, 0, sizeof *s);
    open_peer(&s->peer, f);
    catga_transport *transport = s->peer.transport;
    assert_int_equal(transport->operations->subscribe(transport, &options, &s->subscription),
                     CATGA_OK);
}

static void end_script(script *s)
{
    catga_transport *transport = s->peer.transport;

    assert_int_equal(transport->operations->drain(transport, s->subscription, 0), CATGA_OK);
    transport->operations->unsubscribe(transport, s->subscription);
    transport->operations->close(transport);
}

static void all_tries_carry_one_id(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    script s;

    begin_script(&s, f);
    s.code = "429";
    assert_int_equal(call_echo(f, &reply), CATGA_OVERLOADED);
    assert_int_equal(reply.error.code, 429);
    catga_received_free(reply.received);
    assert_int_equal(s.tries, 3);
    assert_int_equal(strlen(s.ids[0]), 22);
    assert_string_equal(s.ids[0], s.ids[1]);
    assert_string_equal(s.ids[0], s.ids[2]);
    assert_string_equal(s.timeouts[0], ""); /* the timeout of the schema */
    assert_in_range(atoi(s.timeouts[2]), 1000, 1999);
    assert_true(atoi(s.timeouts[1]) > atoi(s.timeouts[2]));
    end_script(&s);
}

static void codes_become_statuses(void **state)
{
    static const struct {
        const char *code;
        catga_status status;
        unsigned tries;
        uint32_t number;
    } cases[] = {
        {"400", CATGA_BAD_MESSAGE, 1, 400},
        {"404", CATGA_NO_HANDLER, 1, 404},
        {"408", CATGA_TIMEOUT, 3, 408},
        {"500", CATGA_HANDLER_FAILED, 1, 500},
        {"503", CATGA_DRAINING, 3, 503},
        {"777", CATGA_HANDLER_FAILED, 1, 777},
        {"", CATGA_HANDLER_FAILED, 1, 0},
        {"-1", CATGA_HANDLER_FAILED, 1, 0},
        {"9999999999", CATGA_HANDLER_FAILED, 1, 0},
    };
    bus_fixture *f = *state;
    catga_reply reply;
    script s;

    begin_script(&s, f);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s.code = cases[i].code;
        s.tries = 0;
        assert_int_equal(call_echo(f, &reply), cases[i].status);
        assert_int_equal(s.tries, cases[i].tries);
        assert_int_equal(reply.error.code, cases[i].number != 0 ? cases[i].number : 500);
        catga_received_free(reply.received);
    }
    end_script(&s);
}

static void bad_answers_are_not_read(void **state)
{
    bus_fixture *f = *state;
    uint8_t bytes[256];
    catga_reply reply;
    script s;

    begin_script(&s, f);
    s.bytes = "this is no table";
    s.length = 16;
    assert_int_equal(call_echo(f, &reply), CATGA_BAD_MESSAGE);
    assert_null(reply.table);
    assert_int_equal(reply.error.code, 0);
    assert_true(reply.error.text.length > 0);
    catga_received_free(reply.received);

    assert_int_equal(
        catga_encode(&sample_echo_table, &question, bytes, sizeof bytes, &s.length, NULL),
        CATGA_OK);
    s.bytes = (const char *)bytes; /* the question is not an answer */
    assert_int_equal(call_echo(f, &reply), CATGA_BAD_MESSAGE);
    catga_received_free(reply.received);
    assert_int_equal(catga_count(f->bus).bad_replies, 2);
    assert_int_equal(s.tries, 2);
    end_script(&s);
}

/* ---- Messages that a handler sends ---- */

static catga_status ask_another(catga_context *context, sample_view view)
{
    catga_reply reply;
    catga_status status;

    if (catga_context_message_id(context).length == 0)
        return reply_ask(context, view);
    status = catga_call(catga_context_bus(context), &sample_ask_message, &question, &reply);
    catga_received_free(reply.received);
    return status == CATGA_OK ? reply_echo(context, view) : status;
}

static void a_nested_call_shares_deadline_and_correlation(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    scene s;

    serve(f, &s, ask_another);
    assert_int_equal(call_echo(f, &reply), CATGA_OK);
    catga_received_free(reply.received);
    assert_int_equal(s.runs, 2);
    assert_string_equal(s.message_id, "");
    assert_int_equal(strlen(s.correlation), 22); /* the query carries the command's id */
    assert_in_range(s.remaining_ms, 1, 2000);
}

/* ---- Serving ---- */

static void a_service_without_a_handler_is_not_served(void **state)
{
    const sample_answerer handlers = {reply_echo, NULL};
    bus_fixture *f = *state;

    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &handlers, NULL),
                     CATGA_INVALID_ARGUMENT);
    assert_fails(f, CATGA_NO_RESPONDERS, 0, "no service");
}

static void messages_that_cannot_be_sent_are_rejected(void **state)
{
    bus_fixture *f = *state;
    catga_reply reply;
    sample bad = {{NULL, 0}, 0};

    assert_int_equal(catga_call(f->bus, &sample_echo_message, &bad, &reply), CATGA_INVALID_MESSAGE);
    assert_non_null(reply.received);
    assert_true(reply.error.text.length > 0);
    assert_int_equal(strncmp(reply.error.text.data, "text", 4), 0);
    catga_received_free(reply.received);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &bad), CATGA_INVALID_MESSAGE);
    assert_int_equal(catga_count(f->bus).published, 0);
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        case_of(a_call_is_answered),
        case_of(a_query_carries_nothing),
        case_of(a_large_message_goes_both_ways),
        case_of(a_declared_error),
        case_of(handlers_that_fail),
        case_of(answering_twice_is_an_error),
        case_of(bad_bytes_are_refused),
        case_of(late_messages_are_not_run),
        case_of(all_tries_carry_one_id),
        case_of(codes_become_statuses),
        case_of(bad_answers_are_not_read),
        case_of(a_nested_call_shares_deadline_and_correlation),
        case_of(a_service_without_a_handler_is_not_served),
        case_of(messages_that_cannot_be_sent_are_rejected),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
