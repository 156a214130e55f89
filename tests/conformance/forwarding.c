/*
 * Events that a handler publishes on another bus, over each transport: forwarding local | nats (at
 * $NATS_URL, with JetStream) | redis (at $REDIS_CONNECTION) | nats+redis (from NATS to Redis). The
 * other bus has another prefix, and over the local transport another server.
 */
#include "fixture.h"
#include "forwarding.catga.h"
#include "peer.h"
#include "server/context.h"

#include <pthread.h>
#include <stdatomic.h>

/* A message as a handler gets it. */
typedef struct seen_message {
    char name[64];
    char subject[256];
    char id[96];
    char correlation[96];
    char trace[96];
    char data[256];
    size_t length;
} seen_message;

enum { MOST = 64 };

typedef struct fixture {
    fixture_base base;
    catga_local *far_broker;
    catga_bus *near;
    catga_bus *far;
    atomic_uint dies; /* deliveries that end after the event is stored, and before it is settled */
    atomic_uint forwarded;
    _Atomic(catga_status) outcome; /* of the last one */
    pthread_mutex_t lock;          /* guards the members below */
    seen_message sent;             /* the last event at the bridge */
    seen_message received[MOST];
    unsigned count;
} fixture;

static void copy_text(char *to, size_t capacity, catga_string text)
{
    snprintf(to, capacity, "%.*s", CATGA_PRINT(text));
}

static void note(seen_message *seen, const catga_context *context)
{
    const catga_bytes payload = {context->incoming->data, context->incoming->length};

    copy_text(seen->name, sizeof seen->name, catga_context_message_name(context));
    copy_text(seen->subject, sizeof seen->subject, catga_context_subject(context));
    copy_text(seen->id, sizeof seen->id, catga_context_message_id(context));
    copy_text(seen->correlation, sizeof seen->correlation, catga_context_correlation_id(context));
    copy_text(seen->trace, sizeof seen->trace, catga_context_traceparent(context));
    seen->length = payload.length;
    memcpy(seen->data, payload.data,
           payload.length < sizeof seen->data ? payload.length : sizeof seen->data);
}

/* ---- The bridge and the other side ---- */

static catga_status my_forward(catga_context *context, const catga_event *event)
{
    fixture *f = catga_context_user(context);

    (void)event;
    pthread_mutex_lock(&f->lock);
    note(&f->sent, context);
    pthread_mutex_unlock(&f->lock);
    catga_status status = catga_event_forward(f->far, context);
    f->outcome = status;
    f->forwarded++;
    if (f->dies > 0 && status == CATGA_OK) {
        f->dies--;
        return CATGA_HANDLER_FAILED;
    }
    return status;
}

static catga_status my_receive(catga_context *context, const catga_event *event)
{
    fixture *f = catga_context_user(context);

    (void)event;
    pthread_mutex_lock(&f->lock);
    note(&f->received[f->count++ % MOST], context);
    pthread_mutex_unlock(&f->lock);
    return CATGA_OK;
}

static catga_status my_ask(catga_context *context, test_forwarding_ask_view request)
{
    fixture *f = catga_context_user(context);

    f->outcome = catga_event_forward(f->far, context);
    return test_forwarding_ask_reply(
        context, &TEST_FORWARDING_ANSWER(.number = test_forwarding_ask_get_number(request)));
}

static const test_forwarding_bridge bridge = TEST_FORWARDING_BRIDGE(my);
static const test_forwarding_far far_side = TEST_FORWARDING_FAR(my);
static const test_forwarding_asked asked = TEST_FORWARDING_ASKED(my);

static unsigned count(fixture *f)
{
    pthread_mutex_lock(&f->lock);
    unsigned number = f->count;
    pthread_mutex_unlock(&f->lock);
    return number;
}

/* ---- Both servers ---- */

static int open_near(void **state)
{
    fixture *f = fixture_new(sizeof *f, "near");

    pthread_mutex_init(&f->lock, NULL);
    f->near = fixture_join(&f->base, (catga_options){.ack_wait_ms = 400});
    *state = f;
    return 0;
}

