/*
 * Reading streams without consumers, on each transport: single messages, readers, purges.
 */
#include "fixture.h"
#include "transport/transport.h"

#include <stdatomic.h>

#define SECOND 1000000000LL

enum { TAKEN = 4096, WAIT_MS = 10000, TOKEN = 77 };

/* ---- The fixture ---- */

/* A transport with a stream, and what a reader of it has received. */
typedef struct fixture {
    catga_local *broker;
    catga_transport *transport;
    char stream[64];
    char subjects[80];
    catga_incoming answer;
    sem_t answered;

    atomic_uint count;
    atomic_uint caught_up;
    atomic_uint count_before; /* messages before the reader was caught up */
    uint64_t sequences[TAKEN];
    char texts[TAKEN][32];
    uint64_t pending;
    int64_t stored_ns;
} fixture;

static void on_reply(void *user, uint64_t token, catga_incoming *message)
{
    fixture *f = user;

    assert_int_equal(token, TOKEN);
    f->answer = *message;
    sem_post(&f->answered);
}

static void on_event(void *user, catga_connection_event event, const char *text)
{
    (void)user;
    (void)event;
    (void)text;
}

static void on_denied(void *user, const char *subject)
{
    (void)user;
    (void)subject;
}

static catga_status open_transport(fixture *f)
{
    const catga_transport_settings settings = {.servers = getenv("NATS_URL"),
                                               .name = "reading",
                                               .connect_wait_ms = 5000,
                                               .ping_interval_ms = 1000,
                                               .max_pings_out = 2,
                                               .local = f->broker,
                                               .listener = {on_reply, on_event, on_denied, f}};

    return f->broker != NULL ? catga_transport_local_open(&settings, &f->transport)
                             : catga_transport_nats_open(&settings, &f->transport);
}

static catga_status ensure(fixture *f)
{
    const char *const subjects[] = {f->subjects};
    const catga_stream_settings settings = {.name = f->stream,
                                            .subjects = subjects,
                                            .subject_count = 1,
                                            .max_age_ns = 3600 * SECOND,
                                            .window_ns = SECOND,
                                            .max_per_subject = 1000,
                                            .allow_direct = true,
                                            .allow_rollup = true,
                                            .replicas = 1};
    catga_problem problem;

    return f->transport->streams->ensure(f->transport, &settings, &problem);
}

