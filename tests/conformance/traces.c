/*
 * Spans over each transport: traces local | nats (at $NATS_URL, with JetStream). A sink collects
 * the spans of all buses of a case.
 */
#include "fixture.h"
#include "kept.h"
#include "peer.h"

#include <catga/trace.h>

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

enum { SPANS = 64, ATTRIBUTES = 12, TEXT = 300 };

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define REMOTE "00-" TRACE "-" PARENT "-01"

/* A span that the sink got. */
typedef struct collected {
    catga_span span;
    char target[TEXT];
    char status_text[TEXT];
    char tracestate[TEXT];
    char names[ATTRIBUTES][TEXT];
    char texts[ATTRIBUTES][TEXT];
    int64_t numbers[ATTRIBUTES];
} collected;

typedef struct fixture {
    fixture_base base;
    pthread_mutex_t lock;
    collected spans[SPANS];
    size_t count;
    char seen[64];        /* traceparent that the last handler saw; guarded by the lock */
    char copied[64];      /* of the thread of the test */
    atomic_uint failures; /* runs of the handler of the stored event that still have to fail */
    atomic_uint handled;
} fixture;

/* ---- The sink ---- */

static void copy(char *to, const char *from, size_t length)
{
    assert_true(length < TEXT);
    memcpy(to, from, length);
    to[length] = '\0';
}

static void collect(void *user, const catga_span *span)
{
    fixture *f = user;

    pthread_mutex_lock(&f->lock);
    assert_true(f->count < SPANS);
    collected *kept = &f->spans[f->count++];
    kept->span = *span;
    copy(kept->target, span->target, strlen(span->target));
    copy(kept->status_text, span->status_text, strlen(span->status_text));
    copy(kept->tracestate, span->tracestate, strlen(span->tracestate));
    assert_true(span->attribute_count <= ATTRIBUTES);
    for (size_t i = 0; i < span->attribute_count; i++) {
        copy(kept->names[i], span->attributes[i].name, strlen(span->attributes[i].name));
        if (span->attributes[i].text.length != 0)
            copy(kept->texts[i], span->attributes[i].text.data, span->attributes[i].text.length);
        kept->numbers[i] = span->attributes[i].number;
    }
    pthread_mutex_unlock(&f->lock);
}

static size_t count_of(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    size_t count = f->count;
    pthread_mutex_unlock(&f->lock);
    return count;
}

/* Waits for `count` spans, and for more that should not come. */
static void wait_for(fixture *f, size_t count)
{
    wait_until(count_of(f) >= count);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    assert_int_equal(count_of(f), count);
}

static bool is_zero(const uint8_t *id, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (id[i] != 0)
            return false;
    return true;
}

/* Returns the span number `number`, from 0, of a kind. */
static const collected *span_of(fixture *f, catga_span_kind kind, unsigned number)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->spans[i].span.kind == kind && number-- == 0)
            return &f->spans[i];
    fail_msg("no span of kind %d", (int)kind);
    return NULL;
}

/* Returns the span whose parent is `parent`. */
static const collected *child_of(fixture *f, const collected *parent, catga_span_kind kind)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->spans[i].span.kind == kind &&
            memcmp(f->spans[i].span.parent_id, parent->span.span_id, 8) == 0)
            return &f->spans[i];
    fail_msg("no child of kind %d", (int)kind);
    return NULL;
}

static const collected *span_of_root(fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (is_zero(f->spans[i].span.parent_id, 8))
            return &f->spans[i];
    fail_msg("no trace begins");
    return NULL;
}

static int index_of(const collected *span, const char *name)
{
    for (int i = 0; i < (int)span->span.attribute_count; i++)
        if (strcmp(span->names[i], name) == 0)
            return i;
    return -1;
}

static const char *text_of(const collected *span, const char *name)
{
    int i = index_of(span, name);

    return i < 0 ? "" : span->texts[i];
}

static int64_t number_of(const collected *span, const char *name)
{
    int i = index_of(span, name);

    return i < 0 ? -1 : span->numbers[i];
}

static void assert_parent(const collected *child, const collected *parent, bool is_remote)
{
    assert_memory_equal(child->span.trace_id, parent->span.trace_id, 16);
    assert_memory_equal(child->span.parent_id, parent->span.span_id, 8);
    assert_memory_not_equal(child->span.span_id, parent->span.span_id, 8);
    assert_int_equal(child->span.has_remote_parent, is_remote);
    assert_true(child->span.start_ns >= parent->span.start_ns);
}

static void assert_root(const collected *span)
{
    assert_true(is_zero(span->span.parent_id, 8));
    assert_false(is_zero(span->span.trace_id, 16));
    assert_false(is_zero(span->span.span_id, 8));
    assert_false(span->span.has_remote_parent);
    assert_true(span->span.end_ns >= span->span.start_ns);
    assert_true(span->span.start_ns > INT64_C(1600000000) * CATGA_SECOND);
}

