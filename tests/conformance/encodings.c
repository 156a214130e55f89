/*
 * Payloads of JSON and of plain bytes: encodings local | nats (at $NATS_URL, with JetStream). The
 * peer sends and receives what a program does that knows nothing of Catga: no headers, no
 * FlatBuffers.
 */
#include "encodings.catga.h"
#include "fixture.h"
#include "peer.h"

#include <stdatomic.h>

enum { TEXT = 256, LARGE = 200000 };

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    peer peer;
    pthread_mutex_t lock; /* guards the texts, which threads of both transports write */
    catga_subscription *subscription;
    atomic_uint created;
    atomic_uint anything;
    atomic_uint tasks;
    atomic_uint pictures;
    atomic_uint stored;
    atomic_uint reserved;
    atomic_uint heard; /* messages that the peer received */
    test_encodings_level level;
    uint32_t age;
    size_t picture_length;
    char user_id[TEXT];
    char task[TEXT];
    char note[TEXT];
    char text[TEXT]; /* of the message that the peer received last */
    const char *answer;
    const catga_header *headers; /* of the peer's answer */
    size_t header_count;
} fixture;

static int open_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "encodings");

    s->bus = fixture_join(&s->base, (catga_options){.instance = "a"});
    pthread_mutex_init(&s->lock, NULL);
    peer_open(&s->peer, s->base.broker);
    *state = s;
    return 0;
}

static int close_stage(void **state)
{
    fixture *s = *state;
    const catga_transport_operations *operations = s->peer.transport->operations;

    if (s->subscription != NULL) {
        assert_int_equal(operations->drain(s->peer.transport, s->subscription, 5000), CATGA_OK);
        operations->unsubscribe(s->peer.transport, s->subscription);
    }
    peer_close(&s->peer);
    return fixture_clear(state);
}

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

static void copy(fixture *s, char text[TEXT], catga_string from)
{
    pthread_mutex_lock(&s->lock);
    snprintf(text, TEXT, "%.*s", CATGA_PRINT(from));
    pthread_mutex_unlock(&s->lock);
}

static void assert_text(fixture *s, const char text[TEXT], const char *wanted)
{
    char found[TEXT];

    pthread_mutex_lock(&s->lock);
    memcpy(found, text, TEXT);
    pthread_mutex_unlock(&s->lock);
    assert_string_equal(found, wanted);
}

/* ---- Our service ---- */

static catga_status users_ping(catga_context *context, test_encodings_ping_view request)
{
    catga_string text = test_encodings_ping_get_text(request);

    if (catga_string_equal(text, CATGA_STR("hello")))
        text = CATGA_STR("pong");
    return test_encodings_ping_reply(context, &TEST_ENCODINGS_PONG(.text = text));
}

static catga_status users_find(catga_context *context, test_encodings_find_view request)
{
    static const catga_string tags[] = {{"a", 1}, {"\"b\"", 3}};
    catga_string id = test_encodings_find_get_user_id(request);

    if (catga_string_equal(id, CATGA_STR("none")))
        return test_encodings_user_error_unknown(context, "no user none");
    return test_encodings_find_reply(
        context, &TEST_ENCODINGS_USER(.user_id = id, .age = 42, .level = TEST_ENCODINGS_LEVEL_HIGH,
                                      .tags = CATGA_SLICE(tags), .seen_at = INT64_C(1000000000),
                                      .note = CATGA_STR("n")));
}

static catga_status users_count(catga_context *context, test_encodings_count_view request)
{
    size_t items = test_encodings_count_get_items(request).length;

    return test_encodings_count_reply(context, &TEST_ENCODINGS_TOTAL(.items = (uint32_t)items));
}

static catga_status users_reserve(catga_context *context, test_encodings_reserve_view request)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->reserved, 1);
    catga_string id = test_encodings_reserve_get_user_id(request);
    return test_encodings_reserve_reply(context, &TEST_ENCODINGS_USER(.user_id = id));
}

static catga_status users_created(catga_context *context, test_encodings_created_view event)
{
    fixture *s = catga_context_user(context);
    catga_bytes payload = catga_context_payload(context);
    test_encodings_created_view again;

    copy(s, s->user_id, test_encodings_created_get_user_id(event));
    copy(s, s->note, test_encodings_created_get_note(event));
    s->age = test_encodings_created_get_age(event);
    s->level = test_encodings_created_get_level(event);
    if (test_encodings_created_open(payload.data, payload.length, &again, NULL) == CATGA_OK &&
        catga_string_equal(test_encodings_created_get_user_id(again), catga_str(s->user_id)))
        atomic_fetch_add(&s->created, 1);
    return CATGA_OK;
}

