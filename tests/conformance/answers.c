/*
 * Foreign subscribers reply on the subjects on which a bus waits for the server's answer, and reply
 * first. Only the server's answer counts. answers local | nats (at $NATS_URL).
 */
#include "fixture.h"
#include "kept.h"
#include "peer.h"

#include <stdatomic.h>

enum { EVENTS = 1000, REPLIERS = 3, COMMANDS = 50 };

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000);
static const catga_handler reader_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", reader_handlers, 1, sizeof(sample_listener), NULL};

static const catga_claims claims = {"SAMPLE_V1_Echo", 60000};
static catga_message once;
static catga_handler once_handlers[2];
static catga_service once_service;

static const sample hello = {{"hello", 5}, 7};

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    peer repliers[REPLIERS];
    catga_subscription *subscriptions[REPLIERS];
    atomic_uint replies;
    atomic_uint ended;
    atomic_uint failed;
    atomic_uint runs;
} fixture;

static int open_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "answers");

    s->bus = fixture_join(&s->base, (catga_options){0});
    *state = s;
    return 0;
}

/* ---- Foreign subscribers ---- */

/* Foreign replies, and replies that resemble an answer. */
static void reply_nonsense(void *user, catga_incoming *message)
{
    static const char *const nonsense[] = {
        "",
        "{}",
        "no JSON",
        "{\"ok\":true}",
        "{\"stream\":\"ANOTHER\",\"seq\":5}",
        "{\"seq\":5}",
        "{\"stream\":\"SAMPLE_V1\"}",
        "{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"foreign\"}}",
        "{\"stream\":\"ANOTHER\",\"error\":{\"code\":400,\"err_code\":10071}}",
    };
    fixture *s = user;
    unsigned number = atomic_fetch_add(&s->replies, 1);
    const char *text = nonsense[number % (sizeof nonsense / sizeof nonsense[0])];
    const catga_header header = {"Nats-Sequence", "3"};
    catga_outgoing answer = {.data = (const uint8_t *)text,
                             .length = strlen(text),
                             .headers = &header,
                             .header_count = number % 2};
    const catga_transport_operations *operations = s->repliers[0].transport->operations;

    if (message->reply != NULL)
        (void)operations->respond(s->repliers[number % REPLIERS].transport, message, &answer);
    operations->release(message);
}

static void reply_on(fixture *s, const char *subject)
{
    const catga_subscription_options options = {
        .subject = subject, .pending = 65536, .receive = reply_nonsense, .user = s};

    for (size_t i = 0; i < REPLIERS; i++)
        peer_open(&s->repliers[i], s->base.broker);
    for (size_t i = 0; i < REPLIERS; i++) {
        catga_transport *transport = s->repliers[i].transport;
        assert_int_equal(
            transport->operations->subscribe(transport, &options, &s->subscriptions[i]), CATGA_OK);
        assert_int_equal(transport->operations->confirmed(transport, s->subscriptions[i]),
                         CATGA_OK);
    }
}

static void end_repliers(fixture *s)
{
    for (size_t i = 0; i < REPLIERS; i++) {
        catga_transport *transport = s->repliers[i].transport;
        assert_int_equal(transport->operations->drain(transport, s->subscriptions[i], 5000),
                         CATGA_OK);
        transport->operations->unsubscribe(transport, s->subscriptions[i]);
    }
    for (size_t i = 0; i < REPLIERS; i++)
        peer_close(&s->repliers[i]);
}

/* ---- Stored events ---- */

static void count_outcome(catga_status status, const catga_error *error, void *user)
{
    fixture *s = user;

    (void)error;
    if (status != CATGA_OK)
        atomic_fetch_add(&s->failed, 1);
    atomic_fetch_add(&s->ended, 1);
}

static void a_subscriber_that_replies_does_not_hide_the_streams_answer(void **state)
{
    fixture *s = *state;
    char subject[128];

    snprintf(subject, sizeof subject, "%s.events.sample.v1.Kept", s->base.prefix);
    assert_int_equal(catga_publish(s->bus, &kept, &hello), CATGA_OK);
    reply_on(s, subject);
    for (int i = 0; i < EVENTS; i++)
        assert_int_equal(catga_publish_async(s->bus, &kept, &hello, count_outcome, s), CATGA_OK);
    wait_until(s->ended == EVENTS);
    assert_int_equal(s->failed, 0);
    for (int i = 0; i < 50; i++)
        assert_int_equal(catga_publish(s->bus, &kept, &hello), CATGA_OK);
    end_repliers(s);
}

/* A rejection by the stream is an answer, and arrives at once. */
static void the_streams_refusal_is_an_answer(void **state)
{
    fixture *s = *state;
    const catga_bucket_settings bucket = {
        .name = "SAMPLE", .max_age_ns = 3600 * CATGA_SECOND, .replicas = 1};
    const catga_kv_key place = {"SAMPLE", "key"};
    const catga_outgoing record = {.subject = ""};
    catga_problem problem = {""};
    peer p;

    peer_open(&p, s->base.broker);
    assert_int_equal(p.transport->kv->ensure(p.transport, &bucket, &problem), CATGA_OK);
    uint64_t token = peer_token(&p);
    assert_int_equal(p.transport->kv->write(p.transport, place, &record, 4711, token), CATGA_OK);
    (void)peer_wait(&p, token); /* the record has no such revision */
    peer_close(&p);
}

