/*
 * Answers close to the server's payload limit, and a limit that changes while services run. The
 * caller gets an error, the effect happens once, and each retry gets the same outcome. limits local
 * | nats, which starts its own server.
 */
#include "base/clock.h"
#include "bus_fixture.h"
#include "kept.h"
#include "nats_server.h"

#include <stdatomic.h>
#include <stdio.h>

/* A text longer than the limit, and a text larger than the runtime's buffer on the stack. */
enum { LIMIT = 65536, LOWER = 16384, TINY = 600 };

static const catga_claims claims = {"SAMPLE_V1_Settle", 120000};
static const catga_message settle_message = {
    .subject = "catga.commands.sample.v1.Settle",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 5000,
    .retries = 9,
    .claims = &claims,
};
static const catga_message ask_message = {
    .subject = "catga.queries.sample.v1.Ask",
    .table = &sample_ask_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_QUERY,
    .timeout_ms = 5000,
    .retries = 9,
};

typedef struct functions {
    sample_function *settle;
    sample_function *ask;
} functions;

static catga_status run_settle(const void *handlers, catga_context *context, const uint8_t *table)
{
    return ((const functions *)handlers)->settle(context, (sample_view){table});
}

static catga_status run_ask(const void *handlers, catga_context *context, const uint8_t *table)
{
    return ((const functions *)handlers)->ask(context, (sample_view){table});
}

static const catga_handler handlers[] = {
    {"settle", &settle_message, CATGA_GROUP, offsetof(functions, settle), run_settle, NULL},
    {"ask", &ask_message, CATGA_GROUP, offsetof(functions, ask), run_ask, NULL}};
static const catga_service service = {"Settler", handlers, 2, sizeof(functions), NULL};

static const catga_delivery delivery = {.stream = &kept_stream};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000, .retries = 9);
static const catga_handler keeping[] = {{"notify", &kept, CATGA_GROUP,
                                         offsetof(sample_listener, notify),
                                         sample_listener_run_notify, NULL}};
static const catga_service reader = {"Reader", keeping, 1, sizeof(sample_listener), NULL};

/* ---- The server ---- */

static bool is_local;
static catga_local *broker;
static nats_server server;
static catga_bus *bus;
static catga_bus *caller;

static void write_limit(size_t bytes)
{
    FILE *file = fopen(server.config, "w");

    assert_non_null(file);
    fprintf(file, "jetstream { store_dir: \"%s/js\" }\nmax_payload: %zu\n", server.folder, bytes);
    assert_int_equal(fclose(file), 0);
}

static void set_limit(size_t bytes)
{
    if (is_local) {
        catga_local_set_max_payload(broker, bytes);
        return;
    }
    write_limit(bytes);
    nats_server_signal(&server, SIGHUP);
    pause_ms(300);
}

/* ---- The service ---- */

static atomic_uint effects;
static atomic_size_t limit_at_work; /* limit while the handler answers; 0 leaves it unchanged */
static atomic_bool answers_less;
static char text[LIMIT * 2];

/* The request's number is the length of the answer's text. */
static sample answer_to(sample_view view)
{
    uint32_t length = sample_get_number(view);

    return (sample){{text, length}, length};
}

static catga_status settle(catga_context *context, sample_view view)
{
    sample answer = answer_to(view);

    atomic_fetch_add(&effects, 1);
    if (atomic_load(&limit_at_work) != 0)
        set_limit(atomic_load(&limit_at_work));
    catga_status status = catga_answer(context, &settle_message, &answer);
    if (status != CATGA_TOO_LARGE || !atomic_load(&answers_less))
        return status;
    answer.text = CATGA_STR("less");
    return catga_answer(context, &settle_message, &answer);
}

static catga_status ask(catga_context *context, sample_view view)
{
    sample answer = answer_to(view);

    atomic_fetch_add(&effects, 1);
    return catga_answer(context, &ask_message, &answer);
}

