/*
 * Stored events over each transport: stored local | nats (at $NATS_URL, with JetStream). Each case
 * has its own prefix, and so its own streams.
 */
#include "fixture.h"
#include "peer.h"

#include <stdatomic.h>

/* ---- The stored event: a text and a number ---- */

static const char *const subjects[] = {"catga.events.sample.v1.Kept",
                                       "catga.events.sample.v1.Frail"};
static const catga_stream stream = {
    .name = "SAMPLE_V1",
    .subjects = subjects,
    .subject_count = 2,
    .window_ms = 120000,
};
static const catga_delivery kept_delivery = {
    .stream = &stream,
    .backoff_ms = 20,
    .backoff_longest_ms = 100,
    .dead_letter = true,
};
static const catga_delivery frail_delivery = {
    .stream = &stream,
    .backoff_ms = 20,
    .backoff_longest_ms = 100,
};
static const catga_message kept = {
    .subject = "catga.events.sample.v1.Kept",
    .table = &sample_noted_table,
    .kind = CATGA_EVENT,
    .timeout_ms = 3000,
    .retries = 2,
    .delivery = &kept_delivery,
};
static const catga_message frail = {
    .subject = "catga.events.sample.v1.Frail",
    .table = &sample_noted_table,
    .kind = CATGA_EVENT,
    .timeout_ms = 3000,
    .delivery = &frail_delivery,
};