/* Writes the hexadecimal digits of an id. */
static const char *hex(char text[33], const uint8_t *id, size_t length)
{
    for (size_t i = 0; i < length; i++)
        snprintf(text + 2 * i, 3, "%02x", id[i]);
    return text;
}

static void assert_context(const char *traceparent, const collected *span)
{
    char text[33];

    assert_int_equal(strlen(traceparent), 55);
    assert_memory_equal(traceparent + 3, hex(text, span->span.trace_id, 16), 32);
    assert_memory_equal(traceparent + 36, hex(text, span->span.span_id, 8), 16);
}

static void assert_failed(const collected *span, const char *type)
{
    assert_true(span->span.failed);
    assert_true(span->status_text[0] != '\0');
    assert_string_equal(text_of(span, "error.type"), type);
}

static void assert_succeeded(const collected *span)
{
    assert_false(span->span.failed);
    assert_string_equal(span->status_text, "");
    assert_int_equal(index_of(span, "error.type"), -1);
}

/* ---- The fixture ---- */

static int set_up(void **state)
{
    fixture *f = fixture_new(sizeof(fixture), "traces");

    pthread_mutex_init(&f->lock, NULL);
    *state = f;
    return 0;
}

static catga_bus *join(fixture *f)
{
    return fixture_join(&f->base, (catga_options){.ack_wait_ms = 400});
}

static catga_bus *join_traced(fixture *f, double ratio, bool ignores_parent)
{
    catga_bus *bus = join(f);

    assert_int_equal(
        catga_trace_open(bus, &(catga_trace_options){.sink = collect,
                                                     .user = f,
                                                     .ratio = ratio,
                                                     .ignores_parent = ignores_parent}),
        CATGA_OK);
    return bus;
}

static fixture *see(catga_context *context)
{
    fixture *f = catga_context_user(context);
    catga_string seen = catga_context_traceparent(context);

    pthread_mutex_lock(&f->lock);
    snprintf(f->seen, sizeof f->seen, "%.*s", CATGA_PRINT(seen));
    pthread_mutex_unlock(&f->lock);
    return f;
}

/* Returns what the last handler saw, until the next call. */
static const char *seen_of(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    memcpy(f->copied, f->seen, sizeof f->copied);
    pthread_mutex_unlock(&f->lock);
    return f->copied;
}

static const sample note = {{"hello", 5}, 1};

static catga_status call(catga_bus *bus, const catga_message *message)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, &note, &reply);

    catga_received_free(reply.received);
    return status;
}

/* Calls Ask and publishes Noted on behalf of the request. */
static catga_status echo_and_send(catga_context *context, sample_view view)
{
    (void)view;
    (void)see(context);
    assert_int_equal(call(catga_context_bus(context), &sample_ask_message), CATGA_OK);
    assert_int_equal(catga_publish(catga_context_bus(context), &sample_noted_message, &note),
                     CATGA_OK);
    return catga_answer(context, &sample_echo_message, &note);
}

static catga_status echo(catga_context *context, sample_view view)
{
    (void)view;
    (void)see(context);
    return catga_answer(context, &sample_echo_message, &note);
}

static catga_status ask(catga_context *context, sample_view view)
{
    (void)view;
    return catga_answer(context, &sample_ask_message, &note);
}

static catga_status refuse(catga_context *context, sample_view view)
{
    (void)view;
    return sample_fail(context, &sample_error, "no");
}

static catga_status time_out(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_TIMEOUT;
}

