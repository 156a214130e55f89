/*
 * Ordered readers at a real server: restarts, deleted consumers, streams that are created anew,
 * slow readers that delay no other, messages that look like answers of the server; and the purge of
 * servers before 2.9.12. The test starts its own server.
 */
#include "nats_peer.h"
#include "sanitizer.h"

#include <inttypes.h>
#include <nats/nats.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND 1000000000LL

/* A silent consumer is replaced after eleven seconds; the rest is for a busy machine. */
enum { SILENCE_MS = 30000, SOON_MS = 20000, MOST = 200000 };

static nats_server server;
static char folder[256];
static peer self;
static natsConnection *other; /* of a program that is not ours */
static jsCtx *stream_context;

/* ---- Received messages ---- */

typedef struct received {
    atomic_int count;
    atomic_int caught_up;
    atomic_int disordered;
    atomic_int open_to_signals; /* messages that a thread brought which takes SIGTERM */
    atomic_int sleep_us;
    int holds_at; /* the function waits in this message, from 1; 0: in none */
    atomic_bool holds;
    atomic_bool goes_on;
    uint64_t last;
    uint64_t bytes;
    char subject[128];
} received;

static bool takes_sigterm(void)
{
    sigset_t blocked;

    return pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 || !sigismember(&blocked, SIGTERM);
}

static void take(void *user, catga_incoming *message, uint64_t pending)
{
    received *r = user;

    (void)pending;
    if (takes_sigterm())
        atomic_fetch_add(&r->open_to_signals, 1);
    if (message->sequence != r->last + 1)
        atomic_fetch_add(&r->disordered, 1);
    r->last = message->sequence;
    r->bytes += message->length;
    snprintf(r->subject, sizeof r->subject, "%.*s", CATGA_PRINT(message->subject));
    if (atomic_load(&r->sleep_us) != 0)
        usleep((useconds_t)atomic_load(&r->sleep_us));
    if (atomic_load(&r->count) + 1 == r->holds_at) {
        atomic_store(&r->holds, true);
        while (!atomic_load(&r->goes_on))
            pause_ms(1);
    }
    self.transport->operations->release(message);
    atomic_fetch_add(&r->count, 1);
}

static void catch_up(void *user)
{
    received *r = user;

    atomic_fetch_add(&r->caught_up, 1);
}

static catga_reader *begin_with(received *r, catga_reader_settings settings)
{
    catga_reader *reader = NULL;
    catga_problem problem = {""};

    settings.stream = "READERS";
    settings.subject = "readers.>";
    settings.receive = take;
    settings.caught_up = catch_up;
    settings.user = r;
    assert_int_equal(self.transport->streams->read(self.transport, &settings, &reader, &problem),
                     CATGA_OK);
    return reader;
}

static catga_reader *begin_reading(received *r, catga_read_start start)
{
    return begin_with(r, (catga_reader_settings){.start = start});
}

static void end_reading(catga_reader *reader)
{
    self.transport->streams->end_read(self.transport, reader);
}

/* ---- The server, and the other program ---- */

static void connect_other(void)
{
    natsOptions *options = NULL;

    assert_int_equal(natsOptions_Create(&options), NATS_OK);
    natsOptions_SetURL(options, server.url);
    natsOptions_SetMaxReconnect(options, -1);
    natsOptions_SetReconnectWait(options, 50);
    assert_int_equal(natsConnection_Connect(&other, options), NATS_OK);
    natsOptions_Destroy(options);
    assert_int_equal(natsConnection_JetStream(&stream_context, other, NULL), NATS_OK);
}

static natsStatus create_stream(void)
{
    jsStreamConfig config;
    const char *subjects[] = {"readers.>"};

    jsStreamConfig_Init(&config);
    config.Name = "READERS";
    config.Subjects = subjects;
    config.SubjectsLen = 1;
    config.AllowRollup = true;
    return js_AddStream(NULL, stream_context, &config, NULL, NULL);
}

