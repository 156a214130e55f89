/* Storing through the transport over Redis: copies of a message, ids, and commands that many
 * messages share. */
#include "base/clock.h"
#include "redis_transport.h"
#include "server.h"

#include <catga/redis.h>

#include <setjmp.h>
#include <stdarg.h>
/* before cmocka.h */
#include <stdatomic.h>

#include <cmocka.h>

enum { CALLS = 2048, WINDOW_MS = 1000 };

/* The answer to a call. */
typedef struct answer {
    atomic_bool came;
    catga_status status;
    catga_placed placed;
} answer;

typedef struct fixture {
    redis_server server;
    catga_transport *transport;
    answer answers[CALLS];
    atomic_uint restored;
    atomic_uint arriving;
    atomic_uint received;
    catga_incoming messages[CALLS];
} fixture;

static void on_reply(void *user, uint64_t token, catga_incoming *message)
{
    fixture *f = user;
    catga_problem problem;
    answer *at = &f->answers[token];

    at->status = f->transport->streams->published(message, &at->placed, &problem);
    f->transport->operations->release(message);
    atomic_store(&at->came, true);
}

static void on_event(void *user, catga_connection_event event, const char *text)
{
    fixture *f = user;

    (void)text;
    if (event == CATGA_STORAGE_RESTORED)
        atomic_fetch_add(&f->restored, 1);
}

