/*
 * Metrics over each transport: metrics local | nats (at $NATS_URL, with JetStream). Counts equal
 * the messages that were sent. With $CATGA_TEMP, the texts of one case are written there as `text`
 * and `openmetrics`, for exposition.py.
 */
#include "../conformance/fixture.h"
#include "metrics.catga.h"

#include <catga/metrics.h>

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { TEXT = 1 << 17, DECLARED = 1000, FAILING = 2000, WAITING = 3000 };

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    catga_metrics *metrics;
    atomic_uint failures; /* runs of handlers of stored events that still have to fail */
    char text[TEXT];
    size_t length;
} fixture;

/* ---- Handlers ---- */

static fixture *fixture_of(const catga_context *context)
{
    return catga_context_user(context);
}

static catga_status create(catga_context *context, shop_create_order_view request)
{
    uint32_t number = shop_create_order_get_number(request);

    if (number >= WAITING) {
        sem_post(&fixture_of(context)->base.started);
        sem_wait(&fixture_of(context)->base.may_end);
    } else if (number >= FAILING) {
        return CATGA_HANDLER_FAILED;
    } else if (number >= DECLARED) {
        return shop_order_error_out_of_stock(context, "none is left");
    }
    return shop_create_order_reply(context, &(shop_answer){number});
}

static catga_status find(catga_context *context, shop_find_order_view request)
{
    return shop_find_order_reply(context, &(shop_answer){shop_find_order_get_number(request)});
}

static catga_status pay(catga_context *context, shop_pay_order_view request)
{
    return shop_pay_order_reply(context, &(shop_answer){shop_pay_order_get_number(request)});
}

static catga_status view(catga_context *context, shop_order_viewed_view event)
{
    if (shop_order_viewed_get_number(event) >= WAITING) {
        sem_post(&fixture_of(context)->base.started);
        sem_wait(&fixture_of(context)->base.may_end);
    }
    return CATGA_OK;
}

static catga_status fail_some(fixture *f)
{
    unsigned left = atomic_load(&f->failures);

    if (left == 0)
        return CATGA_OK;
    atomic_store(&f->failures, left - 1);
    return CATGA_HANDLER_FAILED;
}

static catga_status notify(catga_context *context, shop_order_created_view event)
{
    if (shop_order_created_get_number(event) >= WAITING) {
        sem_post(&fixture_of(context)->base.started);
        sem_wait(&fixture_of(context)->base.may_end);
    }
    return fail_some(fixture_of(context));
}

static catga_status count(catga_context *context, shop_order_counted_view event)
{
    (void)event;
    return fail_some(fixture_of(context));
}

/* ---- The fixture ---- */

static int set_up(void **state)
{
    fixture *f = fixture_new(sizeof(fixture), "metrics");

    f->bus = fixture_join(&f->base, (catga_options){.ack_wait_ms = 1000});
    assert_int_equal(catga_metrics_open(&f->metrics, f->bus), CATGA_OK);
    *state = f;
    return 0;
}

static void serve(fixture *f)
{
    static const shop_order_service orders = {.create_order = create, .find_order = find};
    static const shop_payment_service payments = {.pay_order = pay};
    static const shop_notification_service notes = {view, notify, count};

    assert_int_equal(shop_order_service_serve(f->bus, &orders, f), CATGA_OK);
    assert_int_equal(shop_payment_service_serve(f->bus, &payments, f), CATGA_OK);
    assert_int_equal(shop_notification_service_serve(f->bus, &notes, f), CATGA_OK);
}

static catga_status create_order(catga_bus *bus, uint32_t number)
{
    shop_answer_reply reply;
    catga_status status = shop_create_order_call(bus, &(shop_create_order){number}, &reply);

    shop_answer_reply_free(&reply);
    return status;
}

/* ---- The text ---- */

static catga_status keep(void *user, const char *text, size_t length)
{
    fixture *f = user;

    assert_true(f->length + length < sizeof f->text);
    memcpy(f->text + f->length, text, length);
    f->length += length;
    f->text[f->length] = '\0';
    return CATGA_OK;
}

static void write_text(fixture *f, catga_metrics_format format, const catga_metrics_source *sources,
                       size_t source_count)
{
    f->length = 0;
    assert_int_equal(catga_metrics_write(f->metrics, format, sources, source_count, keep, f),
                     CATGA_OK);
}

