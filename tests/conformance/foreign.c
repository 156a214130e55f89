/*
 * Messages on the subjects of a system that exists already: foreign local | nats (at $NATS_URL,
 * with JetStream). Buses of different prefixes stand for programs that know nothing of each other.
 */
#include "fixture.h"
#include "foreign.catga.h"

#include <stdatomic.h>

enum { SUBJECT_TEXT = 128 };

typedef struct fixture {
    fixture_base base;
    atomic_uint created;
    atomic_uint any;
    atomic_uint all;
    atomic_uint orders;
    atomic_uint welcomed[2]; /* by the handlers of each member of a group */
    atomic_uint shipped[2];
    atomic_uint failures; /* runs of the handler of orders that still have to fail */
    char subject[SUBJECT_TEXT];
} fixture;

static int open_stage(void **state)
{
    *state = fixture_new(sizeof(fixture), "foreign");
    return 0;
}

/* Joins with a prefix of its own. */
static catga_bus *join(fixture *s)
{
    char prefix[sizeof s->base.prefix + 8];

    snprintf(prefix, sizeof prefix, "%s-%zu", s->base.prefix, s->base.bus_count);
    catga_bus *bus = open_bus(s->base.broker, (catga_options){.prefix = prefix, .instance = "a"});
    s->base.buses[s->base.bus_count++] = bus;
    return bus;
}

/* ---- Handlers ---- */

static void note_subject(fixture *s, const catga_context *context)
{
    snprintf(s->subject, sizeof s->subject, "%.*s", CATGA_PRINT(catga_context_subject(context)));
}

static catga_status greeter_greet(catga_context *context, test_foreign_greet_view request)
{
    catga_string name = test_foreign_greet_get_name(request);

    return test_foreign_greet_reply(context, &TEST_FOREIGN_GREETING(.text = name));
}

static catga_status users_created(catga_context *context, test_foreign_user_created_view event)
{
    fixture *s = catga_context_user(context);

    if (catga_string_equal(test_foreign_user_created_get_user_id(event), CATGA_STR("123")))
        atomic_fetch_add(&s->created, 1);
    return CATGA_OK;
}

static catga_status users_any(catga_context *context, test_foreign_any_user_view event)
{
    fixture *s = catga_context_user(context);

    if (catga_string_equal(test_foreign_any_user_get_user_id(event), CATGA_STR("123"))) {
        note_subject(s, context);
        atomic_fetch_add(&s->any, 1);
    }
    return CATGA_OK;
}

static catga_status users_all(catga_context *context, test_foreign_any_event_view event)
{
    fixture *s = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&s->all, 1);
    return CATGA_OK;
}

static catga_status orders_order(catga_context *context, test_foreign_any_order_view event)
{
    fixture *s = catga_context_user(context);

    (void)event;
    note_subject(s, context);
    atomic_fetch_add(&s->orders, 1);
    unsigned left = atomic_load(&s->failures);
    if (left == 0)
        return CATGA_OK;
    atomic_store(&s->failures, left - 1);
    return CATGA_HANDLER_FAILED;
}

/* A member of groups of other programs. */
typedef struct member {
    fixture *s;
    unsigned number;
} member;

static catga_status workers_welcome(catga_context *context, test_foreign_user_created_view event)
{
    const member *m = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&m->s->welcomed[m->number], 1);
    return CATGA_OK;
}

static catga_status shippers_ship(catga_context *context, test_foreign_any_order_view event)
{
    const member *m = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&m->s->shipped[m->number], 1);
    return CATGA_OK;
}

static const test_foreign_workers workers = TEST_FOREIGN_WORKERS(workers);
static const test_foreign_shippers shippers = TEST_FOREIGN_SHIPPERS(shippers);
static const test_foreign_greeter greeter = TEST_FOREIGN_GREETER(greeter);
static const test_foreign_users users = TEST_FOREIGN_USERS(users);
static const test_foreign_orders orders = TEST_FOREIGN_ORDERS(orders);

