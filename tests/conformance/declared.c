/*
 * Declared streams over each transport: settings, names at the server, work queues, and the places
 * of stored events. declared local | nats (at $NATS_URL).
 */
#include "fixture.h"
#include "kept.h"
#include "peer.h"

#include <stdatomic.h>

typedef struct fixture {
    fixture_base base;
    peer peer;
    catga_problem problem;
    catga_declared_stream settings;
    catga_stream stream;
    catga_delivery delivery;
    catga_message message;
    catga_handler handler;
    catga_service service;
    atomic_uint handled;
    atomic_uint failures; /* runs of the handler that still have to fail */
    atomic_uint slow_ms;
    atomic_uint running;
    atomic_uint most_running;
} fixture;

static int begin(void **state)
{
    fixture *f = fixture_new(sizeof *f, "declared");

    peer_open(&f->peer, f->base.broker);
    f->stream = kept_stream;
    f->stream.name = "ORDERS";
    f->stream.declared = &f->settings;
    f->delivery = (catga_delivery){
        .stream = &f->stream, .backoff_ms = 20, .backoff_longest_ms = 100, .dead_letter = true};
    f->message = (catga_message)KEPT(&f->delivery, .timeout_ms = 5000, .retries = 2);
    f->handler = (catga_handler){"notify",
                                 &f->message,
                                 CATGA_GROUP,
                                 offsetof(sample_listener, notify),
                                 sample_listener_run_notify,
                                 NULL};
    f->service = (catga_service){"Reader", &f->handler, 1, sizeof(sample_listener), NULL};
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;

    while (f->base.bus_count > 0)
        fixture_leave(&f->base);
    peer_close(&f->peer);
    return fixture_clear(state);
}

static catga_bus *join(fixture *f)
{
    return fixture_join(&f->base, (catga_options){.ack_wait_ms = 1000});
}

static catga_status publish(fixture *f, catga_bus *bus, catga_stored *stored)
{
    static const sample hello = {{"hello", 5}, 7};

    return catga_publish_stored(bus, &f->message, &hello, stored);
}

