/* Log lines about connections, services and messages: logging (at $NATS_URL, with JetStream). */
#include "bus_fixture.h"
#include "kept.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const catga_delivery delivery = {.stream = &kept_stream};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000);
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

/* ---- The lines ---- */

enum { LINES = 256 };

typedef struct record {
    pthread_mutex_t lock;
    unsigned count;
    char lines[LINES][1024];
    double first; /* time of arrival */
    char prefix[64];
    catga_bus *bus;
} record;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void note(void *user, catga_log_level level, const char *text)
{
    record *r = user;

    (void)level;
    pthread_mutex_lock(&r->lock);
    if (r->count == 0)
        r->first = now();
    if (r->count < LINES)
        snprintf(r->lines[r->count++], sizeof r->lines[0], "%s", text);
    pthread_mutex_unlock(&r->lock);
}

/* Returns the number of lines that contain all parts. */
static unsigned count_lines(record *r, const char *one, const char *other, const char *third)
{
    unsigned count = 0;

    pthread_mutex_lock(&r->lock);
    for (unsigned i = 0; i < r->count; i++)
        count += strstr(r->lines[i], one) != NULL && strstr(r->lines[i], other) != NULL &&
                 strstr(r->lines[i], third) != NULL;
    pthread_mutex_unlock(&r->lock);
    return count;
}

static catga_status open_with(record *r, const char *servers, catga_log_level level, int wait_ms)
{
    return catga_open(&r->bus, &(catga_options){.servers = servers,
                                                .prefix = r->prefix,
                                                .instance = "one",
                                                .connect_wait_ms = wait_ms,
                                                .log = note,
                                                .log_user = r,
                                                .log_level = level});
}

static int begin(void **state)
{
    static unsigned number;
    record *r = calloc(1, sizeof *r);

    assert_non_null(r);
    pthread_mutex_init(&r->lock, NULL);
    snprintf(r->prefix, sizeof r->prefix, "log-%d-%u", (int)getpid(), number++);
    *state = r;
    return 0;
}

static int finish(void **state)
{
    record *r = *state;

    catga_close(r->bus);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return 0;
}

/* ---- Handlers ---- */

static catga_status answer(catga_context *context, sample_view view)
{
    sample reply = {sample_get_text(view), 1};

    return catga_answer(context, &sample_echo_message, &reply);
}

static catga_status notify(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static void serve(record *r)
{
    static const sample_answerer answerer = {answer, answer};
    static const sample_listener listener = {notify, notify};

    assert_int_equal(catga_serve(r->bus, &sample_answerer_service, &answerer, r), CATGA_OK);
    assert_int_equal(catga_serve(r->bus, &reader, &listener, r), CATGA_OK);
}

/* ---- Cases ---- */

static void connections_and_services_are_logged(void **state)
{
    record *r = *state;
    char queue[160];

    assert_int_equal(open_with(r, NULL, CATGA_LOG_INFO, 5000), CATGA_OK);
    serve(r);
    wait_until(count_lines(r, "nats: connected (server=", "127.0.0.1:", ")") == 1);
    snprintf(queue, sizeof queue, "(subject=%s.commands.sample.v1.Echo, queue=Answerer)",
             r->prefix);
    assert_int_equal(count_lines(r, "service: serve Answerer.echo ", queue, ""), 1);
    assert_int_equal(
        count_lines(r, "service: serve Reader.notify ", "stream=", "consumer=Reader__notify)"), 1);
    assert_int_equal(count_lines(r, "client: ", "", ""), 0);
}

static void each_message_is_logged(void **state)
{
    record *r = *state;
    const sample hello = {CATGA_STR("hello"), 1};
    catga_reply reply;

    assert_int_equal(open_with(r, NULL, CATGA_LOG_DEBUG, 5000), CATGA_OK);
    serve(r);
    assert_int_equal(catga_call(r->bus, &sample_echo_message, &hello, &reply), CATGA_OK);
    catga_received_free(reply.received);
    assert_int_equal(catga_publish(r->bus, &kept, &hello), CATGA_OK);
    wait_until(catga_count(r->bus).handled == 2);
    assert_int_equal(catga_drain(r->bus), CATGA_OK);
    assert_int_equal(count_lines(r, "client: call ", "Echo, id=", "bytes="), 1);
    assert_int_equal(count_lines(r, "client: publish ", "Kept, id=", "bytes="), 1);
    assert_int_equal(count_lines(r, "server: handle ", "in echo: ", "delivery=0)"), 1);
    assert_int_equal(count_lines(r, "server: handle ", "in notify: ", "delivery=1)"), 1);
}

static void a_failed_connection_is_logged_at_once_and_repeatedly(void **state)
{
    record *r = *state;
    double began = now();

    assert_int_equal(open_with(r, "nats://user:secret@127.0.0.1:1", CATGA_LOG_WARNING, 12000),
                     CATGA_DISCONNECTED);
    assert_true(r->first - began < 6); /* long before the connection attempt ends */
    unsigned failures = count_lines(r, "nats: cannot connect: ", "127.0.0.1:1: Connection refused",
                                    "(servers=127.0.0.1:1)");
    assert_in_range(failures, 2, 4);
    assert_int_equal(count_lines(r, "secret", "", ""), 0);
    print_message("%s\n", r->lines[0]);
}

static void a_bad_address_is_shown_with_the_accepted_form(void **state)
{
    static const char *const bad[] = {"nats://user:secret@host:99999", "http://host:1",
                                      "host:1,nats://user:secret@:4222"};
    static const char *const seen[] = {"address 1 is \"host:99999\"", "address 1 is \"host:1\"",
                                       "address 2 is \":4222\""};
    record *r = *state;

    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_with(r, bad[i], CATGA_LOG_WARNING, 1000), CATGA_INVALID_ARGUMENT);
        assert_int_equal(count_lines(r, seen[i], "[nats://|tls://][LOGIN@]HOST[:PORT]", ""), 1);
    }
    /* a comma in a password: the text on both sides of it may be part of the login */
    assert_int_equal(open_with(r, "nats://user:secret,half:x@host:1", CATGA_LOG_WARNING, 1000),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(open_with(r, "nats://user:secret@host,,", CATGA_LOG_WARNING, 1000),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(count_lines(r, "secret", "", ""), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        CASE(connections_and_services_are_logged),
        CASE(each_message_is_logged),
        CASE(a_failed_connection_is_logged_at_once_and_repeatedly),
        CASE(a_bad_address_is_shown_with_the_accepted_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
