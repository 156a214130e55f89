/*
 * Services and publishers at an unsuitable server: it is silent, denies permissions, or has no
 * JetStream. The test starts its own servers.
 */
#include "bus_fixture.h"
#include "kept.h"
#include "nats_server.h"

#include <catga/gen.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static const catga_delivery once = {.stream = &kept_stream, .once = true};
static const catga_delivery least = {.stream = &kept_stream};
static const catga_message kept_once = KEPT(&once, .timeout_ms = 3000);
static const catga_message kept = KEPT(&least, .timeout_ms = 3000);
static const catga_handler once_handlers[] = {
    {"notify", &kept_once, CATGA_GROUP, offsetof(sample_listener, notify),
     sample_listener_run_notify, NULL},
};
static const catga_handler least_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service exactly = {"Exactly", once_handlers, 1, sizeof(sample_listener), NULL};
static const catga_service reader = {"Reader", least_handlers, 1, sizeof(sample_listener), NULL};
static const sample input = {{"hello", 5}, 1};

/* ---- The log ---- */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_text[65536];

static void keep_line(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    pthread_mutex_lock(&log_lock);
    size_t length = strlen(log_text);
    snprintf(log_text + length, sizeof log_text - length, "%s\n", text);
    pthread_mutex_unlock(&log_lock);
}

static bool is_logged(const char *text)
{
    pthread_mutex_lock(&log_lock);
    bool found = strstr(log_text, text) != NULL;
    if (!found)
        print_error("not logged: \"%s\" in\n%s", text, log_text);
    pthread_mutex_unlock(&log_lock);
    return found;
}

/* ---- The server ---- */

static nats_server server;

static void start_server(const char *config)
{
    log_text[0] = '\0';
    nats_server_init(&server, config);
    nats_server_start(&server);
}

/* Starts a server with JetStream. User "u" has these permissions, and "all" has every right. */
static void write_permissions(const char *permissions)
{
    FILE *file = fopen(server.config, "w");

    assert_non_null(file);
    fprintf(file,
            "jetstream { store_dir: \"%s/js\" }\n"
            "accounts { A { jetstream: enabled, users: [ { user: all, password: p },\n"
            "  { user: u, password: p, permissions: { %s } } ] } }\n",
            server.folder, permissions);
    assert_int_equal(fclose(file), 0);
}

static void start_with(const char *permissions)
{
    log_text[0] = '\0';
    nats_server_init(&server, "");
    write_permissions(permissions);
    nats_server_start(&server);
}

static void change_permissions(const char *permissions)
{
    write_permissions(permissions);
    nats_server_signal(&server, SIGHUP);
    pause_ms(300);
}

static int stop_server(void **state)
{
    char command[256];

    (void)state;
    if (server.process > 0)
        nats_server_signal(&server, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", server.folder);
    return system(command);
}

static catga_bus *join(const char *user)
{
    char url[256];

    snprintf(url, sizeof url, "nats://%s%s127.0.0.1:%d", user, user[0] == '\0' ? "" : ":p@",
             server.port);
    return open_bus(NULL, (catga_options){.servers = url, .log = keep_line});
}

/* ---- Services ---- */

static atomic_int handled;

static catga_status notify(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    atomic_fetch_add(&handled, 1);
    return CATGA_OK;
}

static const sample_listener functions = {notify, NULL};

static catga_status serve_as(const char *user, const catga_service *service)
{
    catga_bus *bus = join(user);
    double start = seconds_now();
    catga_status status = catga_serve(bus, service, &functions, NULL);

    if (seconds_now() - start > 4)
        print_error("serving took %f s\n", seconds_now() - start);
    assert_true(seconds_now() - start < 4);
    catga_close(bus);
    return status;
}

/* Creates the stream, the consumers and the buckets of both services. */
static void make_all(void)
{
    assert_int_equal(serve_as("all", &reader), CATGA_OK);
    assert_int_equal(serve_as("all", &exactly), CATGA_OK);
}

/* ---- Silence ---- */

static void *wake_later(void *argument)
{
    pause_ms(*(long *)argument);
    nats_server_signal(&server, SIGCONT);
    return NULL;
}

static void a_server_that_is_briefly_silent_is_waited_for(void **state)
{
    static long pauses[] = {500, 1600, 3000};

    (void)state;
    start_with("");
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        catga_bus *bus = join("all");
        pthread_t thread;
        nats_server_signal(&server, SIGSTOP);
        assert_int_equal(pthread_create(&thread, NULL, wake_later, &pauses[i]), 0);
        assert_int_equal(catga_serve(bus, i % 2 == 0 ? &reader : &exactly, &functions, NULL),
                         CATGA_OK);
        pthread_join(thread, NULL);
        catga_close(bus);
    }
}