static int set_up(void **state)
{
    static unsigned number;
    fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    if (strcmp(fixture_transport, "local") == 0)
        assert_int_equal(catga_local_open(&f->broker), CATGA_OK);
    snprintf(f->stream, sizeof f->stream, "READING_%d_%u", (int)getpid(), number++);
    snprintf(f->subjects, sizeof f->subjects, "%s.>", f->stream);
    sem_init(&f->answered, 0, 0);
    assert_int_equal(open_transport(f), CATGA_OK);
    assert_int_equal(ensure(f), CATGA_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    catga_problem problem;

    (void)f->transport->streams->remove(f->transport, f->stream, &problem);
    f->transport->operations->close(f->transport);
    catga_local_close(f->broker);
    sem_destroy(&f->answered);
    free(f);
    return 0;
}

/* ---- Helpers ---- */

static const char *subject_of(const fixture *f, const char *key)
{
    static _Thread_local char subject[128];

    snprintf(subject, sizeof subject, "%s.%s", f->stream, key);
    return subject;
}

/* Stores a message with headers; returns its number. */
static uint64_t store_with(fixture *f, const char *key, const char *text, catga_header *headers,
                           size_t count)
{
    const catga_outgoing message = {.subject = subject_of(f, key),
                                    .data = (const uint8_t *)text,
                                    .length = strlen(text),
                                    .headers = headers,
                                    .header_count = count,
                                    .sender_waits = true};
    catga_placed placed;
    catga_problem problem = {""};

    assert_int_equal(f->transport->streams->publish(f->transport, &message, TOKEN), CATGA_OK);
    sem_wait(&f->answered);
    assert_int_equal(f->transport->streams->published(&f->answer, &placed, &problem), CATGA_OK);
    f->transport->operations->release(&f->answer);
    return placed.sequence;
}

static uint64_t store(fixture *f, const char *key, const char *text)
{
    return store_with(f, key, text, NULL, 0);
}

static catga_status ask(fixture *f, catga_stored_query query, catga_incoming *message)
{
    catga_problem problem = {""};

    query.stream = query.stream == NULL ? f->stream : query.stream;
    query.sender_waits = true;
    catga_status status = f->transport->streams->ask(f->transport, &query, TOKEN);
    if (status != CATGA_OK)
        return status;
    sem_wait(&f->answered);
    *message = f->answer;
    return f->transport->streams->found(&query, message, &problem);
}

static void take(void *user, catga_incoming *message, uint64_t pending)
{
    fixture *f = user;
    unsigned index = atomic_load(&f->count);

    assert_true(index < TAKEN);
    f->sequences[index] = message->sequence;
    f->pending = pending;
    f->stored_ns = message->stored_ns;
    snprintf(f->texts[index], sizeof f->texts[index], "%.*s", (int)message->length,
             (const char *)message->data);
    f->transport->operations->release(message);
    atomic_store(&f->count, index + 1);
}

static void catch_up(void *user)
{
    fixture *f = user;

    atomic_store(&f->count_before, atomic_load(&f->count));
    atomic_fetch_add(&f->caught_up, 1);
}

static catga_status read_with(fixture *f, catga_reader_settings settings, catga_reader **reader)
{
    char filter[128];
    catga_problem problem = {""};

    snprintf(filter, sizeof filter, "%s.%s", f->stream,
             settings.subject == NULL ? ">" : settings.subject);
    settings.stream = settings.stream == NULL ? f->stream : settings.stream;
    settings.subject = filter;
    settings.receive = take;
    settings.caught_up = catch_up;
    settings.user = f;
    return f->transport->streams->read(f->transport, &settings, reader, &problem);
}

static catga_reader *begin_reading(fixture *f, catga_reader_settings settings)
{
    catga_reader *reader = NULL;

    atomic_store(&f->count, 0);
    atomic_store(&f->caught_up, 0);
    assert_int_equal(read_with(f, settings, &reader), CATGA_OK);
    return reader;
}

static void end_reading(fixture *f, catga_reader *reader)
{
    f->transport->streams->end_read(f->transport, reader);
}

static void await(const atomic_uint *value, unsigned least)
{
    for (int ms = 0; atomic_load(value) < least && ms < WAIT_MS; ms++)
        usleep(1000);
    assert_true(atomic_load(value) >= least);
}

/* Reads what is stored now, and expects these texts. */
static void expect_texts(fixture *f, catga_reader_settings settings, const char *const *texts,
                         unsigned count)
{
    catga_reader *reader = begin_reading(f, settings);

    await(&f->caught_up, 1);
    assert_int_equal(atomic_load(&f->count), count);
    for (unsigned i = 0; i < count; i++)
        assert_string_equal(f->texts[i], texts[i]);
    end_reading(f, reader);
    assert_int_equal(atomic_load(&f->caught_up), 1);
}

static void store_some(fixture *f)
{
    store(f, "a", "a1");
    store(f, "b.x", "b1");
    store(f, "a", "a2");
    store(f, "c", "c1");
    store(f, "b.x", "b2");
}

/* ---- Single messages ---- */

static void the_last_message_of_a_subject(void **state)
{
    fixture *f = *state;
    catga_incoming message;

    store_some(f);
    for (int leader = 0; leader < 2; leader++) {
        assert_int_equal(
            ask(f,
                (catga_stored_query){.subject = subject_of(f, "b.x"), .asks_leader = leader != 0},
                &message),
            CATGA_OK);
        assert_int_equal(message.sequence, 5);
        assert_int_equal(message.length, 2);
        assert_memory_equal(message.data, "b2", 2);
        assert_int_equal(message.subject.length, strlen(subject_of(f, "b.x")));
        assert_memory_equal(message.subject.data, subject_of(f, "b.x"), message.subject.length);
        assert_true(message.stored_ns > 0);
        assert_true(catga_timestamp_now() - message.stored_ns < 60 * SECOND);
        f->transport->operations->release(&message);
    }
}

static void a_message_with_headers_and_no_bytes(void **state)
{
    fixture *f = *state;
    catga_incoming message;

    store_with(f, "a", "", (catga_header[]){{"Color", "red"}}, 1);
    for (int leader = 0; leader < 2; leader++) {
        assert_int_equal(
            ask(f, (catga_stored_query){.sequence = 1, .asks_leader = leader != 0}, &message),
            CATGA_OK);
        assert_int_equal(message.length, 0);
        assert_string_equal(f->transport->operations->header(&message, "Color"), "red");
        f->transport->operations->release(&message);
    }
}

static void absent_messages_and_streams(void **state)
{
    fixture *f = *state;
    catga_incoming message;

    store_some(f);
    for (int leader = 0; leader < 2; leader++) {
        catga_stored_query query = {.subject = subject_of(f, "z"), .asks_leader = leader != 0};
        assert_int_equal(ask(f, query, &message), CATGA_NOT_FOUND);
        query = (catga_stored_query){.sequence = 99, .asks_leader = leader != 0};
        assert_int_equal(ask(f, query, &message), CATGA_NOT_FOUND);
    }
    assert_int_equal(
        ask(f, (catga_stored_query){.stream = "ABSENT", .sequence = 1, .asks_leader = true},
            &message),
        CATGA_NO_RESPONDERS);
}

/* ---- Readers ---- */

static void each_start(void **state)
{
    fixture *f = *state;

    store_some(f);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST},
                 (const char *[]){"a1", "b1", "a2", "c1", "b2"}, 5);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_LAST_PER_SUBJECT},
                 (const char *[]){"a2", "c1", "b2"}, 3);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_NEW}, NULL, 0);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FROM_SEQUENCE, .sequence = 4},
                 (const char *[]){"c1", "b2"}, 2);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FROM_SEQUENCE, .sequence = 40},
                 NULL, 0);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST, .subject = "b.*"},
                 (const char *[]){"b1", "b2"}, 2);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST, .headers_only = true},
                 (const char *[]){"", "", "", "", ""}, 5);
}

