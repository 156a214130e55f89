/*
 * Streams and consumers that disappear while a service runs: an operator deletes them, or the
 * server forgets or loses them. The runtime recreates them, and every stored event is handled. The
 * test starts its own server.
 */
#include "nats_peer.h"

#include <nats/nats.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND 1000000000LL

/* From the manual: the runtime checks every three seconds, and recreates at the second check. */
enum { LOOKED_AT_MS = 3500, SOON_MS = 12000, MESSAGES = 64 };

static nats_server server;
static natsConnection *operator;
static peer self;
static catga_subscription *subscription;
static atomic_int handled[MESSAGES]; /* by number */
static atomic_int total;

static const char *const subjects[] = {"watch.a"};
static const catga_stream_settings stream = {.name = "WATCH",
                                             .subjects = subjects,
                                             .subject_count = 1,
                                             .max_age_ns = 60 * SECOND,
                                             .window_ns = SECOND,
                                             .replicas = 1,
                                             .compared = CATGA_STREAM_DELIVERY};

/* ---- The server and its operator ---- */

/* Folder where the servers of one test store messages. */
static char folder[256];

static void write_config(const char *store, const char *replica)
{
    FILE *file = fopen(server.config, "w");

    assert_non_null(file);
    fprintf(file,
            "jetstream { store_dir: \"%s/%s\" }\n"
            "authorization { users = [ { user: operator, password: secret }%s ] }\n",
            folder, store, replica);
    assert_int_equal(fclose(file), 0);
}

static const char with_replica[] = ", { user: replica, password: secret }";

static const char *url_of(const char *user, char url[256])
{
    snprintf(url, 256, "nats://%s:secret@127.0.0.1:%d", user, server.port);
    return url;
}

/* Returns the beginning of the server's answer. */
static const char *ask(const char *subject, const char *body)
{
    static char text[1024];
    natsMsg *answer = NULL;
    natsStatus status = NATS_ERR;

    for (int tries = 0; status != NATS_OK && tries < 20; tries++) {
        status = natsConnection_RequestString(&answer, operator, subject, body, 1000);
        if (status != NATS_OK)
            pause_ms(100);
    }
    assert_int_equal(status, NATS_OK);
    snprintf(text, sizeof text, "%.*s", natsMsg_GetDataLength(answer), natsMsg_GetData(answer));
    natsMsg_Destroy(answer);
    return text;
}

static void order(const char *subject, const char *body)
{
    const char *answer = ask(subject, body);

    if (strstr(answer, "\"error\"") != NULL)
        fail_msg("%s: %s", subject, answer);
}

static void store(int count)
{
    for (int i = 0; i < count; i++)
        order("watch.a", "x");
}

static void make_stream(void)
{
    order("$JS.API.STREAM.CREATE.WATCH",
          "{\"name\":\"WATCH\",\"subjects\":[\"watch.a\"],\"retention\":\"limits\","
          "\"storage\":\"file\",\"discard\":\"new\",\"duplicate_window\":1000000000,"
          "\"num_replicas\":1}");
}

/* ---- The service ---- */

static void handle(void *user, catga_incoming *message)
{
    (void)user;
    const catga_transport_operations *operations = self.transport->operations;
    atomic_fetch_add(&handled[message->sequence % MESSAGES], 1);
    (void)self.transport->streams->settle(self.transport, message, CATGA_SETTLE_DONE, 0);
    operations->release(message);
    atomic_fetch_add(&total, 1);
}

static catga_status consume(bool broadcast)
{
    catga_problem problem = {""};
    const catga_consumer_settings consumer = {.stream = "WATCH",
                                              .name = "one",
                                              .subject = "watch.a",
                                              .only_new = broadcast,
                                              .unused_ns = broadcast ? 60 * SECOND : 0,
                                              .ack_wait_ns = 5 * SECOND,
                                              .unacknowledged = 100,
                                              .receive = handle};
    catga_status status = self.transport->streams->ensure(self.transport, &stream, &problem);

    if (status == CATGA_OK)
        status =
            self.transport->streams->consume(self.transport, &consumer, &subscription, &problem);
    if (status != CATGA_OK)
        print_error("%s\n", problem.text);
    return status;
}

/* As at a restart: a recreated object has the right settings. */
static void assert_can_be_served_again(bool broadcast)
{
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    assert_int_equal(consume(broadcast), CATGA_OK);
}

