/* Observers of messages: the hooks that each message passes, and the facts that they carry. */
#include "bus/bus_state.h"
#include "bus_fixture.h"
#include "kept.h"
#include "observe/observer.h"
#include "server/context.h"

#include <stdatomic.h>

typedef struct notes {
    unsigned sends_begun;
    unsigned sends_ended;
    unsigned handlings_begun;
    unsigned handlings_ended;
    catga_sending sent; /* the last; its pointers may dangle */
    catga_status outcome;
    catga_counter verdict;
    atomic_uint settled[CATGA_HANDLING_NOTHING]; /* by the action that settled the event */
} notes;

static notes seen; /* an observer has no state of its own */

static void note_send_begins(const catga_observer *self, const catga_sending *sending)
{
    (void)self;
    assert_non_null(sending->envelope);
    assert_string_equal(sending->envelope->outgoing.subject, sending->message->subject);
    seen.sends_begun++;
    seen.sent = *sending;
}

static void note_send_ends(const catga_observer *self, const catga_sending *sending)
{
    (void)self;
    seen.sends_ended++;
    seen.sent = *sending;
}

static void note_handling_begins(const catga_observer *self, catga_context *context)
{
    (void)self;
    assert_true(context->incoming->length != 0);
    seen.handlings_begun++;
}

static void note_handling_ends(const catga_observer *self, const catga_context *context)
{
    (void)self;
    assert_string_equal(context->endpoint->handler->message->subject, context->message->subject);
    seen.handlings_ended++;
    seen.outcome = context->outcome;
    seen.verdict = context->verdict;
}

static void note_settled(const catga_observer *self, const catga_delivered *delivered,
                         catga_handling_action action)
{
    (void)self;
    (void)delivered;
    atomic_fetch_add(&seen.settled[action], 1);
}

static const catga_observer first = {
    .send_begins = note_send_begins, .handling_ends = note_handling_ends, .settled = note_settled};
static const catga_observer both = {
    .next = &first, .send_ends = note_send_ends, .handling_begins = note_handling_begins};

static catga_status echo(catga_context *context, sample_view view)
{
    sample answer = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, &sample_echo_message, &answer);
}

static catga_status time_out(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_TIMEOUT;
}

static void observe(bus_fixture *f)
{
    static const sample_answerer answerer = {echo, time_out};

    seen = (notes){0};
    atomic_store(&f->bus->state->observers, &both);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &answerer, NULL), CATGA_OK);
}

static const sample note = {{"hello", 5}, 1};

static catga_status call(catga_bus *bus, const catga_message *message)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, &note, &reply);

    catga_received_free(reply.received);
    return status;
}

static void a_call_begins_and_ends_on_both_sides(void **state)
{
    bus_fixture *f = *state;

    observe(f);
    assert_int_equal(call(f->bus, &sample_echo_message), CATGA_OK);
    assert_int_equal(seen.sends_begun, 1);
    assert_int_equal(seen.sends_ended, 1);
    assert_int_equal(seen.handlings_begun, 1);
    assert_int_equal(seen.handlings_ended, 1);
    assert_ptr_equal(seen.sent.message, &sample_echo_message);
    assert_int_equal(seen.sent.attempt, 1);
    assert_int_equal(seen.sent.status, CATGA_OK);
    assert_int_equal(seen.outcome, CATGA_OK);
    assert_int_equal(seen.verdict, CATGA_COUNTER_handled);
}

static void a_handler_that_fails_is_observed(void **state)
{
    bus_fixture *f = *state;

    observe(f);
    assert_int_equal(call(f->bus, &sample_ask_message), CATGA_HANDLER_FAILED);
    assert_int_equal(seen.sent.status, CATGA_HANDLER_FAILED);
    assert_int_equal(seen.outcome, CATGA_TIMEOUT);
    assert_int_equal(seen.verdict, CATGA_COUNTER_handlers_failed);
    assert_int_equal(catga_count(f->bus).handlers_failed, 1);
    assert_int_equal(catga_count(f->bus).late_messages, 0);
}