static catga_status listen(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static catga_status fail_some(catga_context *context, sample_view view)
{
    fixture *f = see(context);

    (void)view;
    f->handled++;
    if (f->failures == 0)
        return CATGA_OK;
    f->failures--;
    return catga_retry_after(context, 10);
}

static void serve_answers(fixture *f, catga_bus *bus, sample_function *run_echo)
{
    const sample_answerer answerer = {run_echo, ask};

    assert_int_equal(catga_serve(bus, &sample_answerer_service, &answerer, f), CATGA_OK);
}

static void serve_events(fixture *f, catga_bus *bus)
{
    static const sample_listener listener = {listen, listen};

    assert_int_equal(catga_serve(bus, &sample_listener_service, &listener, f), CATGA_OK);
}

/* ---- Calls ---- */

static void assert_message_attributes(fixture *f, const collected *span, const char *operation,
                                      const char *type)
{
    assert_string_equal(text_of(span, "messaging.system"), fixture_transport);
    assert_string_equal(text_of(span, "messaging.operation.name"), operation);
    assert_string_equal(text_of(span, "messaging.operation.type"), type);
    assert_string_equal(span->target, text_of(span, "messaging.destination.name"));
    assert_memory_equal(span->target, f->base.prefix, strlen(f->base.prefix));
    assert_true(number_of(span, "messaging.message.body.size") > 0);
}

static void a_call_is_a_client_and_a_server_span(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 1, false);
    char target[TEXT];

    serve_answers(f, join_traced(f, 1, false), echo);
    assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    wait_for(f, 2);
    const collected *client = span_of(f, CATGA_SPAN_CLIENT, 0);
    const collected *server = span_of(f, CATGA_SPAN_SERVER, 0);
    assert_root(client);
    assert_parent(server, client, true);
    assert_false(server->span.links_parent);
    assert_int_equal(client->span.flags, 1);
    assert_int_equal(server->span.flags, 1);
    assert_context(seen_of(f), server);
    assert_succeeded(client);
    assert_succeeded(server);
    snprintf(target, sizeof target, "%s.commands.sample.v1.Echo", f->base.prefix);
    assert_string_equal(client->target, target);
    assert_string_equal(server->target, target);
    assert_message_attributes(f, client, "request", "send");
    assert_message_attributes(f, server, "process", "process");
    assert_int_equal(strlen(text_of(client, "messaging.message.id")), 22);
    assert_string_equal(text_of(server, "messaging.message.id"),
                        text_of(client, "messaging.message.id"));
    assert_string_equal(text_of(server, "messaging.message.conversation_id"),
                        text_of(client, "messaging.message.id"));
    assert_string_equal(text_of(server, "messaging.consumer.group.name"), "Answerer");
    assert_int_equal(index_of(client, "catga.tries"), -1);
    assert_int_equal(index_of(server, "catga.attempt"), -1);
}

static void each_trace_has_its_own_id(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    serve_answers(f, bus, echo);
    assert_int_equal(call(bus, &sample_ask_message), CATGA_OK);
    assert_int_equal(call(bus, &sample_ask_message), CATGA_OK);
    wait_for(f, 4);
    const collected *first = span_of(f, CATGA_SPAN_CLIENT, 0);
    const collected *second = span_of(f, CATGA_SPAN_CLIENT, 1);
    assert_memory_not_equal(first->span.trace_id, second->span.trace_id, 16);
    assert_memory_not_equal(first->span.trace_id + 8, second->span.trace_id + 8, 8);
    assert_memory_not_equal(first->span.span_id, second->span.span_id, 8);
    assert_int_equal(index_of(first, "messaging.message.id"), -1); /* a query has none */
}

static void calls_and_events_of_a_handler_are_its_children(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 1, false);
    catga_bus *service = join_traced(f, 1, false);

    serve_answers(f, service, echo_and_send);
    serve_events(f, service);
    assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    wait_for(f, 7);
    const collected *server = child_of(f, span_of_root(f), CATGA_SPAN_SERVER);
    const collected *inner = child_of(f, server, CATGA_SPAN_CLIENT);
    const collected *event = child_of(f, server, CATGA_SPAN_PRODUCER);
    const char *id = text_of(server, "messaging.message.id");
    assert_parent(inner, server, false);
    assert_parent(event, server, false);
    assert_parent(child_of(f, inner, CATGA_SPAN_SERVER), inner, true);
    assert_parent(child_of(f, event, CATGA_SPAN_CONSUMER), event, true);
    assert_string_equal(text_of(inner, "messaging.message.conversation_id"), id);
    assert_string_equal(text_of(event, "messaging.message.conversation_id"), id);
}

/* ---- Events ---- */

static void an_event_is_a_producer_and_consumer_spans(void **state)
{
    fixture *f = *state;
    catga_bus *publisher = join_traced(f, 1, false);
    unsigned groups = 0;

    serve_events(f, join_traced(f, 1, false));
    assert_int_equal(catga_publish(publisher, &sample_noted_message, &note), CATGA_OK);
    wait_for(f, 3);
    const collected *producer = span_of(f, CATGA_SPAN_PRODUCER, 0);
    assert_root(producer);
    assert_message_attributes(f, producer, "publish", "send");
    for (unsigned i = 0; i < 2; i++) {
        const collected *consumer = span_of(f, CATGA_SPAN_CONSUMER, i);
        const char *group = text_of(consumer, "messaging.consumer.group.name");
        assert_parent(consumer, producer, true);
        assert_true(consumer->span.links_parent);
        assert_message_attributes(f, consumer, "process", "process");
        assert_succeeded(consumer);
        groups += strcmp(group, "Listener__notify") == 0;
        assert_true(group[0] == '\0' || strcmp(group, "Listener__notify") == 0);
    }
    assert_int_equal(groups, 1);
}