static void from_a_time(void **state)
{
    fixture *f = *state;

    store(f, "a", "early");
    usleep(20000);
    int64_t time_ns = catga_timestamp_now();
    usleep(20000);
    store(f, "a", "late");
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FROM_TIME, .time_ns = time_ns},
                 (const char *[]){"late"}, 1);
}

static void an_empty_stream_is_caught_up(void **state)
{
    expect_texts(*state, (catga_reader_settings){.start = CATGA_READ_FIRST}, NULL, 0);
    expect_texts(*state, (catga_reader_settings){.start = CATGA_READ_LAST_PER_SUBJECT}, NULL, 0);
}

static void changes_follow_in_order(void **state)
{
    fixture *f = *state;
    char text[16];

    store_some(f);
    catga_reader *reader = begin_reading(f, (catga_reader_settings){.start = CATGA_READ_FIRST});
    await(&f->caught_up, 1);
    assert_int_equal(atomic_load(&f->count_before), 5);
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "n%d", i);
        store(f, i % 2 == 0 ? "a" : "d.e", text);
    }
    await(&f->count, 105);
    for (unsigned i = 0; i < 105; i++)
        assert_int_equal(f->sequences[i], i + 1);
    assert_string_equal(f->texts[104], "n99");
    assert_int_equal(f->pending, 0);
    assert_true(catga_timestamp_now() - f->stored_ns < 60 * SECOND);
    assert_int_equal(atomic_load(&f->caught_up), 1);
    end_reading(f, reader);
    store(f, "a", "unread");
    usleep(20000);
    assert_int_equal(atomic_load(&f->count), 105);
}

static void an_absent_stream_is_named(void **state)
{
    fixture *f = *state;
    catga_reader *reader = NULL;

    assert_int_equal(read_with(f, (catga_reader_settings){.stream = "ABSENT"}, &reader),
                     CATGA_NO_RESPONDERS);
    assert_null(reader);
}

/* Many readers of one stream are independent. */
static void readers_are_independent(void **state)
{
    enum { READERS = 8 };
    fixture *f = *state;
    catga_reader *readers[READERS];

    store_some(f);
    atomic_store(&f->caught_up, 0);
    for (int i = 0; i < READERS; i++)
        assert_int_equal(
            read_with(f, (catga_reader_settings){.start = CATGA_READ_NEW}, &readers[i]), CATGA_OK);
    await(&f->caught_up, READERS);
    for (int i = 0; i < READERS; i++)
        end_reading(f, readers[i]);
}

/* ---- Purges ---- */

static catga_status purge(fixture *f, catga_purge what, uint64_t *purged)
{
    catga_problem problem = {""};

    what.stream = what.stream == NULL ? f->stream : what.stream;
    return f->transport->streams->purge(f->transport, &what, purged, &problem);
}

static void messages_are_purged(void **state)
{
    fixture *f = *state;
    uint64_t purged;

    store_some(f);
    assert_int_equal(purge(f, (catga_purge){.subject = subject_of(f, "a")}, &purged), CATGA_OK);
    assert_int_equal(purged, 2);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST},
                 (const char *[]){"b1", "c1", "b2"}, 3);
    assert_int_equal(purge(f, (catga_purge){.subject = subject_of(f, "b.x"), .keep = 1}, &purged),
                     CATGA_OK);
    assert_int_equal(purged, 1);
    assert_int_equal(purge(f, (catga_purge){.before = 5}, &purged), CATGA_OK);
    assert_int_equal(purged, 1);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST}, (const char *[]){"b2"}, 1);
    assert_int_equal(purge(f, (catga_purge){.subject = NULL}, &purged), CATGA_OK);
    assert_int_equal(purged, 1);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST}, NULL, 0);
    assert_int_equal(store(f, "a", "next"), 6);
}

static void a_wrong_purge_is_refused(void **state)
{
    fixture *f = *state;
    uint64_t purged;

    assert_int_equal(purge(f, (catga_purge){.before = 5, .keep = 1}, &purged),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(purge(f, (catga_purge){.stream = "ABSENT"}, &purged), CATGA_NO_RESPONDERS);
}

/* A message with Nats-Rollup replaces the earlier ones of its subject. */
static void a_rollup_removes_earlier_messages(void **state)
{
    fixture *f = *state;

    store_some(f);
    store_with(f, "a", "a3", (catga_header[]){{"Nats-Rollup", "sub"}}, 1);
    expect_texts(f, (catga_reader_settings){.start = CATGA_READ_FIRST},
                 (const char *[]){"b1", "c1", "b2", "a3"}, 4);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_last_message_of_a_subject),
        TEST(a_message_with_headers_and_no_bytes),
        TEST(absent_messages_and_streams),
        TEST(each_start),
        TEST(from_a_time),
        TEST(an_empty_stream_is_caught_up),
        TEST(changes_follow_in_order),
        TEST(an_absent_stream_is_named),
        TEST(readers_are_independent),
        TEST(messages_are_purged),
        TEST(a_wrong_purge_is_refused),
        TEST(a_rollup_removes_earlier_messages),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