static int begin(void **state)
{
    static const functions all = {settle, ask};

    (void)state;
    memset(text, 'x', sizeof text);
    atomic_store(&effects, 0);
    atomic_store(&limit_at_work, 0);
    atomic_store(&answers_less, false);
    if (is_local) {
        assert_int_equal(catga_local_open(&broker), CATGA_OK);
    } else {
        nats_server_init(&server, "");
        write_limit(LIMIT);
        nats_server_start(&server);
    }
    set_limit(LIMIT);
    const char *url = is_local ? NULL : server.url;
    bus = open_bus(broker, (catga_options){.servers = url, .workers = 1});
    caller = open_bus(broker, (catga_options){.servers = url});
    assert_int_equal(catga_serve(bus, &service, &all, NULL), CATGA_OK);
    return 0;
}

static int end(void **state)
{
    char command[256];

    (void)state;
    catga_close(caller);
    catga_close(bus);
    if (is_local) {
        catga_local_close(broker);
        return 0;
    }
    nats_server_signal(&server, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", server.folder);
    return system(command);
}

/* ---- Callers ---- */

typedef struct outcome {
    catga_status status;
    size_t length; /* length of the answer's text */
    char text[256];
} outcome;

static outcome finish(catga_status status, catga_reply *reply)
{
    outcome out = {.status = status};

    if (status == CATGA_OK)
        out.length = sample_get_text((sample_view){reply->table}).length;
    snprintf(out.text, sizeof out.text, "%.*s", CATGA_PRINT(reply->error.text));
    catga_received_free(reply->received);
    return out;
}

static outcome call(const char *id, uint32_t length)
{
    const sample input = {CATGA_STR("called"), length};
    catga_reply reply;

    catga_status status =
        catga_call_with_id(caller, &settle_message, catga_str(id), &input, &reply);
    return finish(status, &reply);
}

static outcome query(uint32_t length)
{
    const sample input = {CATGA_STR("called"), length};
    catga_reply reply;
    catga_status status = catga_call(caller, &ask_message, &input, &reply);

    return finish(status, &reply);
}

static void assert_too_large(outcome out)
{
    assert_int_equal(out.status, CATGA_TOO_LARGE);
    if (strstr(out.text, "the answer is larger than the server allows (max_payload=") == NULL)
        fail_msg("%s", out.text);
}

/* ---- Cases ---- */

static void an_answer_near_the_limit_has_one_outcome(void **state)
{
    char id[32];

    (void)state;
    for (uint32_t length = LIMIT - 2048; length <= LIMIT + 512; length += 64) {
        atomic_store(&effects, 0);
        snprintf(id, sizeof id, "near-%u", length);
        outcome first = call(id, length);
        outcome second = call(id, length);
        assert_true(first.status == CATGA_OK || first.status == CATGA_TOO_LARGE);
        assert_int_equal(first.status, second.status);
        assert_int_equal(first.length, second.length);
        assert_string_equal(first.text, second.text);
        assert_int_equal(first.length, first.status == CATGA_OK ? length : 0);
        assert_int_equal(atomic_load(&effects), 1);
        if (length > LIMIT)
            assert_too_large(first);
    }
    assert_int_equal(call("small", LIMIT - 2048).status, CATGA_OK);
}

static void a_query_with_a_large_answer_gets_a_status(void **state)
{
    (void)state;
    assert_int_equal(query(LIMIT - 256).status, CATGA_OK);
    assert_int_equal(atomic_load(&effects), 1);
    assert_too_large(query(LIMIT + 1));
    assert_int_equal(atomic_load(&effects), 2);
}

static void a_handler_may_answer_with_less(void **state)
{
    (void)state;
    atomic_store(&answers_less, true);
    for (unsigned i = 0; i < 2; i++) {
        outcome out = call("less", LIMIT + 1);
        assert_int_equal(out.status, CATGA_OK);
        assert_int_equal(out.length, 4);
    }
    assert_int_equal(atomic_load(&effects), 1);
}

static void the_limit_is_lowered_before(void **state)
{
    (void)state;
    assert_int_equal(call("before", LIMIT / 2).status, CATGA_OK);
    set_limit(LOWER);
    assert_too_large(call("before", LIMIT / 2)); /* the recorded answer cannot be sent */
    assert_int_equal(atomic_load(&effects), 1);
    assert_too_large(call("after", LIMIT / 2));
    assert_too_large(call("after", LIMIT / 2));
    assert_int_equal(atomic_load(&effects), 2);
    assert_int_equal(call("small", LOWER / 2).status, CATGA_OK);
    if (!is_local)
        return; /* a server announces a raised limit to new connections only */
    set_limit(LIMIT);
    assert_int_equal(call("raised", LIMIT / 2).status, CATGA_OK);
    assert_int_equal(call("before", LIMIT / 2).length, LIMIT / 2);
    assert_int_equal(atomic_load(&effects), 4);
}

static void the_limit_is_lowered_at_work(void **state)
{
    (void)state;
    atomic_store(&limit_at_work, LOWER);
    outcome first = call("once", LIMIT / 2);
    outcome second = call("once", LIMIT / 2);
    assert_too_large(first);
    assert_string_equal(first.text, second.text);
    assert_int_equal(atomic_load(&effects), 1);
}

/*
 * The limit is smaller than the headers of a claim: nothing can be recorded, and no size
 * underflows.
 */
static void a_limit_below_every_answer(void **state)
{
    (void)state;
    set_limit(TINY);
    outcome small = call("tiny", 16);
    assert_int_equal(small.status, CATGA_OK);
    assert_int_equal(small.length, 16);
    assert_too_large(call("larger", TINY));
    assert_too_large(call("larger", TINY));
    assert_int_equal(atomic_load(&effects), 2);
}

static catga_status notify(catga_context *context, sample_view view)
{
    (void)context;
    assert_true(sample_get_text(view).length != 0);
    atomic_fetch_add(&effects, 1);
    return CATGA_OK;
}

static catga_status publish(uint32_t length)
{
    const sample event = {{text, length}, length};

    return catga_publish(caller, &kept, &event);
}

/*
 * The publisher gets an error. NATS ends the connection at the first try, so that the outcome of
 * that event is unknown; the runtime knows the new limit then. Events stored before are delivered,
 * also to replicas with few bytes left.
 */
static void stored_events_outlive_a_limit_that_is_lowered(void **state)
{
    static const sample_listener listener = {notify, NULL};

    (void)state;
    assert_int_equal(publish(16), CATGA_OK);
    assert_int_equal(publish(LIMIT - 1024), CATGA_OK);
    assert_int_equal(publish(16), CATGA_OK);
    set_limit(LOWER);
    assert_int_equal(publish(LIMIT - 1024), is_local ? CATGA_TOO_LARGE : CATGA_TIMEOUT);
    assert_int_equal(publish(LIMIT - 1024), CATGA_TOO_LARGE);
    catga_bus *holder = open_bus(
        broker, (catga_options){.servers = is_local ? NULL : server.url, .pending_bytes = 65536});
    assert_int_equal(catga_serve(holder, &reader, &listener, NULL), CATGA_OK);
    wait_until(atomic_load(&effects) == 3);
    assert_int_equal(publish(16), CATGA_OK);
    wait_until(atomic_load(&effects) == 4);
    catga_close(holder);
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)
    const struct CMUnitTest cases[] = {
        CASE(an_answer_near_the_limit_has_one_outcome),
        CASE(a_query_with_a_large_answer_gets_a_status),
        CASE(a_handler_may_answer_with_less),
        CASE(the_limit_is_lowered_before),
        CASE(the_limit_is_lowered_at_work),
        CASE(a_limit_below_every_answer),
        CASE(stored_events_outlive_a_limit_that_is_lowered),
    };
#undef CASE
    is_local = argc == 2 && strcmp(argv[1], "local") == 0;
    if (argc != 2 || (!is_local && strcmp(argv[1], "nats") != 0))
        return 2;
    return cmocka_run_group_tests(cases, NULL, NULL);
}