static void assert_each_once(int from, int to)
{
    for (int i = from; i <= to; i++)
        if (atomic_load(&handled[i]) != 1)
            fail_msg("%d was handled %d times", i, atomic_load(&handled[i]));
}

static int come(void **state)
{
    char url[256];

    (void)state;
    snprintf(folder, sizeof folder, "%s/store-XXXXXX", getenv("CATGA_TEMP"));
    if (mkdtemp(folder) == NULL)
        return -1;
    nats_server_init(&server, "");
    write_config("full", with_replica);
    nats_server_start(&server);
    for (int i = 0; i < MESSAGES; i++)
        atomic_store(&handled[i], 0);
    atomic_store(&total, 0);
    natsOptions *options;
    if (natsOptions_Create(&options) != NATS_OK ||
        natsOptions_SetURL(options, url_of("operator", url)) != NATS_OK ||
        natsOptions_SetReconnectWait(options, 50) != NATS_OK ||
        natsConnection_Connect(&operator, options) != NATS_OK)
        return -1;
    natsOptions_Destroy(options);
    return peer_open(&self, url_of("replica", url), 2000) == CATGA_OK ? 0 : -1;
}

/* ---- Load ---- */

enum { PUBLISHERS = 2, IN_FLIGHT = 4096 };

typedef struct publisher {
    pthread_t thread;
    atomic_bool stops;
    atomic_long acknowledged;
    atomic_bool counts; /* true from the moment that acknowledgements count */
} publisher;

static void on_acknowledged(jsCtx *context, natsMsg *message, jsPubAck *acknowledged,
                            jsPubAckErr *error, void *closure)
{
    publisher *of = closure;

    (void)context;
    (void)error;
    if (acknowledged != NULL && atomic_load(&of->counts))
        atomic_fetch_add(&of->acknowledged, 1);
    natsMsg_Destroy(message);
}

/* Publishes as fast as the server stores, and ignores failures. */
static void *publish_always(void *argument)
{
    publisher *of = argument;
    char url[256];
    natsConnection *connection = NULL;
    jsCtx *context = NULL;
    jsOptions options;
    jsPubOptions each;

    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = IN_FLIGHT;
    options.PublishAsync.StallWait = 10;
    options.PublishAsync.AckHandler = on_acknowledged;
    options.PublishAsync.AckHandlerClosure = of;
    jsPubOptions_Init(&each);
    each.MaxWait = 1000;
    if (natsConnection_ConnectTo(&connection, url_of("operator", url)) == NATS_OK &&
        natsConnection_JetStream(&context, connection, &options) == NATS_OK)
        while (!atomic_load(&of->stops))
            if (js_PublishAsync(context, "watch.a", "x", 1, &each) != NATS_OK)
                pause_ms(1);
    each.MaxWait = 5000;
    if (context != NULL)
        (void)js_PublishAsyncComplete(context, &each);
    jsCtx_Destroy(context);
    natsConnection_Destroy(connection);
    return NULL;
}

/* Returns a number from the stream's description. */
static long stream_number(const char *name)
{
    const char *info = ask("$JS.API.STREAM.INFO.WATCH", "");
    const char *at = strstr(info, name);

    if (at == NULL)
        fail_msg("no %s in %s", name, info);
    return strtol(at + strlen(name), NULL, 10);
}

static void end_service(void)
{
    if (self.transport == NULL)
        return;
    if (subscription != NULL)
        (void)peer_unsubscribe(&self, subscription);
    subscription = NULL;
    peer_close(&self);
    self.transport = NULL;
}

static int go(void **state)
{
    (void)state;
    end_service();
    (void)ask("$JS.API.STREAM.DELETE.WATCH", "");
    natsConnection_Destroy(operator);
    nats_server_clear(&server);
    return 0;
}

/* ---- Disappearing streams and consumers ---- */

static void a_deleted_consumer_is_recreated(void **state)
{
    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    store(3);
    assert_true(reaches(&total, 3, 2000));
    pause_ms(LOOKED_AT_MS);
    assert_true(self.transport->streams->usable(self.transport));
    order("$JS.API.CONSUMER.DELETE.WATCH.one", "");
    store(2);
    assert_true(reaches(&total, 5, SOON_MS));
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 1, 1000));
    assert_string_equal(self.text[CATGA_STORAGE_RESTORED], "consumer one");
    assert_can_be_served_again(false);
    assert_each_once(1, 5);
}