/* Returns the value of a sample in the text that was written last; -1 if there is none. */
static double sample_of(const fixture *f, const char *wanted)
{
    char line[256];

    snprintf(line, sizeof line, "\n%s ", wanted);
    const char *found = strstr(f->text, line);
    return found == NULL ? -1 : strtod(found + strlen(line), NULL);
}

static double value(fixture *f, const char *wanted)
{
    write_text(f, CATGA_METRICS_TEXT, NULL, 0);
    return sample_of(f, wanted);
}

/* Waits until a sample has a value: a caller may get its answer before its handler has ended. */
static void assert_value(fixture *f, const char *wanted, double expected)
{
    double seen = value(f, wanted);

    for (int i = 0; seen != expected && i < 2000; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        seen = value(f, wanted);
    }
    if (seen != expected)
        print_error("%s is %f, not %f, in\n%s", wanted, seen, expected, f->text);
    assert_true(seen == expected);
}

#define CREATE "{service=\"order-service\",method=\"shop.CreateOrder\",qos=\"at_most_once\""
#define RAN    "{service=\"order-service\",type=\"shop.CreateOrder\",qos=\"at_most_once\""
#define CALLED "{method=\"shop.CreateOrder\",qos=\"at_most_once\""
#define KEPT   "{service=\"notification-service\",type=\"shop.OrderCreated\",qos=\"at_least_once\""
#define LOST   "{service=\"notification-service\",type=\"shop.OrderCounted\",qos=\"at_least_once\""

/* ---- Requests ---- */

static void requests_are_counted_on_both_sides(void **state)
{
    enum { GOOD = 20, REFUSED = 3, BROKEN = 2 };
    fixture *f = *state;

    serve(f);
    for (uint32_t i = 0; i < GOOD; i++)
        assert_int_equal(create_order(f->bus, i), CATGA_OK);
    for (uint32_t i = 0; i < REFUSED; i++)
        assert_int_equal(create_order(f->bus, DECLARED + i), CATGA_DECLARED_ERROR);
    for (uint32_t i = 0; i < BROKEN; i++)
        assert_int_equal(create_order(f->bus, FAILING + i), CATGA_HANDLER_FAILED);
    assert_value(f, "catga_requests_total" CREATE "}", GOOD + REFUSED + BROKEN);
    assert_value(f, "catga_requests_failed_total" CREATE ",reason=\"handler_failed\"}", BROKEN);
    assert_value(f, "catga_requests_failed_total" CREATE ",reason=\"overloaded\"}", 0);
    assert_value(f, "catga_requests_declared_errors_total" CREATE "}", REFUSED);
    assert_value(f, "catga_client_requests_total" CALLED "}", GOOD + REFUSED + BROKEN);
    assert_value(f, "catga_client_requests_failed_total" CALLED ",reason=\"handler_failed\"}",
                 BROKEN);
    assert_value(f, "catga_client_requests_declared_errors_total" CALLED "}", REFUSED);
    assert_value(f, "catga_messages_handled_total" RAN "}", GOOD + REFUSED);
    assert_value(f, "catga_inflight" RAN "}", 0);
}

static void *create_and_wait(void *user)
{
    assert_int_equal(create_order(user, WAITING), CATGA_OK);
    return NULL;
}

static void a_request_that_waits_is_in_flight_and_slow(void **state)
{
    fixture *f = *state;
    pthread_t thread;

    serve(f);
    assert_int_equal(pthread_create(&thread, NULL, create_and_wait, f->bus), 0);
    sem_wait(&f->base.started);
    assert_value(f, "catga_inflight" RAN "}", 1);
    assert_value(f, "catga_requests_total" CREATE "}", 0);
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
    sem_post(&f->base.may_end);
    pthread_join(thread, NULL);
    assert_value(f, "catga_inflight" RAN "}", 0);
    assert_value(f,
                 "catga_request_duration_seconds_bucket{service=\"order-service\","
                 "method=\"shop.CreateOrder\",le=\"0.025\"}",
                 0);
    assert_true(value(f, "catga_request_duration_seconds_sum{service=\"order-service\","
                         "method=\"shop.CreateOrder\"}") >= 0.03);
}

