/* Limits that a test sets on the local server: payloads, streams, buckets, subjects. */
#include "base/clock.h"
#include "bus/round_trip.h"
#include "bus_fixture.h"
#include "kept.h"

#include <stdio.h>

static const catga_delivery delivery = {.stream = &kept_stream};
/* The first pause is longer than the deadline: the publisher gets the server's first answer. */
static const catga_message kept = KEPT(&delivery, .timeout_ms = 10000, .backoff_ms = 60000);
static const catga_message kept_longer = KEPT(&delivery, .timeout_ms = 2000);

static catga_status publish(catga_bus *bus, const catga_message *message, catga_string text)
{
    const sample event = {text, 1};

    return catga_publish(bus, message, &event);
}

static catga_status publish_short(catga_bus *bus)
{
    return publish(bus, &kept, CATGA_STR("short"));
}

static void test_a_payload_limit_that_changes(void **state)
{
    char text[400];
    bus_fixture *f = *state;

    memset(text, 'x', sizeof text);
    const catga_string longer = {text, sizeof text};
    assert_int_equal(publish(f->bus, &sample_noted_message, longer), CATGA_OK);
    catga_local_set_max_payload(f->broker, 300);
    assert_int_equal(publish(f->bus, &sample_noted_message, longer), CATGA_TOO_LARGE);
    assert_int_equal(publish(f->bus, &sample_noted_message, CATGA_STR("short")), CATGA_OK);
    catga_local_set_max_payload(f->broker, 1048576);
    assert_int_equal(publish(f->bus, &sample_noted_message, longer), CATGA_OK);
}

static void *lower_the_limit_soon(void *broker)
{
    nanosleep(&(struct timespec){.tv_nsec = 50 * CATGA_MILLISECOND}, NULL);
    catga_local_set_max_payload(broker, 300);
    return NULL;
}

/* The first try is stored, and its acknowledgement is lost. That the second try is too large says
 * nothing about the first. */
static void test_a_refusal_after_a_lost_acknowledgement_is_no_certainty(void **state)
{
    char text[400];
    bus_fixture *f = *state;
    pthread_t thread;

    memset(text, 'x', sizeof text);
    assert_int_equal(publish_short(f->bus), CATGA_OK);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_PUBLISH_ACK, 1);
    assert_int_equal(pthread_create(&thread, NULL, lower_the_limit_soon, f->broker), 0);
    assert_int_equal(publish(f->bus, &kept_longer, (catga_string){text, sizeof text}),
                     CATGA_TIMEOUT);
    pthread_join(thread, NULL);
    assert_int_equal(publish(f->bus, &kept, (catga_string){text, sizeof text}), CATGA_TOO_LARGE);
}

static void test_a_stream_that_is_full_and_has_room_again(void **state)
{
    bus_fixture *f = *state;

    assert_int_equal(catga_local_set_limits(f->broker, "SAMPLE_V1", 1, 0), CATGA_NO_RESPONDERS);
    assert_int_equal(publish_short(f->bus), CATGA_OK);
    assert_int_equal(catga_local_set_limits(f->broker, "SAMPLE_V1", 2, 0), CATGA_OK);
    assert_int_equal(publish_short(f->bus), CATGA_OK);
    assert_int_equal(publish_short(f->bus), CATGA_OVERLOADED);
    assert_int_equal(catga_local_set_limits(f->broker, "SAMPLE_V1", 0, 100), CATGA_OK);
    assert_int_equal(publish_short(f->bus), CATGA_OVERLOADED);
    assert_int_equal(catga_local_set_limits(f->broker, "SAMPLE_V1", 0, 0), CATGA_OK);
    assert_int_equal(publish_short(f->bus), CATGA_OK);
}

/* ---- Buckets ---- */

static const catga_kv_key first = {"NOTES", "first"};
static const catga_kv_key second = {"NOTES", "second"};

typedef struct write_question {
    catga_kv_key place;
    const char *value;
    uint64_t revision;
} write_question;