static catga_status users_anything(catga_context *context, test_encodings_anything_view event)
{
    fixture *s = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&s->anything, 1);
    return CATGA_OK;
}

static catga_status users_task(catga_context *context, test_encodings_task_view event)
{
    fixture *s = catga_context_user(context);

    copy(s, s->task, test_encodings_task_get_task(event));
    atomic_fetch_add(&s->tasks, 1);
    return CATGA_OK;
}

static catga_status users_picture(catga_context *context, test_encodings_picture_view event)
{
    fixture *s = catga_context_user(context);

    s->picture_length = test_encodings_picture_get_data(event).length;
    atomic_fetch_add(&s->pictures, 1);
    return CATGA_OK;
}

static catga_status storage_store(catga_context *context, test_encodings_stored_view event)
{
    fixture *s = catga_context_user(context);

    copy(s, s->user_id, test_encodings_stored_get_user_id(event));
    atomic_fetch_add(&s->stored, 1);
    return CATGA_OK;
}

static const test_encodings_users users = TEST_ENCODINGS_USERS(users);
static const test_encodings_storage storage = TEST_ENCODINGS_STORAGE(storage);

static void serve(fixture *s)
{
    assert_int_equal(test_encodings_users_serve(s->bus, &users, s), CATGA_OK);
}

static peer_answer ask(fixture *s, const char *subject, const char *text)
{
    return peer_wait(&s->peer, peer_ask(&s->peer, subject, text));
}

/* ---- The peer's own subscription ---- */

static void on_message(void *user, catga_incoming *message)
{
    fixture *s = user;
    const catga_transport_operations *operations = s->peer.transport->operations;

    copy(s, s->text, (catga_string){(const char *)message->data, message->length});
    if (s->answer != NULL) {
        const catga_outgoing answer = {.data = (const uint8_t *)s->answer,
                                       .length = strlen(s->answer),
                                       .headers = s->headers,
                                       .header_count = s->header_count};
        (void)operations->respond(s->peer.transport, message, &answer);
    }
    atomic_fetch_add(&s->heard, 1);
    operations->release(message);
}

static void listen(fixture *s, const char *subject)
{
    const catga_transport_operations *operations = s->peer.transport->operations;
    const catga_subscription_options options = {
        .subject = subject, .pending = 100, .receive = on_message, .user = s};

    assert_int_equal(operations->subscribe(s->peer.transport, &options, &s->subscription),
                     CATGA_OK);
    assert_int_equal(operations->confirmed(s->peer.transport, s->subscription), CATGA_OK);
}

/* ---- Requests of the peer ---- */

static void a_request_of_bytes_gets_bytes(void **state)
{
    fixture *s = *state;

    serve(s);
    assert_string_equal(ask(s, "encodings.service.ping", "hello").data, "pong");
    assert_string_equal(ask(s, "encodings.service.ping", "").data, "");
}

static void a_request_of_json_gets_json(void **state)
{
    fixture *s = *state;

    serve(s);
    peer_answer answer =
        ask(s, "encodings.service.find", "{\"unknown\":[1,{}],\"user_id\":\"123\"}");
    assert_string_equal(
        answer.data, "{\"user_id\":\"123\",\"age\":42,\"level\":\"High\",\"tags\":[\"a\","
                     "\"\\\"b\\\"\"],\"seen_at\":\"1970-01-01T00:00:01Z\",\"other-note\":\"n\"}");
    assert_int_equal(answer.code, 0);
}

/* The answer names the member. */
static void a_bad_request_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *wanted;
    } cases[] = {
        {"{\"user_id\":7}", "user_id: expected a string (line 1, column 12)"},
        {"{}", "user_id: required, but absent"},
        {"{\"user_id\":\"123456789012345678901\"}", "user_id: longer than 20"},
        {"{\"user_id\":\"1\",\"user_id\":\"2\"}", "user_id: twice (line 1, column 26)"},
        {"", "expected an object (line 1, column 1)"},
        {"hello", "expected an object (line 1, column 1)"},
        {"{\"user_id\":\"1\"", ""},
        {"{\"user_id\":\"\xff\"}", ""},
    };
    fixture *s = *state;

    serve(s);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        peer_answer answer = ask(s, "encodings.service.find", cases[i].text);
        assert_int_equal(answer.code, 400);
        if (cases[i].wanted[0] != '\0')
            assert_string_equal(answer.text, cases[i].wanted);
    }
    assert_int_equal(ask(s, "encodings.service.ping", "\xff").code, 400);
    assert_int_equal(catga_count(s->bus).bad_messages, 1 + sizeof cases / sizeof cases[0]);
}