static void a_call_without_a_service_fails_with_a_reason(void **state)
{
    fixture *f = *state;

    assert_int_equal(create_order(f->bus, 1), CATGA_NO_RESPONDERS);
    assert_value(f, "catga_client_requests_failed_total" CALLED ",reason=\"no_responders\"}", 1);
    assert_value(f, "catga_client_requests_failed_total" CALLED ",reason=\"timeout\"}", -1);
    assert_value(f, "catga_requests_total" CREATE "}", -1);
}

/* Only the local server can be disconnected here. */
static void further_tries_are_counted(void **state)
{
    fixture *f = *state;
    shop_answer_reply reply;

    if (f->base.broker == NULL)
        return;
    catga_local_set_connected(f->base.broker, false);
    assert_int_equal(shop_find_order_call(f->bus, &(shop_find_order){1}, &reply),
                     CATGA_DISCONNECTED);
    shop_answer_reply_free(&reply);
#define ASKED "{method=\"shop.FindOrder\",qos=\"at_least_once\""
    assert_value(f, "catga_client_requests_total" ASKED "}", 1);
    assert_value(f, "catga_client_requests_retried_total" ASKED "}", 2);
    assert_value(f, "catga_client_requests_failed_total" ASKED ",reason=\"disconnected\"}", 1);
}

static void repeated_commands_are_suppressed(void **state)
{
    fixture *f = *state;
    shop_answer_reply reply;

    serve(f);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(
            shop_pay_order_call_with_id(f->bus, CATGA_STR("one"), &(shop_pay_order){1}, &reply),
            CATGA_OK);
        shop_answer_reply_free(&reply);
    }
    assert_value(f,
                 "catga_messages_duplicates_suppressed_total{service=\"payment-service\","
                 "type=\"shop.PayOrder\",qos=\"exactly_once\"}",
                 2);
}

static void invalid_bytes_are_counted(void **state)
{
    fixture *f = *state;
    catga_message wrong = shop_create_order_message_descriptor;
    catga_reply reply;

    serve(f);
    wrong.table = &shop_find_order_descriptor;
    assert_int_equal(catga_call(f->bus, &wrong, &(shop_find_order){1}, &reply), CATGA_BAD_MESSAGE);
    catga_received_free(reply.received);
    assert_value(f, "catga_messages_verify_failed_total" RAN "}", 1);
    assert_value(f, "catga_requests_failed_total" CREATE ",reason=\"bad_message\"}", 1);
}

/* ---- Events ---- */

static void events_are_counted(void **state)
{
    enum { EVENTS = 50 };
    fixture *f = *state;

    serve(f);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(shop_order_viewed_publish(f->bus, &(shop_order_viewed){i}), CATGA_OK);
#define VIEWED "service=\"notification-service\",type=\"shop.OrderViewed\""
    wait_until(value(f, "catga_messages_handled_total{" VIEWED ",qos=\"at_most_once\"}") == EVENTS);
    assert_value(f,
                 "catga_messages_published_total{type=\"shop.OrderViewed\",qos=\"at_most_once\"}",
                 EVENTS);
    assert_value(f, "catga_messages_acked_total{type=\"shop.OrderViewed\",qos=\"at_most_once\"}",
                 -1);
    assert_value(f, "catga_handler_duration_seconds_count{" VIEWED "}", EVENTS);
    assert_value(f, "catga_pending_messages", 0);
}

static void waiting_and_dropped_events_are_shown(void **state)
{
    fixture *f = *state;

    f->bus = fixture_join(&f->base, (catga_options){.instance = "slow", .pending = 1});
    assert_int_equal(catga_metrics_open(&f->metrics, f->bus), CATGA_OK);
    serve(f);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(shop_order_viewed_publish(f->bus, &(shop_order_viewed){WAITING}),
                         CATGA_OK);
        if (i == 0)
            sem_wait(&f->base.started);
    }
    wait_until(value(f, "catga_slow_consumer_dropped_total") >= 1);
    assert_value(f, "catga_inflight{" VIEWED ",qos=\"at_most_once\"}", 1);
    assert_true(value(f, "catga_pending_messages") >= 1);
    for (int i = 0; i < 8; i++)
        sem_post(&f->base.may_end);
    assert_value(f, "catga_pending_messages", 0);
    assert_value(f, "catga_slow_consumer_dropped_total",
                 (double)catga_count(f->bus).dropped_messages);
}