/* ---- Claims ---- */

static catga_status reply_echo(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    const sample answer = {sample_get_text(view), sample_get_number(view)};

    atomic_fetch_add(&s->runs, 1);
    return catga_answer(context, &once, &answer);
}

static void serve_once(fixture *s)
{
    static const sample_answerer handlers = {reply_echo, reply_echo};

    once = sample_echo_message;
    once.claims = &claims;
    once.timeout_ms = 5000;
    memcpy(once_handlers, sample_answerer_handlers, sizeof once_handlers);
    once_handlers[0].message = &once;
    once_service = sample_answerer_service;
    once_service.handlers = once_handlers;
    once_service.handler_count = 1;
    assert_int_equal(catga_serve(s->bus, &once_service, &handlers, s), CATGA_OK);
}

static void call_commands(fixture *s)
{
    catga_counters before = catga_count(s->bus);

    for (int i = 0; i < COMMANDS; i++) {
        catga_reply reply;
        assert_int_equal(catga_call(s->bus, &once, &hello, &reply), CATGA_OK);
        catga_received_free(reply.received);
    }
    assert_int_equal(s->runs, COMMANDS);
    assert_int_equal(catga_count(s->bus).claims_held, before.claims_held);
    assert_int_equal(catga_count(s->bus).calls_retried, before.calls_retried);
}

static void a_subscriber_that_replies_does_not_hide_a_claims_answer(void **state)
{
    fixture *s = *state;

    if (strcmp(fixture_transport, "nats") != 0)
        skip(); /* elsewhere nobody can subscribe to what a transport asks its server */
    serve_once(s);
    reply_on(s, "$KV.>");
    call_commands(s);
    end_repliers(s);
}

static void a_subscriber_that_replies_does_not_hide_a_records_answer(void **state)
{
    fixture *s = *state;
    catga_reply reply;

    if (strcmp(fixture_transport, "nats") != 0)
        skip(); /* elsewhere nobody can subscribe to what a transport asks its server */
    serve_once(s);
    reply_on(s, "$JS.API.DIRECT.GET.>");
    for (int i = 0; i < COMMANDS; i++) {
        /* the second caller reads the record of the first answer */
        char id[32];
        snprintf(id, sizeof id, "id-%d", i);
        for (int tries = 0; tries < 2; tries++) {
            assert_int_equal(catga_call_with_id(s->bus, &once, catga_str(id), &hello, &reply),
                             CATGA_OK);
            catga_received_free(reply.received);
        }
    }
    assert_int_equal(s->runs, COMMANDS);
    assert_int_equal(catga_count(s->bus).calls_retried, 0);
    end_repliers(s);
}

/* ---- Dead letters ---- */

static catga_status reject(catga_context *context, sample_view view)
{
    (void)view;
    return catga_reject(context, "never");
}

static bool count_letter(const catga_dead_letter *letter, void *user)
{
    uint64_t *number = user;

    *number = letter->number;
    return true;
}

static uint64_t letters_of(fixture *s)
{
    uint64_t number = 0;

    if (catga_dead_letters(s->bus, "SAMPLE_V1", 1, count_letter, &number) != CATGA_OK)
        return 0;
    return number;
}

/* The handler may not have run, so the dead letter stays. */
static void a_dead_letter_with_a_foreign_answer_stays(void **state)
{
    static const sample_listener listener = {reject, reject};
    fixture *s = *state;
    char subject[160];
    catga_problem problem;

    assert_int_equal(catga_serve(s->bus, &reader, &listener, s), CATGA_OK);
    assert_int_equal(catga_publish(s->bus, &kept, &hello), CATGA_OK);
    wait_until(letters_of(s) == 1);
    assert_int_equal(catga_drain(s->bus), CATGA_OK); /* no handler is left */
    fixture_leave(&s->base);
    s->bus = fixture_join(&s->base, (catga_options){0});
    snprintf(subject, sizeof subject, "%s.replay.%s_SAMPLE_V1.Reader__notify", s->base.prefix,
             s->base.prefix);
    for (char *at = strstr(subject, ".replay.") + 8; *at != '_'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    atomic_store(&s->replies, 1); /* "{}" */
    reply_on(s, subject);
    assert_int_not_equal(catga_dead_letter_replay(s->bus, "SAMPLE_V1", 1, 1000, &problem),
                         CATGA_OK);
    assert_true(s->replies > 1);
    assert_int_equal(letters_of(s), 1);
    end_repliers(s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_subscriber_that_replies_does_not_hide_the_streams_answer),
        CASE(the_streams_refusal_is_an_answer),
        CASE(a_subscriber_that_replies_does_not_hide_a_claims_answer),
        CASE(a_subscriber_that_replies_does_not_hide_a_records_answer),
        CASE(a_dead_letter_with_a_foreign_answer_stays),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