static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
    {"refresh", &kept, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
static const catga_service both = {"Reader", handlers, 2, sizeof(sample_listener), NULL};
static const catga_service group = {"Reader", handlers, 1, sizeof(sample_listener), NULL};
static const catga_service other_group = {"Second", handlers, 1, sizeof(sample_listener), NULL};
/* Two handlers of one event in one service. */
static const catga_handler two_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
    {"audit", &kept, CATGA_GROUP, offsetof(sample_listener, refresh), sample_listener_run_refresh,
     NULL},
};
static const catga_service twofold = {"Twofold", two_handlers, 2, sizeof(sample_listener), NULL};
static const catga_handler frail_handlers[] = {
    {"notify", &frail, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service frail_group = {"Frail", frail_handlers, 1, sizeof(sample_listener),
                                          NULL};

/* A stream with a short de-duplication window, so that two stored events may have the same id. */
static const char *const hasty_subjects[] = {"catga.events.hasty.v1.Kept"};
static const catga_stream hasty_stream = {
    .name = "HASTY_V1",
    .subjects = hasty_subjects,
    .subject_count = 1,
    .window_ms = 100,
};
static const catga_delivery hasty_delivery = {
    .stream = &hasty_stream,
    .backoff_ms = 20,
    .backoff_longest_ms = 100,
    .dead_letter = true,
};
static const catga_message hasty = {
    .subject = "catga.events.hasty.v1.Kept",
    .table = &sample_noted_table,
    .kind = CATGA_EVENT,
    .timeout_ms = 3000,
    .retries = 2,
    .delivery = &hasty_delivery,
};
static const catga_handler hasty_handlers[] = {
    {"notify", &hasty, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service hasty_group = {"Hasty", hasty_handlers, 1, sizeof(sample_listener),
                                          NULL};

enum { EVENTS = 512, BATCH = 64 };

typedef struct fixture {
    fixture_base base;
    atomic_uint handled[EVENTS]; /* by number */
    atomic_uint total;
    atomic_uint refreshed;
    atomic_uint failures; /* number of runs of the handler that still have to fail */
    atomic_uint answered;
    atomic_uint acknowledged;
    atomic_uint last_attempt;
    atomic_uint most_attempts;
    atomic_uint running;
    atomic_uint begun; /* number of the last event whose run began */
    atomic_uint most_running;
    atomic_uint out_of_order;
    unsigned in_flight;
    unsigned workers;
    unsigned pending_bytes;
    long run_ms;
    uint32_t stuck; /* number of the event that takes much longer */
} fixture;

static catga_bus *join(fixture *s, const char *instance)
{
    return fixture_join(&s->base, (catga_options){.instance = instance,
                                                  .ack_wait_ms = 400,
                                                  .workers = s->workers,
                                                  .pending_bytes = s->pending_bytes,
                                                  .in_flight = s->in_flight});
}

static int set_stage(void **state)
{
    *state = fixture_new(sizeof(fixture), "kept");
    return 0;
}

/* ---- Handlers ---- */

static catga_status publish(catga_bus *bus, const catga_message *message, uint32_t number)
{
    sample numbered = {CATGA_STR("kept"), number};

    return catga_publish(bus, message, &numbered);
}

static void note(fixture *s, sample_view view)
{
    atomic_fetch_add(&s->handled[sample_get_number(view) % EVENTS], 1);
    atomic_fetch_add(&s->total, 1);
}

static bool is_to_fail(fixture *s)
{
    unsigned left = atomic_load(&s->failures);

    while (left != 0 && !atomic_compare_exchange_weak(&s->failures, &left, left - 1))
        continue;
    return left != 0;
}

static catga_status notify(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    note(s, view);
    atomic_store(&s->last_attempt, catga_context_attempt(context));
    return is_to_fail(s) ? CATGA_HANDLER_FAILED : CATGA_OK;
}

static catga_status reject(catga_context *context, sample_view view)
{
    note(catga_context_user(context), view);
    return catga_reject(context, "number %u is odd", (unsigned)sample_get_number(view));
}

static catga_status postpone(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    note(s, view);
    return is_to_fail(s) ? catga_retry_after(context, 300) : CATGA_OK;
}

static catga_status wait_to_end(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    note(s, view);
    sem_wait(&s->base.may_end);
    return CATGA_OK;
}

/* The last of the first BATCH events stores as many again. */
static catga_status publish_more(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    uint32_t number = sample_get_number(view);

    note(s, view);
    catga_status status = CATGA_OK;
    for (uint32_t i = BATCH; number == BATCH - 1 && status == CATGA_OK && i < 2 * BATCH; i++)
        status = publish(catga_context_bus(context), &kept, i);
    return status;
}

static catga_status refresh(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->refreshed, 1);
    return CATGA_OK;
}

static void serve(fixture *s, catga_bus *bus, const catga_service *service,
                  sample_function *function)
{
    const sample_listener functions = {function, refresh};

    assert_int_equal(catga_serve(bus, service, &functions, s), CATGA_OK);
}

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* ---- Publishing ---- */

static void an_event_without_handlers_is_kept_for_them(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(publish(bus, &kept, i), CATGA_OK);
    assert_int_equal(catga_count(bus).published, 10);
    serve(s, bus, &group, notify);
    wait_until(atomic_load(&s->total) == 10);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

static void count_answer(catga_status status, const catga_error *error, void *user)
{
    fixture *s = user;

    (void)error;
    atomic_fetch_add(&s->acknowledged, status == CATGA_OK);
    atomic_fetch_add(&s->answered, 1);
}

static void many_without_waiting(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    serve(s, bus, &group, notify);
    for (uint32_t i = 0; i < EVENTS; i++) {
        sample numbered = {CATGA_STR("kept"), i};
        assert_int_equal(catga_publish_async(bus, &kept, &numbered, count_answer, s), CATGA_OK);
    }
    wait_until(atomic_load(&s->answered) == EVENTS);
    assert_int_equal(atomic_load(&s->acknowledged), EVENTS);
    wait_until(atomic_load(&s->total) == EVENTS);
    pause_for(100);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

static void an_invalid_event_is_not_stored(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");
    const sample bad = {{NULL, 0}, 1};

    assert_int_equal(catga_publish(bus, &kept, &bad), CATGA_INVALID_MESSAGE);
    assert_int_equal(catga_count(bus).published, 0);
}

static void a_stream_with_other_settings_is_left_alone(void **state)
{
    static const char *const few[] = {"catga.events.sample.v1.Frail"};
    static const catga_stream smaller = {
        .name = "SAMPLE_V1",
        .subjects = few,
        .subject_count = 1,
        .window_ms = 120000,
    };
    static const catga_delivery small_delivery = {
        .stream = &smaller,
    };
    fixture *s = *state;
    catga_bus *bus = join(s, "a");
    catga_message first = frail;

    first.delivery = &small_delivery;
    assert_int_equal(publish(bus, &first, 1), CATGA_OK);
    assert_int_equal(publish(bus, &kept, 1), CATGA_DRIFTED); /* its subject is missing */
}

static catga_status publish_without_waiting(fixture *s, catga_bus *bus, uint32_t number)
{
    sample numbered = {CATGA_STR("kept"), number};

    return catga_publish_async(bus, &kept, &numbered, count_answer, s);
}

/* The number of pending publishes is limited. A rejected publisher knows at once, and decides
 * whether to wait or to drop the event. */
static void publishes_in_flight_are_limited(void **state)
{
    fixture *s = *state;
    unsigned accepted = 0;

    s->in_flight = 1;
    catga_bus *bus = join(s, "a");
    assert_int_equal(publish(bus, &kept, 0), CATGA_OK); /* the stream exists from now on */
    if (s->base.broker != NULL)                         /* otherwise it answers at once */
        catga_local_inject(s->base.broker, CATGA_LOCAL_LOSE_PUBLISH, 1);
    for (uint32_t i = 1; i < 100; i++) {
        catga_status status = publish_without_waiting(s, bus, i);
        accepted += status == CATGA_OK;
        assert_true(status == CATGA_OK || status == CATGA_OVERLOADED);
    }
    assert_in_range(accepted, 1, 98);
    wait_until(atomic_load(&s->answered) == accepted);
    assert_int_equal(atomic_load(&s->acknowledged), accepted);
    serve(s, bus, &group, notify);
    wait_until(atomic_load(&s->total) == 1 + accepted);
    pause_for(100);
    assert_int_equal(atomic_load(&s->total), 1 + accepted);
}

/* ---- Sharing ---- */

/* Messages take the network, or its equivalent, even to the publisher's own subscription. */
static void a_publisher_with_a_handler_gets_its_event_once(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    serve(s, bus, &both, notify);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(publish(bus, &kept, i), CATGA_OK);
    wait_until(atomic_load(&s->total) == 20 && atomic_load(&s->refreshed) == 20);
    pause_for(100);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
    assert_int_equal(atomic_load(&s->refreshed), 20);
}

static void a_stream_grows_while_a_handler_runs(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    serve(s, bus, &group, publish_more);
    for (uint32_t i = 0; i < BATCH; i++)
        assert_int_equal(publish(bus, &kept, i), CATGA_OK);
    wait_until(atomic_load(&s->total) == 2 * BATCH);
    pause_for(100);
    for (uint32_t i = 0; i < 2 * BATCH; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

static void handlers_of_one_event_fail_independently(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    atomic_store(&s->failures, 100);
    serve(s, bus, &twofold, notify);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(publish(bus, &kept, i), CATGA_OK);
    wait_until(catga_count(bus).dead_letters == 3);
    assert_int_equal(atomic_load(&s->total), 9); /* three attempts at each event */
    assert_int_equal(atomic_load(&s->refreshed), 3);
    assert_int_equal(catga_count(bus).handled, 3);
}

static void each_service_gets_it_once_and_each_replica_a_broadcast(void **state)
{
    fixture *s = *state;
    catga_bus *first = join(s, "a");
    catga_bus *second = join(s, "b");

    serve(s, first, &both, notify);
    serve(s, second, &both, notify);
    serve(s, second, &other_group, notify);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(publish(first, &kept, i), CATGA_OK);
    wait_until(atomic_load(&s->total) == 40 && atomic_load(&s->refreshed) == 40);
    pause_for(100);
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 2);
    assert_int_equal(atomic_load(&s->refreshed), 40);
}

static void events_of_a_stopped_replica_are_handled_by_another(void **state)
{
    fixture *s = *state;
    catga_bus *first = join(s, "a");
    catga_bus *second = join(s, "b");

    serve(s, second, &group, notify);
    fixture_leave(&s->base);
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(publish(first, &kept, i), CATGA_OK);
    pause_for(100);
    assert_int_equal(atomic_load(&s->total), 0);
    serve(s, first, &group, notify);
    wait_until(atomic_load(&s->total) == 5);
}

/* ---- Results of handlers ---- */

static void a_failed_event_is_retried(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    atomic_store(&s->failures, 2);
    serve(s, bus, &group, notify);
    assert_int_equal(publish(bus, &kept, 7), CATGA_OK);
    wait_until(catga_count(bus).handled == 1);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(atomic_load(&s->last_attempt), 3);
    assert_int_equal(catga_count(bus).retried_later, 2);
    assert_int_equal(catga_count(bus).dead_letters, 0);
}

static void the_last_attempt_makes_a_dead_letter(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    atomic_store(&s->failures, 100);
    serve(s, bus, &group, notify);
    assert_int_equal(publish(bus, &kept, 7), CATGA_OK);
    wait_until(catga_count(bus).dead_letters == 1);
    pause_for(600);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(catga_count(bus).dead_letters, 1);
}

static void a_rejected_event_is_not_retried(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    serve(s, bus, &group, reject);
    assert_int_equal(publish(bus, &kept, 7), CATGA_OK);
    wait_until(catga_count(bus).dead_letters == 1);
    pause_for(600);
    assert_int_equal(atomic_load(&s->total), 1);
}

static void without_dead_letters_an_event_is_given_up(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    atomic_store(&s->failures, 1);
    serve(s, bus, &frail_group, notify);
    assert_int_equal(publish(bus, &frail, 7), CATGA_OK);
    assert_int_equal(publish(bus, &frail, 8), CATGA_OK);
    wait_until(catga_count(bus).given_up == 1 && catga_count(bus).handled == 1);
    pause_for(500);
    assert_int_equal(atomic_load(&s->total), 2);
}

static void a_handler_chooses_the_pause(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    atomic_store(&s->failures, 1);
    serve(s, bus, &group, postpone);
    assert_int_equal(publish(bus, &kept, 7), CATGA_OK);
    wait_until(atomic_load(&s->total) == 1);
    pause_for(150);
    assert_int_equal(atomic_load(&s->total), 1);
    wait_until(catga_count(bus).handled == 1);
    assert_int_equal(atomic_load(&s->total), 2);
}

/* ---- Dead letters ---- */

/* The result of visiting the dead letters. */
typedef struct seen {
    unsigned count;
    unsigned wanted; /* number of dead letters after which it stops */
    uint64_t number;
    uint32_t attempts;
    uint64_t sequence;
    bool has_id;
    char handler[64];
    char cause[128];
    char subject[128];
    char json[128];
} seen;

static void copy(char *text, size_t size, catga_string string)
{
    snprintf(text, size, "%.*s", CATGA_PRINT(string));
}

static bool see(const catga_dead_letter *letter, void *user)
{
    seen *s = user;
    const uint8_t *root;

    s->number = letter->number;
    s->attempts = letter->attempts;
    s->sequence = letter->sequence;
    s->has_id = letter->message_id.length == 22;
    copy(s->handler, sizeof s->handler, letter->handler);
    copy(s->cause, sizeof s->cause, letter->cause);
    copy(s->subject, sizeof s->subject, letter->subject);
    assert_int_equal(
        catga_verify(&sample_noted_table, letter->data.data, letter->data.length, &root, NULL),
        CATGA_OK);
    catga_json_write(&sample_noted_table, root, s->json, sizeof s->json);
    return ++s->count != s->wanted;
}

static seen look(catga_bus *bus, uint64_t first, unsigned wanted)
{
    seen s = {.wanted = wanted};

    assert_int_equal(catga_dead_letters(bus, "SAMPLE_V1", first, see, &s), CATGA_OK);
    return s;
}

static catga_status reject_some(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    note(s, view);
    if (catga_context_message_id(context).length != 22)
        return CATGA_INVALID_ARGUMENT;
    return is_to_fail(s) ? catga_reject(context, "not %u", (unsigned)sample_get_number(view))
                         : CATGA_OK;
}

/* A dead letter of the first of two services. */
static catga_bus *have_dead_letters(fixture *s, unsigned count)
{
    catga_bus *bus = join(s, "a");

    serve(s, bus, &group, reject_some);
    serve(s, join(s, "b"), &other_group, refresh);
    atomic_store(&s->failures, count);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(publish(bus, &kept, 7 + i), CATGA_OK);
    wait_until(catga_count(bus).dead_letters == count && atomic_load(&s->refreshed) == count);
    return bus;
}

static void dead_letters_can_be_listed(void **state)
{
    fixture *s = *state;
    catga_bus *bus = have_dead_letters(s, 3);
    seen first = look(bus, 1, 1);
    char subject[128];

    assert_int_equal(first.count, 1);
    assert_int_equal(first.number, 1);
    assert_int_equal(first.attempts, 1);
    assert_int_equal(first.sequence, 1);
    assert_true(first.has_id);
    assert_string_equal(first.handler, "Reader__notify");
    assert_string_equal(first.cause, "the handler rejected it: not 7");
    snprintf(subject, sizeof subject, "%s.events.sample.v1.Kept", s->base.prefix);
    assert_string_equal(first.subject, subject);
    assert_string_equal(first.json, "{\"text\":\"kept\",\"number\":7}");
    assert_int_equal(look(bus, 1, 0).count, 3);
    assert_int_equal(look(bus, 3, 0).count, 1);
    assert_string_equal(look(bus, 3, 0).json, "{\"text\":\"kept\",\"number\":9}");
    assert_int_equal(look(bus, 4, 0).count, 0);
}

static void a_dead_letter_is_replayed_by_its_own_handler(void **state)
{
    fixture *s = *state;
    catga_bus *bus = have_dead_letters(s, 2);
    catga_problem problem;

    atomic_store(&s->failures, 1);
    assert_int_equal(catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 2000, &problem),
                     CATGA_HANDLER_FAILED);
    assert_string_equal(problem.text, "not 7");
    assert_int_equal(look(bus, 1, 0).count, 2);
    assert_int_equal(catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 2000, &problem), CATGA_OK);
    assert_int_equal(atomic_load(&s->handled[7]), 3);
    assert_int_equal(atomic_load(&s->handled[8]), 1);
    assert_int_equal(look(bus, 1, 0).count, 1);
    assert_int_equal(look(bus, 1, 0).number, 2);
    assert_int_equal(catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 2000, NULL), CATGA_NOT_FOUND);
    pause_for(300);
    assert_int_equal(atomic_load(&s->refreshed), 2); /* the other service has handled both */
    assert_int_equal(catga_count(bus).dead_letters, 2);
}

static void a_dead_letter_of_an_absent_handler_stays(void **state)
{
    fixture *s = *state;
    catga_bus *viewer = join(s, "viewer");
    catga_bus *bus = have_dead_letters(s, 1);

    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(catga_dead_letter_replay(viewer, "SAMPLE_V1", 1, 2000, NULL),
                     CATGA_NO_RESPONDERS);
    assert_int_equal(look(viewer, 1, 0).count, 1);
}

static catga_status reject_when_told(catga_context *context, sample_view view)
{
    (void)wait_to_end(context, view);
    return catga_reject(context, "told to");
}

/* Both dead letters are stored within the de-duplication window of their stream. */
static void two_events_of_one_id_make_two_dead_letters(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");
    seen all = {.count = 0};
    char subject[128];
    peer other;

    serve(s, bus, &hasty_group, reject_when_told);
    peer_open(&other, s->base.broker);
    snprintf(subject, sizeof subject, "%s.events.hasty.v1.Kept", s->base.prefix);
    peer_store(&other, subject, "one", 1);
    pause_for(300);
    peer_store(&other, subject, "one", 2);
    wait_until(atomic_load(&s->total) == 1);
    sem_post(&s->base.may_end);
    sem_post(&s->base.may_end);
    wait_until(catga_count(bus).dead_letters == 2);
    assert_int_equal(catga_dead_letters(bus, "HASTY_V1", 1, see, &all), CATGA_OK);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.sequence, 2);
    peer_close(&other);
}

static void a_dead_letter_can_be_removed(void **state)
{
    fixture *s = *state;
    catga_bus *bus = have_dead_letters(s, 2);
    seen none = {.count = 0};

    assert_int_equal(catga_dead_letter_remove(bus, "SAMPLE_V1", 1), CATGA_OK);
    assert_int_equal(catga_dead_letter_remove(bus, "SAMPLE_V1", 1), CATGA_NOT_FOUND);
    assert_int_equal(catga_dead_letter_remove(bus, "SAMPLE_V1", 17), CATGA_NOT_FOUND);
    assert_int_equal(look(bus, 1, 0).number, 2);
    assert_int_equal(catga_dead_letters(bus, "OTHER_V1", 1, see, &none), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_dead_letters(bus, "no.stream", 1, see, &none), CATGA_INVALID_ARGUMENT);
    assert_int_equal(none.count, 0);
}

/* ---- Time ---- */

static void a_slow_handler_keeps_its_event(void **state)
{
    fixture *s = *state;
    catga_bus *first = join(s, "a");
    catga_bus *second = join(s, "b");

    serve(s, first, &group, wait_to_end);
    serve(s, second, &group, wait_to_end);
    assert_int_equal(publish(first, &kept, 7), CATGA_OK);
    pause_for(1300); /* more than three times the ack_wait of a silent replica */
    assert_int_equal(atomic_load(&s->total), 1);
    sem_post(&s->base.may_end);
    wait_until(catga_count(first).handled + catga_count(second).handled == 1);
    pause_for(600);
    assert_int_equal(atomic_load(&s->total), 1);
}

static void draining_finishes_delivered_events(void **state)
{
    fixture *s = *state;
    catga_bus *first = join(s, "a");
    catga_bus *second = join(s, "b");

    serve(s, second, &group, notify);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(publish(first, &kept, i), CATGA_OK);
    assert_int_equal(catga_drain(second), CATGA_OK);
    serve(s, first, &group, notify);
    wait_until(atomic_load(&s->total) >= 100);
    pause_for(600);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

/* ---- A backlog ---- */

static void raise_to(atomic_uint *most, unsigned value)
{
    unsigned before = atomic_load(most);

    while (before < value && !atomic_compare_exchange_weak(most, &before, value))
        continue;
}

/* Takes run_ms; one event takes three times the ack_wait of a silent replica. */
static catga_status take_long(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    uint32_t number = sample_get_number(view);
    unsigned before = atomic_load(&s->total);

    atomic_store(&s->begun, number);
    raise_to(&s->most_running, atomic_fetch_add(&s->running, 1) + 1);
    raise_to(&s->most_attempts, catga_context_attempt(context));
    if (number != before)
        atomic_fetch_add(&s->out_of_order, 1);
    pause_for(number == s->stuck ? 1300 : s->run_ms);
    note(s, view);
    atomic_fetch_sub(&s->running, 1);
    return CATGA_OK;
}

static void publish_many(catga_bus *bus, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(publish(bus, &kept, i), CATGA_OK);
}

static void assert_each_ran_once(fixture *s, catga_bus *bus, uint32_t count)
{
    wait_until(atomic_load(&s->total) >= count && catga_count(bus).handled >= count);
    for (uint32_t i = 0; i < count; i++)
        if (atomic_load(&s->handled[i]) != 1)
            fail_msg("event %u ran %u times", i, atomic_load(&s->handled[i]));
    assert_int_equal(catga_count(bus).redelivered, 0);
    assert_int_equal(catga_count(bus).dead_letters, 0);
    assert_int_equal(atomic_load(&s->most_attempts), 1);
}

/* Altogether this takes six times the ack_wait of a silent replica. */
static void a_backlog_of_a_slow_handler_meets_no_redelivery(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    s->run_ms = 60;
    s->stuck = UINT32_MAX;
    publish_many(bus, 40);
    serve(s, bus, &group, take_long);
    assert_each_ran_once(s, bus, 40);
    assert_int_equal(atomic_load(&s->out_of_order), 0);
}

/* A quick handler holds many events; then one event takes long. */
static void events_behind_a_slow_event_get_in_progress_acks(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    s->stuck = 150;
    publish_many(bus, 300);
    serve(s, bus, &group, take_long);
    assert_each_ran_once(s, bus, 300);
    assert_int_equal(atomic_load(&s->out_of_order), 0);
}

static void free_workers_get_events(void **state)
{
    fixture *s = *state;

    s->workers = 8;
    s->run_ms = 100;
    s->stuck = UINT32_MAX;
    catga_bus *bus = join(s, "a");

    publish_many(bus, 32);
    serve(s, bus, &group, take_long);
    assert_each_ran_once(s, bus, 32);
    assert_int_equal(atomic_load(&s->most_running), 8);
}

/* Each event is larger than half of the limit for waiting bytes. */
static void large_events_wait_at_the_server(void **state)
{
    fixture *s = *state;
    static char text[40001];

    s->pending_bytes = 65536;
    s->run_ms = 1;
    s->stuck = UINT32_MAX;
    catga_bus *bus = join(s, "a");

    memset(text, 'x', sizeof text - 1);
    for (uint32_t i = 0; i < 60; i++) {
        const sample large = {catga_str(text), i};
        assert_int_equal(catga_publish(bus, &kept, &large), CATGA_OK);
    }
    serve(s, bus, &group, take_long);
    assert_each_ran_once(s, bus, 60);
}

static void draining_hands_back_waiting_events(void **state)
{
    fixture *s = *state;
    catga_bus *first = join(s, "a");
    catga_bus *second = join(s, "b");

    s->stuck = 100; /* some events wait behind it in the process */
    publish_many(first, 200);
    serve(s, second, &group, take_long);
    wait_until(atomic_load(&s->begun) == s->stuck);
    assert_int_equal(catga_drain(second), CATGA_OK);
    assert_int_equal(atomic_load(&s->total), 101);
    s->stuck = UINT32_MAX;
    serve(s, first, &group, take_long);
    wait_until(atomic_load(&s->total) >= 200);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_stage, fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(an_event_without_handlers_is_kept_for_them),
        CASE(many_without_waiting),
        CASE(publishes_in_flight_are_limited),
        CASE(a_publisher_with_a_handler_gets_its_event_once),
        CASE(a_stream_grows_while_a_handler_runs),
        CASE(handlers_of_one_event_fail_independently),
        CASE(an_invalid_event_is_not_stored),
        CASE(a_stream_with_other_settings_is_left_alone),
        CASE(each_service_gets_it_once_and_each_replica_a_broadcast),
        CASE(events_of_a_stopped_replica_are_handled_by_another),
        CASE(a_failed_event_is_retried),
        CASE(the_last_attempt_makes_a_dead_letter),
        CASE(a_rejected_event_is_not_retried),
        CASE(without_dead_letters_an_event_is_given_up),
        CASE(a_handler_chooses_the_pause),
        CASE(dead_letters_can_be_listed),
        CASE(a_dead_letter_is_replayed_by_its_own_handler),
        CASE(a_dead_letter_of_an_absent_handler_stays),
        CASE(a_dead_letter_can_be_removed),
        CASE(two_events_of_one_id_make_two_dead_letters),
        CASE(a_slow_handler_keeps_its_event),
        CASE(draining_finishes_delivered_events),
        CASE(a_backlog_of_a_slow_handler_meets_no_redelivery),
        CASE(events_behind_a_slow_event_get_in_progress_acks),
        CASE(free_workers_get_events),
        CASE(large_events_wait_at_the_server),
        CASE(draining_hands_back_waiting_events),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