/* Publishes a message of a subject with wildcards, as the program that has one of them does. */
static catga_status publish_as(catga_bus *bus, const catga_message *message, const char *subject,
                               const void *input)
{
    catga_message other = *message;

    other.subject = subject;
    other.delivery = NULL;
    return catga_publish(bus, &other, input);
}

/* ---- Own subjects ---- */

static void an_own_subject_has_no_prefix(void **state)
{
    fixture *s = *state;
    catga_bus *service = join(s);
    catga_bus *client = join(s);
    test_foreign_greeting_reply reply;

    assert_int_equal(test_foreign_greeter_serve(service, &greeter, s), CATGA_OK);
    assert_int_equal(test_foreign_users_serve(service, &users, s), CATGA_OK);
    assert_int_equal(
        test_foreign_greet_call(client, &TEST_FOREIGN_GREET(.name = CATGA_STR("Ada")), &reply),
        CATGA_OK);
    assert_true(catga_string_equal(test_foreign_greeting_get_text(reply.view), CATGA_STR("Ada")));
    test_foreign_greeting_reply_free(&reply);
    assert_int_equal(test_foreign_user_created_publish(
                         client, &TEST_FOREIGN_USER_CREATED(.user_id = CATGA_STR("123"))),
                     CATGA_OK);
    wait_until(atomic_load(&s->created) == 1);
}

/* Each subscription gets the event once, and finds its subject. */
static void wildcards_match_the_subjects_of_others(void **state)
{
    fixture *s = *state;
    catga_bus *service = join(s);
    catga_bus *client = join(s);

    assert_int_equal(test_foreign_users_serve(service, &users, s), CATGA_OK);
    const test_foreign_any_user user = TEST_FOREIGN_ANY_USER(.user_id = CATGA_STR("123"));
    const test_foreign_any_event event = TEST_FOREIGN_ANY_EVENT(.user_id = CATGA_STR("123"));
    for (int i = 0; i < 10; i++) {
        assert_int_equal(publish_as(client, &test_foreign_any_user_message_descriptor,
                                    "foreign.events.user.deleted", &user),
                         CATGA_OK);
        assert_int_equal(publish_as(client, &test_foreign_any_event_message_descriptor,
                                    "foreign.events.user.name.changed", &event),
                         CATGA_OK);
    }
    wait_until(atomic_load(&s->any) == 10 && atomic_load(&s->all) == 10);
    assert_string_equal(s->subject, "foreign.events.user.deleted");
    assert_int_equal(atomic_load(&s->created), 0);
}

/* Deletes the stream, whose subjects those of the next case would overlap. */
static void forget_stream(catga_bus *bus)
{
    assert_int_equal(catga_stream_delete(bus, TEST_FOREIGN_ANY_ORDER_STREAM), CATGA_OK);
}

/* ---- Groups ---- */

/* Two buses of other prefixes share a queue group by its exact name. */
static void members_of_a_named_group_share_events(void **state)
{
    enum { EVENTS = 200 };
    fixture *s = *state;
    catga_bus *first = join(s);
    catga_bus *second = join(s);
    catga_bus *client = join(s);
    member members[] = {{s, 0}, {s, 1}};

    assert_int_equal(test_foreign_workers_serve(first, &workers, &members[0]), CATGA_OK);
    assert_int_equal(test_foreign_workers_serve(second, &workers, &members[1]), CATGA_OK);
    for (int i = 0; i < EVENTS; i++)
        assert_int_equal(test_foreign_user_created_publish(
                             client, &TEST_FOREIGN_USER_CREATED(.user_id = CATGA_STR("123"))),
                         CATGA_OK);
    wait_until(atomic_load(&s->welcomed[0]) + atomic_load(&s->welcomed[1]) >= EVENTS);
    assert_true(atomic_load(&s->welcomed[0]) > 0 && atomic_load(&s->welcomed[1]) > 0);
    assert_int_equal(atomic_load(&s->welcomed[0]) + atomic_load(&s->welcomed[1]), EVENTS);
}