/* Returns the transport of the other bus. */
static const catga_transport_kind *far_transport(void)
{
#ifdef CATGA_TEST_REDIS
    if (fixture_claims != NULL)
        return catga_redis();
#endif
    return other_transport;
}

/* Opens the other bus, at a server of this process, or at that of the environment. */
static void open_far(fixture *f, bool is_local)
{
    char prefix[80];
    catga_options options = {.prefix = prefix, .log = log_nothing, .ack_wait_ms = 400};

    snprintf(prefix, sizeof prefix, "far-%s", f->base.prefix);
    if (is_local) {
        assert_int_equal(catga_local_open(&f->far_broker), CATGA_OK);
        options.local = f->far_broker;
    } else {
        options.transport = far_transport();
    }
    assert_int_equal(catga_open(&f->far, &options), CATGA_OK);
    assert_int_equal(test_forwarding_far_serve(f->far, &far_side, f), CATGA_OK);
    assert_int_equal(test_forwarding_bridge_serve(f->near, &bridge, f), CATGA_OK);
}

static int open_both(void **state)
{
    open_near(state);
    open_far(*state, strcmp(fixture_transport, "local") == 0);
    return 0;
}

/* The other side is another transport, unless this one is local too. */
static int open_local_far(void **state)
{
    open_near(state);
    open_far(*state, true);
    return 0;
}

static int clear_both(void **state)
{
    fixture *f = *state;

    assert_int_equal(catga_drain(f->near), CATGA_OK);
    catga_close(f->far);
    catga_local_close(f->far_broker);
    pthread_mutex_destroy(&f->lock);
    return fixture_clear(state);
}

static catga_status pay(fixture *f, uint32_t number)
{
    return test_forwarding_paid_publish(
        f->near, &TEST_FORWARDING_PAID(.order_id = CATGA_STR("A-1"), .number = number));
}

static uint64_t stored_far(fixture *f, const char *stream)
{
    catga_stream_state state;

    assert_int_equal(catga_stream_get_state(f->far, stream, &state), CATGA_OK);
    return state.messages;
}

/* ---- Events that arrive ---- */

static void assert_same(fixture *f, const char *name)
{
    const seen_message *received = &f->received[f->count - 1];

    assert_string_equal(received->name, name);
    assert_string_equal(f->sent.name, name);
    assert_int_equal(received->length, f->sent.length);
    assert_memory_equal(received->data, f->sent.data, f->sent.length);
    assert_string_equal(received->correlation, f->sent.correlation);
    assert_string_equal(strchr(received->subject, '.'), strchr(f->sent.subject, '.'));
    assert_memory_equal(received->subject, "far-near-", strlen("far-near-"));
}

static void an_event_arrives_unchanged(void **state)
{
    fixture *f = *state;

    assert_int_equal(pay(f, 7), CATGA_OK);
    wait_until(count(f) == 1);
    assert_same(f, "test.forwarding.Paid");
    assert_string_equal(f->received[0].id, f->sent.id);
    assert_string_equal(f->received[0].correlation, f->sent.id);
    assert_int_equal(test_forwarding_seen_publish(
                         f->near, &TEST_FORWARDING_SEEN(.order_id = CATGA_STR("B-2"), .number = 8)),
                     CATGA_OK);
    wait_until(count(f) == 2);
    assert_same(f, "test.forwarding.Seen");
    assert_string_equal(strrchr(f->received[1].subject, '.'), ".B-2");
    assert_int_equal(test_forwarding_booked_publish(f->near, &TEST_FORWARDING_BOOKED(.number = 9)),
                     CATGA_OK);
    wait_until(count(f) == 3);
    assert_same(f, "test.forwarding.Booked");
    assert_string_equal(f->received[2].id, f->sent.id);
}