static void delete_stream(void)
{
    (void)js_DeleteStream(stream_context, "READERS", NULL, NULL);
}

static int set_up(void **state)
{
    char config[512];

    (void)state;
    nats_server_init(&server, "");
    snprintf(folder, sizeof folder, "%s/store", server.folder);
    snprintf(config, sizeof config, "jetstream { store_dir: \"%s\" }\n", folder);
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fputs(config, file);
    assert_int_equal(fclose(file), 0);
    nats_server_start(&server);
    connect_other();
    assert_int_equal(peer_open(&self, server.url, 5000), CATGA_OK);
    return 0;
}

static int tear_down(void **state)
{
    char command[512];

    (void)state;
    peer_close(&self);
    jsCtx_Destroy(stream_context);
    natsConnection_Destroy(other);
    nats_server_signal(&server, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    nats_server_clear(&server);
    return 0;
}

static int begin_case(void **state)
{
    (void)state;
    return create_stream() == NATS_OK ? 0 : -1;
}

static int end_case(void **state)
{
    (void)state;
    delete_stream();
    return 0;
}

/* Stores `count` messages; a message that is not acknowledged is sent again with its id. */
static void store(int first, int count)
{
    for (int i = first; i < first + count; i++) {
        char subject[32];
        char id[32];
        jsPubOptions options;
        jsPubOptions_Init(&options);
        snprintf(subject, sizeof subject, "readers.%d", i % 10);
        snprintf(id, sizeof id, "%p-%d", (void *)stream_context, i);
        options.MsgId = id;
        while (js_Publish(NULL, stream_context, subject, id, (int)strlen(id), &options, NULL) !=
               NATS_OK)
            pause_ms(20);
    }
}

/* Returns the number of consumers of the stream; with `delete`, has the server delete them. */
static int consumers(bool delete)
{
    natsMsg *answer = NULL;
    int count = 0;

    if (natsConnection_RequestString(&answer, other, "$JS.API.CONSUMER.NAMES.READERS", "", 2000) !=
        NATS_OK)
        return -1;
    const char *at = strstr(natsMsg_GetData(answer), "\"consumers\":[");
    while (at != NULL && (at = strstr(at, "\"catga_")) != NULL) {
        char subject[128];
        natsMsg *deleted = NULL;
        snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DELETE.READERS.%.*s",
                 (int)strcspn(at + 1, "\""), at + 1);
        if (delete &&natsConnection_RequestString(&deleted, other, subject, "", 2000) == NATS_OK)
            natsMsg_Destroy(deleted);
        count++;
        at++;
    }
    natsMsg_Destroy(answer);
    return count;
}

static void restart(void)
{
    nats_server_signal(&server, SIGKILL);
    nats_server_start(&server);
}

/* Waits until the function of the reader waits in a message. */
static void await_hold(received *r)
{
    for (int ms = 0; !atomic_load(&r->holds) && ms < SOON_MS; ms++)
        pause_ms(1);
    assert_true(atomic_load(&r->holds));
}

/* ---- Cases ---- */

static void a_reader_deletes_its_consumer(void **state)
{
    received r = {0};

    (void)state;
    catga_reader *reader = begin_reading(&r, CATGA_READ_FIRST);
    assert_int_equal(consumers(false), 1);
    end_reading(reader);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    for (int tries = 0; consumers(false) != 0 && tries < 100; tries++)
        pause_ms(10);
    assert_int_equal(consumers(false), 0);
}

/* A signal to the process would end it in such a thread. */
static void a_thread_of_a_reader_takes_no_signals(void **state)
{
    received r = {0};

    (void)state;
    store(0, 1);
    assert_true(takes_sigterm());
    catga_reader *reader = begin_reading(&r, CATGA_READ_FIRST);
    assert_true(reaches(&r.count, 1, SOON_MS));
    end_reading(reader);
    assert_int_equal(r.open_to_signals, 0);
}

