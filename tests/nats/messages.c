/* Messages that the NATS transport carries or rejects. */
#include "nats_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Limit for a busy machine; no test depends on the exact time. */
enum { PATIENCE_MS = 20000 };

static const char *url(void)
{
    return getenv("NATS_URL");
}

static int open_peer(void **state)
{
    static peer self;

    *state = &self;
    return peer_open(&self, url(), 5000) == CATGA_OK ? 0 : -1;
}

static int close_peer(void **state)
{
    peer_close(*state);
    return 0;
}

/* ---- Requests ---- */

static void requests_are_answered(void **state)
{
    peer *self = *state;

    catga_subscription *subscription =
        peer_subscribe(self, "t.echo", "group", 1000, peer_pong, self);
    assert_int_equal(peer_flush(self), CATGA_OK);
    for (uint64_t token = 0; token < 500; token++)
        assert_int_equal(peer_request(self, "t.echo", token), CATGA_OK);
    for (int token = 0; token < 500; token++) {
        assert_true(reaches(&self->replies[token], 1, PATIENCE_MS));
        assert_int_equal(atomic_load(&self->replies[token]), 1);
    }
    assert_int_equal(atomic_load(&self->wrong_replies), 0);
    assert_int_equal(peer_unsubscribe(self, subscription), CATGA_OK);
}

static void nobody_listening_is_told_at_once(void **state)
{
    peer *self = *state;

    assert_int_equal(peer_request(self, "t.nobody", 1), CATGA_OK);
    assert_true(reaches(&self->no_responders, 1, PATIENCE_MS));
    assert_int_equal(atomic_load(&self->replies[1]), 1);
}

/* An answer with a Status header, a body or more headers comes from a peer, not from the server. */
static void forge(void *user, catga_incoming *message)
{
    peer *self = user;
    static const catga_header headers[] = {{"Status", "503"}, {"X-Other", "1"}};
    catga_outgoing forged = {.headers = headers, .header_count = 2};

    (void)self->transport->operations->respond(self->transport, message, &forged);
    self->transport->operations->release(message);
}

static void no_responders_is_not_forged(void **state)
{
    peer *self = *state;
    catga_subscription *subscription = peer_subscribe(self, "t.forge", NULL, 100, forge, self);

    assert_int_equal(peer_flush(self), CATGA_OK);
    assert_int_equal(peer_request(self, "t.forge", 2), CATGA_OK);
    assert_true(reaches(&self->replies[2], 1, PATIENCE_MS));
    assert_int_equal(atomic_load(&self->no_responders), 0);
    assert_int_equal(peer_unsubscribe(self, subscription), CATGA_OK);
}

/* ---- Headers, groups ---- */

typedef struct seen {
    peer *self;
    atomic_int count;
    atomic_int good;
    int64_t most_waited_ns;
    atomic_bool held; /* receivers wait until it is false */
} seen;

static void receive_header(void *user, catga_incoming *message)
{
    seen *into = user;
    const char *value = into->self->transport->operations->header(message, "Nats-Msg-Id");
    const char *missing = into->self->transport->operations->header(message, "nats-msg-id");
    bool good = value != NULL && strcmp(value, "17 \xC3\xA9") == 0 && missing == NULL &&
                message->length == 2 && catga_string_equal(message->subject, CATGA_STR("t.header"));

    atomic_fetch_add(&into->good, good);
    into->self->transport->operations->release(message);
    atomic_fetch_add(&into->count, 1);
}

static void headers_travel(void **state)
{
    seen into = {.self = *state};

    catga_subscription *subscription =
        peer_subscribe(*state, "t.header", NULL, 100, receive_header, &into);
    assert_int_equal(peer_flush(*state), CATGA_OK);
    catga_header header = {"Nats-Msg-Id", "17 \xC3\xA9"};
    catga_outgoing message = text_to("t.header", "hi");
    message.headers = &header;
    message.header_count = 1;
    assert_int_equal(into.self->transport->operations->publish(into.self->transport, &message),
                     CATGA_OK);
    assert_true(reaches(&into.count, 1, PATIENCE_MS));
    assert_int_equal(atomic_load(&into.good), 1);
    assert_int_equal(peer_unsubscribe(*state, subscription), CATGA_OK);
}

static void count_message(void *user, catga_incoming *message)
{
    seen *into = user;

    if (message->waited_ns > into->most_waited_ns)
        into->most_waited_ns = message->waited_ns;
    while (atomic_load(&into->held))
        pause_ms(1);
    into->self->transport->operations->release(message);
    atomic_fetch_add(&into->count, 1);
}