/* ---- Stored events ---- */

static const catga_delivery delivery = {
    .stream = &kept_stream, .backoff_ms = 20, .backoff_longest_ms = 100, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 3000, .retries = 1);
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

static void serve_stored(fixture *f, catga_bus *bus, unsigned failures)
{
    static const sample_listener listener = {.notify = fail_some};

    f->failures = failures;
    assert_int_equal(catga_serve(bus, &reader, &listener, f), CATGA_OK);
}

static void a_redelivery_is_a_new_span_with_the_same_parent(void **state)
{
    fixture *f = *state;
    catga_bus *publisher = join_traced(f, 1, false);

    serve_stored(f, join_traced(f, 1, false), 1);
    assert_int_equal(catga_publish(publisher, &kept, &note), CATGA_OK);
    wait_for(f, 3);
    const collected *producer = span_of(f, CATGA_SPAN_PRODUCER, 0);
    const collected *first = span_of(f, CATGA_SPAN_CONSUMER, 0);
    const collected *second = span_of(f, CATGA_SPAN_CONSUMER, 1);
    assert_parent(first, producer, true);
    assert_parent(second, producer, true);
    assert_true(first->span.links_parent && second->span.links_parent);
    assert_memory_not_equal(first->span.span_id, second->span.span_id, 8);
    assert_failed(first, "retry_later");
    assert_succeeded(second);
    assert_context(seen_of(f), second);
    assert_int_equal(index_of(first, "catga.attempt"), -1);
    assert_int_equal(number_of(second, "catga.attempt"), 2);
    assert_string_equal(text_of(second, "messaging.consumer.group.name"), "Reader__notify");
    assert_string_equal(text_of(second, "messaging.message.id"),
                        text_of(producer, "messaging.message.id"));
    assert_message_attributes(f, second, "process", "process");
}

static void a_replayed_dead_letter_belongs_to_the_trace_of_its_event(void **state)
{
    fixture *f = *state;
    catga_bus *publisher = join_traced(f, 1, false);
    catga_bus *service = join_traced(f, 1, false);

    serve_stored(f, service, 2);
    assert_int_equal(catga_publish(publisher, &kept, &note), CATGA_OK);
    wait_until(catga_count(service).dead_letters == 1);
    wait_for(f, 3);
    assert_int_equal(catga_dead_letter_replay(publisher, "SAMPLE_V1", 1, 2000, NULL), CATGA_OK);
    wait_for(f, 4);
    const collected *producer = span_of(f, CATGA_SPAN_PRODUCER, 0);
    const collected *replayed = span_of(f, CATGA_SPAN_CONSUMER, 2);
    assert_failed(span_of(f, CATGA_SPAN_CONSUMER, 1), "retry_later");
    assert_parent(replayed, producer, true);
    assert_true(replayed->span.links_parent);
    assert_succeeded(replayed);
    assert_string_equal(text_of(replayed, "messaging.message.id"),
                        text_of(producer, "messaging.message.id"));
}

/* ---- Without waiting ---- */

static void called_back(catga_status status, sample_view reply, const catga_error *error,
                        void *user)
{
    (void)reply;
    (void)error;
    assert_int_equal(status, CATGA_OK);
    sem_post(user);
}

static void stored(catga_status status, const catga_error *error, void *user)
{
    called_back(status, (sample_view){NULL}, error, user);
}

static void calls_with_a_callback_have_spans(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);
    sem_t *ended = &f->base.may_end;

    serve_answers(f, bus, echo);
    serve_stored(f, bus, 0);
    assert_int_equal(catga_send(bus, &sample_echo_message, &note, sample_deliver,
                                (catga_function)called_back, ended),
                     CATGA_OK);
    assert_int_equal(catga_publish_async(bus, &kept, &note, stored, ended), CATGA_OK);
    sem_wait(ended);
    sem_wait(ended);
    wait_for(f, 4);
    const collected *client = span_of(f, CATGA_SPAN_CLIENT, 0);
    const collected *producer = span_of(f, CATGA_SPAN_PRODUCER, 0);
    assert_root(client);
    assert_root(producer);
    assert_parent(span_of(f, CATGA_SPAN_SERVER, 0), client, true);
    assert_parent(span_of(f, CATGA_SPAN_CONSUMER, 0), producer, true);
}

/* ---- Failures ---- */

static void a_declared_error_fails_the_call_only(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    serve_answers(f, bus, refuse);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_DECLARED_ERROR);
    wait_for(f, 2);
    assert_failed(span_of(f, CATGA_SPAN_CLIENT, 0), "declared_error");
    assert_succeeded(span_of(f, CATGA_SPAN_SERVER, 0));
}