static catga_status send_write(catga_bus_state *bus_state, const void *question, uint64_t token)
{
    const write_question *write = question;
    const catga_outgoing record = {
        .subject = "", .data = (const uint8_t *)write->value, .length = strlen(write->value)};

    return bus_state->transport->kv->write(bus_state->transport, write->place, &record,
                                           write->revision, token);
}

static catga_status write_record(catga_bus *bus, catga_kv_key place, const char *value,
                                 uint64_t *revision)
{
    const write_question question = {place, value, *revision};
    catga_problem problem;
    catga_incoming answer;
    catga_status status = catga_round_trip(bus->state, send_write, &question,
                                           catga_clock_now() + CATGA_SECOND, &answer);

    if (status != CATGA_OK)
        return status;
    uint64_t written;
    status = bus->state->transport->kv->written(&answer, &written, &problem);
    bus->state->operations->release(&answer);
    if (status == CATGA_OK)
        *revision = written;
    return status;
}

static void test_a_bucket_that_is_full(void **state)
{
    bus_fixture *f = *state;
    const catga_bucket_settings settings = {.name = "NOTES", .max_age_ns = 3600 * CATGA_SECOND};
    catga_problem problem;
    uint64_t of_first = 0;
    uint64_t of_second = 0;

    assert_int_equal(
        f->bus->state->transport->kv->ensure(f->bus->state->transport, &settings, &problem),
        CATGA_OK);
    assert_int_equal(write_record(f->bus, first, "some text", &of_first), CATGA_OK);
    assert_int_equal(catga_local_set_limits(f->broker, "KV_NOTES", 1, 20), CATGA_OK);
    assert_int_equal(write_record(f->bus, second, "text", &of_second), CATGA_OVERLOADED);
    assert_int_equal(write_record(f->bus, first, "another text", &of_first), CATGA_OK);
    assert_int_equal(write_record(f->bus, first, "a text that is too long", &of_first),
                     CATGA_OVERLOADED);
    assert_int_equal(catga_local_set_limits(f->broker, "KV_NOTES", 0, 0), CATGA_OK);
    assert_int_equal(write_record(f->bus, second, "text", &of_second), CATGA_OK);
}

/* ---- Subjects ---- */

static void test_subjects_that_are_refused(void **state)
{
    bus_fixture *f = *state;
    uint64_t revision = 0;

    assert_int_equal(catga_local_set_allowed(f->broker, "catga.events.>", false), CATGA_OK);
    assert_int_equal(publish(f->bus, &sample_noted_message, CATGA_STR("no")), CATGA_NOT_PERMITTED);
    assert_int_equal(catga_local_set_allowed(f->broker, "catga.events.>", true), CATGA_OK);
    assert_int_equal(publish(f->bus, &sample_noted_message, CATGA_STR("yes")), CATGA_OK);
    assert_int_equal(catga_local_set_allowed(f->broker, "$KV.NOTES.first", false), CATGA_OK);
    assert_int_equal(write_record(f->bus, first, "", &revision), CATGA_NOT_PERMITTED);
    assert_int_not_equal(write_record(f->bus, second, "", &revision), CATGA_NOT_PERMITTED);
}

static void test_only_so_many_subjects_are_refused(void **state)
{
    bus_fixture *f = *state;
    char subject[16];

    for (unsigned i = 0; i < 33; i++) {
        snprintf(subject, sizeof subject, "refused.%u", i);
        assert_int_equal(catga_local_set_allowed(f->broker, subject, false),
                         i < 32 ? CATGA_OK : CATGA_NO_MEMORY);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        CASE(test_a_payload_limit_that_changes),
        CASE(test_a_refusal_after_a_lost_acknowledgement_is_no_certainty),
        CASE(test_a_stream_that_is_full_and_has_room_again),
        CASE(test_a_bucket_that_is_full),
        CASE(test_subjects_that_are_refused),
        CASE(test_only_so_many_subjects_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
