/* Every allocation of the transport fails once, and every thread: opening, subscribing, a request,
 * a stored event and a claim are repeated with the first, the second ... failing. hiredis is not
 * among them: it ends the process. Every acknowledged event arrives. Nothing leaks (under
 * AddressSanitizer). */
#include "bus_fixture.h"
#include "failing_allocations.h"

#include <catga/redis.h>

static const char *const subjects[] = {"catga.events.sample.v1.Kept"};
static const catga_stream stream = {
    .name = "SAMPLE_V1", .subjects = subjects, .subject_count = 1, .window_ms = 120000};
static const catga_delivery delivery = {&stream, 20, 100, true, false};
static const catga_message kept = {.subject = "catga.events.sample.v1.Kept",
                                   .table = &sample_noted_table,
                                   .kind = CATGA_EVENT,
                                   .timeout_ms = 300,
                                   .retries = 2,
                                   .delivery = &delivery};
static const catga_handler handlers[] = {{"notify", &kept, CATGA_GROUP,
                                          offsetof(sample_listener, notify),
                                          sample_listener_run_notify, NULL}};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

static catga_status ask(catga_context *context, sample_view view)
{
    sample same = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, &sample_ask_message, &same);
}

/* A stored event takes memory of its own when it arrives: it is larger than a pooled block. */
enum { EVENTS = 8192, LARGE = 70000 };

static uint32_t last_event;
static bool acknowledged[EVENTS];
static atomic_bool handled[EVENTS];

static catga_status note(catga_context *context, sample_view view)
{
    (void)context;
    atomic_store(&handled[sample_get_number(view) % EVENTS], true);
    return CATGA_OK;
}

/* Publishes the next event, and waits shortly until it is handled. */
static void publish_next(catga_bus *bus)
{
    static char text[LARGE];
    uint32_t number = ++last_event % EVENTS;

    memset(text, 'x', sizeof text);
    const sample event = {{text, sizeof text}, number};
    acknowledged[number] = catga_publish(bus, &kept, &event) == CATGA_OK;
    for (int i = 0; i < 40 && acknowledged[number] && !atomic_load(&handled[number]); i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

static unsigned count_missing(void)
{
    unsigned count = 0;

    for (size_t i = 0; i < EVENTS; i++)
        count += acknowledged[i] && !atomic_load(&handled[i]);
    return count;
}

static void use(catga_bus *bus)
{
    static const sample_answerer answerer = {ask, ask};
    static const sample_listener listener = {note, note};
    const sample hello = {CATGA_STR("hello"), 1};
    catga_message query = sample_ask_message;
    catga_reply reply;

    query.timeout_ms = 300;
    (void)catga_serve(bus, &sample_answerer_service, &answerer, NULL);
    (void)catga_serve(bus, &reader, &listener, NULL);
    (void)catga_call(bus, &query, &hello, &reply);
    catga_received_free(reply.received);
    publish_next(bus);
    (void)catga_publish(bus, &sample_noted_message, &hello);
}

static catga_status open_one(catga_bus **bus)
{
    const catga_options options = {.transport = catga_redis(),
                                   .connect_wait_ms = 2000,
                                   .ack_wait_ms = 1000,
                                   .backlog = 16,
                                   .log = log_nothing};

    return catga_open(bus, &options);
}

static void run(void)
{
    catga_bus *bus;
    catga_status status = open_one(&bus);

    if (status != CATGA_OK) {
        assert_int_equal(status, CATGA_NO_MEMORY);
        return;
    }
    use(bus);
    catga_close(bus);
}

/* The events that were left pending arrive with the memory. */
static void assert_all_arrive(void)
{
    static const sample_listener listener = {note, note};
    catga_bus *bus;

    assert_int_equal(open_one(&bus), CATGA_OK);
    assert_int_equal(catga_serve(bus, &reader, &listener, NULL), CATGA_OK);
    for (int i = 0; i < 2000 && count_missing() != 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(count_missing(), 0);
    catga_close(bus);
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    run(); /* the server has the streams */
    int count = fail_each_allocation(run);
    print_message("%d allocations\n", count);
    assert_true(count > 20);
    assert_all_arrive();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
