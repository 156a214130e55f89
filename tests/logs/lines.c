/*
 * Logs lines inside and outside of handlers, and lets the runtime log about messages: lines local |
 * nats. Writes the facts of each message that a handler gets to standard output, a line for each:
 * the text that the handler logs, then service, message id, correlation id and traceparent.
 */
#include "bus_fixture.h"
#include "kept.h"

#include <catga/gen.h>
#include <catga/trace.h>

#include <stdatomic.h>
#include <stdio.h>

#define TRACEPARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000);
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

static const sample plain = {{"plain", 5}, 0};
static const sample failing = {{"failing", 7}, 1};
static const sample denied = {{"denied", 6}, 2};

/* ---- Handlers ---- */

/* Logs a line, and notes the facts that it must have. */
static void log_and_note(catga_context *context, const char *handler)
{
    static atomic_uint number;
    char text[64];

    snprintf(text, sizeof text, "%s %u", handler, atomic_fetch_add(&number, 1));
    catga_log_line(catga_context_bus(context), CATGA_LOG_WARNING, "%s", text);
    catga_string service = catga_context_service(context);
    catga_string id = catga_context_message_id(context);
    catga_string correlation = catga_context_correlation_id(context);
    catga_string trace = catga_context_traceparent(context);
    printf("%s\t%.*s\t%.*s\t%.*s\t%.*s\n", text, CATGA_PRINT(service), CATGA_PRINT(id),
           CATGA_PRINT(correlation), CATGA_PRINT(trace));
    fflush(stdout);
}

static catga_status echo(catga_context *context, sample_view view)
{
    sample answer = {sample_get_text(view), 1};
    catga_reply reply;

    log_and_note(context, "echo");
    if (sample_get_number(view) == 1)
        return CATGA_NO_MEMORY;
    if (sample_get_number(view) == 2)
        return catga_deny(context, CATGA_NOT_PERMITTED, "\"nobody\" may");
    catga_ignore(catga_call(catga_context_bus(context), &sample_ask_message, &plain, &reply));
    catga_received_free(reply.received);
    catga_ignore(catga_publish(catga_context_bus(context), &kept, &plain));
    log_and_note(context, "echo");
    return catga_answer(context, &sample_echo_message, &answer);
}

static catga_status ask(catga_context *context, sample_view view)
{
    sample answer = {sample_get_text(view), 1};

    log_and_note(context, "ask");
    return catga_answer(context, &sample_ask_message, &answer);
}

static catga_status notify(catga_context *context, sample_view view)
{
    (void)view;
    log_and_note(context, "notify");
    return catga_reject(context, "for the log");
}

/* ---- Calls ---- */

static void count_answer(catga_status status, sample_view reply, const catga_error *error,
                         void *user)
{
    (void)status;
    (void)reply;
    (void)error;
    atomic_fetch_add((atomic_uint *)user, 1);
}

/* Sends bytes without the last `cut`, with a trace context. */
static void send_traced(catga_bus *bus, const sample *input, size_t cut)
{
    const catga_call_settings settings = {0};
    catga_active_span span;
    uint8_t bytes[256];
    size_t length;
    catga_problem problem;
    atomic_uint answers = 0;

    assert_int_equal(catga_encode(&sample_echo_table, input, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    catga_span_begin(
        &span, bus,
        &(catga_span_start){.operation = "send", .traceparent = CATGA_STR(TRACEPARENT)});
    assert_int_equal(catga_send_bytes(catga_span_bus(&span), &sample_echo_message,
                                      (catga_bytes){bytes, length - cut}, &settings, sample_deliver,
                                      (catga_function)count_answer, &answers, &problem),
                     CATGA_OK);
    catga_span_end(&span, NULL);
    wait_until(answers == 1);
}

static void call(catga_bus *bus, const catga_message *message, const sample *input)
{
    catga_reply reply;

    catga_ignore(catga_call(bus, message, input, &reply));
    catga_received_free(reply.received);
}

/* ---- Lines without a message ---- */

static void log_odd_texts(catga_bus *bus)
{
    static char longest[3000];

    memset(longest, '\x01', sizeof longest - 1);
    catga_log_line(bus, CATGA_LOG_ERROR,
                   "odd: \"\\\b\n\t\x7f \xc2\x85 \xff\xe6\x97\xa0 \xed\xa0\x80");
    catga_log_line(bus, CATGA_LOG_INFO, "long: %s", longest);
}

static void drop_span(void *user, const catga_span *span)
{
    (void)user;
    (void)span;
}

/* Traces the bus if $LOGS_TRACED is set. */
static void trace(catga_bus *bus)
{
    const catga_trace_options options = {.sink = drop_span, .ratio = 1};

    if (getenv("LOGS_TRACED") != NULL)
        assert_int_equal(catga_trace_open(bus, &options), CATGA_OK);
}

int main(int argc, char **argv)
{
    static const sample_answerer answerer = {echo, ask};
    static const sample_listener listener = {notify, notify};
    catga_local *local = NULL;
    catga_bus *bus;

    if (argc == 2 && strcmp(argv[1], "local") == 0)
        assert_int_equal(catga_local_open(&local), CATGA_OK);
    assert_int_equal(catga_open(&bus, &(catga_options){.local = local}), CATGA_OK);
    trace(bus);
    assert_int_equal(catga_serve(bus, &sample_answerer_service, &answerer, NULL), CATGA_OK);
    assert_int_equal(catga_serve(bus, &reader, &listener, NULL), CATGA_OK);
    log_odd_texts(bus);
    send_traced(bus, &plain, 0);
    send_traced(bus, &plain, 8);
    call(bus, &sample_echo_message, &failing);
    call(bus, &sample_echo_message, &denied);
    call(bus, &sample_ask_message, &plain);
    wait_until(catga_count(bus).dead_letters == 1);
    catga_close(bus);
    catga_local_close(local);
    return 0;
}