static void a_declared_error_has_headers(void **state)
{
    fixture *s = *state;

    serve(s);
    peer_answer answer = ask(s, "encodings.service.find", "{\"user_id\":\"none\"}");
    assert_int_equal(answer.code, 1001);
    assert_string_equal(answer.text, "no user none");
}

/* A peer without ids repeats at its own risk; one with ids gets the first answer. */
static void a_command_is_claimed_by_its_id(void **state)
{
    fixture *s = *state;
    test_encodings_user_reply reply;
    const test_encodings_reserve input = TEST_ENCODINGS_RESERVE(.user_id = CATGA_STR("7"));

    serve(s);
    assert_int_equal(ask(s, "encodings.service.reserve", "{\"user_id\":\"1\"}").code, 0);
    assert_int_equal(ask(s, "encodings.service.reserve", "{\"user_id\":\"1\"}").code, 0);
    assert_int_equal(atomic_load(&s->reserved), 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            test_encodings_reserve_call_with_id(s->bus, CATGA_STR("form-1"), &input, &reply),
            CATGA_OK);
        assert_true(
            catga_string_equal(test_encodings_user_get_user_id(reply.view), CATGA_STR("7")));
        test_encodings_user_reply_free(&reply);
    }
    assert_int_equal(atomic_load(&s->reserved), 3);
}

/* ---- Our calls ---- */

static void our_call_is_answered_by_the_peer(void **state)
{
    fixture *s = *state;
    test_encodings_user_reply reply;

    s->answer = " { \"age\": 9, \"user_id\": \"x\", \"more\": null } ";
    listen(s, "encodings.service.find");
    assert_int_equal(
        test_encodings_find_call(s->bus, &TEST_ENCODINGS_FIND(.user_id = CATGA_STR("x\"")), &reply),
        CATGA_OK);
    wait_until(atomic_load(&s->heard) == 1);
    assert_text(s, s->text, "{\"user_id\":\"x\\\"\"}");
    assert_int_equal(test_encodings_user_get_age(reply.view), 9);
    test_encodings_user_reply_free(&reply);
}

static void count_reply(catga_status status, test_encodings_pong_view reply,
                        const catga_error *error, void *user)
{
    fixture *s = user;

    (void)error;
    if (status == CATGA_OK)
        copy(s, s->note, test_encodings_pong_get_text(reply));
    atomic_fetch_add(&s->created, 1);
}

static void our_call_without_waiting_is_answered(void **state)
{
    fixture *s = *state;

    s->answer = "pong";
    listen(s, "encodings.service.ping");
    assert_int_equal(test_encodings_ping_send(
                         s->bus, &TEST_ENCODINGS_PING(.text = CATGA_STR("hello")), count_reply, s),
                     CATGA_OK);
    wait_until(atomic_load(&s->created) == 1 && atomic_load(&s->heard) == 1);
    assert_text(s, s->text, "hello");
    assert_text(s, s->note, "pong");
}

static void a_bad_answer_names_its_member(void **state)
{
    fixture *s = *state;
    test_encodings_user_reply reply;

    s->answer = "{\"user_id\":\"x\",\"age\":900}";
    listen(s, "encodings.service.find");
    assert_int_equal(
        test_encodings_find_call(s->bus, &TEST_ENCODINGS_FIND(.user_id = CATGA_STR("x")), &reply),
        CATGA_BAD_MESSAGE);
    assert_int_equal(reply.error.code, 0);
    assert_true(reply.error.text.length > 4 && memcmp(reply.error.text.data, "age:", 4) == 0);
    test_encodings_user_reply_free(&reply);
}

/* The headers are those of services in other languages. */
static void an_error_of_the_peer_has_a_code(void **state)
{
    static const catga_header headers[] = {{"Nats-Service-Error-Code", "429"},
                                           {"Nats-Service-Error", "too busy"}};
    fixture *s = *state;
    test_encodings_pong_reply reply;

    s->answer = "";
    s->headers = headers;
    s->header_count = 2;
    listen(s, "encodings.service.ping");
    assert_int_equal(
        test_encodings_ping_call(s->bus, &TEST_ENCODINGS_PING(.text = CATGA_STR("x")), &reply),
        CATGA_OVERLOADED);
    assert_int_equal(reply.error.code, 429);
    test_encodings_pong_reply_free(&reply);
}

