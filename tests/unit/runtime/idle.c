/* Waiting until the local server is idle. */
#include "bus_fixture.h"
#include "kept.h"

#include <stdatomic.h>

static const catga_delivery delivery = {
    .stream = &kept_stream, .backoff_ms = 60000, .backoff_longest_ms = 60000, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 1000, .retries = 2);

static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
    {"refresh", &sample_noted_message, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
static const catga_service service = {"Idler", handlers, 2, sizeof(sample_listener), NULL};

enum { TIMEOUT_MS = 20000 };

/* Behaviour of the handlers, and their counters. */
typedef struct scene {
    catga_local *broker;
    atomic_uint stored; /* runs of the handler of the stored event */
    atomic_uint lost;   /* runs of the handler of the event that may be lost */
    atomic_uint hops;   /* events that handlers still send */
    atomic_uint failures;
    atomic_int inside; /* result of waiting inside a handler */
    int64_t pause_ns;
} scene;

static catga_status send(catga_context *context, const catga_message *message, scene *s)
{
    const sample event = {CATGA_STR("x"), 1};

    if (atomic_load(&s->hops) == 0)
        return CATGA_OK;
    atomic_fetch_sub(&s->hops, 1);
    return catga_publish(catga_context_bus(context), message, &event);
}

static catga_status notify(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    (void)view;
    nanosleep(&(struct timespec){.tv_nsec = s->pause_ns}, NULL);
    atomic_store(&s->inside, (int)catga_local_wait_idle(s->broker, 0));
    atomic_fetch_add(&s->stored, 1);
    if (atomic_load(&s->failures) != 0) {
        atomic_fetch_sub(&s->failures, 1);
        return CATGA_HANDLER_FAILED;
    }
    return send(context, &sample_noted_message, s);
}

static catga_status refresh(catga_context *context, sample_view view)
{
    scene *s = catga_context_user(context);

    (void)view;
    nanosleep(&(struct timespec){.tv_nsec = s->pause_ns}, NULL);
    atomic_fetch_add(&s->lost, 1);
    return send(context, &kept, s);
}

static void serve(bus_fixture *f, scene *s)
{
    const sample_listener listener = {notify, refresh};

    s->broker = f->broker;
    assert_int_equal(catga_serve(f->bus, &service, &listener, s), CATGA_OK);
}

static void publish(bus_fixture *f, const catga_message *message)
{
    const sample event = {CATGA_STR("x"), 1};

    assert_int_equal(catga_publish(f->bus, message, &event), CATGA_OK);
}

static void an_unused_server_is_idle(void **state)
{
    bus_fixture *f = *state;
    scene s = {0};

    assert_int_equal(catga_local_wait_idle(f->broker, 0), CATGA_OK);
    serve(f, &s);
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
}

static void events_have_been_handled(void **state)
{
    bus_fixture *f = *state;
    scene s = {.pause_ns = 1000000};

    serve(f, &s);
    for (unsigned i = 1; i <= 20; i++) {
        publish(f, &sample_noted_message);
        publish(f, &kept);
    }
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.lost, 20);
    assert_int_equal(s.stored, 20);
}

/* Waiting includes messages that handlers send, at every moment. */
static void chains_of_events_have_ended(void **state)
{
    enum { ROUNDS = 100, HOPS = 7 };
    bus_fixture *f = *state;
    scene s = {.pause_ns = 100000};
    serve(f, &s);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        atomic_store(&s.hops, HOPS);
        publish(f, i % 2 == 0 ? &kept : &sample_noted_message);
        assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
        assert_int_equal(s.lost + s.stored, i * (HOPS + 1));
    }
}

/* Waiting ignores the pause before the next attempt, since the test advances the clock. */
static void a_delayed_retry_does_not_count(void **state)
{
    bus_fixture *f = *state;
    scene s = {.failures = 2};

    serve(f, &s);
    publish(f, &kept);
    for (unsigned attempt = 1; attempt <= 3; attempt++) {
        assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
        assert_int_equal(s.stored, attempt);
        catga_local_advance(f->broker, 120000);
    }
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.stored, 3);
}

/* An event with a lost acknowledgement is not settled. */
static void a_lost_acknowledgement_counts(void **state)
{
    bus_fixture *f = *state;
    scene s = {0};

    serve(f, &s);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_ACK, 1);
    publish(f, &kept);
    wait_until(s.stored == 1);
    assert_int_equal(catga_local_wait_idle(f->broker, 50), CATGA_TIMEOUT);
    catga_local_advance(f->broker, 60000);
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.stored, 2);
}

static void a_running_handler_counts(void **state)
{
    bus_fixture *f = *state;
    scene s = {.pause_ns = 300000000};

    serve(f, &s);
    publish(f, &sample_noted_message);
    assert_int_equal(catga_local_wait_idle(f->broker, 20), CATGA_TIMEOUT);
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.lost, 1);
}

static void a_handler_does_not_wait_for_itself(void **state)
{
    bus_fixture *f = *state;
    scene s = {0};

    serve(f, &s);
    publish(f, &kept);
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.inside, CATGA_WOULD_DEADLOCK);
}

/* An event stored for an absent handler does not delay other handlers. */
static void absent_handlers_do_not_count(void **state)
{
    bus_fixture *f = *state;
    scene s = {0};
    catga_bus *other = open_bus(f->broker, (catga_options){0});
    const sample_listener listener = {notify, refresh};

    s.broker = f->broker;
    assert_int_equal(catga_serve(other, &service, &listener, &s), CATGA_OK);
    catga_close(other);
    publish(f, &kept);
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.stored, 0);
    serve(f, &s);
    assert_int_equal(catga_local_wait_idle(f->broker, TIMEOUT_MS), CATGA_OK);
    assert_int_equal(s.stored, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unused_server_is_idle),           TEST(events_have_been_handled),
        TEST(chains_of_events_have_ended),        TEST(a_delayed_retry_does_not_count),
        TEST(a_lost_acknowledgement_counts),      TEST(a_running_handler_counts),
        TEST(a_handler_does_not_wait_for_itself), TEST(absent_handlers_do_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