/* The durable that a service with another ack_wait has created is used as it is. */
static void a_named_durable_is_joined_with_its_own_settings(void **state)
{
    fixture *s = *state;
    member members[] = {{s, 0}, {s, 1}};

    for (int i = 0; i < 2; i++) { /* one prefix: the stream is named after it */
        catga_bus *bus = fixture_join(&s->base, (catga_options){.ack_wait_ms = 30000 + i * 5000});
        assert_int_equal(test_foreign_shippers_serve(bus, &shippers, &members[i]), CATGA_OK);
    }
    const test_foreign_any_order paid = TEST_FOREIGN_ANY_ORDER(.order_id = CATGA_STR("O-1"));
    for (int i = 0; i < 100; i++)
        assert_int_equal(publish_as(s->base.buses[0], &test_foreign_any_order_message_descriptor,
                                    "foreign.orders.paid", &paid),
                         CATGA_OK);
    wait_until(atomic_load(&s->shipped[0]) + atomic_load(&s->shipped[1]) >= 100);
    assert_true(atomic_load(&s->shipped[0]) > 0 && atomic_load(&s->shipped[1]) > 0);
    assert_int_equal(atomic_load(&s->shipped[0]) + atomic_load(&s->shipped[1]), 100);
    forget_stream(s->base.buses[0]);
}

/* ---- Stored events ---- */

static bool count_letter(const catga_dead_letter *letter, void *user)
{
    assert_true(catga_string_equal(letter->subject, CATGA_STR("foreign.orders.paid")));
    ++*(unsigned *)user;
    return true;
}

static unsigned dead_letters(catga_bus *bus)
{
    unsigned letters = 0;

    assert_int_equal(
        catga_dead_letters(bus, TEST_FOREIGN_ANY_ORDER_STREAM, 1, count_letter, &letters),
        CATGA_OK);
    return letters;
}

/* The stream takes the events of programs that do not wait for it. A replay has the same subject.
 */
static void a_stream_takes_all_subjects_that_match(void **state)
{
    fixture *s = *state;
    catga_bus *service = join(s);
    catga_bus *client = join(s);
    const catga_message *message = &test_foreign_any_order_message_descriptor;
    const test_foreign_any_order paid = TEST_FOREIGN_ANY_ORDER(.order_id = CATGA_STR("O-1"));

    atomic_store(&s->failures, 1);
    assert_int_equal(test_foreign_orders_serve(service, &orders, s), CATGA_OK);
    assert_int_equal(publish_as(client, message, "foreign.orders.paid", &paid), CATGA_OK);
    wait_until(dead_letters(service) == 1);
    assert_string_equal(s->subject, "foreign.orders.paid");
    s->subject[0] = '\0';
    assert_int_equal(
        catga_dead_letter_replay(service, TEST_FOREIGN_ANY_ORDER_STREAM, 1, 5000, NULL), CATGA_OK);
    assert_string_equal(s->subject, "foreign.orders.paid");
    assert_int_equal(atomic_load(&s->orders), 2);
    assert_int_equal(test_foreign_orders_stop(service), CATGA_OK);
    assert_int_equal(publish_as(client, message, "foreign.orders.paid", &paid), CATGA_OK);
    assert_int_equal(test_foreign_orders_serve(service, &orders, s), CATGA_OK);
    wait_until(atomic_load(&s->orders) == 3);
    forget_stream(service);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest tests[] = {
        CASE(an_own_subject_has_no_prefix),
        CASE(wildcards_match_the_subjects_of_others),
        CASE(members_of_a_named_group_share_events),
        CASE(a_named_durable_is_joined_with_its_own_settings),
        CASE(a_stream_takes_all_subjects_that_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