/* Members that the schema does not have stay. */
static void an_event_in_json_keeps_its_text(void **state)
{
    static const char text[] = "{ \"more\":[1,2], \"text\":\"hello\" }";
    static const catga_header headers[] = {
        {"Nats-Msg-Id", "order.7 of a peer"},
        {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}};
    fixture *f = *state;
    char subject[160];
    peer p;

    assert_int_equal(test_forwarding_told_publish(f->near, &TEST_FORWARDING_TOLD(.text = {0})),
                     CATGA_OK); /* so that the stream exists */
    wait_until(count(f) == 1);
    snprintf(subject, sizeof subject, "%s.events.test.forwarding.v1.Told", f->base.prefix);
    peer_open(&p, f->base.broker);
    peer_store_text(&p, subject, text, headers, 2);
    wait_until(count(f) == 2);
    assert_same(f, "test.forwarding.Told");
    assert_int_equal(f->received[1].length, strlen(text));
    assert_memory_equal(f->received[1].data, text, strlen(text));
    assert_string_equal(f->received[1].id, headers[0].value);
    assert_string_equal(f->received[1].trace, headers[1].value);
    peer_close(&p);
}

/* ---- The bridge dies ---- */

static void an_event_that_is_delivered_again_is_stored_once(void **state)
{
    fixture *f = *state;

    f->dies = 3;
    assert_int_equal(pay(f, 7), CATGA_OK);
    wait_until(f->forwarded == 4);
    assert_int_equal(pay(f, 8), CATGA_OK);
    wait_until(count(f) == 2);
    assert_int_equal(stored_far(f, TEST_FORWARDING_PAID_STREAM), 2);
}

static void an_event_without_an_id_is_stored_once(void **state)
{
    fixture *f = *state;
    char subject[160];
    peer p;

    f->dies = 2;
    assert_int_equal(test_forwarding_told_publish(f->near, &TEST_FORWARDING_TOLD(.text = {0})),
                     CATGA_OK);
    wait_until(f->forwarded == 3 && count(f) == 1);
    f->dies = 2;
    snprintf(subject, sizeof subject, "%s.events.test.forwarding.v1.Told", f->base.prefix);
    peer_open(&p, f->base.broker);
    peer_store_text(&p, subject, "{\"text\":\"hello\"}", NULL, 0);
    wait_until(f->forwarded == 6 && count(f) == 2);
    peer_store_text(&p, subject, "{\"text\":\"hello\"}", NULL, 0);
    wait_until(f->forwarded == 7 && count(f) == 3);
    assert_int_equal(stored_far(f, TEST_FORWARDING_PAID_STREAM), 3);
    peer_close(&p);
}

/* ---- The other server fails ---- */

static void an_event_waits_for_the_other_server(void **state)
{
    fixture *f = *state;

    catga_local_set_connected(f->far_broker, false);
    assert_int_equal(pay(f, 7), CATGA_OK);
    wait_until(f->forwarded > 0);
    assert_true(f->outcome == CATGA_DISCONNECTED || f->outcome == CATGA_TIMEOUT);
    catga_local_set_connected(f->far_broker, true);
    wait_until(count(f) == 1);
    assert_int_equal(stored_far(f, TEST_FORWARDING_PAID_STREAM), 1);
}

static void an_event_that_is_too_large_there_is_refused(void **state)
{
    static uint8_t note_bytes[8192];
    fixture *f = *state;

    const test_forwarding_paid paid =
        TEST_FORWARDING_PAID(.order_id = CATGA_STR("A-1"), .note = {note_bytes, sizeof note_bytes});

    catga_local_set_max_payload(f->far_broker, 4096);
    assert_int_equal(test_forwarding_paid_publish(f->near, &paid), CATGA_OK);
    wait_until(f->forwarded > 0);
    assert_int_equal(f->outcome, CATGA_TOO_LARGE);
}

static void a_lost_answer_of_the_other_server_stores_once(void **state)
{
    fixture *f = *state;

    assert_int_equal(pay(f, 7), CATGA_OK);
    wait_until(count(f) == 1);
    catga_local_inject(f->far_broker, CATGA_LOCAL_LOSE_PUBLISH_ACK, 1);
    assert_int_equal(pay(f, 8), CATGA_OK);
    wait_until(count(f) == 2 && f->forwarded >= 2);
    assert_int_equal(pay(f, 9), CATGA_OK);
    wait_until(count(f) == 3);
    assert_int_equal(stored_far(f, TEST_FORWARDING_PAID_STREAM), 3);
}

/* ---- Refused messages ---- */

