/*
 * Streams on every transport: limits, expected numbers, states, drift, deletion, and work queues.
 * streams local | nats (at $NATS_URL).
 */
#include "fixture.h"
#include "kept.h"
#include "peer.h"

#include <stdatomic.h>
#include <time.h>

typedef struct fixture {
    fixture_base base;
    peer peer;
    catga_problem problem;
    char name[80];
    char subjects[3][96];
    const char *subject_list[3];
    atomic_uint received;
    atomic_uint settlement; /* how `receive` settles */
} fixture;

static int begin(void **state)
{
    static unsigned number;
    fixture *f = fixture_new(sizeof *f, "streams");

    peer_open(&f->peer, f->base.broker);
    number++;
    snprintf(f->name, sizeof f->name, "S_%d_%u", (int)getpid(), number);
    for (int i = 0; i < 3; i++) {
        snprintf(f->subjects[i], sizeof f->subjects[i], "s.%d.%u.%c", (int)getpid(), number,
                 'a' + i);
        f->subject_list[i] = f->subjects[i];
    }
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;

    (void)f->peer.transport->streams->remove(f->peer.transport, f->name, &f->problem);
    peer_close(&f->peer);
    return fixture_clear(state);
}

static catga_stream_settings settings_of(const fixture *f)
{
    return (catga_stream_settings){.name = f->name,
                                   .subjects = f->subject_list,
                                   .subject_count = 2,
                                   .window_ns = 100 * CATGA_MILLISECOND,
                                   .replicas = 1,
                                   .compared = CATGA_STREAM_DELIVERY};
}

static catga_status ensure(fixture *f, const catga_stream_settings *settings)
{
    f->problem.text[0] = '\0';
    return f->peer.transport->streams->ensure(f->peer.transport, settings, &f->problem);
}

static void make(fixture *f, const catga_stream_settings *settings)
{
    if (ensure(f, settings) != CATGA_OK)
        fail_msg("%s", f->problem.text);
}

static catga_stream_state state_of(fixture *f)
{
    catga_stream_state state;

    assert_int_equal(
        f->peer.transport->streams->state(f->peer.transport, f->name, &state, &f->problem),
        CATGA_OK);
    return state;
}

static peer_answer put_message(fixture *f, catga_outgoing message, const char *id)
{
    const catga_header header = {"Nats-Msg-Id", id};
    uint64_t token = peer_token(&f->peer);

    message.headers = &header;
    message.header_count = id != NULL;
    assert_int_equal(f->peer.transport->streams->publish(f->peer.transport, &message, token),
                     CATGA_OK);
    return peer_wait(&f->peer, token);
}

static peer_answer put(fixture *f, int subject, const char *id)
{
    return put_message(f,
                       (catga_outgoing){.subject = f->subjects[subject],
                                        .data = (const uint8_t *)"abc",
                                        .length = 3},
                       id);
}

static peer_answer put_after(fixture *f, int subject, uint64_t expected, const char *id)
{
    return put_message(
        f, (catga_outgoing){.subject = f->subjects[subject], .expects = true, .expected = expected},
        id);
}

/* Lets time pass: of the clock of the local server, or real time. */
static void pass(fixture *f, int milliseconds)
{
    const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    if (f->base.broker != NULL)
        catga_local_advance(f->base.broker, milliseconds);
    else
        nanosleep(&time, NULL);
}

/* ---- Storing --------------------------------------------------------------------------------- */

static void a_stored_message_has_a_number(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);

    settings.window_ns = 60 * CATGA_SECOND;
    make(f, &settings);
    peer_answer first = put(f, 0, "one");
    peer_answer second = put(f, 1, "two");
    peer_answer again = put(f, 0, "one");
    assert_int_equal(first.stored, CATGA_OK);
    assert_int_equal(first.placed.sequence, 1);
    assert_false(first.placed.duplicate);
    assert_int_equal(second.placed.sequence, 2);
    assert_int_equal(again.stored, CATGA_OK);
    assert_int_equal(again.placed.sequence, 1);
    assert_true(again.placed.duplicate);
    assert_int_equal(state_of(f).messages, 2);
}

static void a_message_without_a_stream_is_not_stored(void **state)
{
    assert_int_equal(put(*state, 2, NULL).stored, CATGA_NO_RESPONDERS);
}