/* The server refuses to delete the stream, so its consumers are still watched. */
static void a_refused_deletion_changes_nothing(void **state)
{
    catga_problem problem = {""};

    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    write_config("full", ", { user: replica, password: secret, permissions: { publish: "
                         "{ deny: \"$JS.API.STREAM.DELETE.>\" } } }");
    nats_server_signal(&server, SIGHUP);
    pause_ms(500);
    assert_int_equal(self.transport->streams->remove(self.transport, "WATCH", &problem),
                     CATGA_NOT_PERMITTED);
    order("$JS.API.CONSUMER.DELETE.WATCH.one", "");
    store(2);
    assert_true(reaches(&total, 2, SOON_MS));
    assert_each_once(1, 2);
}

/* Waits until the transport knows whether its storage is usable. */
static bool reaches_usable(bool usable)
{
    for (int waited = 0; waited < SOON_MS; waited += 10) {
        if (self.transport->streams->usable(self.transport) == usable)
            return true;
        pause_ms(10);
    }
    return false;
}

static void count_backlog(void *user, const catga_consumer_backlog *backlog)
{
    (void)backlog;
    ++*(unsigned *)user;
}

/* Waits until the transport shows the backlogs of so many consumers. */
static bool reaches_backlogs(unsigned wanted)
{
    for (int waited = 0; waited < SOON_MS; waited += 10) {
        unsigned known = 0;
        self.transport->streams->backlogs(self.transport, count_backlog, &known);
        if (known == wanted)
            return true;
        pause_ms(10);
    }
    return false;
}

/* Events that arrive in the new stream before its recreation is noticed are handled too. */
static void a_deleted_stream_is_recreated(void **state)
{
    (void)state;
    assert_int_equal(consume(true), CATGA_OK);
    store(5);
    assert_true(reaches(&total, 5, 2000));
    order("$JS.API.STREAM.DELETE.WATCH", "");
    assert_true(reaches(&self.events[CATGA_STORAGE_MISSING], 1, SOON_MS));
    assert_true(reaches_usable(false));
    assert_true(reaches_backlogs(0));
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 2, SOON_MS));
    assert_true(reaches_usable(true));
    assert_true(reaches_backlogs(1));
    store(3);
    assert_true(reaches(&total, 8, SOON_MS));
    pause_ms(LOOKED_AT_MS);
    order("$JS.API.STREAM.DELETE.WATCH", "");
    make_stream();
    store(6);
    assert_true(reaches(&total, 14, SOON_MS));
    assert_can_be_served_again(true);
    assert_int_equal(atomic_load(&self.events[CATGA_STORAGE_UNUSABLE]), 0);
}

/* Time of the first request that creates the stream after its deletion; 0: not yet. */
static _Atomic(double) created;

static void on_create(natsConnection *connection, natsSubscription *native, natsMsg *message,
                      void *closure)
{
    (void)connection;
    (void)native;
    (void)closure;
    if (atomic_load(&created) == 0)
        atomic_store(&created, seconds_now());
    natsMsg_Destroy(message);
}

/*
 * A server that has forgotten a stream may still delete its files, and those of a new stream with
 * them.
 */
static void a_deleted_stream_is_recreated_after_a_pause(void **state)
{
    natsSubscription *create = NULL;

    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    assert_int_equal(
        natsConnection_Subscribe(&create, operator, "$JS.API.STREAM.CREATE.WATCH", on_create, NULL),
        NATS_OK);
    assert_int_equal(natsConnection_Flush(operator), NATS_OK);
    atomic_store(&created, 0);
    order("$JS.API.STREAM.DELETE.WATCH", "");
    assert_true(reaches(&self.events[CATGA_STORAGE_MISSING], 1, SOON_MS));
    assert_string_equal(self.text[CATGA_STORAGE_MISSING], "stream WATCH");
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 2, SOON_MS));
    for (int i = 0; i < SOON_MS && atomic_load(&created) == 0; i++)
        pause_ms(1);
    assert_true(atomic_load(&created) >= atomic_load(&self.times[CATGA_STORAGE_MISSING]) + 2);
    assert_int_equal(atomic_load(&self.events[CATGA_STORAGE_MISSING]), 1);
    assert_int_equal(atomic_load(&self.events[CATGA_STORAGE_UNUSABLE]), 0);
    natsSubscription_Destroy(create);
}