static void a_reader_survives_restarts(void **state)
{
    enum { RESTARTS = 3, EACH = 100 };
    received first = {0};
    received new = {0};

    (void)state;
    store(0, EACH);
    new.last = EACH;
    catga_reader *reader = begin_reading(&first, CATGA_READ_FIRST);
    catga_reader *of_new = begin_reading(&new, CATGA_READ_NEW);
    for (int i = 1; i <= RESTARTS; i++) {
        nats_server_signal(&server, i % 2 == 0 ? SIGKILL : SIGTERM);
        nats_server_start(&server);
        store(i * EACH, EACH);
        assert_true(reaches(&first.count, (i + 1) * EACH, SOON_MS));
        assert_true(reaches(&new.count, i * EACH, SOON_MS));
    }
    assert_int_equal(atomic_load(&first.disordered), 0);
    assert_int_equal(atomic_load(&new.disordered), 0);
    assert_int_equal(atomic_load(&first.caught_up), 1);
    assert_int_equal(consumers(false), 2); /* former ones are deleted */
    end_reading(reader);
    end_reading(of_new);
}

/* The consumer of a reader is replaced when its function returns: the others do not wait for it. */
static void a_slow_function_delays_no_other_reader(void **state)
{
    received slow = {.holds_at = 1};
    received quick = {0};

    (void)state;
    catga_reader *reader = begin_reading(&slow, CATGA_READ_FIRST);
    catga_reader *other_reader = begin_reading(&quick, CATGA_READ_FIRST);
    store(0, 1);
    await_hold(&slow);
    assert_true(reaches(&quick.count, 1, SOON_MS));
    restart();
    store(1, 5);
    bool goes_on = reaches(&quick.count, 6, SOON_MS);
    atomic_store(&slow.goes_on, true);
    assert_true(goes_on);
    assert_true(reaches(&slow.count, 6, SOON_MS));
    assert_int_equal(atomic_load(&slow.disordered), 0);
    end_reading(reader);
    end_reading(other_reader);
}

/* Of each subject the last message, also after a reconnect; none comes twice. */
static void last_messages_survive_a_restart(void **state)
{
    received r = {.holds_at = 3, .last = 20};

    (void)state;
    store(0, 30);
    catga_reader *reader = begin_reading(&r, CATGA_READ_LAST_PER_SUBJECT);
    await_hold(&r);
    restart();
    store(33, 7); /* the subjects that the reader has not received */
    atomic_store(&r.goes_on, true);
    assert_true(reaches(&r.caught_up, 1, SOON_MS));
    store(40, 1);
    assert_true(reaches(&r.count, 11, SOON_MS));
    pause_ms(100);
    end_reading(reader);
    assert_int_equal(atomic_load(&r.count), 11);
    assert_int_equal(r.last, 38);
    assert_int_equal(atomic_load(&r.caught_up), 1);
    assert_int_equal(atomic_load(&r.disordered), 1); /* at the first new one */
}

/* A reader that has not received anything keeps its start. */
static void a_start_survives_a_restart(void **state)
{
    received by_number = {.last = 10};
    received by_time = {.last = 10};
    struct timespec now;

    (void)state;
    store(0, 10);
    pause_ms(20);
    clock_gettime(CLOCK_REALTIME, &now);
    catga_reader *reader = begin_with(
        &by_number, (catga_reader_settings){.start = CATGA_READ_FROM_SEQUENCE, .sequence = 11});
    catga_reader *other_reader =
        begin_with(&by_time, (catga_reader_settings){.start = CATGA_READ_FROM_TIME,
                                                     .time_ns = now.tv_sec * SECOND + now.tv_nsec});
    restart();
    pause_ms(1500); /* the consumers are replaced */
    store(10, 3);
    assert_true(reaches(&by_number.count, 3, SOON_MS));
    assert_true(reaches(&by_time.count, 3, SOON_MS));
    pause_ms(100);
    end_reading(reader);
    end_reading(other_reader);
    assert_int_equal(atomic_load(&by_number.count), 3);
    assert_int_equal(atomic_load(&by_number.disordered), 0);
    assert_int_equal(atomic_load(&by_time.count), 3);
    assert_int_equal(atomic_load(&by_time.disordered), 0);
}