static void a_message_may_expect_the_last_of_its_subject(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);

    settings.window_ns = 60 * CATGA_SECOND;
    make(f, &settings);
    assert_int_equal(put_after(f, 0, 1, NULL).stored, CATGA_CONFLICT);
    assert_int_equal(put_after(f, 0, 0, "first").stored, CATGA_OK);
    assert_int_equal(put_after(f, 0, 0, "late").stored, CATGA_CONFLICT);
    assert_int_equal(put_after(f, 1, 0, NULL).placed.sequence, 2);
    assert_int_equal(put_after(f, 0, 2, NULL).stored, CATGA_CONFLICT);
    assert_int_equal(put_after(f, 0, 1, NULL).placed.sequence, 3);
    assert_int_equal(put_after(f, 0, 3, NULL).placed.sequence, 4);

    /* A retry is a duplicate, not a conflict. */
    peer_answer retry = put_after(f, 0, 0, "first");
    assert_int_equal(retry.stored, CATGA_OK);
    assert_true(retry.placed.duplicate);
    assert_int_equal(retry.placed.sequence, 1);
    assert_int_equal(state_of(f).messages, 4);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static void a_full_stream_refuses_messages(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);

    settings.max_messages = 2;
    make(f, &settings);
    assert_int_equal(put(f, 0, NULL).stored, CATGA_OK);
    assert_int_equal(put(f, 0, NULL).stored, CATGA_OK);
    assert_int_equal(put(f, 1, NULL).stored, CATGA_OVERLOADED);
    catga_stream_state full = state_of(f);
    assert_int_equal(full.messages, 2);
    assert_int_equal(full.first_sequence, 1);
    assert_int_equal(full.last_sequence, 2);
}

static void a_full_stream_may_drop_the_oldest_messages(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);

    settings.max_messages = 2;
    settings.drops_oldest = true;
    make(f, &settings);
    for (int i = 0; i < 5; i++)
        assert_int_equal(put(f, i % 2, NULL).stored, CATGA_OK);
    catga_stream_state full = state_of(f);
    assert_int_equal(full.messages, 2);
    assert_int_equal(full.first_sequence, 4);
    assert_int_equal(full.last_sequence, 5);
}

static void a_subject_keeps_its_last_messages(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    catga_incoming message;

    settings.max_per_subject = 2;
    make(f, &settings);
    assert_int_equal(put(f, 1, NULL).stored, CATGA_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(put(f, 0, NULL).stored, CATGA_OK);
    assert_int_equal(state_of(f).messages, 3);
    assert_int_equal(
        f->peer.transport->streams->get(f->peer.transport, f->name, 2, &message, &f->problem),
        CATGA_OK);
    assert_int_equal(message.sequence, 4);
    f->peer.transport->operations->release(&message);
    assert_int_equal(put_after(f, 0, 5, NULL).stored, CATGA_OK);
}

static void a_stream_refuses_large_messages(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    static const uint8_t bytes[600];

    settings.max_message_bytes = 512;
    make(f, &settings);
    catga_outgoing large = {.subject = f->subjects[0], .data = bytes, .length = sizeof bytes};
    assert_int_equal(put_message(f, large, NULL).stored, CATGA_TOO_LARGE);
    assert_int_equal(put(f, 0, NULL).stored, CATGA_OK);
}

static void old_messages_are_removed(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);

    settings.max_age_ns = CATGA_SECOND;
    make(f, &settings);
    assert_int_equal(put(f, 0, NULL).stored, CATGA_OK);
    assert_int_equal(state_of(f).messages, 1);
    pass(f, 1500);
    wait_until(state_of(f).messages == 0);
    catga_stream_state empty = state_of(f);
    assert_int_equal(empty.first_sequence, 2);
    assert_int_equal(empty.last_sequence, 1);
    assert_int_equal(put_after(f, 0, 0, NULL).placed.sequence, 2);
}

/* ---- States, and deletion -------------------------------------------------------------------- */

static void a_stream_describes_itself(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    catga_stream_state found;
    struct timespec now;

    assert_int_equal(
        f->peer.transport->streams->state(f->peer.transport, f->name, &found, &f->problem),
        CATGA_NOT_FOUND);
    make(f, &settings);
    found = state_of(f);
    assert_int_equal(found.messages, 0);
    assert_int_equal(found.first_sequence, 1);
    assert_int_equal(found.last_sequence, 0);
    assert_int_equal(found.first_ns, 0);
    assert_int_equal(found.last_ns, 0);
    put(f, 0, NULL);
    put(f, 1, NULL);
    found = state_of(f);
    clock_gettime(CLOCK_REALTIME, &now);
    assert_int_equal(found.messages, 2);
    assert_true(found.bytes >= 6);
    assert_int_equal(found.consumers, 0);
    assert_true(found.first_ns <= found.last_ns);
    assert_true(found.last_ns <= catga_clock_of(&now));
    assert_true(found.first_ns > catga_clock_of(&now) - 60 * CATGA_SECOND);
}