static void a_server_that_stays_silent_is_given_up(void **state)
{
    char url[128];

    (void)state;
    start_with("");
    snprintf(url, sizeof url, "nats://all:p@127.0.0.1:%d", server.port);
    catga_bus *bus =
        open_bus(NULL, (catga_options){.servers = url, .connect_wait_ms = 3000, .log = keep_line});
    nats_server_signal(&server, SIGSTOP);
    double start = seconds_now();
    assert_int_not_equal(catga_serve(bus, &reader, &functions, NULL), CATGA_OK);
    assert_true(seconds_now() - start > 2.5);
    assert_true(is_logged("cannot serve Reader: handler notify"));
    nats_server_signal(&server, SIGCONT);
    catga_close(bus);
}

enum { REPLICAS = 40 };

static void *start_replica(void *argument)
{
    catga_bus *bus = join("all");
    catga_status *status = argument;

    *status = catga_serve(bus, &exactly, &functions, NULL);
    catga_close(bus);
    return NULL;
}

static void replicas_that_start_at_once_all_start(void **state)
{
    pthread_t threads[REPLICAS];
    catga_status statuses[REPLICAS];

    (void)state;
    start_with("");
    for (int i = 0; i < REPLICAS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, start_replica, &statuses[i]), 0);
    for (int i = 0; i < REPLICAS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < REPLICAS; i++)
        assert_int_equal(statuses[i], CATGA_OK);
}

/* ---- Permissions ---- */

static void a_right_that_is_missing_is_named_when_serving(void **state)
{
    static const struct {
        const char *denied;
        const catga_service *service;
        const char *named;
    } cases[] = {
        {"$JS.API.STREAM.INFO.SAMPLE_V1", &reader, "$JS.API.STREAM.INFO.SAMPLE_V1"},
        {"$JS.API.CONSUMER.>", &reader, "$JS.API.CONSUMER.INFO.SAMPLE_V1.Reader__notify"},
        {"$JS.ACK.>", &reader, "$JS.ACK.SAMPLE_V1.Reader__notify.>"},
        {"$KV.>", &reader, "$KV.SAMPLE_V1_ATTEMPTS.>"},
        {"$KV.>", &exactly, "$KV.SAMPLE_V1_DONE.>"},
        {"$JS.API.DIRECT.GET.>", &exactly, "$JS.API.DIRECT.GET.KV_SAMPLE_V1_DONE.>"},
    };

    (void)state;
    start_with("");
    make_all();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char permissions[256];
        snprintf(permissions, sizeof permissions, "publish: { allow: \">\", deny: [\"%s\"] }",
                 cases[i].denied);
        change_permissions(permissions);
        log_text[0] = '\0';
        assert_int_equal(serve_as("u", cases[i].service), CATGA_NOT_PERMITTED);
        assert_true(is_logged(cases[i].named));
    }
    change_permissions("publish: \">\"");
    assert_int_equal(serve_as("u", &reader), CATGA_OK);
    assert_int_equal(serve_as("u", &exactly), CATGA_OK);
}

