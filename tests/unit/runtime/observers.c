/* Observers of messages: the hooks that each message passes, and the facts that they carry. */
#include "bus/bus_state.h"
#include "bus_fixture.h"
#include "observe/observer.h"
#include "server/context.h"

typedef struct notes {
    unsigned sends_begun;
    unsigned sends_ended;
    unsigned handlings_begun;
    unsigned handlings_ended;
    catga_sending sent; /* the last; its pointers may dangle */
    catga_status outcome;
    catga_counter verdict;
} notes;

static notes seen; /* an observer has no state of its own */

static void note_send_begins(const catga_sending *sending)
{
    assert_non_null(sending->outgoing);
    assert_string_equal(sending->outgoing->subject, sending->message->subject);
    seen.sends_begun++;
    seen.sent = *sending;
}

static void note_send_ends(const catga_sending *sending)
{
    seen.sends_ended++;
    seen.sent = *sending;
}

static void note_handling_begins(const catga_context *context)
{
    assert_true(context->incoming->length != 0);
    seen.handlings_begun++;
}

static void note_handling_ends(const catga_context *context)
{
    assert_string_equal(context->endpoint->handler->message->subject, context->message->subject);
    seen.handlings_ended++;
    seen.outcome = context->outcome;
    seen.verdict = context->verdict;
}

static const catga_observer first = {.send_begins = note_send_begins,
                                     .handling_ends = note_handling_ends};
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
    f->bus->state->observers = &both;
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

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        CASE(a_call_begins_and_ends_on_both_sides),
        CASE(a_handler_that_fails_is_observed),
        CASE(each_try_begins_and_the_call_ends_once),
        CASE(an_event_is_observed_when_it_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