static void a_group_shares_and_others_do_not(void **state)
{
    seen first = {.self = *state}, second = {.self = *state}, all = {.self = *state};

    catga_subscription *a =
        peer_subscribe(*state, "t.shared.*", "group", 1000, count_message, &first);
    catga_subscription *b =
        peer_subscribe(*state, "t.shared.*", "group", 1000, count_message, &second);
    catga_subscription *c = peer_subscribe(*state, "t.shared.>", NULL, 1000, count_message, &all);
    assert_int_equal(peer_flush(*state), CATGA_OK);
    for (int i = 0; i < 200; i++)
        assert_int_equal(peer_publish(*state, "t.shared.x", "e"), CATGA_OK);
    assert_int_equal(peer_flush(*state), CATGA_OK);
    assert_true(reaches(&all.count, 200, PATIENCE_MS));
    assert_int_equal(peer_unsubscribe(*state, a), CATGA_OK);
    assert_int_equal(peer_unsubscribe(*state, b), CATGA_OK);
    assert_int_equal(peer_unsubscribe(*state, c), CATGA_OK);
    assert_int_equal(atomic_load(&first.count) + atomic_load(&second.count), 200);
    assert_int_equal(atomic_load(&all.count), 200);
}

/* ---- Queues ---- */

static void refuse_message(void *user, catga_incoming *message)
{
    seen *into = user;

    into->self->transport->operations->release(message);
    fail_msg("%s", "there was room for it");
}

/* Requests that can be rejected carry the time that they have waited. */
static void drain_loses_nothing(void **state)
{
    seen into = {.self = *state, .held = true};
    const catga_subscription_options options = {.subject = "t.drain",
                                                .queue_group = "group",
                                                .pending = 1000,
                                                .receive = count_message,
                                                .refuse = refuse_message,
                                                .user = &into};
    catga_subscription *subscription;

    assert_int_equal(
        into.self->transport->operations->subscribe(into.self->transport, &options, &subscription),
        CATGA_OK);
    assert_int_equal(peer_flush(*state), CATGA_OK);
    for (int i = 0; i < 300; i++)
        assert_int_equal(peer_publish(*state, "t.drain", "e"), CATGA_OK);
    assert_int_equal(peer_flush(*state), CATGA_OK);

    const catga_transport_operations *operations = into.self->transport->operations;
    assert_int_equal(operations->drain(into.self->transport, subscription, 0), CATGA_TIMEOUT);
    pause_ms(100);
    atomic_store(&into.held, false);
    assert_int_equal(operations->drain(into.self->transport, subscription, PATIENCE_MS), CATGA_OK);
    assert_int_equal(atomic_load(&into.count), 300);
    operations->unsubscribe(into.self->transport, subscription);
    assert_true(into.most_waited_ns > 50 * 1000000);
    assert_true(into.most_waited_ns < PATIENCE_MS * INT64_C(1000000));
}