static void each_try_begins_and_the_call_ends_once(void **state)
{
    bus_fixture *f = *state;

    observe(f);
    catga_local_set_connected(f->broker, false);
    assert_int_equal(call(f->bus, &sample_echo_message), CATGA_DISCONNECTED);
    assert_int_equal(seen.sends_begun, 3);
    assert_int_equal(seen.sends_ended, 1);
    assert_int_equal(seen.sent.attempt, 3);
    assert_int_equal(seen.handlings_begun, 0);
    assert_int_equal(catga_count(f->bus).calls_retried, 2);
}

static void an_event_is_observed_when_it_is_sent(void **state)
{
    bus_fixture *f = *state;

    observe(f);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_OK);
    assert_int_equal(seen.sends_begun, 1);
    assert_int_equal(seen.sends_ended, 1);
    assert_ptr_equal(seen.sent.message, &sample_noted_message);
    assert_int_equal(catga_count(f->bus).published, 1);
    assert_int_equal(catga_count(f->bus).calls, 0);
}

/* Nothing was sent: the end has no message. */
static void an_event_that_is_refused_ends_without_a_begin(void **state)
{
    bus_fixture *f = *state;

    observe(f);
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &note), CATGA_DRAINING);
    assert_int_equal(seen.sends_begun, 0);
    assert_int_equal(seen.sends_ended, 1);
    assert_null(seen.sent.envelope);
    assert_int_equal(seen.sent.status, CATGA_DRAINING);
}

static void ignore(catga_status status, const catga_error *error, void *user)
{
    (void)status;
    (void)error;
    (void)user;
}

static const catga_delivery delivery = {
    .stream = &kept_stream, .backoff_ms = 60000, .backoff_longest_ms = 60000, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 1000, .retries = 1);
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

/* The try is reported with its number when it ends the call at once. */
static void a_first_try_that_fails_ends_with_its_number(void **state)
{
    char text[400];
    const sample large = {{text, sizeof text}, 1};
    bus_fixture *f = *state;

    memset(text, 'x', sizeof text);
    assert_int_equal(catga_publish(f->bus, &kept, &note), CATGA_OK); /* the stream exists */
    observe(f);
    catga_local_set_max_payload(f->broker, 300);
    assert_int_equal(catga_publish_async(f->bus, &kept, &large, ignore, NULL), CATGA_TOO_LARGE);
    assert_int_equal(seen.sends_ended, 1);
    assert_int_equal(seen.sent.status, CATGA_TOO_LARGE);
    assert_int_equal(seen.sends_begun, seen.sent.attempt);
}

static catga_status reject(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_HANDLER_FAILED;
}

static void a_stored_event_is_settled(void **state)
{
    static const sample_listener listener = {.notify = reject};
    bus_fixture *f = *state;

    observe(f);
    assert_int_equal(catga_serve(f->bus, &reader, &listener, NULL), CATGA_OK);
    assert_int_equal(catga_publish(f->bus, &kept, &note), CATGA_OK);
    wait_until(atomic_load(&seen.settled[CATGA_HANDLING_RETRY]) == 1);
    catga_local_advance(f->broker, 2 * 60000);
    wait_until(atomic_load(&seen.settled[CATGA_HANDLING_GIVE_UP]) == 1);
    assert_int_equal(atomic_load(&seen.settled[CATGA_HANDLING_DONE]), 0);
    wait_until(catga_count(f->bus).dead_letters == 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        CASE(a_call_begins_and_ends_on_both_sides),
        CASE(a_handler_that_fails_is_observed),
        CASE(each_try_begins_and_the_call_ends_once),
        CASE(an_event_is_observed_when_it_is_sent),
        CASE(an_event_that_is_refused_ends_without_a_begin),
        CASE(a_first_try_that_fails_ends_with_its_number),
        CASE(a_stored_event_is_settled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
