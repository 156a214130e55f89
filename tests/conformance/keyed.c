/*
 * Messages whose fields are keys of their subjects, over each transport: keyed local | nats (at
 * $NATS_URL, with JetStream) | redis (at $REDIS_CONNECTION).
 */
#include "fixture.h"
#include "keyed.catga.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ORDERS = 5, EVENTS = 200 };

typedef struct fixture {
    fixture_base base;
    atomic_uint found;
    atomic_uint seen;
    atomic_uint booked;
    atomic_uint last[ORDERS]; /* number of the last event of an order */
    atomic_uint disordered;
    atomic_uint rejected;    /* 1: the next event is rejected */
    atomic_uint fails_every; /* numbers whose first attempt fails; 0: none */
    atomic_uint fails_first; /* 1: the first number fails once */
    atomic_uint retried;
    uint64_t sequence; /* of the last event that the writers know, under the lock */
    unsigned number;   /* its number */
    atomic_uint conflicts;
    atomic_uint failures;
    atomic_uint watched;
    atomic_uint looked;
    atomic_uint audits;
    atomic_uint total;             /* of the numbers of audited payments */
    char audited[512];             /* the last audited event */
    _Atomic(catga_status) outcome; /* of a call with a callback */
    pthread_mutex_t lock;          /* guards the texts */
    char subject[256];
    char log[4096];
} fixture;

static void keep_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;

    (void)level;
    pthread_mutex_lock(&f->lock);
    size_t length = strlen(f->log);
    snprintf(f->log + length, sizeof f->log - length, "%s\n", text);
    pthread_mutex_unlock(&f->lock);
}

static bool has_logged(fixture *f, const char *part)
{
    pthread_mutex_lock(&f->lock);
    bool found = strstr(f->log, part) != NULL;
    pthread_mutex_unlock(&f->lock);
    return found;
}

static int open_stage(void **state)
{
    fixture *f = fixture_new(sizeof *f, "keyed");

    pthread_mutex_init(&f->lock, NULL);
    *state = f;
    return 0;
}

static catga_bus *join(fixture *f, unsigned workers)
{
    return fixture_join(
        &f->base,
        (catga_options){.workers = workers, .ack_wait_ms = 400, .log = keep_log, .log_user = f});
}

/* ---- Handlers ---- */

static void keep_subject(catga_context *context)
{
    fixture *f = catga_context_user(context);

    pthread_mutex_lock(&f->lock);
    snprintf(f->subject, sizeof f->subject, "%.*s", CATGA_PRINT(catga_context_subject(context)));
    pthread_mutex_unlock(&f->lock);
}

static catga_status on_pay(catga_context *context, test_keyed_pay_view request)
{
    keep_subject(context);
    return test_keyed_pay_reply(
        context, &(test_keyed_receipt){.number = test_keyed_pay_get_amount(request)});
}

static catga_status on_find(catga_context *context, test_keyed_find_view request)
{
    fixture *f = catga_context_user(context);

    (void)request;
    keep_subject(context);
    return test_keyed_find_reply(context,
                                 &(test_keyed_receipt){.number = atomic_fetch_add(&f->found, 1)});
}

static catga_status on_see(catga_context *context, test_keyed_seen_view event)
{
    fixture *f = catga_context_user(context);

    (void)event;
    keep_subject(context);
    atomic_fetch_add(&f->seen, 1);
    return CATGA_OK;
}

/* Returns whether the first attempt at an event of that number fails. */
static bool must_fail(fixture *f, const catga_context *context, unsigned number)
{
    bool is_chosen = (f->fails_every != 0 && number % f->fails_every == 0) ||
                     (f->fails_first != 0 && number == 1);

    if (!is_chosen || catga_context_attempt(context) > 1)
        return false;
    atomic_fetch_add(&f->retried, 1);
    return true;
}