static void a_slow_consumer_is_counted(void **state)
{
    peer *self = *state;
    seen into = {.self = self, .held = true};

    catga_subscription *subscription =
        peer_subscribe(self, "t.slow", NULL, 10, count_message, &into);
    assert_int_equal(peer_flush(self), CATGA_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(peer_publish(self, "t.slow", "e"), CATGA_OK);
    /* The first flush sends the events to the server; the second answer comes behind them. */
    assert_int_equal(peer_flush(self), CATGA_OK);
    assert_int_equal(peer_flush(self), CATGA_OK);
    assert_true(reaches(&self->events[CATGA_CONNECTION_OVERFLOW], 1, PATIENCE_MS));
    uint64_t dropped = self->transport->operations->dropped(self->transport);
    atomic_store(&into.held, false);
    assert_int_equal(peer_unsubscribe(self, subscription), CATGA_OK);
    assert_int_equal(dropped + (uint64_t)atomic_load(&into.count), 100);
    assert_int_equal(self->transport->operations->dropped(self->transport), dropped);
    assert_true(dropped >= 85);
}

/* Opens a peer whose loop nothing wakes but its messages: the server pings about two seconds after
 * the connection, and then every two minutes. */
static void open_quiet(peer *quiet)
{
    enum { FIRST_PING_MS = 3000, LONG_MS = 60000 };

    assert_int_equal(peer_open_with(quiet, (catga_transport_settings){.servers = url(),
                                                                      .connect_wait_ms = 5000,
                                                                      .ping_interval_ms = LONG_MS,
                                                                      .max_pings_out = 2}),
                     CATGA_OK);
    pause_ms(FIRST_PING_MS);
}

static void what_waits_is_received_after_an_overflow(void **state)
{
    enum {
        PENDING = 200,
        QUEUED = 65,
        SENT = 1000,
        STEP = 250,
        FIRST_PING_MS = 3000,
        LONG_MS = 60000
    };
    static peer quiet;
    static seen into = {.self = &quiet, .held = true};

    open_quiet(&quiet);
    catga_subscription *subscription =
        peer_subscribe(&quiet, "t.full", NULL, PENDING, count_message, &into);
    assert_int_equal(peer_flush(&quiet), CATGA_OK);
    for (int i = 0; i < SENT; i++) {
        assert_int_equal(peer_publish(*state, "t.full", "e"), CATGA_OK);
        if ((i + 1) % STEP != 0) /* many are dropped while the first ones are held back */
            continue;
        assert_int_equal(peer_flush(*state), CATGA_OK);
        assert_int_equal(peer_flush(&quiet), CATGA_OK);
    }
    int dropped = (int)quiet.transport->operations->dropped(quiet.transport);
    assert_in_range(SENT - dropped, PENDING, PENDING + QUEUED);
    atomic_store(&into.held, false);
    assert_true(reaches(&into.count, SENT - dropped, PATIENCE_MS));
    assert_int_equal(peer_unsubscribe(&quiet, subscription), CATGA_OK);
    assert_int_equal(atomic_load(&into.count), SENT - dropped);
    peer_close(&quiet);
}

/* Any peer may send a message that looks like the server's answer for an absent responder, which
 * nats.c destroys. Messages behind it are neither late nor taken for old ones. */
static void messages_behind_one_that_says_503_are_received(void **state)
{
    enum { SENT = 3, PAUSE_MS = 500 };
    static const catga_header status = {"Status", "503"};
    static const catga_outgoing forged = {
        .subject = "t.behind", .headers = &status, .header_count = 1};
    static peer quiet;
    static seen into = {.self = &quiet};
    const catga_transport_operations *operations = ((peer *)*state)->transport->operations;

    open_quiet(&quiet);
    catga_subscription *subscription =
        peer_subscribe(&quiet, "t.behind", NULL, 100, count_message, &into);
    assert_int_equal(peer_flush(&quiet), CATGA_OK);
    for (int i = 1; i <= SENT; i++) {
        assert_int_equal(operations->publish(((peer *)*state)->transport, &forged), CATGA_OK);
        assert_int_equal(peer_publish(*state, "t.behind", "e"), CATGA_OK);
        assert_true(reaches(&into.count, i, PATIENCE_MS));
        pause_ms(PAUSE_MS);
    }
    assert_true(into.most_waited_ns < PAUSE_MS * INT64_C(1000000));
    assert_int_equal(peer_unsubscribe(&quiet, subscription), CATGA_OK);
    peer_close(&quiet);
}

/* ---- Stored messages ---- */

static void count_stored(void *user, catga_incoming *message)
{
    seen *into = user;

    atomic_fetch_add(&into->good, message->length == 0 && message->deliveries == 1);
    assert_int_equal(into->self->transport->streams->settle(into->self->transport, message,
                                                            CATGA_SETTLE_GIVE_UP, 0),
                     CATGA_OK);
    into->self->transport->operations->release(message);
    atomic_fetch_add(&into->count, 1);
}

/* Any peer may store a message that looks like the server's answer for an absent responder. As many
 * of them as may be unsettled would block the consumer if they got lost. */
static void stored_messages_that_say_503_are_received(void **state)
{
    enum { UNACKNOWLEDGED = 4, SENT = 3 * UNACKNOWLEDGED };
    static const char *const subjects[] = {"t.stored"};
    static const catga_header status = {"Status", "503"};
    static const catga_outgoing message = {
        .subject = "t.stored", .headers = &status, .header_count = 1};
    peer *self = *state;
    seen into = {.self = self};
    catga_subscription *subscription = NULL;
    catga_problem problem = {""};
    const catga_stream_settings stream = {.name = "SAYS_503",
                                          .subjects = subjects,
                                          .subject_count = 1,
                                          .max_age_ns = 60 * INT64_C(1000000000),
                                          .window_ns = INT64_C(1000000000),
                                          .replicas = 1};
    const catga_consumer_settings consumer = {.stream = "SAYS_503",
                                              .name = "one",
                                              .subject = "t.stored",
                                              .ack_wait_ns = 60 * INT64_C(1000000000),
                                              .unacknowledged = UNACKNOWLEDGED,
                                              .receive = count_stored,
                                              .user = &into};

    assert_int_equal(self->transport->streams->ensure(self->transport, &stream, &problem),
                     CATGA_OK);
    assert_int_equal(
        self->transport->streams->consume(self->transport, &consumer, &subscription, &problem),
        CATGA_OK);
    for (int i = 0; i < SENT; i++)
        assert_int_equal(self->transport->operations->publish(self->transport, &message), CATGA_OK);
    assert_true(reaches(&into.count, SENT, PATIENCE_MS));
    assert_int_equal(atomic_load(&into.good), SENT);
    assert_int_equal(peer_unsubscribe(self, subscription), CATGA_OK);
}

/* ---- Rejected messages ---- */

static void too_large_is_a_local_error(void **state)
{
    peer *self = *state;
    size_t most = self->transport->operations->max_payload(self->transport);

    assert_int_equal(most, 1048576);
    uint8_t *data = calloc(1, most + 1);
    catga_header header = {"X-Header", "counts too"};
    catga_outgoing message = {.subject = "t.large", .data = data, .length = most + 1};
    assert_int_equal(self->transport->operations->publish(self->transport, &message),
                     CATGA_TOO_LARGE);
    assert_int_equal(self->transport->operations->request(self->transport, &message, 1),
                     CATGA_TOO_LARGE);
    message.length = SIZE_MAX;
    assert_int_equal(self->transport->operations->publish(self->transport, &message),
                     CATGA_TOO_LARGE);
    message.length = most;
    message.headers = &header;
    message.header_count = 1;
    assert_int_equal(self->transport->operations->publish(self->transport, &message),
                     CATGA_TOO_LARGE);
    message.header_count = 0;
    assert_int_equal(self->transport->operations->publish(self->transport, &message), CATGA_OK);
    free(data);
    assert_int_equal(peer_flush(self), CATGA_OK);
    assert_int_equal(atomic_load(&self->events[CATGA_CONNECTION_LOST]), 0);
}

static void injection_is_refused(void **state)
{
    peer *self = *state;
    static const char *const subjects[] = {"",       "t.a b",   "t.a\r\nPUB t.b 1\r\nx",
                                           "t.a\tb", "t.a\x01", "t.a\x7f",
                                           "t..a",   ".t",      "t.",
                                           "t.*",    "t.>",     ">",
                                           "t.a*"};

    for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++) {
        assert_int_equal(peer_publish(self, subjects[i], "x"), CATGA_INVALID_ARGUMENT);
        assert_int_equal(peer_request(self, subjects[i], 1), CATGA_INVALID_ARGUMENT);
    }
    static const catga_header headers[] = {{"X\r\nY", "v"}, {"X Y", "v"},    {"", "v"},
                                           {"X:", "v"},     {"X", "a\r\nb"}, {"X", "a\n"},
                                           {"X", "\x01"},   {NULL, "v"},     {"X", NULL}};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        catga_outgoing message = text_to("t.a", "x");
        message.headers = &headers[i];
        message.header_count = 1;
        assert_int_equal(self->transport->operations->publish(self->transport, &message),
                         CATGA_INVALID_ARGUMENT);
    }
    static const char *const patterns[] = {"", "t.a b", "t.>.a", "t.a*", "t.\r\n", "*x"};
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++)
        assert_null(peer_subscribe(self, patterns[i], NULL, 1, count_message, NULL));
    assert_null(peer_subscribe(self, "t.a", "gr oup", 1, count_message, NULL));
    assert_int_equal(peer_flush(self), CATGA_OK);
    assert_int_equal(atomic_load(&self->events[CATGA_CONNECTION_LOST]), 0);
}