static void a_bus_that_drains_takes_nothing(void **state)
{
    fixture *f = *state;

    assert_int_equal(catga_drain(f->far), CATGA_OK);
    assert_int_equal(
        test_forwarding_seen_publish(f->near, &TEST_FORWARDING_SEEN(.order_id = CATGA_STR("x"))),
        CATGA_OK);
    wait_until(f->forwarded == 1);
    assert_int_equal(f->outcome, CATGA_DRAINING);
    assert_int_equal(pay(f, 7), CATGA_OK);
    wait_until(f->forwarded >= 2);
    assert_int_equal(f->outcome, CATGA_DRAINING);
}

static void only_events_with_a_subject_go_to_another_bus(void **state)
{
    fixture *f = *state;
    catga_bus *far = f->far;
    test_forwarding_answer_reply reply;
    peer p;

    assert_int_equal(test_forwarding_asked_serve(f->near, &asked, f), CATGA_OK);
    assert_int_equal(test_forwarding_ask_call(f->near, &TEST_FORWARDING_ASK(.number = 1), &reply),
                     CATGA_OK);
    test_forwarding_answer_reply_free(&reply);
    assert_int_equal(f->outcome, CATGA_INVALID_ARGUMENT);
    f->outcome = CATGA_OK;
    peer_open(&p, f->base.broker);
    peer_publish(&p, "test-forwarding.x", "{}");
    wait_until(f->forwarded >= 1);
    assert_int_equal(f->outcome, CATGA_INVALID_ARGUMENT);
    peer_close(&p);
    f->far = f->near;
    f->forwarded = 0;
    assert_int_equal(
        test_forwarding_seen_publish(f->near, &TEST_FORWARDING_SEEN(.order_id = CATGA_STR("x"))),
        CATGA_OK);
    wait_until(f->forwarded == 1);
    assert_int_equal(f->outcome, CATGA_INVALID_ARGUMENT);
    f->far = far;
}

static catga_status my_return(catga_context *context, const catga_event *event)
{
    fixture *f = catga_context_user(context);

    (void)event;
    return catga_event_forward(f->near, context);
}

static uint64_t stored_near(fixture *f)
{
    catga_stream_state stream;

    assert_int_equal(catga_stream_get_state(f->near, "TEST_FORWARDING_V1", &stream), CATGA_OK);
    return stream.messages;
}

/* Redis compares the id that the runtime made for an event only with those of further copies. */
static void an_event_that_another_bridge_returns_goes_no_further(void **state)
{
    fixture *f = *state;
    const test_forwarding_bridge back = {.forward = my_return};
    const unsigned copies = strcmp(fixture_transport, "redis") == 0 ? 2 : 1;

    assert_int_equal(test_forwarding_bridge_serve(f->far, &back, f), CATGA_OK);
    assert_int_equal(pay(f, 7), CATGA_OK);
    wait_until(stored_near(f) == copies && f->forwarded == copies);
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    assert_int_equal(stored_near(f), copies);
    assert_int_equal(stored_far(f, "TEST_FORWARDING_V1"), 1);
    assert_int_equal(f->forwarded, copies);
    assert_int_equal(catga_drain(f->far), CATGA_OK);
}

#define case_of(test)       cmocka_unit_test_setup_teardown(test, open_both, clear_both)
#define case_of_local(test) cmocka_unit_test_setup_teardown(test, open_local_far, clear_both)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        case_of(an_event_arrives_unchanged),
        case_of(an_event_in_json_keeps_its_text),
        case_of(an_event_that_is_delivered_again_is_stored_once),
        case_of(an_event_without_an_id_is_stored_once),
        case_of_local(an_event_arrives_unchanged),
        case_of_local(an_event_that_is_delivered_again_is_stored_once),
        case_of_local(an_event_waits_for_the_other_server),
        case_of_local(an_event_that_is_too_large_there_is_refused),
        case_of_local(a_lost_answer_of_the_other_server_stores_once),
        case_of(a_bus_that_drains_takes_nothing),
        case_of(only_events_with_a_subject_go_to_another_bus),
        case_of(an_event_that_another_bridge_returns_goes_no_further),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
