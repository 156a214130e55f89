/*
 * Every allocation of the runtime fails once, and every thread. A run of a small service is
 * repeated with the first, the second, the third ... failing, until a run completes without a
 * failure. Each outcome is a status; nothing leaks (under AddressSanitizer), and nothing hangs.
 */
#include "bus_fixture.h"
#include "failing_allocations.h"
#include "kept.h"

#include <catga/metrics.h>
#include <catga/nodes.h>
#include <catga/trace.h>

/* ---- The run ---- */

static const catga_message quick_echo = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 100,
    .retries = 1,
};

static catga_status reply(catga_context *context, sample_view view)
{
    sample answer = {sample_get_text(view), 1};

    if (sample_get_number(view) == 1)
        return sample_fail(context, &sample_error, "refused");
    return catga_answer(context, &sample_echo_message, &answer);
}

static catga_status take(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static void count_delivery(catga_status status, sample_view view, const catga_error *error,
                           void *user)
{
    (void)status;
    (void)view;
    (void)error;
    atomic_fetch_add((atomic_uint *)user, 1);
}

/* Checks the status of a run with an allocation failure. */
static void assert_explained(catga_status status)
{
    assert_true(status == CATGA_OK || status == CATGA_NO_MEMORY || status == CATGA_NO_RESPONDERS ||
                status == CATGA_HANDLER_FAILED || status == CATGA_TIMEOUT ||
                status == CATGA_DECLARED_ERROR);
}

static void call(catga_bus *bus, const sample *input)
{
    catga_reply answer;

    assert_explained(catga_call(bus, &quick_echo, input, &answer));
    catga_received_free(answer.received);
}

static catga_status pass(catga_context *context, catga_next *next, void *user)
{
    (void)context;
    (void)user;
    return catga_run_next(next);
}

static void use(catga_bus *bus)
{
    static const catga_header login = {"Authorization", "Bearer 1"};
    static const sample_answerer answerer = {reply, reply};
    static const sample_listener listener = {take, take};
    static char text[90000];
    const sample small = {{"x", 1}, 0};
    const sample refused = {{"x", 1}, 1};
    const sample large = {{text, sizeof text}, 0};
    const sample invalid = {{NULL, 0}, 0};
    catga_reply answer;
    atomic_uint delivered = 0;
    unsigned sent = 0;
    catga_bus with = catga_with_headers(bus, &login, 1);

    memset(text, 'x', sizeof text);
    assert_explained(catga_serve(bus, &sample_answerer_service, &answerer, NULL));
    assert_explained(catga_serve(bus, &sample_listener_service, &listener, NULL));
    call(bus, &small);
    call(bus, &refused);
    call(bus, &large);
    catga_status status = catga_call(bus, &quick_echo, &invalid, &answer);
    assert_true(status == CATGA_INVALID_MESSAGE || status == CATGA_NO_MEMORY);
    catga_received_free(answer.received);
    for (int i = 0; i < 3; i++) {
        status = catga_send(i == 1 ? &with : bus, &quick_echo, i == 2 ? &large : &small,
                            sample_deliver, (catga_function)count_delivery, &delivered);
        assert_explained(status);
        sent += status == CATGA_OK;
    }
    assert_explained(catga_publish(bus, &sample_noted_message, &small));
    assert_explained(catga_publish(bus, &sample_noted_message, &large));
    wait_until(delivered == sent);
}

/* ---- JSON ---- */

static const catga_message json_echo = {
    .subject = "json.echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .kind = CATGA_COMMAND,
    .timeout_ms = 100,
    .retries = 1,
    .encoding = &catga_json_encoding,
};
static const catga_handler json_handlers[] = {
    {"echo", &json_echo, CATGA_GROUP, offsetof(sample_answerer, echo), sample_answerer_run_echo,
     NULL},
};
static const catga_service json_service = {"Json", json_handlers, 1, sizeof(sample_answerer), NULL};

static catga_status reply_json(catga_context *context, sample_view view)
{
    const sample answer = {sample_get_text(view), 1};

    return catga_answer(context, &json_echo, &answer);
}

/* Small payloads are on stacks and in cached blocks; the memory of large ones grows. */
static void use_json(catga_bus *bus)
{
    static const sample_answerer answerer = {reply_json, reply_json};
    static char text[90000];
    const sample inputs[] = {{{"x", 1}, 0}, {{text, 5000}, 0}, {{text, sizeof text}, 0}};

    memset(text, 'x', sizeof text);
    assert_explained(catga_serve(bus, &json_service, &answerer, NULL));
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
        catga_reply answer;
        assert_explained(catga_call(bus, &json_echo, &inputs[i], &answer));
        catga_received_free(answer.received);
    }
}

/* ---- Stored events ---- */

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 100, .retries = 1);
static const catga_handler kept_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", kept_handlers, 1, sizeof(sample_listener), NULL};