static void a_failed_handler_fails_both_spans(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    serve_answers(f, bus, time_out);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_HANDLER_FAILED);
    wait_for(f, 2);
    assert_failed(span_of(f, CATGA_SPAN_CLIENT, 0), "handler_failed");
    assert_failed(span_of(f, CATGA_SPAN_SERVER, 0), "timeout");
}

static void a_handler_without_an_answer_fails(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    serve_answers(f, bus, listen);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_HANDLER_FAILED);
    wait_for(f, 2);
    assert_failed(span_of(f, CATGA_SPAN_SERVER, 0), "handler_failed");
}

static void the_tries_of_a_call_are_one_span(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    assert_int_equal(call(bus, &sample_echo_message), CATGA_NO_RESPONDERS);
    wait_for(f, 1);
    const collected *client = span_of(f, CATGA_SPAN_CLIENT, 0);
    assert_failed(client, "no_responders");
    assert_int_equal(number_of(client, "catga.tries"), 3);
    assert_true(client->span.end_ns - client->span.start_ns >= 50 * CATGA_MILLISECOND);
}

static void a_refused_message_is_a_failed_span(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_DRAINING);
    assert_int_equal(catga_publish(bus, &sample_noted_message, &note), CATGA_DRAINING);
    assert_int_equal(catga_publish(bus, &kept, &note), CATGA_DRAINING);
    wait_for(f, 3);
    const collected *client = span_of(f, CATGA_SPAN_CLIENT, 0);
    assert_root(client);
    assert_failed(client, "draining");
    assert_string_equal(client->target, text_of(client, "messaging.destination.name"));
    assert_int_equal(index_of(client, "messaging.message.body.size"), -1);
    assert_failed(span_of(f, CATGA_SPAN_PRODUCER, 0), "draining");
    assert_failed(span_of(f, CATGA_SPAN_PRODUCER, 1), "draining");
}

/* The stream exists without the subject of the event. */
static void an_event_that_ends_before_its_first_try_is_a_failed_span(void **state)
{
    static const char *const few[] = {"catga.events.sample.v1.Frail"};
    static const catga_stream smaller = {
        .name = "SAMPLE_V1",
        .subjects = few,
        .subject_count = 1,
        .window_ms = 120000,
    };
    static const catga_delivery elsewhere = {.stream = &smaller};
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_message frail = kept;

    frail.subject = few[0];
    frail.delivery = &elsewhere;
    assert_int_equal(catga_publish(bus, &frail, &note), CATGA_OK);
    assert_int_equal(catga_publish(join_traced(f, 1, false), &kept, &note), CATGA_DRIFTED);
    wait_for(f, 1);
    const collected *producer = span_of(f, CATGA_SPAN_PRODUCER, 0);
    assert_root(producer);
    assert_failed(producer, "drifted");
    assert_int_equal(index_of(producer, "messaging.message.body.size"), -1);
}

static void a_refused_message_of_a_span_is_its_child(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);
    catga_active_span span;

    catga_span_begin(&span, bus, &(catga_span_start){.operation = "work"});
    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(call(catga_span_bus(&span), &sample_echo_message), CATGA_DRAINING);
    catga_span_end(&span, NULL);
    wait_for(f, 2);
    assert_parent(span_of(f, CATGA_SPAN_CLIENT, 0), span_of(f, CATGA_SPAN_INTERNAL, 0), false);
}

/* ---- Sampling ---- */

static void a_ratio_of_0_samples_nothing(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 0, false);

    serve_answers(f, join_traced(f, 1, false), echo);
    for (int i = 0; i < 20; i++)
        assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    assert_int_equal(strlen(seen_of(f)), 55);
    assert_string_equal(seen_of(f) + 53, "00");
    wait_for(f, 0);
}

/* An event that may be lost is as cheap as without traces, so its handlers decide themselves. */
static void an_event_without_a_trace_carries_no_context(void **state)
{
    fixture *f = *state;
    catga_bus *publisher = join_traced(f, 0, false);

    serve_events(f, join_traced(f, 1, false));
    assert_int_equal(catga_publish(publisher, &sample_noted_message, &note), CATGA_OK);
    wait_for(f, 2);
    assert_root(span_of(f, CATGA_SPAN_CONSUMER, 0));
    assert_root(span_of(f, CATGA_SPAN_CONSUMER, 1));
}

/* The caller decides; without the rule of the parent, the ratio does. */
static void a_service_may_ignore_the_decision_of_its_caller(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 0, false);

    serve_answers(f, join_traced(f, 1, true), echo);
    assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    wait_for(f, 1);
    const collected *server = span_of(f, CATGA_SPAN_SERVER, 0);
    assert_int_equal(server->span.flags, 1);
    assert_false(is_zero(server->span.parent_id, 8));
    assert_string_equal(seen_of(f) + 53, "01");
}