static void events_that_cannot_be_published_are_counted(void **state)
{
    fixture *f = *state;

    assert_int_equal(catga_drain(f->bus), CATGA_OK);
    assert_int_equal(shop_order_viewed_publish(f->bus, &(shop_order_viewed){1}), CATGA_DRAINING);
    assert_value(f,
                 "catga_messages_publish_failed_total{type=\"shop.OrderViewed\","
                 "qos=\"at_most_once\",reason=\"draining\"}",
                 1);
}

/* Lets time pass until `events` stored events have ended. */
static void wait_for_ends(fixture *f, uint64_t events)
{
    for (int i = 0; i < 1000; i++) {
        const catga_counters counters = catga_count(f->bus);
        if (counters.dead_letters + counters.handled == events)
            return;
        if (f->base.broker != NULL)
            catga_local_advance(f->base.broker, 100);
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    fail();
}

/* An attempt fails, is retried, and fails for the last time; then another event succeeds. */
static void stored_events_are_counted_until_they_end(void **state)
{
    fixture *f = *state;

    serve(f);
    atomic_store(&f->failures, 2);
    assert_int_equal(shop_order_created_publish(f->bus, &(shop_order_created){1}), CATGA_OK);
    wait_for_ends(f, 1);
    assert_int_equal(shop_order_created_publish(f->bus, &(shop_order_created){2}), CATGA_OK);
    wait_for_ends(f, 2);
#define SENT "{type=\"shop.OrderCreated\""
    assert_value(f, "catga_messages_published_total" SENT ",qos=\"at_least_once\"}", 2);
    assert_value(f, "catga_messages_acked_total" SENT ",qos=\"at_least_once\"}", 2);
    assert_value(f, "catga_publish_ack_duration_seconds_count" SENT "}", 2);
    assert_value(f, "catga_messages_handled_total" KEPT "}", 1);
    assert_value(f, "catga_messages_failed_total" KEPT ",reason=\"handler_failed\"}", 2);
    assert_value(f, "catga_messages_redelivered_total" KEPT "}", 1);
    assert_value(f, "catga_messages_retried_total" KEPT "}", 1);
    assert_value(f, "catga_messages_deadlettered_total" KEPT "}", 1);
    assert_value(f, "catga_messages_given_up_total" KEPT "}", 0);
    assert_value(f,
                 "catga_handler_duration_seconds_count{service=\"notification-service\","
                 "type=\"shop.OrderCreated\"}",
                 3);
}

static void an_event_without_a_dead_letter_is_given_up(void **state)
{
    fixture *f = *state;

    serve(f);
    atomic_store(&f->failures, 1);
    assert_int_equal(shop_order_counted_publish(f->bus, &(shop_order_counted){1}), CATGA_OK);
    wait_until(value(f, "catga_messages_given_up_total" LOST "}") == 1);
    assert_value(f, "catga_messages_deadlettered_total" LOST "}", 0);
}

/* Returns the value of a gauge of a handler's consumer in the text that was written last. */
static double backlog_of(const fixture *f, const char *gauge, const char *type, const char *handler)
{
    char wanted[256];

    /* The stream has the prefix of the bus, in capitals. */
    snprintf(wanted, sizeof wanted,
             "%s{service=\"notification-service\",type=\"%s\",qos=\"at_least_once\","
             "stream=\"METRICS%s_SHOP_V1\",handler=\"%s\"}",
             gauge, type, f->base.prefix + strlen("metrics"), handler);
    return sample_of(f, wanted);
}

/* Returns whether so many created orders wait at the server, and so many are delivered. */
static bool has_backlog(fixture *f, bool waits, bool is_held, double both)
{
    write_text(f, CATGA_METRICS_TEXT, NULL, 0);
    double pending = backlog_of(f, "catga_consumer_pending", "shop.OrderCreated", "notify");
    double held = backlog_of(f, "catga_consumer_ack_pending", "shop.OrderCreated", "notify");
    return pending + held == both && (pending > 0) == waits && (held > 0) == is_held;
}

/* The server is asked every few seconds. */
static void events_that_wait_at_the_server_are_shown(void **state)
{
    enum { EVENTS = 12 };
    fixture *f = *state;

    serve(f);
    for (uint32_t i = 0; i < EVENTS; i++)
        assert_int_equal(shop_order_created_publish(f->bus, &(shop_order_created){WAITING}),
                         CATGA_OK);
    sem_wait(&f->base.started);
    wait_until(has_backlog(f, true, true, EVENTS));
    assert_true(backlog_of(f, "catga_consumer_pending", "shop.OrderCounted", "count") == 0);
    assert_true(backlog_of(f, "catga_consumer_ack_pending", "shop.OrderCounted", "count") == 0);
    for (int i = 0; i < EVENTS; i++)
        sem_post(&f->base.may_end);
    wait_until(has_backlog(f, false, false, 0));
    assert_value(f, "catga_messages_handled_total" KEPT "}", EVENTS);
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
    write_text(f, CATGA_METRICS_TEXT, NULL, 0);
    assert_null(strstr(f->text, "catga_consumer_"));
}

/* A service that is served twice has two subscriptions to one consumer. */
static void each_consumer_is_shown_once(void **state)
{
    fixture *f = *state;

    serve(f);
    serve(f);
    write_text(f, CATGA_METRICS_TEXT, NULL, 0);
    const char *first = strstr(f->text, "catga_consumer_pending{");
    assert_non_null(first);
    const char *second = strstr(first + 1, "catga_consumer_pending{");
    assert_non_null(second);
    assert_null(strstr(second + 1, "catga_consumer_pending{"));
}

/* ---- Threads ---- */

static void *create_one(void *user)
{
    assert_int_equal(create_order(user, 1), CATGA_OK);
    return NULL;
}

static void counts_of_ended_threads_stay(void **state)
{
    enum { THREADS = 40 };
    fixture *f = *state;

    serve(f);
    for (double i = 0; i < THREADS; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, create_one, f->bus), 0);
        pthread_join(thread, NULL);
        assert_value(f, "catga_client_requests_total" CALLED "}", i + 1);
    }
    assert_value(f, "catga_requests_total" CREATE "}", THREADS);
}