/* Each number is a bit: the handled events, and those that become dead letters the first time. */
enum { PLAIN = 1, WITHOUT_WAITING = 2, REJECTED = 4 };

static catga_status keep(catga_context *context, sample_view view)
{
    atomic_uint *handled = catga_context_user(context);
    unsigned before = atomic_fetch_or(handled, sample_get_number(view));

    if (sample_get_number(view) == REJECTED && (before & REJECTED) == 0)
        return catga_reject(context, "once");
    return CATGA_OK;
}

/* Checks the status of publishing a stored event with an allocation failure. */
static void assert_stored_explained(catga_status status)
{
    if (status != CATGA_REFUSED && status != CATGA_OVERLOADED && status != CATGA_NOT_FOUND)
        assert_explained(status);
}

static void note_stored(catga_status status, const catga_error *error, void *user)
{
    (void)error;
    assert_stored_explained(status);
    atomic_fetch_add((atomic_uint *)user, status == CATGA_OK ? 0x101 : 1);
}

static bool look_at(const catga_dead_letter *letter, void *user)
{
    *(uint64_t *)user = letter->number;
    return true;
}

static void use_stored(catga_bus *bus)
{
    static const sample_listener functions = {keep, keep};
    atomic_uint handled = 0;
    atomic_uint answered = 0; /* number of calls, with the number of successes from bit 8 on */
    uint64_t number = 0;
    sample event = {{"x", 1}, PLAIN};

    catga_status served = catga_serve(bus, &reader, &functions, &handled);
    assert_stored_explained(served);
    catga_status plain = catga_publish(bus, &kept, &event);
    assert_stored_explained(plain);
    event.number = WITHOUT_WAITING;
    catga_status status = catga_publish_async(bus, &kept, &event, note_stored, &answered);
    assert_stored_explained(status);
    wait_until((atomic_load(&answered) & 0xff) == (status == CATGA_OK));
    event.number = REJECTED;
    catga_status rejected = catga_publish(bus, &kept, &event);
    assert_stored_explained(rejected);
    /* Whatever failed, a stored event is handled. */
    wait_until(served != CATGA_OK || plain != CATGA_OK || (atomic_load(&handled) & PLAIN) != 0);
    wait_until(served != CATGA_OK || atomic_load(&answered) < 0x100 ||
               (atomic_load(&handled) & WITHOUT_WAITING) != 0);
    wait_until(served != CATGA_OK || rejected != CATGA_OK || catga_count(bus).dead_letters == 1);
    assert_stored_explained(catga_dead_letters(bus, "SAMPLE_V1", 1, look_at, &number));
    if (number == 0)
        return;
    assert_stored_explained(catga_dead_letter_replay(bus, "SAMPLE_V1", number, 1000, NULL));
    assert_stored_explained(catga_dead_letter_remove(bus, "SAMPLE_V1", number));
}

/* ---- Metrics ---- */

static catga_status discard(void *user, const char *text, size_t length)
{
    (void)user;
    (void)text;
    (void)length;
    return CATGA_OK;
}

/* Measures the messages of the parts that follow. */
static catga_metrics *measure(catga_bus *bus)
{
    catga_metrics *metrics;
    catga_status status = catga_metrics_open(&metrics, bus);

    assert_explained(status);
    assert_int_equal(metrics != NULL, status == CATGA_OK);
    return metrics;
}

static void write_metrics(catga_metrics *metrics)
{
    if (metrics != NULL)
        assert_explained(catga_metrics_write(metrics, CATGA_METRICS_TEXT, NULL, 0, discard, NULL));
}

/* ---- Nodes ---- */

/* The last part, because a thread allocates too. */
static void use_nodes(catga_bus *bus)
{
    catga_nodes *nodes;

    assert_explained(catga_nodes_open(&nodes, bus, NULL));
    catga_nodes_close(nodes);
}

static void drop_span(void *user, const catga_span *span)
{
    (void)user;
    (void)span;
}

static void trace(catga_bus *bus)
{
    assert_explained(catga_trace_open(bus, &(catga_trace_options){.sink = drop_span, .ratio = 1}));
}

static void run(void)
{
    static const catga_middleware middleware = {pass, NULL};
    catga_options options = {.log = log_nothing, .middleware = &middleware, .middleware_count = 1};
    catga_bus *bus = NULL;
    catga_metrics *metrics = NULL;

    if (catga_local_open(&options.local) == CATGA_OK) {
        catga_status status = catga_open(&bus, &options);
        assert_explained(status);
        assert_int_equal(bus != NULL, status == CATGA_OK);
    }
    if (bus != NULL) {
        metrics = measure(bus);
        trace(bus);
        use(bus);
        use_json(bus);
    }
    if (bus != NULL)
        use_stored(bus);
    write_metrics(metrics);
    if (bus != NULL)
        use_nodes(bus);
    catga_close(bus);
    catga_local_close(options.local);
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    int count = fail_each_allocation(run);
    print_message("%d allocations\n", count);
    assert_in_range(count + 1, 20, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