static void a_deleted_stream_stays_deleted(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    const catga_stream_operations *streams = f->peer.transport->streams;
    catga_stream_state found;

    assert_int_equal(streams->remove(f->peer.transport, f->name, &f->problem), CATGA_NOT_FOUND);
    make(f, &settings);
    put(f, 0, NULL);
    assert_int_equal(streams->remove(f->peer.transport, f->name, &f->problem), CATGA_OK);
    assert_int_equal(put(f, 0, NULL).stored, CATGA_NO_RESPONDERS);
    pass(f, 8000); /* the NATS transport recreates a missing stream within six seconds */
    assert_int_equal(streams->state(f->peer.transport, f->name, &found, &f->problem),
                     CATGA_NOT_FOUND);
    assert_true(streams->usable(f->peer.transport));
    make(f, &settings);
    assert_int_equal(put(f, 0, NULL).placed.sequence, 1);
}

static void an_existing_stream_may_be_required(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);

    settings.only_existing = true;
    assert_int_equal(ensure(f, &settings), CATGA_NOT_FOUND);
    settings.only_existing = false;
    make(f, &settings);
    settings.only_existing = true;
    assert_int_equal(ensure(f, &settings), CATGA_OK);
}

/* ---- Drift ----------------------------------------------------------------------------------- */

static void assert_drift(fixture *f, const catga_stream_settings *settings, const char *text)
{
    if (ensure(f, settings) != CATGA_DRIFTED || strstr(f->problem.text, text) == NULL)
        fail_msg("%s is not in %s", text, f->problem.text);
}

static void each_other_setting_is_named(void **state)
{
    fixture *f = *state;
    catga_stream_settings made = settings_of(f);

    made.max_age_ns = 60 * CATGA_SECOND;
    made.max_bytes = 1000000;
    make(f, &made);
    catga_stream_settings other = made;
    other.compared = ~0U;
    make(f, &other);
    other.max_age_ns = 61 * CATGA_SECOND;
    assert_drift(f, &other, "max_age is 60000000000, and must be 61000000000");
    other.max_bytes = 1000001;
    assert_drift(f, &other, "; max_bytes is 1000000, and must be 1000001");
    other = made;
    other.compared = ~0U;
    other.max_messages = 7;
    assert_drift(f, &other, "and must be 7");
    other = made;
    other.compared = ~0U;
    other.max_per_subject = 7;
    assert_drift(f, &other, "max_msgs_per_subject");
    other = made;
    other.compared = ~0U;
    other.max_message_bytes = 7000;
    assert_drift(f, &other, "max_msg_size");
    other = made;
    other.compared = ~0U;
    other.replicas = 3;
    assert_drift(f, &other, "num_replicas is 1, and must be 3");
    other = made;
    other.compared = ~0U;
    other.in_memory = true;
    assert_drift(f, &other, "storage is ");
    other.work_queue = true;
    assert_drift(f, &other, "retention is ");
    other = made;
    other.compared = ~0U;
    other.drops_oldest = true;
    assert_drift(f, &other, "discard is ");
    other = made;
    other.compared = ~0U;
    other.allow_direct = other.allow_rollup = other.deny_delete = true;
    assert_drift(f, &other, "allow_direct is ");
    assert_drift(f, &other, "allow_rollup_hdrs is ");
}

static void settings_that_are_not_compared_may_differ(void **state)
{
    fixture *f = *state;
    catga_stream_settings made = settings_of(f);

    made.max_age_ns = 60 * CATGA_SECOND;
    made.drops_oldest = true;
    made.in_memory = true;
    make(f, &made);
    catga_stream_settings other = settings_of(f);
    other.compared = 0;
    assert_int_equal(ensure(f, &other), CATGA_OK);
    other.subject_count = 1; /* an existing stream may have more */
    assert_int_equal(ensure(f, &other), CATGA_OK);
    other.subject_count = 3;
    assert_drift(f, &other, f->subjects[2]);
    other.subject_count = 2;
    other.window_ns = CATGA_SECOND;
    assert_drift(f, &other, "duplicate_window is ");
}