static void *create_many(void *user)
{
    enum { TIMES = 200 };

    for (uint32_t i = 0; i < TIMES; i++)
        assert_int_equal(create_order(user, i), CATGA_OK);
    return NULL;
}

static void metrics_are_written_under_load(void **state)
{
    enum { THREADS = 4, EACH = 200 };
    fixture *f = *state;
    pthread_t threads[THREADS];
    double last = 0;

    serve(f);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, create_many, f->bus), 0);
    for (int i = 0; i < 200; i++) {
        double now = value(f, "catga_client_requests_total" CALLED "}");
        double in_flight = sample_of(f, "catga_inflight" RAN "}");
        assert_true(now == -1 || now >= last);
        assert_true(in_flight <= 1); /* the service has one worker */
        last = now;
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_value(f, "catga_client_requests_total" CALLED "}", THREADS * EACH);
    assert_value(f, "catga_requests_total" CREATE "}", THREADS * EACH);
    assert_value(f, "catga_inflight" RAN "}", 0);
}

/* ---- Opening ---- */

static void a_bus_has_one_metrics(void **state)
{
    fixture *f = *state;
    catga_metrics *again;

    assert_int_equal(catga_metrics_open(&again, f->bus), CATGA_OK);
    assert_ptr_equal(again, f->metrics);
    serve(f);
    assert_int_equal(create_order(f->bus, 1), CATGA_OK);
    assert_value(f, "catga_requests_total" CREATE "}", 1);
}

/* The end of a message whose begin was not measured is not counted. */
static void metrics_may_be_opened_while_messages_pass(void **state)
{
    fixture *f = *state;
    pthread_t thread;

    f->bus = fixture_join(&f->base, (catga_options){.instance = "late"});
    serve(f);
    assert_int_equal(pthread_create(&thread, NULL, create_and_wait, f->bus), 0);
    sem_wait(&f->base.started);
    assert_int_equal(catga_metrics_open(&f->metrics, f->bus), CATGA_OK);
    sem_post(&f->base.may_end);
    pthread_join(thread, NULL);
    assert_int_equal(create_order(f->bus, 1), CATGA_OK);
    assert_value(f, "catga_requests_total" CREATE "}", 1);
    assert_value(f, "catga_inflight" RAN "}", 0);
}

