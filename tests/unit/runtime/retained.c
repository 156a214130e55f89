/* Payloads that calls with a callback retain: limited while they are under way, and freed
 * afterwards. */
#include "bus/bus_state.h"
#include "bus_fixture.h"

#include <semaphore.h>
#include <stdatomic.h>

enum { LARGE = 90000, MANY = 400 };

typedef struct fixture {
    atomic_uint done;
    atomic_int status; /* the last status other than CATGA_OK */
    sem_t may_end;
    atomic_uint lines; /* log lines that name the option */
} fixture;

static char text[LARGE];

static sample of_length(size_t length)
{
    return (sample){{text, length}, 7};
}

static catga_status wait_and_answer(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    const sample answer = {{"done", 4}, sample_get_number(view)};

    sem_wait(&s->may_end);
    return catga_answer(context, &sample_ask_message, &answer);
}

static const sample_answerer answerer = {wait_and_answer, wait_and_answer};

static void on_reply(catga_status status, sample_view reply, const catga_error *error, void *user)
{
    fixture *s = user;

    (void)reply;
    (void)error;
    if (status != CATGA_OK)
        atomic_store(&s->status, (int)status);
    atomic_fetch_add(&s->done, 1);
}

static catga_status ask(catga_bus *bus, fixture *s, size_t length)
{
    static catga_message patient;
    const sample input = of_length(length);

    patient = sample_ask_message;
    patient.timeout_ms = 60000;
    return catga_send(bus, &patient, &input, sample_deliver, (catga_function)on_reply, s);
}

static void let_end(fixture *s, unsigned count, unsigned done)
{
    for (unsigned i = 0; i < count; i++)
        sem_post(&s->may_end);
    wait_until(s->done == done);
}

static void note_line(void *user, catga_log_level level, const char *line)
{
    fixture *s = user;

    (void)level;
    if (strstr(line, "in_flight_bytes") != NULL)
        atomic_fetch_add(&s->lines, 1);
}

static void begin(fixture *s)
{
    memset(s, 0, sizeof *s);
    memset(text, 'x', sizeof text);
    sem_init(&s->may_end, 0, 0);
}

/* Returns the bytes of all buffers in the slots of a bus. */
static size_t buffered(const catga_bus *bus)
{
    size_t sum = 0;

    for (uint32_t i = 0; i < bus->state->calls.count; i++)
        sum += bus->state->calls.slots[i].request.copy.capacity;
    return sum;
}

static void a_burst_of_large_calls_leaves_nothing_behind(void **state)
{
    bus_fixture *f = *state;
    catga_bus *client = open_bus(f->broker, (catga_options){0});
    fixture s;

    begin(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &answerer, &s), CATGA_OK);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(ask(client, &s, LARGE), CATGA_OK);
    assert_true(buffered(client) >= (size_t)MANY * LARGE);
    let_end(&s, MANY, MANY);
    assert_int_equal(s.status, CATGA_OK);
    assert_int_equal(buffered(client), 0);
    assert_int_equal(client->state->retained.held, 0);
    catga_close(client);
}

static void a_slot_keeps_the_buffer_of_small_calls(void **state)
{
    bus_fixture *f = *state;
    catga_bus *client = open_bus(f->broker, (catga_options){0});
    catga_retained *copy = &client->state->calls.slots[0].request.copy;
    fixture s;

    begin(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &answerer, &s), CATGA_OK);
    assert_int_equal(ask(client, &s, 3000), CATGA_OK);
    let_end(&s, 1, 1);
    const uint8_t *bytes = copy->bytes;
    assert_non_null(bytes);
    for (unsigned i = 2; i < 20; i++) {
        assert_int_equal(ask(client, &s, 3000 - 100 * i), CATGA_OK);
        let_end(&s, 1, i);
        assert_ptr_equal(copy->bytes, bytes);
    }
    assert_true(buffered(client) <= CATGA_RETAINED_SMALL);
    catga_close(client);
}

static void calls_beyond_the_byte_limit_are_rejected(void **state)
{
    bus_fixture *f = *state;
    fixture s;
    catga_bus *client = open_bus(
        f->broker, (catga_options){.in_flight_bytes = 200000, .log = note_line, .log_user = &s});

    begin(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &answerer, &s), CATGA_OK);
    assert_int_equal(ask(client, &s, LARGE), CATGA_OK);
    assert_int_equal(ask(client, &s, LARGE), CATGA_OK);
    assert_int_equal(ask(client, &s, LARGE), CATGA_OVERLOADED);
    assert_int_equal(s.lines, 1);
    assert_int_equal(ask(client, &s, 100), CATGA_OK); /* in_flight limits small calls */
    let_end(&s, 3, 3);
    assert_int_equal(ask(client, &s, LARGE), CATGA_OK);
    let_end(&s, 1, 4);
    assert_int_equal(s.status, CATGA_OK);
    assert_int_equal(client->state->retained.held, 0);
    catga_close(client);
}

static void calls_beyond_the_call_limit_name_it(void **state)
{
    bus_fixture *f = *state;
    catga_bus *client = open_bus(f->broker, (catga_options){.in_flight = 1});
    const sample input = of_length(10);
    catga_reply reply;
    fixture s;

    begin(&s);
    assert_int_equal(catga_serve(f->bus, &sample_answerer_service, &answerer, &s), CATGA_OK);
    assert_int_equal(ask(client, &s, 10), CATGA_OK);
    assert_int_equal(catga_call(client, &sample_ask_message, &input, &reply), CATGA_OVERLOADED);
    assert_non_null(strstr(reply.error.text.data, "in_flight=1"));
    catga_received_free(reply.received);
    let_end(&s, 1, 1);
    catga_close(client);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_burst_of_large_calls_leaves_nothing_behind),
        CASE(a_slot_keeps_the_buffer_of_small_calls),
        CASE(calls_beyond_the_byte_limit_are_rejected),
        CASE(calls_beyond_the_call_limit_name_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