static void streams_do_not_share_subjects(void **state)
{
    fixture *f = *state;
    catga_stream_settings made = settings_of(f);
    catga_stream_settings other = settings_of(f);
    char name[90];
    char wide[96];
    const char *list[] = {wide};

    make(f, &made);
    snprintf(name, sizeof name, "%s_2", f->name);
    snprintf(wide, sizeof wide, "%.*s*", (int)strlen(f->subjects[0]) - 1, f->subjects[0]);
    other.name = name;
    other.subjects = list;
    other.subject_count = 1;
    assert_int_equal(ensure(f, &other), CATGA_REFUSED);
    assert_non_null(strstr(f->problem.text, "overlap"));
}

static void a_stream_may_have_wildcards(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    char subjects[4][120];
    const char *list[] = {subjects[0], subjects[1]};

    snprintf(subjects[0], sizeof subjects[0], "%s.*.x", f->subjects[0]);
    snprintf(subjects[1], sizeof subjects[1], "%s.>", f->subjects[1]);
    snprintf(subjects[2], sizeof subjects[2], "%s.7.x", f->subjects[0]);
    snprintf(subjects[3], sizeof subjects[3], "%s.7.y.z", f->subjects[1]);
    settings.subjects = list;
    make(f, &settings);
    assert_int_equal(put_message(f, (catga_outgoing){.subject = subjects[2]}, NULL).stored,
                     CATGA_OK);
    assert_int_equal(put_message(f, (catga_outgoing){.subject = subjects[3]}, NULL).stored,
                     CATGA_OK);
    assert_int_equal(put(f, 1, NULL).stored, CATGA_NO_RESPONDERS);
    subjects[2][strlen(subjects[2]) - 1] = 'y';
    assert_int_equal(put_message(f, (catga_outgoing){.subject = subjects[2]}, NULL).stored,
                     CATGA_NO_RESPONDERS);
}

/* ---- Work queues ----------------------------------------------------------------------------- */

static void receive(void *user, catga_incoming *message)
{
    fixture *f = user;
    catga_transport *transport = f->peer.transport;

    assert_int_equal(transport->streams->settle(transport, message,
                                                (catga_settlement)atomic_load(&f->settlement), 0),
                     CATGA_OK);
    transport->operations->release(message);
    atomic_fetch_add(&f->received, 1);
}

static catga_consumer_settings consumer_of(fixture *f, const char *name)
{
    return (catga_consumer_settings){.stream = f->name,
                                     .name = name,
                                     .subject = f->subjects[0],
                                     .ack_wait_ns = 5 * CATGA_SECOND,
                                     .unacknowledged = 10,
                                     .receive = receive,
                                     .user = f};
}

static catga_status consume(fixture *f, const catga_consumer_settings *consumer,
                            catga_subscription **subscription)
{
    f->problem.text[0] = '\0';
    return f->peer.transport->streams->consume(f->peer.transport, consumer, subscription,
                                               &f->problem);
}

static void leave(fixture *f, catga_subscription *subscription)
{
    catga_transport *transport = f->peer.transport;

    assert_int_equal(transport->operations->drain(transport, subscription, 5000), CATGA_OK);
    transport->operations->unsubscribe(transport, subscription);
}

static void a_work_queue_removes_settled_messages(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    catga_consumer_settings consumer = consumer_of(f, "only");
    catga_subscription *subscription;

    settings.work_queue = true;
    make(f, &settings);
    put(f, 0, NULL);
    put(f, 1, NULL);
    assert_int_equal(state_of(f).messages, 2);
    assert_int_equal(consume(f, &consumer, &subscription), CATGA_OK);
    wait_until(atomic_load(&f->received) == 1);
    wait_until(state_of(f).messages == 1);
    assert_int_equal(state_of(f).consumers, 1);
    atomic_store(&f->settlement, CATGA_SETTLE_GIVE_UP);
    put(f, 0, NULL);
    wait_until(atomic_load(&f->received) == 2);
    wait_until(state_of(f).messages == 1);
    leave(f, subscription);
}