static void the_variable_of_the_aliases_is_checked(void **state)
{
    fixture *f = *state;
    catga_metrics *metrics;
    catga_bus *bus = fixture_join(&f->base, (catga_options){.instance = "other"});

    setenv("CATGA_METRICS_COMPAT", "no", 1);
    assert_int_equal(catga_metrics_open(&metrics, bus), CATGA_INVALID_ARGUMENT);
    assert_null(metrics);
    setenv("CATGA_METRICS_COMPAT", "0", 1);
    assert_int_equal(catga_metrics_open(&metrics, bus), CATGA_OK);
    assert_false(catga_metrics_has_aliases(metrics));
    unsetenv("CATGA_METRICS_COMPAT");
    assert_true(catga_metrics_has_aliases(f->metrics));
}

static bool is_closed_for(fixture *f)
{
    catga_metrics *again;

    return catga_metrics_write(f->metrics, CATGA_METRICS_TEXT, NULL, 0, keep, f) == CATGA_CLOSED &&
           catga_metrics_open(&again, f->bus) == CATGA_CLOSED && again == NULL;
}

/* The child has no threads, and perhaps a lock that is never released. */
static void a_forked_child_has_no_metrics(void **state)
{
    int ended = 0;
    pid_t child = fork();

    if (child == 0)
        _exit(is_closed_for(*state) ? 0 : 1);
    assert_true(child > 0 && waitpid(child, &ended, 0) == child);
    assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
}

/* ---- Writing ---- */

static void aliases_have_the_same_values(void **state)
{
    fixture *f = *state;

    serve(f);
    assert_int_equal(create_order(f->bus, 1), CATGA_OK);
    assert_int_equal(create_order(f->bus, FAILING), CATGA_HANDLER_FAILED);
    assert_value(f, "catga_requests_failed" CREATE "}", 1);
    assert_value(f,
                 "catga_request_duration_count{service=\"order-service\","
                 "method=\"shop.CreateOrder\"}",
                 2);
    assert_value(f,
                 "catga_request_duration_bucket{service=\"order-service\","
                 "method=\"shop.CreateOrder\",le=\"+Inf\"}",
                 2);
    write_text(f, CATGA_METRICS_OPENMETRICS, NULL, 0);
    assert_true(sample_of(f, "catga_requests_failed" CREATE "}") == -1);
    assert_true(sample_of(f, "catga_requests_failed_total" CREATE ",reason=\"handler_failed\"}") ==
                1);
    assert_null(strstr(f->text, "catga_request_duration_bucket"));
}

static void without_aliases_the_text_has_canonical_names_only(void **state)
{
    fixture *f = *state;

    setenv("CATGA_METRICS_COMPAT", "0", 1);
    f->bus = fixture_join(&f->base, (catga_options){.instance = "other"});
    assert_int_equal(catga_metrics_open(&f->metrics, f->bus), CATGA_OK);
    unsetenv("CATGA_METRICS_COMPAT");
    serve(f);
    assert_int_equal(create_order(f->bus, 1), CATGA_OK);
    assert_value(f, "catga_requests_total" CREATE "}", 1);
    assert_true(sample_of(f, "catga_requests_failed" CREATE "}") == -1);
    assert_null(strstr(f->text, "catga_request_duration_bucket"));
}

static uint64_t seven(void *user)
{
    (void)user;
    return 7;
}

static void a_program_adds_metrics_of_its_own(void **state)
{
    static const catga_metrics_source sources[] = {
        {"shop_carts_total", "Carts:\nsay \"a\\b\".", CATGA_METRICS_COUNTER, seven, NULL},
        {"shop_visitors", "Visitors.", CATGA_METRICS_GAUGE, seven, NULL},
    };
    fixture *f = *state;

    write_text(f, CATGA_METRICS_TEXT, sources, 2);
    assert_true(sample_of(f, "shop_carts_total") == 7);
    assert_non_null(strstr(f->text, "# TYPE shop_carts_total counter\n"
                                    "# HELP shop_carts_total Carts:\\nsay \"a\\\\b\".\n"));
    assert_non_null(strstr(f->text, "# TYPE shop_visitors gauge\n"));
    write_text(f, CATGA_METRICS_OPENMETRICS, sources, 2);
    assert_true(sample_of(f, "shop_carts_total") == 7);
    assert_non_null(strstr(f->text, "# TYPE shop_carts counter\n"
                                    "# HELP shop_carts Carts:\\nsay \\\"a\\\\b\\\".\n"));
}

static catga_status fail_second(void *user, const char *text, size_t length)
{
    unsigned *calls = user;

    (void)text;
    assert_true(length != 0);
    return ++*calls == 2 ? CATGA_TOO_LARGE : CATGA_OK;
}