/* The name of the stream at the server. */
static void name_of(const fixture *f, char name[CATGA_STREAM_NAME_SIZE])
{
    snprintf(name, CATGA_STREAM_NAME_SIZE, "%s_ORDERS", f->base.prefix);
    for (char *at = name; *at != '\0'; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
}

static catga_status ensure(fixture *f, catga_stream_settings settings)
{
    char name[CATGA_STREAM_NAME_SIZE];
    char subjects[2][160];
    const char *const list[] = {subjects[0], subjects[1]};

    name_of(f, name);
    snprintf(subjects[0], sizeof subjects[0], "%s.events.sample.*.Kept", f->base.prefix);
    snprintf(subjects[1], sizeof subjects[1], "%s.other.>", f->base.prefix);
    settings.name = name;
    settings.subjects = list;
    settings.subject_count = 2;
    settings.window_ns = settings.window_ns == 0 ? 120 * CATGA_SECOND : settings.window_ns;
    settings.replicas = 1;
    f->problem.text[0] = '\0';
    return f->peer.transport->streams->ensure(f->peer.transport, &settings, &f->problem);
}

/* ---- Settings -------------------------------------------------------------------------------- */

static void a_declared_stream_has_its_settings(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    char name[CATGA_STREAM_NAME_SIZE];
    char subject[160];
    const char *const list[] = {subject};
    catga_stored stored;

    f->settings = (catga_declared_stream){.max_age_ms = 3600000,
                                          .max_bytes = 1000000,
                                          .max_messages = 3,
                                          .replicas = 1,
                                          .storage = CATGA_STORAGE_MEMORY};
    for (int i = 0; i < 3; i++)
        assert_int_equal(publish(f, bus, &stored), CATGA_OK);
    name_of(f, name);
    snprintf(subject, sizeof subject, "%s.events.sample.v1.Kept", f->base.prefix);
    const catga_stream_settings expected = {.name = name,
                                            .subjects = list,
                                            .subject_count = 1,
                                            .window_ns = 120 * CATGA_SECOND,
                                            .max_age_ns = 3600 * CATGA_SECOND,
                                            .max_bytes = 1000000,
                                            .max_messages = 3,
                                            .replicas = 1,
                                            .in_memory = true,
                                            .compared = ~0U};
    assert_int_equal(f->peer.transport->streams->ensure(f->peer.transport, &expected, &f->problem),
                     CATGA_OK);
    /* The pause is longer than the deadline: the first answer is the result. */
    f->message.backoff_ms = 60000;
    assert_int_equal(publish(f, bus, &stored), CATGA_OVERLOADED); /* it is full */
}

static void another_value_of_a_declared_setting_is_drift(void **state)
{
    fixture *f = *state;
    catga_stored stored;

    f->settings = (catga_declared_stream){.max_age_ms = 3600000, .max_bytes = 1000000};
    assert_int_equal(publish(f, join(f), &stored), CATGA_OK);
    f->settings.max_age_ms = 7200000;
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings.max_age_ms = 0;
    assert_int_equal(publish(f, join(f), &stored), CATGA_OK);
    f->settings.max_bytes = 2000000;
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings = (catga_declared_stream){.max_messages = 5};
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings = (catga_declared_stream){.replicas = 3};
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings = (catga_declared_stream){.storage = CATGA_STORAGE_MEMORY};
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings = (catga_declared_stream){.retention = CATGA_RETENTION_WORK_QUEUE};
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    assert_int_equal(stored.sequence, 0);
}

/* The existing stream has patterns that cover the subject, and other settings than ours. */
static void a_named_stream_may_exist_with_other_settings(void **state)
{
    fixture *f = *state;
    catga_stored stored;

    assert_int_equal(ensure(f, (catga_stream_settings){.max_age_ns = 86400 * CATGA_SECOND,
                                                       .max_messages = 1000,
                                                       .in_memory = true,
                                                       .drops_oldest = true}),
                     CATGA_OK);
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings.is_named = true;
    assert_int_equal(publish(f, join(f), &stored), CATGA_OK);
    assert_int_equal(stored.sequence, 1);
    f->settings.max_age_ms = 86400000;
    f->settings.max_messages = 1000;
    f->settings.storage = CATGA_STORAGE_MEMORY;
    assert_int_equal(publish(f, join(f), &stored), CATGA_OK);
    assert_int_equal(stored.sequence, 2);
    f->settings.storage = CATGA_STORAGE_FILE;
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
    f->settings.storage = CATGA_STORAGE_UNDECLARED;
    f->settings.max_messages = 1001;
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
}

static void a_named_stream_needs_the_window_of_its_events(void **state)
{
    fixture *f = *state;
    catga_stored stored;

    f->settings.is_named = true;
    assert_int_equal(ensure(f, (catga_stream_settings){.window_ns = CATGA_SECOND}), CATGA_OK);
    assert_int_equal(publish(f, join(f), &stored), CATGA_DRIFTED);
}

/* ---- Places ---------------------------------------------------------------------------------- */

static void a_stored_event_has_a_place(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    char name[CATGA_STREAM_NAME_SIZE];
    catga_stored stored;

    name_of(f, name);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(publish(f, bus, &stored), CATGA_OK);
        assert_string_equal(stored.stream, name);
        assert_int_equal(stored.sequence, i);
        assert_false(stored.duplicate);
    }
    if (f->base.broker == NULL)
        return;
    catga_local_inject(f->base.broker, CATGA_LOCAL_LOSE_PUBLISH_ACK, 1);
    assert_int_equal(publish(f, bus, &stored), CATGA_OK);
    assert_int_equal(stored.sequence, 4);
    assert_true(stored.duplicate); /* the first attempt has stored it */
}

/* The outcome of an event that nobody waits for. */
typedef struct outcome {
    atomic_uint count;
    catga_status status;
    catga_stored stored;
} outcome;

static void keep_outcome(catga_status status, const catga_stored *stored, const catga_error *error,
                         void *user)
{
    outcome *o = user;

    (void)error;
    o->status = status;
    o->stored = *stored;
    atomic_fetch_add(&o->count, 1);
}

static void send_async(fixture *f, catga_bus *bus, outcome *o)
{
    static const sample hello = {{"hello", 5}, 7};

    o->count = 0;
    assert_int_equal(catga_publish_stored_async(bus, &f->message, &hello, keep_outcome, o),
                     CATGA_OK);
}

static void publish_async(fixture *f, catga_bus *bus, outcome *o)
{
    send_async(f, bus, o);
    wait_until(o->count == 1);
}