/*
 * The stream is deleted under load. Events that are acknowledged afterwards exist and are handled.
 */
static void events_acknowledged_by_a_recreated_stream_are_handled(void **state)
{
    static publisher publishers[PUBLISHERS];
    long acknowledged = 0;

    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    for (int i = 0; i < PUBLISHERS; i++) {
        publishers[i].stops = false;
        assert_int_equal(
            pthread_create(&publishers[i].thread, NULL, publish_always, &publishers[i]), 0);
    }
    pause_ms(1000);
    order("$JS.API.STREAM.DELETE.WATCH", "");
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 2, SOON_MS));
    for (int i = 0; i < PUBLISHERS; i++)
        atomic_store(&publishers[i].counts, true);
    atomic_store(&total, 0);
    pause_ms(2000);
    for (int i = 0; i < PUBLISHERS; i++)
        atomic_store(&publishers[i].stops, true);
    for (int i = 0; i < PUBLISHERS; i++) {
        pthread_join(publishers[i].thread, NULL);
        acknowledged += atomic_load(&publishers[i].acknowledged);
    }
    print_message("%ld acknowledged\n", acknowledged);
    assert_true(acknowledged > 0);
    assert_true(stream_number("\"messages\":") >= acknowledged);
    assert_int_equal(stream_number("\"first_seq\":"), 1);
    assert_true(reaches(&total, (int)acknowledged, 60000));
    assert_int_equal(atomic_load(&self.events[CATGA_STORAGE_UNUSABLE]), 0);
}

/* A stream with deleted files still acknowledges events that it cannot deliver. */
static void a_stream_that_has_lost_its_files_is_reported(void **state)
{
    static char large[900001];
    char command[512];

    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    order("$JS.API.STREAM.DELETE.WATCH", "");
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 2, SOON_MS));
    snprintf(command, sizeof(command), "rm -rf %s/full/jetstream/*/streams/WATCH", folder);
    assert_int_equal(system(command), 0);
    memset(large, 'x', sizeof large - 1);
    for (int i = 0; i < 12 && strstr(ask("watch.a", large), "msg block file") == NULL; i++)
        continue; /* until the first message file is full */
    assert_true(reaches(&self.events[CATGA_STORAGE_UNUSABLE], 1, 40000));
    assert_string_equal(self.text[CATGA_STORAGE_UNUSABLE],
                        "stream WATCH: the server has lost its files, and what it acknowledges: "
                        "delete it, and it is recreated");
    (void)ask("$JS.API.STREAM.DELETE.WATCH", "");
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 4, SOON_MS));
    atomic_store(&total, 0);
    store(2);
    assert_true(reaches(&total, 2, SOON_MS));
}

static catga_status meaning_of(const char *text, catga_problem *problem)
{
    const catga_incoming answer = {.data = (const uint8_t *)text, .length = strlen(text)};

    catga_placed placed;

    return self.transport->streams->published(&answer, &placed, problem);
}

static void a_stream_that_stores_nothing_differs_from_a_full_one(void **state)
{
    const catga_incoming nobody = {.no_responders = true};
    catga_placed placed;
    catga_problem problem = {""};

    (void)state;
    assert_int_equal(self.transport->streams->published(&nobody, &placed, &problem),
                     CATGA_NO_RESPONDERS);
    assert_non_null(strstr(problem.text, "the stream is missing"));
    assert_int_equal(meaning_of("{\"error\":{\"code\":503,\"err_code\":10077,\"description\":"
                                "\"maximum messages exceeded\"},\"stream\":\"WATCH\",\"seq\":0}",
                                &problem),
                     CATGA_OVERLOADED);
    assert_int_equal(meaning_of("{\"error\":{\"code\":503,\"err_code\":10077,\"description\":"
                                "\"error opening msg block file\"},\"stream\":\"WATCH\",\"seq\":0}",
                                &problem),
                     CATGA_REFUSED);
    assert_non_null(strstr(problem.text, "msg block file"));
}

