/* Faults that a test injects into the local server, and its clock. */
#include "bus_fixture.h"
#include "kept.h"

#include <stdatomic.h>

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 1000, .retries = 2);
/* The first pause is longer than the deadline: the publisher gets the first answer. */
static const catga_message hasty = KEPT(&delivery, .timeout_ms = 10000, .backoff_ms = 60000);
static const catga_message quick_echo = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .kind = CATGA_COMMAND,
    .timeout_ms = 300,
    .retries = 2,
};
static const catga_message quick_ask = {
    .subject = "catga.queries.sample.v1.Ask",
    .table = &sample_ask_table,
    .result = &sample_answer_table,
    .kind = CATGA_QUERY,
    .timeout_ms = 2000,
    .retries = 1,
};

static const catga_handler group_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service group = {"Reader", group_handlers, 1, sizeof(sample_listener), NULL};
static const catga_handler broadcast_handlers[] = {
    {"refresh", &kept, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
static const catga_service broadcast = {"Reader", broadcast_handlers, 1, sizeof(sample_listener),
                                        NULL};
static const catga_handler answerer_handlers[] = {
    {"echo", &quick_echo, CATGA_GROUP, offsetof(sample_answerer, echo), sample_answerer_run_echo,
     NULL},
    {"ask", &quick_ask, CATGA_GROUP, offsetof(sample_answerer, ask), sample_answerer_run_ask, NULL},
};
static const catga_service answerer = {"Answerer", answerer_handlers, 2, sizeof(sample_answerer),
                                       NULL};

/* Numbers that a handler received, in order. */
typedef struct record {
    atomic_uint count;
    atomic_uint numbers[16];
} record;

static catga_status take(catga_context *context, sample_view view)
{
    record *r = catga_context_user(context);

    atomic_store(&r->numbers[atomic_load(&r->count)], sample_get_number(view));
    atomic_fetch_add(&r->count, 1);
    return CATGA_OK;
}

static catga_status answer(catga_context *context, sample_view view, const catga_message *message)
{
    const sample reply = {sample_get_text(view), 1};

    (void)take(context, view);
    return catga_answer(context, message, &reply);
}

static catga_status echo(catga_context *context, sample_view view)
{
    return answer(context, view, &quick_echo);
}

static catga_status ask(catga_context *context, sample_view view)
{
    return answer(context, view, &quick_ask);
}

static void serve(catga_bus *bus, const catga_service *service, record *r)
{
    static const sample_listener functions = {take, take};

    assert_int_equal(catga_serve(bus, service, &functions, r), CATGA_OK);
}

static catga_status publish(catga_bus *bus, const catga_message *message, uint32_t number)
{
    const sample event = {{"kept", 4}, number};

    return catga_publish(bus, message, &event);
}

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

/* ---- Storing ---- */

static void a_lost_event_is_sent_again_and_stored_once(void **state)
{
    static const catga_local_fault faults[] = {
        CATGA_LOCAL_LOSE_PUBLISH, CATGA_LOCAL_LOSE_PUBLISH_ACK, CATGA_LOCAL_REFUSE_PUBLISH};
    bus_fixture *f = *state;
    record r = {0};

    serve(f->bus, &group, &r);
    for (uint32_t i = 0; i < 3; i++) {
        catga_local_inject(f->broker, faults[i], 1);
        assert_int_equal(publish(f->bus, &kept, i), CATGA_OK);
    }
    wait_idle(f);
    assert_int_equal(r.count, 3);
}

/* Publishing has one of three outcomes, and the status names it. */
static void stored_refused_or_unknown(void **state)
{
    bus_fixture *f = *state;
    record r = {0};

    assert_int_equal(publish(f->bus, &kept, 1), CATGA_OK);
    catga_local_set_limits(f->broker, "SAMPLE_V1", 1, 0);
    assert_int_equal(publish(f->bus, &hasty, 2), CATGA_OVERLOADED); /* it is not stored */
    catga_local_set_connected(f->broker, false);
    assert_int_equal(publish(f->bus, &hasty, 3), CATGA_DISCONNECTED); /* it is not stored */
    catga_local_set_connected(f->broker, true);
    serve(f->bus, &group, &r);
    wait_idle(f);
    assert_int_equal(r.count, 1);
}

/* ---- Delivery ---- */

static void the_third_acknowledgement_is_lost(void **state)
{
    bus_fixture *f = *state;
    record r = {0};

    serve(f->bus, &group, &r);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_ACK, 3);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(publish(f->bus, &kept, i), CATGA_OK);
    wait_until(catga_count(f->bus).handled == 4);
    pause_for(50);
    assert_int_equal(r.count, 4);
    catga_local_advance(f->broker, 5000); /* ack_wait_ms */
    wait_until(r.count == 5);
    assert_int_equal(r.numbers[4], 2);
    assert_int_equal(catga_count(f->bus).redelivered, 1);
}

static void a_duplicate_comes_at_once(void **state)
{
    bus_fixture *f = *state;
    record r = {0};

    serve(f->bus, &group, &r);
    catga_local_inject(f->broker, CATGA_LOCAL_DUPLICATE, 1);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_ACK, 1);
    assert_int_equal(publish(f->bus, &kept, 7), CATGA_OK);
    wait_until(r.count == 2);
}

