/*
 * The accepted answer: a subscriber replies to a stored message or record before an absent stream
 * can. First it sends replies that are no answers of a stream, then a valid answer.
 */
#include "nats_peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* One reply of the subscriber. */
typedef struct reply {
    const char *text;
    const char *header; /* header, or NULL for none */
    const char *value;
} reply;

typedef struct fixture {
    peer asker;
    peer replier;
    const reply *replies;
    size_t count;
    atomic_int handled;
} fixture;

static int open_stage(void **state)
{
    fixture *s = calloc(1, sizeof *s);
    const char *url = getenv("NATS_URL");

    if (s == NULL || peer_open(&s->asker, url, 5000) != CATGA_OK ||
        peer_open(&s->replier, url, 5000) != CATGA_OK)
        return -1;
    *state = s;
    return 0;
}

static int close_stage(void **state)
{
    fixture *s = *state;

    peer_close(&s->asker);
    peer_close(&s->replier);
    free(s);
    return 0;
}

static void reply_all(void *user, catga_incoming *message)
{
    fixture *s = user;
    catga_transport *transport = s->replier.transport;

    for (size_t i = 0; i < s->count && message->reply != NULL; i++) {
        const catga_header header = {s->replies[i].header, s->replies[i].value};
        const catga_outgoing answer = {.data = (const uint8_t *)s->replies[i].text,
                                       .length = strlen(s->replies[i].text),
                                       .headers = &header,
                                       .header_count = header.name != NULL};
        (void)transport->operations->respond(transport, message, &answer);
    }
    transport->operations->release(message);
    atomic_fetch_add(&s->handled, 1);
}

static void expect_only(fixture *s, const char *subject,
                        catga_status (*ask)(fixture *s, uint64_t token), const reply *replies,
                        size_t count, int accepted)
{
    static uint64_t token;

    catga_subscription *subscription =
        peer_subscribe(&s->replier, subject, NULL, 100, reply_all, s);

    token++;
    s->replies = replies;
    s->count = count;
    assert_non_null(subscription);
    assert_int_equal(peer_flush(&s->replier), CATGA_OK);
    int handled = atomic_load(&s->handled);
    assert_int_equal(ask(s, token), CATGA_OK);
    assert_true(reaches(&s->handled, handled + 1, 5000));
    assert_true(reaches(&s->asker.replies[token], accepted, accepted == 0 ? 0 : 5000));
    assert_int_equal(peer_flush(&s->replier), CATGA_OK);
    assert_int_equal(peer_flush(&s->asker), CATGA_OK);
    pause_ms(50); /* messages sent before the flush are on their way to the callback */
    assert_int_equal(s->asker.replies[token], accepted);
    assert_int_equal(peer_unsubscribe(&s->replier, subscription), CATGA_OK);
}

#define EXPECT(s, subject, ask, replies, accepted)                                                 \
    expect_only(s, subject, ask, replies, sizeof replies / sizeof replies[0], accepted)

/* ---- Answers of streams ---- */

static const reply strangers[] = {
    {"", NULL, NULL},
    {"", "Nats-Service-Error-Code", "500"},
    {"{}", NULL, NULL},
    {"{\"stream\":", NULL, NULL},
    {"{\"seq\":1}", NULL, NULL},
    {"{\"stream\":\"\",\"seq\":1}", NULL, NULL},
    {"{\"stream\":7,\"seq\":1}", NULL, NULL},
    {"{\"stream\":\"KV_OTHER\",\"seq\":1}", NULL, NULL},
    {"{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"no\"}}", NULL, NULL},
    {"{\"stream\":\"KV_B\"}", NULL, NULL},
    {"{\"stream\":\"KV_B\",\"seq\":0}", NULL, NULL},
    {"[{\"stream\":\"KV_B\",\"seq\":1}]", NULL, NULL},
};

static const reply acknowledged[] = {
    {"{}", NULL, NULL}, {"{\"stream\":\"KV_B\", \"seq\":12}", NULL, NULL}, {"", NULL, NULL}};
static const reply refused[] = {{"{\"error\":{\"code\":400,\"err_code\":10071,\"description\":"
                                 "\"no\"},\"stream\":\"KV_B\",\"seq\":0}",
                                 NULL, NULL}};

static catga_status store(fixture *s, uint64_t token)
{
    catga_outgoing message = text_to("answers.stored", "x");

    message.stream = catga_stream_hash(catga_str("KV_B"));
    return s->asker.transport->streams->publish(s->asker.transport, &message, token);
}

static catga_status write_record(fixture *s, uint64_t token)
{
    const catga_kv_key place = {"B", "key"};
    const catga_outgoing record = {.subject = ""};

    return s->asker.transport->kv->write(s->asker.transport, place, &record, 0, token);
}

static void only_its_stream_acknowledges_a_message(void **state)
{
    EXPECT(*state, "answers.stored", store, strangers, 0);
    EXPECT(*state, "answers.stored", store, acknowledged, 1);
    EXPECT(*state, "answers.stored", store, refused, 1);
}

static void only_its_stream_acknowledges_a_record(void **state)
{
    EXPECT(*state, "$KV.B.key", write_record, strangers, 0);
    EXPECT(*state, "$KV.B.key", write_record, acknowledged, 1);
    EXPECT(*state, "$KV.B.key", write_record, refused, 1);
}

static catga_status read_record(fixture *s, uint64_t token)
{
    const catga_kv_key place = {"B", "key"};

    return s->asker.transport->kv->read(s->asker.transport, place, token);
}

static void only_its_stream_or_the_server_answers_for_a_record(void **state)
{
    static const reply others[] = {
        {"", NULL, NULL},
        {"text", NULL, NULL},
        {"text", "Status", "404"},
        {"text", "Nats-Sequence", "7"},
        {"", "Nats-Stream", "KV_OTHER"},
    };
    static const reply record[] = {{"text", "Nats-Stream", "KV_B"}};
    static const reply none[] = {{"", "Status", "404"}};

    EXPECT(*state, "$JS.API.DIRECT.GET.KV_B.>", read_record, others, 0);
    EXPECT(*state, "$JS.API.DIRECT.GET.KV_B.>", read_record, record, 1);
    EXPECT(*state, "$JS.API.DIRECT.GET.KV_B.>", read_record, none, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_its_stream_acknowledges_a_message),
        TEST(only_its_stream_acknowledges_a_record),
        TEST(only_its_stream_or_the_server_answers_for_a_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