/* ---- Events ---- */

static void events_of_the_peer_are_handled(void **state)
{
    fixture *s = *state;

    serve(s);
    peer_publish(&s->peer, "encodings.events.user.created",
                 "{\"user_id\":\"123\",\"level\":\"High\",\"other-note\":\"\\u00e9\"}");
    wait_until(atomic_load(&s->created) == 1 && atomic_load(&s->anything) == 1);
    assert_text(s, s->user_id, "123");
    assert_text(s, s->note, "\u00e9");
    assert_int_equal(s->age, 1);
    assert_int_equal(s->level, TEST_ENCODINGS_LEVEL_HIGH);
    peer_publish(&s->peer, "encodings.work.tasks", "task-0");
    wait_until(atomic_load(&s->tasks) == 1);
    assert_text(s, s->task, "task-0");
    peer_publish(&s->peer, "encodings.pictures", "\xff\xd8\xff");
    wait_until(atomic_load(&s->pictures) == 1);
    assert_int_equal(s->picture_length, 3);
}

/* A bad event is counted and dropped; nobody is answered, though the peer waits. */
static void bad_events_are_dropped(void **state)
{
    fixture *s = *state;
    peer_answer answer;

    serve(s);
    uint64_t token = peer_ask(&s->peer, "encodings.events.user.created", "{\"user_id\":1}");
    peer_publish(&s->peer, "encodings.events.user.created", "{\"user_id\":\"1\",\"age\":151}");
    peer_publish(&s->peer, "encodings.events.user.created", "{\"user_id\":\"1\",\"level\":\"No\"}");
    peer_publish(&s->peer, "encodings.events.user.created", "[]");
    peer_publish(&s->peer, "encodings.events.user.created", "{\"user_id\":\"good\"}");
    wait_until(atomic_load(&s->created) == 1);
    assert_text(s, s->user_id, "good");
    wait_until(catga_count(s->bus).bad_messages == 4 + 2); /* two of them for `anything` too */
    pause_for(50);
    assert_false(peer_came(&s->peer, token, &answer));
}

static void our_events_are_plain(void **state)
{
    fixture *s = *state;

    listen(s, "encodings.>");
    assert_int_equal(test_encodings_created_publish(
                         s->bus, &TEST_ENCODINGS_CREATED(.user_id = CATGA_STR("123"), .age = 7)),
                     CATGA_OK);
    wait_until(atomic_load(&s->heard) == 1);
    assert_text(s, s->text, "{\"user_id\":\"123\",\"age\":7,\"level\":\"Low\"}");
    assert_int_equal(test_encodings_created_publish(
                         s->bus, &TEST_ENCODINGS_CREATED(.user_id = CATGA_STR("1"), .age = 0)),
                     CATGA_INVALID_MESSAGE);
    assert_int_equal(
        test_encodings_task_publish(s->bus, &TEST_ENCODINGS_TASK(.task = CATGA_STR("task-0"))),
        CATGA_OK);
    wait_until(atomic_load(&s->heard) == 2);
    assert_text(s, s->text, "task-0");
}

/* ---- Sizes ---- */

/* Fits into no stack, and not into the cached blocks. */
static void large_payloads_pass(void **state)
{
    fixture *s = *state;
    test_encodings_pong_reply reply;
    char *text = malloc(LARGE);

    assert_non_null(text);
    memset(text, 'x', LARGE);
    serve(s);
    for (size_t length = 3000; length <= LARGE; length = length * 3 / 2) {
        const test_encodings_ping input = TEST_ENCODINGS_PING(.text = {text, length});
        assert_int_equal(test_encodings_ping_call(s->bus, &input, &reply), CATGA_OK);
        assert_int_equal(test_encodings_pong_get_text(reply.view).length, length);
        test_encodings_pong_reply_free(&reply);
    }
    free(text);
}