/* Nobody tells the reader, which notices the silence. */
static void a_deleted_consumer_is_replaced(void **state)
{
    received r = {0};

    (void)state;
    store(0, 5);
    catga_reader *reader = begin_reading(&r, CATGA_READ_FIRST);
    assert_true(reaches(&r.count, 5, SOON_MS));
    assert_int_equal(consumers(true), 1);
    store(5, 5);
    assert_true(reaches(&r.count, 10, SILENCE_MS));
    assert_int_equal(atomic_load(&r.disordered), 0);
    assert_int_equal(consumers(false), 1);
    end_reading(reader);
}

/* Its numbers begin with 1 again. */
static void a_stream_that_is_created_anew(void **state)
{
    received r = {0};

    (void)state;
    store(0, 20);
    catga_reader *reader = begin_reading(&r, CATGA_READ_FIRST);
    assert_true(reaches(&r.count, 20, SOON_MS));
    delete_stream();
    pause_ms(300);
    assert_int_equal(create_stream(), NATS_OK);
    r.last = 0;
    store(100, 3);
    assert_true(reaches(&r.count, 23, SILENCE_MS));
    assert_int_equal(r.last, 3);
    assert_int_equal(atomic_load(&r.disordered), 0);
    assert_int_equal(atomic_load(&r.caught_up), 1);
    end_reading(reader);
}

static long resident_kb(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The server waits for a reader that is slow. Sanitizers need memory of their own. */
static void a_slow_reader_has_bounded_memory(void **state)
{
    enum { COUNT = 2000, SIZE = 65536, SLOW_US = 2000, LIMIT_KB = 80 * 1024 };
    received r = {0};
    static char block[SIZE];
    long most = 0;

    (void)state;
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(js_PublishAsync(stream_context, "readers.big", block, SIZE, NULL),
                         NATS_OK);
    assert_int_equal(js_PublishAsyncComplete(stream_context, NULL), NATS_OK);
    long before = resident_kb();
    atomic_store(&r.sleep_us, SLOW_US);
    catga_reader *reader = begin_reading(&r, CATGA_READ_FIRST);
    while (!reaches(&r.count, COUNT, 50) && atomic_load(&r.count) < COUNT) {
        long grown = resident_kb() - before;
        most = grown > most ? grown : most;
    }
    print_message("%d messages of %d bytes: memory grew by at most %ld KB\n", COUNT, SIZE, most);
    end_reading(reader);
    assert_true(IS_SANITIZED || most < LIMIT_KB);
    assert_int_equal(atomic_load(&r.disordered), 0);
    assert_int_equal(r.bytes, (uint64_t)COUNT * SIZE);
}

/* A peer stores messages that look like what the server itself sends. */
static void forged_messages_are_messages(void **state)
{
    static const struct {
        const char *name;
        const char *value;
    } headers[] = {{"Status", "503"},
                   {"Status", "100"},
                   {"Status", "409"},
                   {"Nats-Consumer-Stalled", "$JS.FC.readers"},
                   {"Nats-Last-Consumer", "999"}};
    received r = {0};

    (void)state;
    catga_reader *reader = begin_reading(&r, CATGA_READ_FIRST);
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        natsMsg *forged = NULL;
        assert_int_equal(natsMsg_Create(&forged, "readers.forged", NULL, NULL, 0), NATS_OK);
        assert_int_equal(natsMsgHeader_Set(forged, headers[i].name, headers[i].value), NATS_OK);
        assert_int_equal(js_PublishMsg(NULL, stream_context, forged, NULL, NULL), NATS_OK);
        natsMsg_Destroy(forged);
    }
    assert_true(reaches(&r.count, 5, SOON_MS));
    assert_int_equal(atomic_load(&r.disordered), 0);
    end_reading(reader);
}

