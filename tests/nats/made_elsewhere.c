/*
 * Two replicas find a stream missing and create it. The server rejects the second, with one of
 * several errors. A peer on a server without JetStream plays the server.
 */
#include "nats_peer.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The first member of each answer of JetStream's API. */
#define TYPE "\"type\":\"io.nats.jetstream.api.v1.answer\","

static const char not_found[] =
    "{" TYPE "\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"none\"}}";
static const char overlap[] =
    "{" TYPE "\"error\":{\"code\":400,\"err_code\":10065,\"description\":\"subjects overlap\"}}";
static const char as_wanted[] =
    "{" TYPE
    "\"config\":{\"name\":\"S\",\"subjects\":[\"a\"],\"retention\":\"limits\",\"discard\":\"new\","
    "\"storage\":\"file\",\"max_msgs_per_subject\":-1,\"duplicate_window\":1000000000}}";
static const char too_short[] =
    "{" TYPE
    "\"config\":{\"name\":\"S\",\"subjects\":[\"a\"],\"retention\":\"limits\",\"discard\":\"new\","
    "\"storage\":\"file\",\"max_msgs_per_subject\":-1,\"duplicate_window\":1}}";

enum { SCRIPT = 3 };

typedef struct fixture {
    nats_server server;
    peer asks;
    peer answers;
    catga_subscription *questions;
    _Atomic(const char *) script[SCRIPT]; /* answers; NULL, and after the last: no answer */
    atomic_int at;
} fixture;

static void answer(void *user, catga_incoming *question)
{
    fixture *s = user;
    int at = atomic_fetch_add(&s->at, 1);
    const char *text = at < SCRIPT ? atomic_load(&s->script[at]) : NULL;
    catga_outgoing reply = {.data = (const uint8_t *)text,
                            .length = text == NULL ? 0 : strlen(text)};

    if (text != NULL)
        (void)s->answers.transport->operations->respond(s->answers.transport, question, &reply);
    s->answers.transport->operations->release(question);
}

static int open_stage(void **state)
{
    static fixture only;

    *state = &only;
    nats_server_init(&only.server, NULL);
    nats_server_start(&only.server);
    if (peer_open(&only.asks, only.server.url, 5000) != CATGA_OK ||
        peer_open(&only.answers, only.server.url, 5000) != CATGA_OK)
        return -1;
    only.questions = peer_subscribe(&only.answers, "$JS.API.>", NULL, 10, answer, &only);
    if (only.questions == NULL)
        return -1;
    return peer_flush(&only.answers) == CATGA_OK ? 0 : -1;
}

static int close_stage(void **state)
{
    fixture *s = *state;

    peer_close(&s->asks);
    int result = peer_unsubscribe(&s->answers, s->questions) == CATGA_OK ? 0 : -1;
    peer_close(&s->answers);
    nats_server_clear(&s->server);
    return result;
}

static const char *const subjects[] = {"a"};
static const catga_stream_settings stream = {
    .name = "S", .subjects = subjects, .subject_count = 1, .window_ns = 1000000000, .replicas = 1};

static void answer_with(fixture *s, const char *first, const char *second, const char *third)
{
    const char *const script[SCRIPT] = {first, second, third};

    for (int i = 0; i < SCRIPT; i++)
        atomic_store(&s->script[i], script[i]);
    atomic_store(&s->at, 0);
}

/* Returns the result of serving when the stream is missing, cannot be created, and is then
 * described as `then`. */
static catga_status ensure(fixture *s, const char *then, catga_problem *problem)
{
    answer_with(s, not_found, overlap, then);
    return s->asks.transport->streams->ensure(s->asks.transport, &stream, problem);
}

static void a_stream_of_another_replica_is_used(void **state)
{
    catga_problem problem = {""};

    assert_int_equal(ensure(*state, as_wanted, &problem), CATGA_OK);
}

static void a_stream_of_another_replica_is_compared(void **state)
{
    catga_problem problem = {""};

    assert_int_equal(ensure(*state, too_short, &problem), CATGA_DRIFTED);
    assert_non_null(strstr(problem.text, "duplicate_window"));
}

static void a_stream_that_cannot_be_created_is_refused(void **state)
{
    catga_problem problem = {""};

    assert_int_equal(ensure(*state, not_found, &problem), CATGA_REFUSED);
    assert_non_null(strstr(problem.text, "subjects overlap"));
}

/* The runtime retries later. A closing transport does not wait long for the answer. */
static void a_silent_server_does_not_delay_closing(void **state)
{
    fixture *s = *state;
    static peer brief;
    catga_problem problem = {""};

    answer_with(s, as_wanted, NULL, NULL);
    assert_int_equal(peer_open(&brief, s->server.url, 5000), CATGA_OK);
    assert_int_equal(brief.transport->streams->ensure(brief.transport, &stream, &problem),
                     CATGA_OK);
    assert_true(reaches(&s->at, 2, 6000));
    double start = seconds_now();
    peer_close(&brief);
    assert_true(seconds_now() - start < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_server_does_not_delay_closing),
        cmocka_unit_test(a_stream_of_another_replica_is_used),
        cmocka_unit_test(a_stream_of_another_replica_is_compared),
        cmocka_unit_test(a_stream_that_cannot_be_created_is_refused),
    };

    return cmocka_run_group_tests(tests, open_stage, close_stage);
}