static void ensure(fixture *f)
{
    static const char *const subjects[] = {"a.*"};
    const catga_stream_settings stream = {.name = "S",
                                          .subjects = subjects,
                                          .subject_count = 1,
                                          .max_age_ns = 3600 * CATGA_SECOND,
                                          .window_ns = 60 * CATGA_SECOND};
    catga_problem problem;

    assert_int_equal(f->transport->streams->ensure(f->transport, &stream, &problem), CATGA_OK);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    redis_server_init(&f->server);
    redis_server_start(&f->server);
    const catga_transport_settings settings = {
        .servers = f->server.url,
        .name = "store",
        .connect_wait_ms = 5000,
        .ping_interval_ms = 5000,
        .max_pings_out = 2,
        .listener = {.on_reply = on_reply, .on_event = on_event, .user = f}};
    assert_int_equal(catga_redis()->open(&settings, &f->transport), CATGA_OK);
    ensure(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    f->transport->operations->close(f->transport);
    redis_server_clear(&f->server);
    free(f);
    return 0;
}

/* A copy of a message. */
typedef struct copy {
    const char *id;
    int64_t first_ns; /* 0: the id is of the program */
    bool repeated;
} copy;

static void publish(fixture *f, uint64_t token, copy sent)
{
    const catga_header header = {"Nats-Msg-Id", sent.id};
    const catga_outgoing message = {.subject = "a.b",
                                    .data = (const uint8_t *)"x",
                                    .length = 1,
                                    .headers = &header,
                                    .header_count = 1,
                                    .first_ns = sent.first_ns,
                                    .repeated = sent.repeated};

    assert_int_equal(f->transport->streams->publish(f->transport, &message, token), CATGA_OK);
}

static const answer *answer_to(fixture *f, uint64_t token)
{
    const answer *at = &f->answers[token];

    for (int i = 0; i < 3000 && !atomic_load(&at->came); i++)
        pause_ms(10);
    assert_true(atomic_load(&at->came));
    assert_int_equal(at->status, CATGA_OK);
    return at;
}

/* Stores a copy, and returns where it is. */
static catga_placed place(fixture *f, copy sent)
{
    atomic_store(&f->answers[0].came, false);
    publish(f, 0, sent);
    return answer_to(f, 0)->placed;
}

static void assert_placed(fixture *f, copy sent, uint64_t number, bool duplicate)
{
    catga_placed placed = place(f, sent);

    assert_int_equal(placed.sequence, number);
    assert_int_equal(placed.duplicate, duplicate);
}

static long calls_of(fixture *f, const char *command)
{
    char wanted[64];
    redisContext *context = redis_server_connect(&f->server);

    assert_non_null(context);
    snprintf(wanted, sizeof wanted, "cmdstat_%s:calls=", command);
    redisReply *reply = redisCommand(context, "INFO commandstats");
    assert_non_null(reply);
    const char *found = strstr(reply->str, wanted);
    long calls = found == NULL ? 0 : strtol(found + strlen(wanted), NULL, 10);
    freeReplyObject(reply);
    redisFree(context);
    return calls;
}

/* ---- Copies ---- */

static void a_repeated_message_is_stored_once(void **state)
{
    fixture *f = *state;
    int64_t now = catga_clock_now();

    assert_placed(f, (copy){"one", now, false}, 1, false);
    assert_placed(f, (copy){"two", now, false}, 2, false);
    assert_placed(f, (copy){"one", now, true}, 1, true);
    assert_placed(f, (copy){"two", now, true}, 2, true);
    assert_placed(f, (copy){"three", now, true}, 3, false);
    assert_placed(f, (copy){"three", now, true}, 3, true);
}

/* The first copy was on the way, in a connection that is lost, when the next one was stored. */
static void a_first_copy_that_comes_late_is_not_stored(void **state)
{
    fixture *f = *state;
    int64_t now = catga_clock_now();

    assert_placed(f, (copy){"late", now, true}, 1, false);
    assert_placed(f, (copy){"late", now, false}, 1, true);
    assert_placed(f, (copy){"other", now, false}, 2, false);
}

/* An id of the program may be one of any message within the window, also in the next one. */
static void ids_of_a_program_are_compared_within_the_window(void **state)
{
    fixture *f = *state;
    char text[64];

    snprintf(text, sizeof text, "HSET catga:stream:S:settings window %d", WINDOW_MS);
    redis_server_do(&f->server, text);
    for (int round = 0; round < 3; round++) {
        int64_t begin = catga_clock_now();
        catga_placed first = place(f, (copy){"id", 0, false});
        assert_false(first.duplicate);
        pause_ms(WINDOW_MS / 10 * 7);
        catga_placed second = place(f, (copy){"id", 0, false});
        if (catga_clock_now() - begin < WINDOW_MS * CATGA_MILLISECOND) {
            assert_true(second.duplicate);
            assert_int_equal(second.sequence, first.sequence);
        }
        pause_ms(WINDOW_MS * 3 / 2);
    }
}

static void messages_without_an_id_are_stored(void **state)
{
    fixture *f = *state;

    assert_placed(f, (copy){"", catga_clock_now(), false}, 1, false);
    assert_placed(f, (copy){"", 0, false}, 2, false);
    assert_placed(f, (copy){"", 0, true}, 3, false);
}

/* The messages of a deleted stream are gone, so their copies are no duplicates. */
static void ids_of_a_deleted_stream_are_forgotten(void **state)
{
    fixture *f = *state;
    int64_t now = catga_clock_now();
    catga_problem problem;

    assert_placed(f, (copy){"one", now, false}, 1, false);
    assert_placed(f, (copy){"two", 0, false}, 2, false);
    redis_server_do(&f->server, "DEL catga:stream:S catga:stream:S:settings");
    assert_placed(f, (copy){"one", now, true}, 1, false);
    assert_placed(f, (copy){"two", 0, false}, 2, false);
    assert_int_equal(atomic_load(&f->restored), 1);
    assert_int_equal(f->transport->streams->remove(f->transport, "S", &problem), CATGA_OK);
    ensure(f);
    assert_placed(f, (copy){"one", now, true}, 1, false);
    assert_placed(f, (copy){"two", 0, false}, 2, false);
}

/* A clock that is set, another server, and a suspend of this machine change the difference. */
static void a_copy_is_found_although_the_clock_has_jumped(void **state)
{
    fixture *f = *state;
    catga_redis_transport *redis = catga_redis_of(f->transport);
    int64_t now = catga_clock_now();
    int64_t server_ms = catga_redis_clock_server_ms(&redis->clock, now);

    assert_placed(f, (copy){"one", now, false}, 1, false);
    int64_t later = catga_clock_now();
    catga_redis_clock_set(&redis->clock, (server_ms + 60000) * 1000, later, later);
    assert_placed(f, (copy){"one", now, true}, 1, true);
}

/* ---- Other programs ---- */

/* Publishes a message that the server refuses. */
static void assert_refused(fixture *f, copy sent)
{
    const answer *at = &f->answers[1];

    atomic_store(&f->answers[1].came, false);
    publish(f, 1, sent);
    for (int i = 0; i < 3000 && !atomic_load(&at->came); i++)
        pause_ms(10);
    assert_int_equal(at->status, CATGA_REFUSED);
}

static void messages_follow_entries_of_other_programs(void **state)
{
    fixture *f = *state;
    int64_t now = catga_clock_now();

    assert_placed(f, (copy){"one", 0, false}, 1, false);
    redis_server_do(&f->server, "XADD catga:stream:S 50-1 other field");
    assert_refused(f, (copy){"two", 0, false});
    assert_placed(f, (copy){"two", 0, false}, 51, false);
    redis_server_do(&f->server, "XADD catga:stream:S 90-1 other field");
    redis_server_do(&f->server, "XDEL catga:stream:S 90-1");
    assert_refused(f, (copy){"three", now, false});
    assert_placed(f, (copy){"three", now, true}, 91, false);
    assert_placed(f, (copy){"two", 0, false}, 51, true);
}

/* ---- Flushing ---- */

static void a_flush_without_a_connection_fails(void **state)
{
    fixture *f = *state;
    const catga_transport_operations *operations = f->transport->operations;

    publish(f, 1, (copy){"one", catga_clock_now(), false});
    redis_server_signal(&f->server, SIGKILL);
    for (int i = 0; i < 1000 && operations->connected(f->transport); i++)
        pause_ms(10);
    assert_int_equal(operations->flush(f->transport, 1000), CATGA_DISCONNECTED);
}

/* ---- Shared commands ---- */

/* Messages that wait are stored in their order, by few commands. */
static void messages_that_wait_share_commands(void **state)
{
    fixture *f = *state;
    char ids[CALLS][16];
    int64_t now = catga_clock_now();

    long before = calls_of(f, "evalsha");
    redis_server_signal(&f->server, SIGSTOP);
    for (uint64_t i = 0; i < CALLS; i++) {
        snprintf(ids[i], sizeof ids[i], "id%d", (int)i);
        publish(f, i, (copy){ids[i], i % 512 == 0 ? 0 : now, false});
    }
    redis_server_signal(&f->server, SIGCONT);
    for (uint64_t i = 0; i < CALLS; i++) {
        assert_int_equal(answer_to(f, i)->placed.sequence, i + 1);
        assert_false(answer_to(f, i)->placed.duplicate);
    }
    long calls = calls_of(f, "evalsha") - before;
    print_message("%d messages in %ld commands\n", CALLS, calls);
    assert_in_range(calls, 1, CALLS / 16);
    assert_placed(f, (copy){ids[CALLS - 1], now, true}, CALLS, true);
    assert_placed(f, (copy){ids[1], now, true}, 2, true);
}

static void keep(void *user, catga_incoming *message)
{
    fixture *f = user;

    f->messages[atomic_fetch_add(&f->arriving, 1)] = *message;
    atomic_fetch_add(&f->received, 1);
}

/* Begins a consumer that may hold all messages, and waits until it does. */
static catga_subscription *hold_all(fixture *f, unsigned messages)
{
    const catga_consumer_settings consumer = {.stream = "S",
                                              .name = "g",
                                              .subject = "a.b",
                                              .ack_wait_ns = 60 * CATGA_SECOND,
                                              .unacknowledged = messages,
                                              .workers = messages,
                                              .receive = keep,
                                              .user = f};
    catga_subscription *subscription;
    catga_problem problem;

    assert_int_equal(
        f->transport->streams->consume(f->transport, &consumer, &subscription, &problem), CATGA_OK);
    for (int i = 0; i < 3000 && atomic_load(&f->received) < messages; i++)
        pause_ms(10);
    assert_int_equal(atomic_load(&f->received), messages);
    return subscription;
}

static void settle_all(fixture *f)
{
    for (unsigned i = 0; i < atomic_load(&f->received); i++) {
        assert_int_equal(
            f->transport->streams->settle(f->transport, &f->messages[i], CATGA_SETTLE_DONE, 0),
            CATGA_OK);
        f->transport->operations->release(&f->messages[i]);
    }
}

/* Checks that the server has every acknowledgement, and ends the consumer. */
static void end_settled(fixture *f, catga_subscription *subscription)
{
    char text[256];

    assert_string_equal(redis_server_ask(&f->server, text, "XPENDING catga:stream:S g - + 10"),
                        "0 elements");
    assert_int_equal(f->transport->operations->drain(f->transport, subscription, 5000), CATGA_OK);
    f->transport->operations->unsubscribe(f->transport, subscription);
}

/* Acknowledgements that wait share commands, and all of them arrive. */
static void acknowledgements_that_wait_share_commands(void **state)
{
    enum { MESSAGES = 500 };

    fixture *f = *state;
    char text[256];

    for (uint64_t i = 0; i < MESSAGES; i++)
        publish(f, i, (copy){"", catga_clock_now(), false});
    catga_subscription *subscription = hold_all(f, MESSAGES);
    redis_server_signal(&f->server, SIGSTOP);
    settle_all(f);
    redis_server_signal(&f->server, SIGCONT);
    assert_int_equal(f->transport->operations->flush(f->transport, 5000), CATGA_OK);
    assert_string_equal(redis_server_ask(&f->server, text, "XINFO CONSUMERS catga:stream:S g"),
                        "1 elements");
    assert_in_range(calls_of(f, "xack"), 1, MESSAGES / 16);
    end_settled(f, subscription);
}

/* ---- A full queue ---- */

typedef struct flood {
    catga_transport *transport;
    atomic_bool ends;
} flood;

/* Sends events until the queue is full, and on. */
static void *run_flood(void *argument)
{
    flood *self = argument;
    const catga_outgoing message = {.subject = "flood", .data = (const uint8_t *)"x", .length = 1};

    while (!atomic_load(&self->ends))
        (void)self->transport->operations->publish(self->transport, &message);
    return NULL;
}

/* Sends what shares commands to a suspended server, fills the queue behind it, and resumes the
 * server: its replies find messages that wait, and no room. */
static void send_before_a_flood(fixture *f, void (*send)(fixture *f))
{
    flood flooding = {.transport = f->transport};
    pthread_t threads[2];

    redis_server_signal(&f->server, SIGSTOP);
    send(f);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_flood, &flooding), 0);
    pause_ms(1000);
    redis_server_signal(&f->server, SIGCONT);
    pause_ms(500);
    atomic_store(&flooding.ends, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(f->transport->operations->flush(f->transport, 30000), CATGA_OK);
}

static void publish_all(fixture *f)
{
    for (uint64_t i = 0; i < CALLS; i++)
        publish(f, i, (copy){"", catga_clock_now(), false});
}

/* The thread that reads replies sends shared commands, and cannot wait for room. */
static void a_full_queue_refuses_no_shared_command(void **state)
{
    fixture *f = *state;

    send_before_a_flood(f, publish_all);
    for (uint64_t i = 0; i < CALLS; i++)
        (void)answer_to(f, i);
    catga_subscription *subscription = hold_all(f, CALLS);
    send_before_a_flood(f, settle_all);
    end_settled(f, subscription);
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_repeated_message_is_stored_once),
        CASE(a_first_copy_that_comes_late_is_not_stored),
        CASE(ids_of_a_program_are_compared_within_the_window),
        CASE(messages_without_an_id_are_stored),
        CASE(ids_of_a_deleted_stream_are_forgotten),
        CASE(a_copy_is_found_although_the_clock_has_jumped),
        CASE(messages_follow_entries_of_other_programs),
        CASE(a_flush_without_a_connection_fails),
        CASE(messages_that_wait_share_commands),
        CASE(acknowledgements_that_wait_share_commands),
        CASE(a_full_queue_refuses_no_shared_command),
    };
#undef CASE

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