static void a_delay_passes_by_the_clock(void **state)
{
    bus_fixture *f = *state;
    record r = {0};

    serve(f->bus, &group, &r);
    catga_local_inject(f->broker, CATGA_LOCAL_DELAY, 1);
    assert_int_equal(publish(f->bus, &kept, 7), CATGA_OK);
    assert_int_equal(publish(f->bus, &kept, 8), CATGA_OK);
    wait_until(r.count == 1);
    assert_int_equal(r.numbers[0], 8);
    catga_local_advance(f->broker, 1000);
    wait_until(r.count == 2);
    assert_int_equal(r.numbers[1], 7);
}

static void two_change_places(void **state)
{
    bus_fixture *f = *state;
    record r = {0};

    serve(f->bus, &group, &r);
    catga_local_inject(f->broker, CATGA_LOCAL_REORDER, 1);
    for (uint32_t i = 1; i <= 3; i++)
        assert_int_equal(publish(f->bus, &kept, i), CATGA_OK);
    wait_idle(f);
    assert_int_equal(r.count, 3);
    assert_int_equal(r.numbers[0], 2);
    assert_int_equal(r.numbers[1], 1);
    assert_int_equal(r.numbers[2], 3);
}

/* ---- Messages that are not stored ---- */

static void the_second_event_is_lost(void **state)
{
    static const sample_listener functions = {take, take};
    bus_fixture *f = *state;
    record r = {0};

    assert_int_equal(catga_serve(f->bus, &sample_listener_service, &functions, &r), CATGA_OK);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_EVENT, 2);
    for (uint32_t i = 1; i <= 3; i++)
        assert_int_equal(publish(f->bus, &sample_noted_message, i), CATGA_OK);
    wait_until(r.count == 4); /* of two handlers */
    pause_for(20);
    assert_int_equal(r.count, 4);
}

static catga_status call(catga_bus *bus, const catga_message *message)
{
    const sample hello = {{"hello", 5}, 1};
    catga_reply reply;
    catga_status status = catga_call(bus, message, &hello, &reply);

    catga_received_free(reply.received);
    return status;
}

static void a_lost_request_or_answer_is_a_silence(void **state)
{
    static const sample_answerer functions = {echo, ask};
    bus_fixture *f = *state;
    record r = {0};

    assert_int_equal(catga_serve(f->bus, &answerer, &functions, &r), CATGA_OK);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_REQUEST, 1);
    assert_int_equal(call(f->bus, &quick_echo), CATGA_TIMEOUT);
    assert_int_equal(r.count, 0);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_REPLY, 1);
    assert_int_equal(call(f->bus, &quick_echo), CATGA_TIMEOUT);
    assert_int_equal(r.count, 1);
    catga_local_inject(f->broker, CATGA_LOCAL_LOSE_REPLY, 1);
    assert_int_equal(call(f->bus, &quick_ask), CATGA_OK); /* a query is retried */
    assert_int_equal(r.count, 3);
}

/* ---- Replicas that do not return ---- */

/* A broadcast is kept for a replica that is absent for a while, and not for a replica that never
 * returns. */
static void a_broadcast_forgets_a_replica_that_does_not_return(void **state)
{
    enum { HOUR = 3600000 };
    bus_fixture *f = *state;
    record r = {0};

    for (uint32_t hours = 23; hours <= 25; hours += 2) {
        catga_bus *replica = open_bus(f->broker, (catga_options){.instance = "replica"});
        serve(replica, &broadcast, &r);
        wait_until(hours == 23 || r.count == 1);
        catga_close(replica);
        assert_int_equal(publish(f->bus, &kept, hours), CATGA_OK);
        catga_local_advance(f->broker, (int64_t)hours * HOUR);
    }
    catga_bus *replica = open_bus(f->broker, (catga_options){.instance = "replica"});
    serve(replica, &broadcast, &r);
    assert_int_equal(publish(f->bus, &kept, 1), CATGA_OK);
    wait_until(r.numbers[1] == 1);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.numbers[0], 23);
    catga_close(replica);
}

/* A disconnected subscriber stays subscribed, and misses nothing. */
static void a_broadcast_remembers_who_is_cut_off(void **state)
{
    bus_fixture *f = *state;
    record r = {0};

    serve(f->bus, &broadcast, &r);
    catga_local_set_connected(f->broker, false);
    catga_local_advance(f->broker, INT64_C(25) * 3600000);
    catga_local_set_connected(f->broker, true);
    assert_int_equal(publish(f->bus, &kept, 1), CATGA_OK);
    wait_until(r.count == 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        CASE(a_lost_event_is_sent_again_and_stored_once),
        CASE(stored_refused_or_unknown),
        CASE(the_third_acknowledgement_is_lost),
        CASE(a_duplicate_comes_at_once),
        CASE(a_delay_passes_by_the_clock),
        CASE(two_change_places),
        CASE(the_second_event_is_lost),
        CASE(a_lost_request_or_answer_is_a_silence),
        CASE(a_broadcast_forgets_a_replica_that_does_not_return),
        CASE(a_broadcast_remembers_who_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