static void a_sink_ends_the_writing(void **state)
{
    fixture *f = *state;
    unsigned calls = 0;

    serve(f);
    assert_int_equal(create_order(f->bus, 1), CATGA_OK);
    assert_int_equal(
        catga_metrics_write(f->metrics, CATGA_METRICS_TEXT, NULL, 0, fail_second, &calls),
        CATGA_TOO_LARGE);
    assert_int_equal(calls, 2);
}

static void the_connection_is_shown(void **state)
{
    fixture *f = *state;

    assert_value(f, "catga_nats_connected", 1);
    assert_value(f, "catga_build_info{version=\"" CATGA_VERSION "\"}", 1);
    assert_value(f, "catga_slow_consumer_dropped_total", 0);
    if (f->base.broker == NULL) {
        wait_until(value(f, "catga_nats_rtt_seconds") > 0);
        assert_true(sample_of(f, "catga_nats_rtt_seconds") < 10);
        return;
    }
    assert_value(f, "catga_nats_rtt_seconds", -1);
    catga_local_set_connected(f->base.broker, false);
    assert_value(f, "catga_nats_connected", 0);
    catga_local_set_connected(f->base.broker, true);
    assert_value(f, "catga_nats_disconnects_total", 1);
    assert_value(f, "catga_nats_reconnects_total", 1);
}

static void save(fixture *f, const char *name)
{
    char path[256];
    const char *folder = getenv("CATGA_TEMP");

    if (folder == NULL)
        return;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(f->text, 1, f->length, file), f->length);
    assert_int_equal(fclose(file), 0);
}

/* Messages of every kind, in both formats; exposition.py checks the files. */
static void the_text_is_written_for_the_checker(void **state)
{
    fixture *f = *state;
    shop_answer_reply reply;

    serve(f);
    assert_int_equal(create_order(f->bus, 1), CATGA_OK);
    assert_int_equal(create_order(f->bus, FAILING), CATGA_HANDLER_FAILED);
    assert_int_equal(shop_find_order_call(f->bus, &(shop_find_order){1}, &reply), CATGA_OK);
    shop_answer_reply_free(&reply);
    assert_int_equal(shop_pay_order_call(f->bus, &(shop_pay_order){1}, &reply), CATGA_OK);
    shop_answer_reply_free(&reply);
    assert_int_equal(shop_order_viewed_publish(f->bus, &(shop_order_viewed){1}), CATGA_OK);
    assert_int_equal(shop_order_created_publish(f->bus, &(shop_order_created){1}), CATGA_OK);
    assert_int_equal(shop_order_counted_publish(f->bus, &(shop_order_counted){1}), CATGA_OK);
    wait_until(value(f, "catga_messages_handled_total" KEPT "}") == 1);
    write_text(f, CATGA_METRICS_TEXT, NULL, 0);
    save(f, "text");
    write_text(f, CATGA_METRICS_OPENMETRICS, NULL, 0);
    save(f, "openmetrics");
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_clear)
    const struct CMUnitTest tests[] = {
        CASE(requests_are_counted_on_both_sides),
        CASE(a_request_that_waits_is_in_flight_and_slow),
        CASE(a_call_without_a_service_fails_with_a_reason),
        CASE(further_tries_are_counted),
        CASE(repeated_commands_are_suppressed),
        CASE(invalid_bytes_are_counted),
        CASE(events_are_counted),
        CASE(waiting_and_dropped_events_are_shown),
        CASE(events_that_cannot_be_published_are_counted),
        CASE(stored_events_are_counted_until_they_end),
        CASE(an_event_without_a_dead_letter_is_given_up),
        CASE(events_that_wait_at_the_server_are_shown),
        CASE(each_consumer_is_shown_once),
        CASE(counts_of_ended_threads_stay),
        CASE(metrics_are_written_under_load),
        CASE(a_bus_has_one_metrics),
        CASE(metrics_may_be_opened_while_messages_pass),
        CASE(the_variable_of_the_aliases_is_checked),
        CASE(a_forked_child_has_no_metrics),
        CASE(aliases_have_the_same_values),
        CASE(without_aliases_the_text_has_canonical_names_only),
        CASE(a_program_adds_metrics_of_its_own),
        CASE(a_sink_ends_the_writing),
        CASE(the_connection_is_shown),
        CASE(the_text_is_written_for_the_checker),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