static void answers_go_to_inboxes_only(void **state)
{
    peer *self = *state;
    static const char *const wrong[] = {
        "t.other", "$JS.API.STREAM.DELETE.S", "_INBOX.a b", "_INBOX.*", "_a..b", ""};
    catga_outgoing answer = {.data = (const uint8_t *)"x", .length = 1};
    catga_incoming to = {.reply = NULL};

    assert_int_equal(self->transport->operations->respond(self->transport, &to, &answer),
                     CATGA_INVALID_ARGUMENT);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        to.reply = wrong[i];
        assert_int_equal(self->transport->operations->respond(self->transport, &to, &answer),
                         CATGA_INVALID_ARGUMENT);
    }
    to.reply = "_INBOX_service.x.1";
    assert_int_equal(self->transport->operations->respond(self->transport, &to, &answer), CATGA_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_peer, close_peer)
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered),
        TEST(nobody_listening_is_told_at_once),
        TEST(no_responders_is_not_forged),
        TEST(headers_travel),
        TEST(a_group_shares_and_others_do_not),
        TEST(drain_loses_nothing),
        TEST(a_slow_consumer_is_counted),
        TEST(what_waits_is_received_after_an_overflow),
        TEST(messages_behind_one_that_says_503_are_received),
        TEST(stored_messages_that_say_503_are_received),
        TEST(too_large_is_a_local_error),
        TEST(injection_is_refused),
        TEST(answers_go_to_inboxes_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