/* ---- The purge of servers before 2.9.12 ---- */

/* Ten messages and a consumer that has received two: `act` removes one that it has received.
 * Returns the number of the remaining eight, and of a new one, that it receives. */
static int remaining_after(void (*act)(void))
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    natsMsgList list;
    int count = 0;

    for (int i = 0; i < 10; i++) {
        char subject[32];
        snprintf(subject, sizeof subject, "readers.k%d", i);
        assert_int_equal(js_Publish(NULL, stream_context, subject, "x", 1, NULL, NULL), NATS_OK);
    }
    jsSubOptions_Init(&options);
    options.Stream = "READERS";
    assert_int_equal(js_PullSubscribe(&subscription, stream_context, "readers.>", "lagging", NULL,
                                      &options, NULL),
                     NATS_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(natsSubscription_Fetch(&list, subscription, 1, 2000, NULL), NATS_OK);
        natsMsg_Ack(list.Msgs[0], NULL);
        natsMsgList_Destroy(&list);
    }
    act();
    while (natsSubscription_Fetch(&list, subscription, 1, 500, NULL) == NATS_OK) {
        natsMsg_Ack(list.Msgs[0], NULL);
        natsMsgList_Destroy(&list);
        count++;
    }
    natsSubscription_Unsubscribe(subscription);
    natsSubscription_Destroy(subscription);
    return count;
}

static void purge_a_subject(void)
{
    const catga_purge purge = {.stream = "READERS", .subject = "readers.k0"};
    uint64_t purged;
    catga_problem problem = {""};

    assert_int_equal(self.transport->streams->purge(self.transport, &purge, &purged, &problem),
                     CATGA_OK);
    assert_int_equal(purged, 1);
}

static void roll_up(void)
{
    natsMsg *message = NULL;

    assert_int_equal(natsMsg_Create(&message, "readers.k0", NULL, "y", 1), NATS_OK);
    assert_int_equal(natsMsgHeader_Set(message, "Nats-Rollup", "sub"), NATS_OK);
    assert_int_equal(js_PublishMsg(NULL, stream_context, message, NULL, NULL), NATS_OK);
    natsMsg_Destroy(message);
}

static void store_a_marker(void)
{
    assert_int_equal(js_Publish(NULL, stream_context, "readers.k0", "", 0, NULL, NULL), NATS_OK);
}

/* If the transport says that a purge is harmless, no consumer misses a message. If it says that a
 * purge makes consumers skip messages, this server does that: otherwise the check is not needed. */
static void the_transport_knows_whether_a_purge_skips(void **state)
{
    bool skips = self.transport->streams->purge_skips(self.transport);

    (void)state;
    assert_int_equal(remaining_after(purge_a_subject), skips ? 0 : 8);
    delete_stream();
    assert_int_equal(create_stream(), NATS_OK);
    assert_int_equal(remaining_after(roll_up), skips ? 1 : 9);
    delete_stream();
    assert_int_equal(create_stream(), NATS_OK);
    assert_int_equal(remaining_after(store_a_marker), 9); /* what runs instead */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_case, end_case)
    const struct CMUnitTest tests[] = {
        TEST(a_reader_deletes_its_consumer),
        TEST(a_thread_of_a_reader_takes_no_signals),
        TEST(a_reader_survives_restarts),
        TEST(a_slow_function_delays_no_other_reader),
        TEST(last_messages_survive_a_restart),
        TEST(a_start_survives_a_restart),
        TEST(a_deleted_consumer_is_replaced),
        TEST(a_stream_that_is_created_anew),
        TEST(a_slow_reader_has_bounded_memory),
        TEST(forged_messages_are_messages),
        TEST(the_transport_knows_whether_a_purge_skips),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