static catga_status on_book(catga_context *context, test_keyed_paid_view event)
{
    fixture *f = catga_context_user(context);
    unsigned order = (unsigned)test_keyed_paid_get_order_id(event).data[0] - 'a';
    unsigned number = test_keyed_paid_get_number(event);

    keep_subject(context);
    if (atomic_exchange(&f->rejected, 0) != 0)
        return catga_reject(context, "not today");
    if (must_fail(f, context, number))
        return CATGA_HANDLER_FAILED;
    if (order < ORDERS && atomic_exchange(&f->last[order], number) + 1 != number)
        atomic_fetch_add(&f->disordered, 1);
    atomic_fetch_add(&f->booked, 1);
    return CATGA_OK;
}

static catga_status on_watch(catga_context *context, test_keyed_paid_view event)
{
    fixture *f = catga_context_user(context);

    assert_true(catga_string_equal(test_keyed_paid_get_order_id(event), CATGA_STR("b")));
    atomic_fetch_add(&f->watched, 1);
    return CATGA_OK;
}

static catga_status on_look(catga_context *context, test_keyed_seen_view event)
{
    fixture *f = catga_context_user(context);

    assert_true(catga_string_equal(test_keyed_seen_get_name(event), CATGA_STR("x")));
    atomic_fetch_add(&f->looked, 1);
    return CATGA_OK;
}

/* Gets the events of a family: compares descriptors, reads a view, and prints JSON. */
static catga_status on_audit(catga_context *context, const catga_event *event)
{
    fixture *f = catga_context_user(context);
    test_keyed_paid_view paid = {event->table};
    char json[256];

    (void)catga_event_print(event, json, sizeof json);
    pthread_mutex_lock(&f->lock);
    snprintf(f->audited, sizeof f->audited, "%s %s", event->name, json);
    pthread_mutex_unlock(&f->lock);
    if (event->message == &test_keyed_paid_message_descriptor)
        atomic_fetch_add(&f->total, test_keyed_paid_get_number(paid));
    atomic_fetch_add(&f->audits, 1);
    return CATGA_OK;
}

static const test_keyed_watchers watchers = TEST_KEYED_WATCHERS(on);
static const test_keyed_audit audit = TEST_KEYED_AUDIT(on);
static const test_keyed_till till = TEST_KEYED_TILL(on);
static const test_keyed_books books = TEST_KEYED_BOOKS(on);

static void serve(fixture *f, catga_bus *bus)
{
    assert_int_equal(test_keyed_till_serve(bus, &till, f), CATGA_OK);
    assert_int_equal(test_keyed_books_serve(bus, &books, f), CATGA_OK);
}

static void assert_subject(fixture *f, const char *end)
{
    char wanted[256];

    snprintf(wanted, sizeof wanted, "%s.%s", f->base.prefix, end);
    pthread_mutex_lock(&f->lock);
    assert_string_equal(f->subject, wanted);
    pthread_mutex_unlock(&f->lock);
}

/* ---- Sending and receiving ---- */

static void a_key_is_the_last_token_of_the_subject(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_bus *client = join(f, 1);
    test_keyed_receipt_reply reply;

    serve(f, bus);
    assert_int_equal(
        test_keyed_pay_call(client, &(test_keyed_pay){.shop_id = 7, .amount = 300}, &reply),
        CATGA_OK);
    assert_int_equal(test_keyed_receipt_get_number(reply.view), 300);
    test_keyed_receipt_reply_free(&reply);
    assert_subject(f, "commands.test.keyed.v1.Pay.7");
}