static void a_sampled_parent_wins_over_a_ratio_of_0(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 1, false);

    serve_answers(f, join_traced(f, 0, false), echo);
    assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    wait_for(f, 2);
    assert_parent(span_of(f, CATGA_SPAN_SERVER, 0), span_of(f, CATGA_SPAN_CLIENT, 0), true);
}

static void ignoring_the_parent_with_a_ratio_of_0_samples_nothing(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 1, false);

    serve_answers(f, join_traced(f, 0, true), echo);
    assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    wait_for(f, 1);
    assert_string_equal(seen_of(f) + 53, "00");
}

/* The last eight bytes of the trace id decide, in every process alike. */
static void a_ratio_samples_a_part_of_the_traces(void **state)
{
    enum { TIMES = 400 };
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 0.05, false);

    for (int i = 0; i < TIMES; i++)
        assert_int_equal(catga_publish(bus, &sample_noted_message, &note), CATGA_OK);
    assert_in_range(f->count, 1, SPANS - 1); /* 20 are expected */
    for (size_t i = 0; i < f->count; i++)
        assert_true(f->spans[i].span.trace_id[8] <= 256 / 20);
}

/* ---- Context of other programs ---- */

/* Sends Echo with trace headers, and returns the answer. */
static peer_answer send_echo(fixture *f, peer *p, const char *traceparent, const char *tracestate)
{
    char subject[TEXT];
    uint8_t bytes[256];
    size_t length = 0;
    const catga_header headers[] = {{"traceparent", traceparent}, {"tracestate", tracestate}};
    uint64_t token = peer_token(p);

    snprintf(subject, sizeof subject, "%s.commands.sample.v1.Echo", f->base.prefix);
    assert_int_equal(catga_encode(&sample_echo_table, &note, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    assert_int_equal(p->transport->operations->request(
                         p->transport,
                         &(catga_outgoing){.subject = subject,
                                           .data = bytes,
                                           .length = length,
                                           .headers = headers,
                                           .header_count = traceparent == NULL ? 0 : 2,
                                           .deadline_ns = catga_clock_now() + 5 * CATGA_SECOND,
                                           .sender_waits = true},
                         token),
                     CATGA_OK);
    return peer_wait(p, token);
}

static void a_context_of_another_program_is_the_parent(void **state)
{
    fixture *f = *state;
    peer p;
    char text[33];

    serve_answers(f, join_traced(f, 1, false), echo);
    peer_open(&p, f->base.broker);
    peer_answer answer = send_echo(f, &p, "01-" TRACE "-" PARENT "-01-more", "a=1,b=2");
    assert_true(answer.is_good);
    wait_for(f, 1);
    const collected *server = span_of(f, CATGA_SPAN_SERVER, 0);
    assert_string_equal(hex(text, server->span.trace_id, 16), TRACE);
    assert_string_equal(hex(text, server->span.parent_id, 8), PARENT);
    assert_true(server->span.has_remote_parent);
    assert_string_equal(server->tracestate, "a=1,b=2");
    assert_context(answer.traceparent, server); /* of a traced request, the answer says so */
    peer_close(&p);
}

static void an_invalid_context_begins_a_trace(void **state)
{
    static const char *const invalid[] = {
        "ff-" TRACE "-" PARENT "-01",
        "00-00000000000000000000000000000000-" PARENT "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-" TRACE "-" PARENT "-01-more",
        "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01",
        "nonsense",
        NULL,
    };

    enum { COUNT = sizeof invalid / sizeof *invalid };
    fixture *f = *state;
    peer p;

    serve_answers(f, join_traced(f, 1, false), echo);
    peer_open(&p, f->base.broker);
    for (size_t i = 0; i < COUNT; i++)
        assert_string_equal(send_echo(f, &p, invalid[i], "a=1").traceparent, "");
    wait_for(f, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_root(span_of(f, CATGA_SPAN_SERVER, i));
        assert_string_equal(span_of(f, CATGA_SPAN_SERVER, i)->tracestate, "");
    }
    peer_close(&p);
}

static void an_error_answer_carries_the_context_too(void **state)
{
    fixture *f = *state;
    peer p;

    serve_answers(f, join_traced(f, 1, false), refuse);
    peer_open(&p, f->base.broker);
    peer_answer answer = send_echo(f, &p, REMOTE, "a=1");
    assert_int_equal(answer.code, 1001);
    wait_for(f, 1);
    assert_context(answer.traceparent, span_of(f, CATGA_SPAN_SERVER, 0));
    peer_close(&p);
}

/* The service in the middle is not traced. */
static void a_bus_without_traces_passes_the_context_on(void **state)
{
    fixture *f = *state;
    catga_bus *caller = join_traced(f, 1, false);

    serve_events(f, join_traced(f, 1, false));
    serve_answers(f, join(f), echo_and_send);
    assert_int_equal(call(caller, &sample_echo_message), CATGA_OK);
    wait_for(f, 3);
    const collected *client = span_of(f, CATGA_SPAN_CLIENT, 0);
    assert_context(seen_of(f), client);
    assert_parent(span_of(f, CATGA_SPAN_CONSUMER, 0), client, true);
    assert_parent(span_of(f, CATGA_SPAN_CONSUMER, 1), client, true);
}

/* ---- Spans of programs ---- */

static void calls_of_an_own_span_are_its_children(void **state)
{
    static const catga_span_attribute attributes[] = {{"shop.orders", {NULL, 0}, 7}};
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);
    catga_active_span outer, inner;

    serve_answers(f, bus, echo);
    catga_span_begin(&outer, bus,
                     &(catga_span_start){.operation = "import", .target = "orders.csv"});
    assert_true(catga_span_is_sampled(&outer));
    catga_span_begin(&inner, catga_span_bus(&outer), &(catga_span_start){.operation = "row"});
    assert_int_equal(call(catga_span_bus(&inner), &sample_echo_message), CATGA_OK);
    catga_span_end(&inner, &(catga_span_outcome){.failed = true, .status_text = "row 7"});
    catga_span_end(&outer, &(catga_span_outcome){.attributes = attributes, .attribute_count = 1});
    wait_for(f, 4);
    const collected *first = span_of(f, CATGA_SPAN_INTERNAL, 0);
    const collected *second = span_of(f, CATGA_SPAN_INTERNAL, 1);
    assert_root(second);
    assert_string_equal(second->span.operation, "import");
    assert_string_equal(second->target, "orders.csv");
    assert_int_equal(number_of(second, "shop.orders"), 7);
    assert_false(second->span.failed);
    assert_parent(first, second, false);
    assert_true(first->span.failed);
    assert_string_equal(first->status_text, "row 7");
    assert_string_equal(first->target, "");
    assert_parent(span_of(f, CATGA_SPAN_CLIENT, 0), first, false);
    assert_context(catga_span_traceparent(&inner), first);
}

static catga_status echo_in_a_span(catga_context *context, sample_view view)
{
    catga_active_span span;

    catga_span_begin(&span, catga_context_bus(context), &(catga_span_start){.operation = "look"});
    assert_int_equal(call(catga_span_bus(&span), &sample_ask_message), CATGA_OK);
    catga_span_end(&span, NULL);
    return echo(context, view);
}

static void an_own_span_of_a_handler_is_its_child(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);

    serve_answers(f, bus, echo_in_a_span);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_OK);
    wait_for(f, 5);
    const collected *own = span_of(f, CATGA_SPAN_INTERNAL, 0);
    const collected *inner = child_of(f, own, CATGA_SPAN_CLIENT);
    const collected *outer = child_of(f, span_of_root(f), CATGA_SPAN_SERVER);
    assert_parent(inner, own, false);
    assert_parent(own, outer, false);
    assert_context(seen_of(f), outer);
}