static void a_server_that_lost_everything_gets_its_streams_again(void **state)
{
    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    order("watch.a", "x"); /* number 1 is then another message */
    assert_true(reaches(&total, 1, 2000));
    nats_server_signal(&server, SIGKILL);
    write_config("empty", with_replica);
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_STORAGE_RESTORED], 2, SOON_MS));
    store(3);
    assert_true(reaches(&total, 4, SOON_MS));
    assert_int_equal(atomic_load(&handled[1]), 2);
}

/* The server forgets the consumer of a broadcast whose replica is absent. */
static void events_stored_while_a_replica_is_disconnected_are_handled(void **state)
{
    (void)state;
    assert_int_equal(consume(true), CATGA_OK);
    store(3);
    assert_true(reaches(&total, 3, 2000));
    pause_ms(LOOKED_AT_MS);
    write_config("full", "");
    nats_server_signal(&server, SIGHUP);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 2000));
    order("$JS.API.CONSUMER.DELETE.WATCH.one", "");
    store(3);
    write_config("full", with_replica);
    nats_server_signal(&server, SIGHUP);
    assert_true(reaches(&total, 6, SOON_MS));
    assert_each_once(1, 6);
    assert_can_be_served_again(true);
}

/* ---- Objects left alone ---- */

static void a_changed_consumer_is_reported_once_and_left_alone(void **state)
{
    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    order("$JS.API.CONSUMER.DELETE.WATCH.one", "");
    order("$JS.API.CONSUMER.DURABLE.CREATE.WATCH.one",
          "{\"stream_name\":\"WATCH\",\"config\":{\"durable_name\":\"one\",\"ack_policy\":\"none\","
          "\"deliver_subject\":\"deliver.one\"}}");
    pause_ms(2 * LOOKED_AT_MS);
    assert_int_equal(atomic_load(&self.events[CATGA_STORAGE_UNUSABLE]), 1);
    assert_non_null(strstr(self.text[CATGA_STORAGE_UNUSABLE], "consumer one: "));
    assert_non_null(strstr(ask("$JS.API.CONSUMER.INFO.WATCH.one", ""), "\"none\""));
    order("$JS.API.CONSUMER.DELETE.WATCH.one", "");
    store(1);
    assert_true(reaches(&total, 1, SOON_MS));
}

static void an_unused_consumer_is_not_recreated(void **state)
{
    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    subscription = NULL;
    order("$JS.API.CONSUMER.DELETE.WATCH.one", "");
    pause_ms(LOOKED_AT_MS);
    assert_non_null(strstr(ask("$JS.API.CONSUMER.INFO.WATCH.one", ""), "consumer not found"));
}

/* Just when the runtime checks it. */
static void closing_does_not_wait_for_a_silent_server(void **state)
{
    (void)state;
    assert_int_equal(consume(false), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    subscription = NULL;
    pause_ms(2900);
    nats_server_signal(&server, SIGSTOP);
    pause_ms(150);
    double start = seconds_now();
    peer_close(&self);
    self.transport = NULL;
    double took = seconds_now() - start;
    nats_server_signal(&server, SIGCONT);
    print_message("closed in %.0f ms\n", took * 1e3);
    assert_true(took < 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_deleted_consumer_is_recreated, come, go),
        cmocka_unit_test_setup_teardown(a_refused_deletion_changes_nothing, come, go),
        cmocka_unit_test_setup_teardown(a_deleted_stream_is_recreated, come, go),
        cmocka_unit_test_setup_teardown(a_deleted_stream_is_recreated_after_a_pause, come, go),
        cmocka_unit_test_setup_teardown(events_acknowledged_by_a_recreated_stream_are_handled, come,
                                        go),
        cmocka_unit_test_setup_teardown(a_stream_that_has_lost_its_files_is_reported, come, go),
        cmocka_unit_test_setup_teardown(a_stream_that_stores_nothing_differs_from_a_full_one, come,
                                        go),
        cmocka_unit_test_setup_teardown(a_server_that_lost_everything_gets_its_streams_again, come,
                                        go),
        cmocka_unit_test_setup_teardown(events_stored_while_a_replica_is_disconnected_are_handled,
                                        come, go),
        cmocka_unit_test_setup_teardown(a_changed_consumer_is_reported_once_and_left_alone, come,
                                        go),
        cmocka_unit_test_setup_teardown(an_unused_consumer_is_not_recreated, come, go),
        cmocka_unit_test_setup_teardown(closing_does_not_wait_for_a_silent_server, come, go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