static void each_type_has_its_text(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_uuid id;
    test_keyed_receipt_reply reply;
    test_keyed_find question = TEST_KEYED_FIND(.name = CATGA_STR("a-B_9$~\"\\<&"), .id = &id);

    serve(f, bus);
    assert_true(catga_uuid_parse(CATGA_STR("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), &id));
    assert_int_equal(test_keyed_find_call(bus, &question, &reply), CATGA_OK);
    test_keyed_receipt_reply_free(&reply);
    assert_subject(f, "queries.test.keyed.v1.Find.6ba7b810-9dad-11d1-80b4-00c04fd430c8.0.false.-1."
                      "0.a-B_9$~\"\\<&");
    question.region = TEST_KEYED_REGION_SOUTH;
    question.inside = true;
    question.offset = INT64_MIN;
    question.total = UINT64_MAX;
    question.name = CATGA_STR("x");
    assert_int_equal(test_keyed_find_call(bus, &question, &reply), CATGA_OK);
    test_keyed_receipt_reply_free(&reply);
    assert_subject(f, "queries.test.keyed.v1.Find.6ba7b810-9dad-11d1-80b4-00c04fd430c8.1.true."
                      "-9223372036854775808.18446744073709551615.x");
}

static void on_receipt(catga_status status, test_keyed_receipt_view view, const catga_error *error,
                       void *user)
{
    (void)view;
    (void)error;
    atomic_store(&((fixture *)user)->outcome, status);
}

static void calls_with_a_callback_have_keys_too(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);

    serve(f, bus);
    atomic_store(&f->outcome, CATGA_STATUS_COUNT);
    assert_int_equal(test_keyed_pay_send(bus, &(test_keyed_pay){.shop_id = 12}, on_receipt, f),
                     CATGA_OK);
    wait_until(f->outcome != CATGA_STATUS_COUNT);
    assert_int_equal(f->outcome, CATGA_OK);
    assert_subject(f, "commands.test.keyed.v1.Pay.12");
}

/* ---- Values that are no tokens ---- */

static void a_value_that_is_no_token_is_refused(void **state)
{
    static const char *const values[] = {"", "a.b", "a b", "*", ">", "a\tb", "a\nb", "\x7f", "é"};
    fixture *f = *state;
    catga_bus *bus = join(f, 1);

    serve(f, bus);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        test_keyed_seen seen = {.name = catga_str(values[i])};
        test_keyed_paid paid = {.order_id = catga_str(values[i])};
        assert_int_equal(test_keyed_seen_publish(bus, &seen), CATGA_INVALID_MESSAGE);
        assert_int_equal(test_keyed_paid_publish(bus, &paid), CATGA_INVALID_MESSAGE);
        assert_int_equal(test_keyed_paid_publish_async(bus, &paid, NULL, NULL),
                         CATGA_INVALID_MESSAGE);
    }
    assert_int_equal(f->seen + f->booked, 0);
}

static void a_refusal_names_the_field_and_the_value(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_uuid id = {{0}};
    test_keyed_receipt_reply reply;
    test_keyed_find question = TEST_KEYED_FIND(.name = CATGA_STR("a.b"), .id = &id);

    assert_int_equal(test_keyed_find_call(bus, &question, &reply), CATGA_INVALID_MESSAGE);
    assert_string_equal(reply.error.text.data, "name: \"a.b\" is no key: ASCII without blanks, "
                                               "'.', '*', '>'; not empty");
    test_keyed_receipt_reply_free(&reply);
    assert_int_equal(test_keyed_seen_publish(bus, &(test_keyed_seen){.name = CATGA_STR("a b")}),
                     CATGA_INVALID_MESSAGE);
    assert_true(has_logged(f, "cannot publish test.keyed.Seen"));
    assert_true(has_logged(f, "name: \"a b\" is no key"));
}

/* ---- A subject and a payload that disagree ---- */

/* Returns a message of the same payload under another subject. */
static catga_message elsewhere(const catga_message *message, const char *subject)
{
    catga_message other = *message;

    other.subject = subject;
    other.keys = NULL;
    return other;
}

static void an_event_with_another_key_is_bad(void **state)
{
    const catga_message other =
        elsewhere(&test_keyed_seen_message_descriptor, "catga.events.test.keyed.v1.Seen.b");
    fixture *f = *state;
    catga_bus *bus = join(f, 1);

    serve(f, bus);
    assert_int_equal(catga_publish(bus, &other, &(test_keyed_seen){.name = CATGA_STR("a")}),
                     CATGA_OK);
    wait_until(catga_count(bus).bad_messages == 1);
    assert_int_equal(catga_publish(bus, &other, &(test_keyed_seen){.name = CATGA_STR("x.b")}),
                     CATGA_OK);
    wait_until(catga_count(bus).bad_messages == 2);
    assert_true(has_logged(f, "its keys are \"a\", its subject ends in"));
    assert_true(has_logged(f, "name: \"x.b\" is no key"));
    assert_int_equal(catga_publish(bus, &other, &(test_keyed_seen){.name = CATGA_STR("b")}),
                     CATGA_OK);
    wait_until(f->seen == 1);
}

static void a_command_with_another_key_is_bad(void **state)
{
    const catga_message other =
        elsewhere(&test_keyed_pay_message_descriptor, "catga.commands.test.keyed.v1.Pay.8");
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_reply reply;

    serve(f, bus);
    assert_int_equal(catga_call(bus, &other, &(test_keyed_pay){.shop_id = 7}, &reply),
                     CATGA_BAD_MESSAGE);
    assert_non_null(strstr(reply.error.text.data, "its keys are \"7\""));
    catga_received_free(reply.received);
    assert_int_equal(catga_count(bus).bad_messages, 1);
}

/* The last dead letter of a stream. */
typedef struct dead {
    uint64_t number;
    char subject[256];
    char cause[256];
} dead;

static bool keep_dead(const catga_dead_letter *letter, void *user)
{
    dead *kept = user;

    kept->number = letter->number;
    snprintf(kept->subject, sizeof kept->subject, "%.*s", CATGA_PRINT(letter->subject));
    snprintf(kept->cause, sizeof kept->cause, "%.*s", CATGA_PRINT(letter->cause));
    return true;
}

static bool has_dead_letter(catga_bus *bus, dead *kept)
{
    kept->number = 0;
    return catga_dead_letters(bus, TEST_KEYED_PAID_STREAM, 1, keep_dead, kept) == CATGA_OK &&
           kept->number != 0;
}

static void a_stored_event_with_another_key_becomes_a_dead_letter(void **state)
{
    const catga_message other =
        elsewhere(&test_keyed_paid_message_descriptor, "catga.events.test.keyed.v1.Paid.b");
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_problem problem;
    dead kept;

    serve(f, bus);
    assert_int_equal(catga_publish(bus, &other, &(test_keyed_paid){.order_id = CATGA_STR("a")}),
                     CATGA_OK);
    wait_until(has_dead_letter(bus, &kept));
    assert_non_null(strstr(kept.subject, ".events.test.keyed.v1.Paid.b"));
    assert_non_null(strstr(kept.cause, "its keys are \"a\""));
    assert_int_equal(
        catga_dead_letter_replay(bus, TEST_KEYED_PAID_STREAM, kept.number, 2000, &problem),
        CATGA_BAD_MESSAGE); /* its subject is compared again */
    assert_int_equal(f->booked, 0);
}

/* A dead letter of a keyed event is replayed like any other. */
static void a_dead_letter_with_a_key_is_replayed(void **state)
{
    const test_keyed_paid paid = {.order_id = CATGA_STR("a"), .number = 1};
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_problem problem;
    dead kept;

    atomic_store(&f->rejected, 1);
    serve(f, bus);
    assert_int_equal(test_keyed_paid_publish(bus, &paid), CATGA_OK);
    wait_until(has_dead_letter(bus, &kept));
    assert_int_equal(
        catga_dead_letter_replay(bus, TEST_KEYED_PAID_STREAM, kept.number, 2000, &problem),
        CATGA_OK);
    assert_int_equal(f->booked, 1);
}

/* ---- Order ---- */

static void publish_orders(catga_bus *bus)
{
    for (unsigned number = 1; number <= EVENTS; number++) {
        for (char order = 'a'; order < 'a' + ORDERS; order++) {
            const test_keyed_paid paid = {.order_id = {&order, 1}, .number = number};
            assert_int_equal(test_keyed_paid_publish(bus, &paid), CATGA_OK);
        }
    }
}

static void one_worker_handles_each_key_in_order(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);

    serve(f, bus);
    publish_orders(bus);
    wait_until(f->booked == ORDERS * EVENTS);
    assert_int_equal(f->disordered, 0);
}