static void an_own_span_may_have_a_parent_elsewhere(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_traced(f, 1, false);
    catga_active_span span;
    char text[33];

    catga_span_begin(&span, bus,
                     &(catga_span_start){.kind = CATGA_SPAN_SERVER,
                                         .operation = "GET",
                                         .traceparent = CATGA_STR(REMOTE),
                                         .tracestate = CATGA_STR("a=1")});
    assert_string_equal(catga_span_tracestate(&span), "a=1");
    catga_span_end(&span, NULL);
    wait_for(f, 1);
    const collected *own = span_of(f, CATGA_SPAN_SERVER, 0);
    assert_string_equal(hex(text, own->span.trace_id, 16), TRACE);
    assert_string_equal(hex(text, own->span.parent_id, 8), PARENT);
    assert_true(own->span.has_remote_parent);
    assert_string_equal(own->tracestate, "a=1");
}

static void an_own_span_without_traces_passes_its_parent_on(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_active_span span;

    serve_answers(f, bus, echo);
    catga_span_begin(&span, bus,
                     &(catga_span_start){.operation = "GET", .traceparent = CATGA_STR(REMOTE)});
    assert_false(catga_span_is_sampled(&span));
    assert_string_equal(catga_span_traceparent(&span), REMOTE);
    assert_int_equal(call(catga_span_bus(&span), &sample_echo_message), CATGA_OK);
    assert_string_equal(seen_of(f), REMOTE);
    catga_span_end(&span, NULL);
    catga_span_begin(&span, bus, &(catga_span_start){.operation = "GET"});
    assert_string_equal(catga_span_traceparent(&span), "");
    assert_int_equal(call(catga_span_bus(&span), &sample_echo_message), CATGA_OK);
    assert_string_equal(seen_of(f), "");
    catga_span_end(&span, NULL);
    wait_for(f, 0);
}