static void a_message_of_a_work_queue_has_one_consumer(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    catga_consumer_settings first = consumer_of(f, "first");
    catga_consumer_settings second = consumer_of(f, "second");
    catga_consumer_settings third = consumer_of(f, "third");
    catga_subscription *subscriptions[2];
    catga_subscription *refused;

    settings.work_queue = true;
    make(f, &settings);
    assert_int_equal(consume(f, &first, &subscriptions[0]), CATGA_OK);
    assert_int_equal(consume(f, &second, &refused), CATGA_REFUSED);
    assert_string_not_equal(f->problem.text, "");
    third.subject = f->subjects[1];
    third.only_new = true;
    assert_int_equal(consume(f, &third, &refused), CATGA_REFUSED);
    third.only_new = false;
    assert_int_equal(consume(f, &third, &subscriptions[1]), CATGA_OK);
    put(f, 0, NULL);
    put(f, 1, NULL);
    wait_until(atomic_load(&f->received) == 2);
    wait_until(state_of(f).messages == 0);
    leave(f, subscriptions[0]);
    leave(f, subscriptions[1]);
}

/* A message that is removed while it is delivered is not delivered again. */
static void a_removed_message_is_not_redelivered(void **state)
{
    fixture *f = *state;
    catga_stream_settings settings = settings_of(f);
    catga_consumer_settings consumer = consumer_of(f, "one");
    catga_subscription *subscription;

    make(f, &settings);
    atomic_store(&f->settlement, CATGA_SETTLE_PROGRESS); /* and not settled */
    consumer.ack_wait_ns = CATGA_SECOND;
    assert_int_equal(consume(f, &consumer, &subscription), CATGA_OK);
    put(f, 0, NULL);
    wait_until(atomic_load(&f->received) == 1);
    assert_int_equal(f->peer.transport->streams->erase(f->peer.transport, f->name, 1, &f->problem),
                     CATGA_OK);
    pass(f, 2500);
    put(f, 0, NULL);
    wait_until(atomic_load(&f->received) >= 2);
    assert_int_equal(atomic_load(&f->received), 2);
    leave(f, subscription);
}

/* ---- The functions of a bus ------------------------------------------------------------------ */

static void a_bus_describes_and_deletes_streams(void **state)
{
    static const catga_delivery delivery = {.stream = &kept_stream};
    static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000);
    static const sample hello = {{"hello", 5}, 7};
    fixture *f = *state;
    catga_bus *bus = fixture_join(&f->base, (catga_options){0});
    catga_stream_state found;

    assert_int_equal(catga_stream_get_state(bus, "SAMPLE_V1", &found), CATGA_NOT_FOUND);
    assert_int_equal(catga_stream_delete(bus, "SAMPLE_V1"), CATGA_NOT_FOUND);
    assert_int_equal(catga_stream_get_state(bus, "SAMPLE.V1", &found), CATGA_INVALID_ARGUMENT);
    assert_int_equal(catga_stream_get_state(bus, NULL, &found), CATGA_INVALID_ARGUMENT);
    assert_int_equal(catga_stream_delete(bus, ""), CATGA_INVALID_ARGUMENT);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(catga_publish(bus, &kept, &hello), CATGA_OK);
        assert_int_equal(catga_publish(bus, &kept, &hello), CATGA_OK);
        assert_int_equal(catga_stream_get_state(bus, "SAMPLE_V1", &found), CATGA_OK);
        assert_int_equal(found.messages, 2);
        assert_int_equal(catga_stream_delete(bus, "SAMPLE_V1"), CATGA_OK);
        assert_int_equal(catga_stream_get_state(bus, "SAMPLE_V1", &found), CATGA_NOT_FOUND);
        assert_int_equal(found.messages, 0);
    }
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, end)
    const struct CMUnitTest cases[] = {
        CASE(a_stored_message_has_a_number),
        CASE(a_message_without_a_stream_is_not_stored),
        CASE(a_message_may_expect_the_last_of_its_subject),
        CASE(a_full_stream_refuses_messages),
        CASE(a_full_stream_may_drop_the_oldest_messages),
        CASE(a_subject_keeps_its_last_messages),
        CASE(a_stream_refuses_large_messages),
        CASE(old_messages_are_removed),
        CASE(a_stream_describes_itself),
        CASE(a_deleted_stream_stays_deleted),
        CASE(an_existing_stream_may_be_required),
        CASE(each_other_setting_is_named),
        CASE(settings_that_are_not_compared_may_differ),
        CASE(streams_do_not_share_subjects),
        CASE(a_stream_may_have_wildcards),
        CASE(a_work_queue_removes_settled_messages),
        CASE(a_message_of_a_work_queue_has_one_consumer),
        CASE(a_removed_message_is_not_redelivered),
        CASE(a_bus_describes_and_deletes_streams),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