/* A handler that fails gets the event again after later events of its key. */
static void a_retried_event_may_come_after_later_ones(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);

    atomic_store(&f->fails_first, 1);
    serve(f, bus);
    publish_orders(bus);
    wait_until(f->booked == ORDERS * EVENTS);
    assert_true(f->disordered > 0);
}

/* With one unacknowledged event, the server delivers the next one after the settlement, to any
 * replica and worker. */
static void one_unacknowledged_event_keeps_the_order(void **state)
{
    fixture *f = *state;
    const catga_options options = {
        .workers = 3, .unacknowledged = 1, .ack_wait_ms = 5000, .log = keep_log, .log_user = f};
    catga_bus *bus = fixture_join(&f->base, options);
    catga_bus *replica = fixture_join(&f->base, options);

    atomic_store(&f->fails_every, 7);
    serve(f, bus);
    assert_int_equal(test_keyed_books_serve(replica, &books, f), CATGA_OK);
    for (unsigned number = 1; number <= 30; number++) {
        for (char order = 'a'; order < 'c'; order++) {
            const test_keyed_paid paid = {.order_id = {&order, 1}, .number = number};
            assert_int_equal(test_keyed_paid_publish(bus, &paid), CATGA_OK);
        }
    }
    wait_until(f->booked == 60);
    assert_int_equal(f->disordered, 0);
    assert_int_equal(f->retried, 8);
}