static void a_message_beyond_the_limit_is_not_sent(void **state)
{
    fixture *s = *state;
    test_encodings_pong_reply reply;
    size_t length = 1000000;
    char *text = malloc(2 * length);

    assert_non_null(text);
    memset(text, 1, length); /* six characters each in JSON */
    serve(s);
    assert_int_equal(
        test_encodings_created_publish(
            s->bus, &TEST_ENCODINGS_CREATED(.user_id = CATGA_STR("1"), .note = {text, length})),
        CATGA_TOO_LARGE);
    if (s->base.broker != NULL)
        catga_local_set_max_payload(s->base.broker, 100000);
    assert_int_equal(
        test_encodings_ping_call(s->bus, &TEST_ENCODINGS_PING(.text = {text, length}), &reply),
        s->base.broker != NULL ? CATGA_TOO_LARGE : CATGA_OK);
    test_encodings_pong_reply_free(&reply);
    free(text);
}

/* An element of three characters needs two hundred bytes: many of them are refused. */
static void memory_is_bounded(void **state)
{
    static const char begin[] = "{\"items\":[{}";
    fixture *s = *state;
    size_t count = 200000;
    char *text = malloc(sizeof begin + 3 * count + 8);
    char *at = text;

    assert_non_null(text);
    at = (char *)memcpy(at, begin, sizeof begin - 1) + sizeof begin - 1;
    for (size_t i = 0; i < count; i++)
        at = (char *)memcpy(at, ",{}", 3) + 3;
    memcpy(at, "]}", 3);
    serve(s);
    peer_answer answer = ask(s, "encodings.service.count", text);
    assert_int_equal(answer.code, 400);
    assert_non_null(strstr(answer.text, "too many parts"));
    memcpy(text + sizeof begin - 1 + 3 * 5000, "]}", 3);
    assert_string_equal(ask(s, "encodings.service.count", text).data, "{\"items\":5001}");
    free(text);
}

/* ---- Stored events ---- */

static bool see_letter(const catga_dead_letter *letter, void *user)
{
    fixture *s = user;

    snprintf(s->text, sizeof s->text, "%.*s", (int)letter->data.length,
             (const char *)letter->data.data);
    copy(s, s->note, letter->cause);
    s->age++;
    return true;
}

static uint32_t dead_letters(fixture *s)
{
    s->age = 0;
    assert_int_equal(catga_dead_letters(s->bus, TEST_ENCODINGS_STORED_STREAM, 1, see_letter, s),
                     CATGA_OK);
    return s->age;
}

/* A bad event becomes a dead letter at once, with the bytes of the peer. */
static void stored_events_are_handled(void **state)
{
    fixture *s = *state;

    assert_int_equal(test_encodings_storage_serve(s->bus, &storage, s), CATGA_OK);
    assert_int_equal(
        test_encodings_stored_publish(s->bus, &TEST_ENCODINGS_STORED(.user_id = CATGA_STR("ours"))),
        CATGA_OK);
    wait_until(atomic_load(&s->stored) == 1);
    assert_text(s, s->user_id, "ours");
    peer_publish(&s->peer, "encodings.stored.created", "{\"user_id\":\"theirs\"}");
    wait_until(atomic_load(&s->stored) == 2);
    assert_text(s, s->user_id, "theirs");
    peer_publish(&s->peer, "encodings.stored.created", "{\"user_id\":[]}");
    wait_until(dead_letters(s) == 1);
    assert_text(s, s->text, "{\"user_id\":[]}");
    assert_text(s, s->note,
                "it is not a valid message: user_id: expected a string (line 1, column 12)");
    assert_int_equal(atomic_load(&s->stored), 2);
    assert_int_equal(catga_dead_letter_replay(s->bus, TEST_ENCODINGS_STORED_STREAM, 1, 5000, NULL),
                     CATGA_BAD_MESSAGE);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest tests[] = {
        CASE(a_request_of_bytes_gets_bytes),
        CASE(a_request_of_json_gets_json),
        CASE(a_bad_request_is_refused),
        CASE(a_declared_error_has_headers),
        CASE(a_command_is_claimed_by_its_id),
        CASE(our_call_is_answered_by_the_peer),
        CASE(our_call_without_waiting_is_answered),
        CASE(a_bad_answer_names_its_member),
        CASE(an_error_of_the_peer_has_a_code),
        CASE(events_of_the_peer_are_handled),
        CASE(bad_events_are_dropped),
        CASE(our_events_are_plain),
        CASE(large_payloads_pass),
        CASE(a_message_beyond_the_limit_is_not_sent),
        CASE(memory_is_bounded),
        CASE(stored_events_are_handled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
