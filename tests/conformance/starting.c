/*
 * A service starts together with its cluster, which cannot create anything for a while. A peer on a
 * server without JetStream plays the cluster.
 */
#include "bus_fixture.h"
#include "kept.h"
#include "nats_peer.h"

static const catga_delivery delivery = {.stream = &kept_stream, .once = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000);
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

typedef struct fixture {
    nats_server server;
    peer cluster;
    catga_subscription *questions;
    atomic_int streams; /* number of streams and buckets that are still to be refused */
    atomic_int consumers;
    atomic_int warnings;
    atomic_int errors;
} fixture;

/* The first member of each answer of JetStream's API. */
#define TYPE "\"type\":\"io.nats.jetstream.api.v1.answer\","

/* Nothing exists, and created objects are not shown. */
static void answer(void *user, catga_incoming *question)
{
    static const char not_yet[] = "{" TYPE "\"error\":{\"code\":400,\"err_code\":10005,"
                                  "\"description\":\"no suitable peers for placement\"}}";
    fixture *s = user;
    const char *text = "{" TYPE "\"created\":\"now\"}";
    char subject[256];

    snprintf(subject, sizeof subject, "%.*s", CATGA_PRINT(question->subject));
    if (strstr(subject, ".CONSUMER.INFO.") != NULL)
        text = "{" TYPE "\"error\":{\"code\":404,\"err_code\":10014,\"description\":\"none\"}}";
    else if (strstr(subject, ".INFO.") != NULL)
        text = "{" TYPE "\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"none\"}}";
    else if (atomic_fetch_sub(strstr(subject, ".CONSUMER.") != NULL ? &s->consumers : &s->streams,
                              1) > 0)
        text = not_yet;
    const catga_outgoing reply = {.data = (const uint8_t *)text, .length = strlen(text)};
    (void)s->cluster.transport->operations->respond(s->cluster.transport, question, &reply);
    s->cluster.transport->operations->release(question);
}

static int come(void **state)
{
    static fixture only;

    *state = &only;
    memset(&only, 0, sizeof only);
    nats_server_init(&only.server, NULL);
    nats_server_start(&only.server);
    if (peer_open(&only.cluster, only.server.url, 5000) != CATGA_OK)
        return -1;
    only.questions = peer_subscribe(&only.cluster, "$JS.API.>", NULL, 10, answer, &only);
    return only.questions != NULL && peer_flush(&only.cluster) == CATGA_OK ? 0 : -1;
}

static int go(void **state)
{
    fixture *s = *state;
    int result = peer_unsubscribe(&s->cluster, s->questions) == CATGA_OK ? 0 : -1;

    peer_close(&s->cluster);
    nats_server_clear(&s->server);
    return result;
}

static void count(void *user, catga_log_level level, const char *text)
{
    fixture *s = user;

    if (strstr(text, "cannot serve") != NULL)
        atomic_fetch_add(level == CATGA_LOG_ERROR ? &s->errors : &s->warnings, 1);
}

static catga_status notify(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static catga_status serve(fixture *s, int wait_ms)
{
    const sample_listener functions = {notify, NULL};
    catga_bus *bus = open_bus(NULL, (catga_options){.servers = s->server.url,
                                                    .connect_wait_ms = wait_ms,
                                                    .log = count,
                                                    .log_user = s});
    catga_status status = catga_serve(bus, &reader, &functions, s);

    catga_close(bus);
    return status;
}

static void a_starting_cluster_is_waited_for(void **state)
{
    fixture *s = *state;

    atomic_store(&s->streams, 3);
    atomic_store(&s->consumers, 2);
    assert_int_equal(serve(s, 10000), CATGA_OK);
    assert_int_equal(atomic_load(&s->warnings), 1);
    assert_int_equal(atomic_load(&s->errors), 0);
}

static void a_cluster_that_never_starts_is_given_up(void **state)
{
    fixture *s = *state;

    atomic_store(&s->streams, 1000000);
    double start = seconds_now();
    assert_int_equal(serve(s, 1000), CATGA_OVERLOADED);
    assert_true(seconds_now() - start > 0.9);
    assert_int_equal(atomic_load(&s->warnings), 1);
    assert_int_equal(atomic_load(&s->errors), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_starting_cluster_is_waited_for, come, go),
        cmocka_unit_test_setup_teardown(a_cluster_that_never_starts_is_given_up, come, go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