/* ---- Expected sequences ---- */

static void an_event_is_stored_only_after_the_expected_one(void **state)
{
    const test_keyed_paid first = {.order_id = CATGA_STR("a"), .number = 1};
    const test_keyed_paid second = {.order_id = CATGA_STR("a"), .number = 2};
    const test_keyed_paid other = {.order_id = CATGA_STR("b"), .number = 1};
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    uint64_t stored, next;

    serve(f, bus);
    assert_int_equal(test_keyed_paid_publish_after(bus, 7, &first, &stored), CATGA_CONFLICT);
    assert_int_equal(test_keyed_paid_publish_after(bus, 0, &first, &stored), CATGA_OK);
    assert_int_equal(test_keyed_paid_publish_after(bus, 0, &first, &next), CATGA_CONFLICT);
    assert_int_equal(test_keyed_paid_publish_after(bus, 0, &other, &next), CATGA_OK);
    assert_int_equal(next, stored + 1);
    assert_int_equal(test_keyed_paid_publish_after(bus, stored, &second, &next), CATGA_OK);
    assert_int_equal(next, stored + 2);
    assert_int_equal(test_keyed_paid_publish_after(bus, stored, &second, &next), CATGA_CONFLICT);
    wait_until(f->booked == 3);
    assert_int_equal(f->disordered, 0);
}

enum { WRITERS = 20, WRITES = 50 };

/* Appends to the order "a": a writer that was overtaken reads again. */
static void *write_events(void *argument)
{
    fixture *f = argument;

    for (unsigned done = 0; done < WRITES;) {
        pthread_mutex_lock(&f->lock);
        uint64_t sequence = f->sequence;
        const test_keyed_paid event = {.order_id = CATGA_STR("a"), .number = f->number + 1};
        pthread_mutex_unlock(&f->lock);
        catga_status status =
            test_keyed_paid_publish_after(f->base.buses[0], sequence, &event, &sequence);
        if (status != CATGA_OK) {
            atomic_fetch_add(&f->conflicts, status == CATGA_CONFLICT);
            atomic_fetch_add(&f->failures, status != CATGA_CONFLICT);
            continue;
        }
        pthread_mutex_lock(&f->lock);
        if (sequence > f->sequence) {
            f->sequence = sequence;
            f->number = event.number;
        }
        pthread_mutex_unlock(&f->lock);
        done++;
    }
    return NULL;
}