static void a_call_that_is_refused_ends_at_once(void **state)
{
    catga_reply reply;

    (void)state;
    start_with("publish: { allow: \">\", deny: [\"catga.commands.>\"] }");
    catga_bus *bus = join("u");
    for (int i = 0; i < 3; i++) {
        double start = seconds_now();
        assert_int_equal(catga_call(bus, &sample_echo_message, &input, &reply),
                         CATGA_NOT_PERMITTED);
        assert_true(seconds_now() - start < 0.5);
        assert_non_null(strstr(reply.error.text.data, sample_echo_message.subject));
        catga_received_free(reply.received);
    }
    change_permissions("publish: \">\"");
    pause_ms(3200); /* the runtime forgets the refusal */
    assert_int_equal(catga_call(bus, &sample_echo_message, &input, &reply), CATGA_NO_RESPONDERS);
    catga_received_free(reply.received);
    catga_close(bus);
}

static bool see(const catga_dead_letter *letter, void *user)
{
    (void)letter;
    (void)user;
    return true;
}

static void dead_letters_that_are_refused_are_told_at_once(void **state)
{
    (void)state;
    start_with("publish: { allow: \">\", deny: [\"$JS.API.STREAM.MSG.>\"] }");
    catga_bus *bus = join("u");
    double start = seconds_now();
    assert_int_equal(catga_dead_letters(bus, "SAMPLE_V1", 1, see, NULL), CATGA_NOT_PERMITTED);
    assert_true(seconds_now() - start < 1);
    assert_true(is_logged("$JS.API.STREAM.MSG.GET.SAMPLE_V1_DEAD"));
    catga_close(bus);
}

/* ---- Publishers ---- */

typedef struct published {
    atomic_int count;
    catga_status status;
    char text[256];
} published;

static void note_published(catga_status status, const catga_error *error, void *user)
{
    published *of = user;

    of->status = status;
    snprintf(of->text, sizeof of->text, "%.*s", CATGA_PRINT(error->text));
    atomic_fetch_add(&of->count, 1);
}

/* Publishes with both functions. The outcome comes at once; _async does not wait for it. */
static void assert_published(catga_bus *bus, catga_status wanted, const char *named)
{
    published of = {.count = 0};
    double start = seconds_now();

    assert_int_equal(catga_publish(bus, &kept, &input), wanted);
    assert_true(seconds_now() - start < 1);
    start = seconds_now();
    catga_status status = catga_publish_async(bus, &kept, &input, note_published, &of);
    assert_true(seconds_now() - start < 0.1);
    if (status == wanted && wanted != CATGA_OK)
        return; /* this refusal is remembered */
    assert_int_equal(status, CATGA_OK);
    wait_until(of.count == 1);
    assert_int_equal(of.status, wanted);
    if (named != NULL)
        assert_non_null(strstr(of.text, named));
    assert_true(seconds_now() - start < 1);
}

static void a_publisher_without_permission_fails_at_once(void **state)
{
    (void)state;
    start_with("publish: [\"catga.>\", \"_INBOX.>\"], subscribe: \"_INBOX.>\"");
    make_all();
    catga_bus *bus = join("u");
    for (int i = 0; i < 3; i++)
        assert_published(bus, CATGA_NOT_PERMITTED, "$JS.API.STREAM.INFO.SAMPLE_V1");
    catga_close(bus);

    change_permissions("publish: { allow: \">\", deny: [\"catga.events.>\"] }");
    bus = join("u");
    for (int i = 0; i < 3; i++)
        assert_published(bus, CATGA_NOT_PERMITTED, "catga.events.sample.v1.Kept");
    catga_close(bus);
}

static void a_publisher_needs_no_right_on_dead_letters(void **state)
{
    (void)state;
    start_with("publish: [\"catga.>\", \"_INBOX.>\", \"$JS.API.STREAM.INFO.SAMPLE_V1\"], "
               "subscribe: \"_INBOX.>\"");
    make_all();
    catga_bus *bus = join("u");
    assert_published(bus, CATGA_OK, NULL);
    assert_int_equal(strcmp(log_text, ""), 0);
    catga_close(bus);
}