static void a_callback_gets_the_place_of_an_event(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    char name[CATGA_STREAM_NAME_SIZE];
    outcome o;

    name_of(f, name);
    for (uint64_t i = 1; i <= 3; i++) {
        publish_async(f, bus, &o);
        assert_int_equal(o.status, CATGA_OK);
        assert_string_equal(o.stored.stream, name);
        assert_int_equal(o.stored.sequence, i);
        assert_false(o.stored.duplicate);
    }
    if (f->base.broker == NULL)
        return;
    catga_local_inject(f->base.broker, CATGA_LOCAL_LOSE_PUBLISH_ACK, 1);
    publish_async(f, bus, &o);
    assert_int_equal(o.status, CATGA_OK);
    assert_int_equal(o.stored.sequence, 4);
    assert_true(o.stored.duplicate);
    catga_local_set_connected(f->base.broker, false);
    send_async(f, bus, &o);
    fixture_leave(&f->base);
    assert_int_equal(o.count, 1);
    assert_int_not_equal(o.status, CATGA_OK);
    assert_int_equal(o.stored.sequence, 0);
    assert_string_equal(o.stored.stream, name);
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static catga_status handle(catga_context *context, sample_view view)
{
    fixture *f = catga_context_user(context);
    unsigned running = atomic_fetch_add(&f->running, 1) + 1;
    unsigned slow_ms = atomic_load(&f->slow_ms);

    (void)view;
    if (running > atomic_load(&f->most_running))
        atomic_store(&f->most_running, running);
    nanosleep(&(struct timespec){slow_ms / 1000, slow_ms % 1000 * 1000000L}, NULL);
    atomic_fetch_sub(&f->running, 1);
    if (atomic_load(&f->failures) > 0) {
        atomic_fetch_sub(&f->failures, 1);
        return CATGA_HANDLER_FAILED;
    }
    atomic_fetch_add(&f->handled, 1);
    return CATGA_OK;
}

static void serve(fixture *f, catga_bus *bus)
{
    static const sample_listener functions = {.notify = handle};

    assert_int_equal(catga_serve(bus, &f->service, &functions, f), CATGA_OK);
}

static uint64_t messages_in(catga_bus *bus, const char *stream)
{
    catga_stream_state found;

    assert_int_equal(catga_stream_get_state(bus, stream, &found), CATGA_OK);
    return found.messages;
}

static bool visit(const catga_dead_letter *letter, void *user)
{
    *(uint64_t *)user = letter->number;
    return true;
}

/* A dead letter of a declared stream is listed, replayed, and gone. */
static void a_declared_stream_has_dead_letters(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_stored stored;
    uint64_t letter = 0;

    f->settings.max_age_ms = 3600000;
    atomic_store(&f->failures, 3);
    serve(f, bus);
    assert_int_equal(publish(f, bus, &stored), CATGA_OK);
    wait_until(catga_dead_letters(bus, "ORDERS", 1, visit, &letter) == CATGA_OK && letter != 0);
    assert_int_equal(messages_in(bus, "ORDERS_DEAD"), 1);
    assert_int_equal(catga_dead_letter_replay(bus, "ORDERS", letter, 5000, NULL), CATGA_OK);
    assert_int_equal(f->handled, 1);
    assert_int_equal(messages_in(bus, "ORDERS_DEAD"), 0);
}

static void a_work_queue_is_empty_after_its_work(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_stored stored;

    f->settings.retention = CATGA_RETENTION_WORK_QUEUE;
    for (int i = 0; i < 20; i++)
        assert_int_equal(publish(f, bus, &stored), CATGA_OK);
    assert_int_equal(messages_in(bus, "ORDERS"), 20);
    serve(f, bus);
    wait_until(f->handled == 20);
    wait_until(messages_in(bus, "ORDERS") == 0);
    assert_int_equal(publish(f, bus, &stored), CATGA_OK);
    assert_int_equal(stored.sequence, 21);
    wait_until(f->handled == 21);
}

/* An event that is given up leaves the work queue for the dead letters. */
static void a_work_queue_has_dead_letters(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_stored stored;
    uint64_t letter = 0;

    f->settings.retention = CATGA_RETENTION_WORK_QUEUE;
    atomic_store(&f->failures, 3);
    serve(f, bus);
    assert_int_equal(publish(f, bus, &stored), CATGA_OK);
    wait_until(catga_dead_letters(bus, "ORDERS", 1, visit, &letter) == CATGA_OK && letter != 0);
    wait_until(messages_in(bus, "ORDERS") == 0);
    assert_int_equal(catga_dead_letter_replay(bus, "ORDERS", letter, 5000, NULL), CATGA_OK);
    assert_int_equal(f->handled, 1);
}

/* The handler runs for three times as long as ack_wait_ms: the task is kept alive, and runs once.
 */
static void a_long_task_of_a_work_queue_runs_once(void **state)
{
    fixture *f = *state;
    catga_bus *buses[2] = {join(f), join(f)};
    catga_stored stored;

    f->settings.retention = CATGA_RETENTION_WORK_QUEUE;
    atomic_store(&f->slow_ms, 3000);
    serve(f, buses[0]);
    serve(f, buses[1]);
    assert_int_equal(publish(f, buses[0], &stored), CATGA_OK);
    wait_until(f->handled == 1);
    wait_until(messages_in(buses[0], "ORDERS") == 0);
    assert_int_equal(f->handled, 1);
    assert_int_equal(f->most_running, 1);
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)
    const struct CMUnitTest cases[] = {
        CASE(a_declared_stream_has_its_settings),
        CASE(another_value_of_a_declared_setting_is_drift),
        CASE(a_named_stream_may_exist_with_other_settings),
        CASE(a_named_stream_needs_the_window_of_its_events),
        CASE(a_stored_event_has_a_place),
        CASE(a_callback_gets_the_place_of_an_event),
        CASE(a_declared_stream_has_dead_letters),
        CASE(a_work_queue_is_empty_after_its_work),
        CASE(a_work_queue_has_dead_letters),
        CASE(a_long_task_of_a_work_queue_runs_once),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