/* ---- Opening ---- */

static catga_status open_with(catga_bus *bus, catga_span_sink *sink, double ratio)
{
    return catga_trace_open(bus, &(catga_trace_options){.sink = sink, .ratio = ratio});
}

static void invalid_options_are_refused(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);

    assert_int_equal(open_with(bus, NULL, 1), CATGA_INVALID_ARGUMENT);
    assert_int_equal(open_with(bus, collect, -0.01), CATGA_INVALID_ARGUMENT);
    assert_int_equal(open_with(bus, collect, 1.01), CATGA_INVALID_ARGUMENT);
    assert_int_equal(open_with(bus, collect, nan("")), CATGA_INVALID_ARGUMENT);
    assert_int_equal(open_with(bus, collect, 0), CATGA_OK);
    assert_int_equal(open_with(bus, collect, 0), CATGA_INVALID_ARGUMENT);
}

/* A thread that calls until it is told to stop. */
typedef struct busy_caller {
    catga_bus *bus;
    atomic_uint calls;
    atomic_bool stops;
    pthread_t thread;
} busy_caller;

static void *call_until_told(void *argument)
{
    busy_caller *self = argument;

    while (!atomic_load(&self->stops)) {
        assert_int_equal(call(self->bus, &sample_ask_message), CATGA_OK);
        atomic_fetch_add(&self->calls, 1);
    }
    return NULL;
}

static void count_span(void *user, const catga_span *span)
{
    (void)span;
    atomic_fetch_add((atomic_uint *)user, 1);
}

static void traces_may_be_opened_while_messages_pass(void **state)
{
    fixture *f = *state;
    atomic_uint spans = 0;
    busy_caller caller = {.bus = join(f)};

    serve_answers(f, caller.bus, echo);
    assert_int_equal(pthread_create(&caller.thread, NULL, call_until_told, &caller), 0);
    wait_until(atomic_load(&caller.calls) > 0);
    assert_int_equal(
        catga_trace_open(caller.bus, &(catga_trace_options){count_span, &spans, 1, false}),
        CATGA_OK);
    unsigned before = atomic_load(&caller.calls);
    wait_until(atomic_load(&caller.calls) > before + 10);
    atomic_store(&caller.stops, true);
    pthread_join(caller.thread, NULL);
    assert_true(atomic_load(&spans) >= 20); /* two of each call */
    fixture_leave(&f->base);                /* the sink's memory ends here */
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(a_call_is_a_client_and_a_server_span),
        CASE(each_trace_has_its_own_id),
        CASE(calls_and_events_of_a_handler_are_its_children),
        CASE(an_event_is_a_producer_and_consumer_spans),
        CASE(a_redelivery_is_a_new_span_with_the_same_parent),
        CASE(a_replayed_dead_letter_belongs_to_the_trace_of_its_event),
        CASE(calls_with_a_callback_have_spans),
        CASE(a_declared_error_fails_the_call_only),
        CASE(a_failed_handler_fails_both_spans),
        CASE(a_handler_without_an_answer_fails),
        CASE(the_tries_of_a_call_are_one_span),
        CASE(a_refused_message_is_a_failed_span),
        CASE(an_event_that_ends_before_its_first_try_is_a_failed_span),
        CASE(a_refused_message_of_a_span_is_its_child),
        CASE(a_ratio_of_0_samples_nothing),
        CASE(an_event_without_a_trace_carries_no_context),
        CASE(a_service_may_ignore_the_decision_of_its_caller),
        CASE(a_sampled_parent_wins_over_a_ratio_of_0),
        CASE(ignoring_the_parent_with_a_ratio_of_0_samples_nothing),
        CASE(a_ratio_samples_a_part_of_the_traces),
        CASE(a_context_of_another_program_is_the_parent),
        CASE(an_invalid_context_begins_a_trace),
        CASE(an_error_answer_carries_the_context_too),
        CASE(a_bus_without_traces_passes_the_context_on),
        CASE(calls_of_an_own_span_are_its_children),
        CASE(an_own_span_of_a_handler_is_its_child),
        CASE(an_own_span_may_have_a_parent_elsewhere),
        CASE(an_own_span_without_traces_passes_its_parent_on),
        CASE(invalid_options_are_refused),
        CASE(traces_may_be_opened_while_messages_pass),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