/* Neither the first event of a stream nor a silent server blocks the caller. */
static void publishing_without_waiting_never_waits(void **state)
{
    published of = {.count = 0};

    (void)state;
    start_with("");
    catga_bus *bus = join("all");
    nats_server_signal(&server, SIGSTOP);
    double start = seconds_now();
    for (int i = 0; i < 100; i++)
        assert_int_equal(catga_publish_async(bus, &kept, &input, note_published, &of), CATGA_OK);
    assert_true(seconds_now() - start < 0.2);
    pause_ms(1000);
    nats_server_signal(&server, SIGCONT);
    wait_until(of.count == 100);
    assert_int_equal(of.status, CATGA_OK);
    catga_close(bus);
}

/* ---- No JetStream ---- */

static void a_server_without_jetstream_is_named(void **state)
{
    (void)state;
    start_server("max_payload: 1000000\n");
    assert_int_equal(serve_as("", &reader), CATGA_NO_JETSTREAM);
    assert_true(is_logged("the server has no JetStream: start it with -js"));
    log_text[0] = '\0';
    assert_int_equal(serve_as("", &exactly), CATGA_NO_JETSTREAM);
    assert_true(is_logged("the server has no JetStream"));
    catga_bus *bus = join("");
    assert_published(bus, CATGA_NO_JETSTREAM, "the server has no JetStream: start it with -js");
    assert_int_equal(catga_dead_letters(bus, "SAMPLE_V1", 1, see, NULL), CATGA_NO_JETSTREAM);
    catga_close(bus);
}

/* The same when the server has JetStream, but the user's account has not. */
static void an_account_without_jetstream_is_named(void **state)
{
    (void)state;
    start_with("");
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fprintf(file,
            "jetstream { store_dir: \"%s/js\" }\naccounts { A { jetstream: enabled, users: [ { "
            "user: a, password: p } ] }, "
            "B { users: [ { user: all, password: p } ] } }\n",
            server.folder);
    assert_int_equal(fclose(file), 0);
    nats_server_signal(&server, SIGKILL);
    nats_server_start(&server);
    assert_int_equal(serve_as("all", &reader), CATGA_NO_JETSTREAM);
}

static void start_with_storage(const char *bytes)
{
    start_with("");
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fprintf(file, "jetstream { store_dir: \"%s/js\", max_file: %s }\n", server.folder, bytes);
    assert_int_equal(fclose(file), 0);
    nats_server_signal(&server, SIGKILL);
    nats_server_start(&server);
}

/* A server reserves the size limit of a bucket. */
static void a_bucket_is_as_large_as_the_servers_storage_allows(void **state)
{
    (void)state;
    start_with_storage("16M");
    assert_int_equal(serve_as("", &exactly), CATGA_OK);
    assert_true(is_logged("claims: create bucket SAMPLE_V1_DONE with 8257536 bytes"));
    assert_true(is_logged("claim_bucket_mib=1024"));
}

static void a_server_with_too_little_storage_is_named(void **state)
{
    (void)state;
    start_with_storage("512K");
    assert_int_equal(serve_as("", &exactly), CATGA_TOO_LARGE);
    assert_true(is_logged("bucket SAMPLE_V1_DONE"));
    assert_true(is_logged("insufficient storage"));
    assert_true(is_logged("claim_bucket_mib=1024"));
}

#define CASE(name) cmocka_unit_test_teardown(name, stop_server)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_server_that_is_briefly_silent_is_waited_for),
        CASE(a_server_that_stays_silent_is_given_up),
        CASE(replicas_that_start_at_once_all_start),
        CASE(a_right_that_is_missing_is_named_when_serving),
        CASE(a_call_that_is_refused_ends_at_once),
        CASE(dead_letters_that_are_refused_are_told_at_once),
        CASE(a_publisher_without_permission_fails_at_once),
        CASE(a_publisher_needs_no_right_on_dead_letters),
        CASE(publishing_without_waiting_never_waits),
        CASE(a_bucket_is_as_large_as_the_servers_storage_allows),
        CASE(a_server_with_too_little_storage_is_named),
        CASE(a_server_without_jetstream_is_named),
        CASE(an_account_without_jetstream_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