static void concurrent_writers_of_a_key_lose_nothing(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    pthread_t writers[WRITERS];

    serve(f, bus);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, write_events, f), 0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    wait_until(f->booked == WRITERS * WRITES);
    assert_int_equal(f->number, WRITERS * WRITES);
    assert_int_equal(f->disordered + f->failures, 0);
    assert_true(f->conflicts > 0);
}

/* ---- Selected keys and families ---- */

static void a_subscription_selects_keys(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_bus *other = join(f, 1);

    assert_int_equal(test_keyed_watchers_serve(bus, &watchers, f), CATGA_OK);
    assert_int_equal(test_keyed_watchers_serve(other, &watchers, f), CATGA_OK);
    serve(f, bus);
    for (unsigned number = 1; number <= 10; number++) {
        for (char order = 'a'; order < 'd'; order++) {
            const test_keyed_paid paid = {.order_id = {&order, 1}, .number = number};
            assert_int_equal(test_keyed_paid_publish(bus, &paid), CATGA_OK);
        }
        assert_int_equal(test_keyed_seen_publish(bus, &(test_keyed_seen){.name = CATGA_STR("x")}),
                         CATGA_OK);
        assert_int_equal(test_keyed_seen_publish(bus, &(test_keyed_seen){.name = CATGA_STR("y")}),
                         CATGA_OK);
    }
    wait_until(f->booked == 30 && f->seen == 20 && f->watched == 10 && f->looked == 20);
}

static void a_family_gets_each_event_once(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f, 1);
    catga_bus *replica = join(f, 1);

    assert_int_equal(test_keyed_audit_serve(bus, &audit, f), CATGA_OK);
    assert_int_equal(test_keyed_audit_serve(replica, &audit, f), CATGA_OK);
    serve(f, bus);
    for (unsigned number = 1; number <= 20; number++) {
        const test_keyed_paid paid = {.order_id = CATGA_STR("a"), .number = number};
        assert_int_equal(test_keyed_paid_publish(bus, &paid), CATGA_OK);
        assert_int_equal(test_keyed_seen_publish(bus, &(test_keyed_seen){.name = CATGA_STR("x")}),
                         CATGA_OK);
    }
    wait_until(f->audits == 40 && f->booked == 20 && f->seen == 20);
    assert_int_equal(f->total, 210);
    assert_int_equal(
        test_keyed_seen_publish(bus, &(test_keyed_seen){.name = CATGA_STR("z"), .number = 5}),
        CATGA_OK);
    wait_until(f->audits == 41);
    assert_string_equal(f->audited, "test.keyed.Seen {\"name\":\"z\",\"number\":5}");
}

#define case_of(test) cmocka_unit_test_setup_teardown(test, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        case_of(a_key_is_the_last_token_of_the_subject),
        case_of(each_type_has_its_text),
        case_of(calls_with_a_callback_have_keys_too),
        case_of(a_value_that_is_no_token_is_refused),
        case_of(a_refusal_names_the_field_and_the_value),
        case_of(an_event_with_another_key_is_bad),
        case_of(a_command_with_another_key_is_bad),
        case_of(a_stored_event_with_another_key_becomes_a_dead_letter),
        case_of(a_dead_letter_with_a_key_is_replayed),
        case_of(one_worker_handles_each_key_in_order),
        case_of(a_retried_event_may_come_after_later_ones),
        case_of(one_unacknowledged_event_keeps_the_order),
        case_of(an_event_is_stored_only_after_the_expected_one),
        case_of(concurrent_writers_of_a_key_lose_nothing),
        case_of(a_subscription_selects_keys),
        case_of(a_family_gets_each_event_once),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
