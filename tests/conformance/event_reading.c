/*
 * Reading stored events in order, beside their consumers: event_reading local | nats (at $NATS_URL,
 * with JetStream).
 */
#include "fixture.h"
#include "keyed.catga.h"

#include <stdatomic.h>

enum { READ_MAX = 512 };

/* The events of one reader. */
typedef struct seen {
    atomic_uint count;
    atomic_uint caught_up;
    atomic_uint before;         /* events before it was caught up */
    atomic_uint bad;            /* events that do not verify */
    catga_event_reader *reader; /* that it tries to stop; NULL: none */
    uint64_t sequences[READ_MAX];
    int64_t times[READ_MAX];
    unsigned numbers[READ_MAX];
    char orders[READ_MAX];
    char subject[256];
    char problem[128];
} seen;

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    seen seen;
    atomic_uint booked;
} fixture;

static int open_stage(void **state)
{
    fixture *f = fixture_new(sizeof *f, "reading");

    *state = f;
    f->bus = fixture_join(&f->base, (catga_options){0});
    return 0;
}

/* ---- Readers ---- */

static void see(const catga_read_event *read, test_keyed_paid_view event, void *user)
{
    seen *s = user;
    unsigned at = atomic_load(&s->count);
    catga_string order = test_keyed_paid_get_order_id(event);

    s->sequences[at] = read->sequence;
    s->times[at] = read->stored_ns;
    s->numbers[at] = test_keyed_paid_get_number(event);
    s->orders[at] = order.length == 0 ? '-' : order.data[0];
    snprintf(s->subject, sizeof s->subject, "%.*s", CATGA_PRINT(read->subject));
    if (read->status != CATGA_OK) {
        snprintf(s->problem, sizeof s->problem, "%s", read->problem);
        atomic_fetch_add(&s->bad, 1);
    }
    if (s->reader != NULL)
        catga_event_reader_stop(s->reader);
    atomic_fetch_add(&s->count, 1);
}

static void catch_up(void *user)
{
    seen *s = user;

    atomic_store(&s->before, atomic_load(&s->count));
    atomic_fetch_add(&s->caught_up, 1);
}

static catga_event_reader *begin_reading(fixture *f, catga_reading reading)
{
    catga_event_reader *reader;

    reading.caught_up = catch_up;
    assert_int_equal(test_keyed_paid_read(f->bus, &reading, see, &f->seen, &reader), CATGA_OK);
    return reader;
}

/* ---- Events ---- */

static uint64_t publish(fixture *f, const char *order, unsigned number)
{
    const test_keyed_paid event = {.order_id = catga_str(order), .number = number};
    catga_stored stored;

    assert_int_equal(test_keyed_paid_publish_stored(f->bus, &event, &stored), CATGA_OK);
    return stored.sequence;
}

/* Publishes a1 b1 a2 b2 ... */
static void publish_pairs(fixture *f, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        publish(f, "a", i);
        publish(f, "b", i);
    }
}

/* Stores an event of the order `inside` on the subject of the order "b". */
static void publish_otherwise(fixture *f, const char *inside)
{
    catga_message other = test_keyed_paid_message_descriptor;
    const test_keyed_paid event = {.order_id = catga_str(inside), .number = 99};

    other.subject = "catga.events.test.keyed.v1.Paid.b";
    other.keys = NULL;
    other.delivery = NULL;
    assert_int_equal(catga_publish(f->bus, &other, &event), CATGA_OK);
}

/* ---- Reading ---- */

static void stored_events_come_in_order_and_then_new_ones(void **state)
{
    fixture *f = *state;
    seen *s = &f->seen;

    publish_pairs(f, 10);
    catga_event_reader *reader = begin_reading(f, (catga_reading){0});
    wait_until(atomic_load(&s->caught_up) == 1);
    assert_int_equal(atomic_load(&s->before), 20);
    publish_pairs(f, 5);
    wait_until(atomic_load(&s->count) == 30);
    for (unsigned i = 0; i < 30; i++) {
        unsigned number = i < 20 ? i / 2 + 1 : (i - 20) / 2 + 1;
        assert_int_equal(s->numbers[i], number);
        assert_int_equal(s->orders[i], i % 2 == 0 ? 'a' : 'b');
        assert_true(i == 0 || s->sequences[i] == s->sequences[i - 1] + 1);
        assert_true(s->times[i] > 0 && (i == 0 || s->times[i] >= s->times[i - 1]));
    }
    assert_non_null(strstr(s->subject, "test.keyed.v1.Paid.b"));
    assert_int_equal(atomic_load(&s->caught_up), 1);
    catga_event_reader_stop(reader);
    publish(f, "a", 100);
    assert_int_equal(atomic_load(&s->count), 30);
}

static void a_reader_begins_where_it_is_told(void **state)
{
    fixture *f = *state;
    seen *s = &f->seen;

    publish_pairs(f, 3);
    uint64_t third = publish(f, "c", 7);
    publish(f, "a", 8);
    assert_int_equal(
        test_keyed_paid_read_to_end(
            f->bus, &(catga_reading){.from = CATGA_FROM_SEQUENCE, .sequence = third}, see, s),
        CATGA_OK);
    assert_int_equal(s->count, 2);
    assert_int_equal(s->sequences[0], third);
    assert_int_equal(s->numbers[1], 8);
    int64_t time_ns = s->times[1] - 1000000; /* the clock of a local server varies a little */
    atomic_store(&s->count, 0);
    assert_int_equal(
        test_keyed_paid_read_to_end(
            f->bus, &(catga_reading){.from = CATGA_FROM_TIME, .time_ns = time_ns}, see, s),
        CATGA_OK);
    assert_true(s->count >= 1);
    assert_int_equal(s->numbers[s->count - 1], 8);
    atomic_store(&s->count, 0);
    assert_int_equal(test_keyed_paid_read_to_end(
                         f->bus, &(catga_reading){.from = CATGA_FROM_LAST_OF_KEYS}, see, s),
                     CATGA_OK);
    assert_int_equal(s->count, 3);
    assert_true(s->orders[0] == 'b' && s->orders[1] == 'c' && s->orders[2] == 'a');
    atomic_store(&s->count, 0);
    catga_event_reader *reader = begin_reading(f, (catga_reading){.from = CATGA_FROM_NEW});
    wait_until(atomic_load(&s->caught_up) == 1);
    uint64_t new_one = publish(f, "d", 9);
    wait_until(atomic_load(&s->count) == 1);
    assert_int_equal(s->sequences[0], new_one);
    catga_event_reader_stop(reader);
}

static void a_reader_selects_keys(void **state)
{
    fixture *f = *state;
    seen *s = &f->seen;

    publish_pairs(f, 10);
    assert_int_equal(test_keyed_paid_read_to_end(f->bus, &(catga_reading){.keys = "b"}, see, s),
                     CATGA_OK);
    assert_int_equal(s->count, 10);
    for (unsigned i = 0; i < 10; i++)
        assert_true(s->orders[i] == 'b' && s->numbers[i] == i + 1);
    assert_int_equal(test_keyed_paid_read_to_end(f->bus, &(catga_reading){.keys = "*"}, see, s),
                     CATGA_OK);
    assert_int_equal(s->count, 30);
    assert_int_equal(test_keyed_paid_read_to_end(f->bus, &(catga_reading){.keys = "none"}, see, s),
                     CATGA_OK);
    assert_int_equal(s->count, 30);
}

/* The stream is created: there are no events yet. */
static void a_stream_without_events_is_read_to_its_end(void **state)
{
    fixture *f = *state;

    assert_int_equal(test_keyed_paid_read_to_end(f->bus, NULL, see, &f->seen), CATGA_OK);
    assert_int_equal(f->seen.count, 0);
}

/* Others are read, and the reason names the keys. */
static void an_event_that_does_not_verify_is_reported(void **state)
{
    fixture *f = *state;
    seen *s = &f->seen;

    publish(f, "a", 1);
    publish_otherwise(f, "c");
    uint64_t last = publish(f, "b", 2);
    assert_int_equal(test_keyed_paid_read_to_end(f->bus, NULL, see, s), CATGA_OK);
    assert_int_equal(s->count, 3);
    assert_int_equal(s->bad, 1);
    assert_int_equal(s->orders[1], '-');
    assert_int_equal(s->sequences[1], last - 1);
    assert_non_null(strstr(s->problem, "its keys are \"c\""));
    assert_int_equal(s->numbers[2], 2);
}

static void a_reading_without_sense_is_refused(void **state)
{
    static const catga_reading readings[] = {{.keys = ""},
                                             {.keys = "a.b"},
                                             {.keys = ">"},
                                             {.keys = "a."},
                                             {.keys = "a b"},
                                             {.keys = "a\""},
                                             {.keys = "a*b"},
                                             {.from = CATGA_FROM_SEQUENCE},
                                             {.from = (catga_read_from)17},
                                             {.from = CATGA_FROM_TIME, .time_ns = -1}};
    fixture *f = *state;
    catga_event_reader *reader;

    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        assert_int_equal(test_keyed_paid_read(f->bus, &readings[i], see, &f->seen, &reader),
                         CATGA_INVALID_ARGUMENT);
        assert_null(reader);
        assert_int_equal(test_keyed_paid_read_to_end(f->bus, &readings[i], see, &f->seen),
                         CATGA_INVALID_ARGUMENT);
    }
}

static void a_function_of_a_reader_cannot_stop_it(void **state)
{
    fixture *f = *state;

    publish(f, "a", 1);
    catga_event_reader *reader = begin_reading(f, (catga_reading){0});
    wait_until(atomic_load(&f->seen.count) == 1);
    f->seen.reader = reader;
    publish(f, "a", 2);
    wait_until(atomic_load(&f->seen.count) == 2);
    publish(f, "a", 3);
    wait_until(atomic_load(&f->seen.count) == 3);
    f->seen.reader = NULL;
    catga_event_reader_stop(reader);
}

/* ---- Consumers ---- */

static catga_status books_book(catga_context *context, test_keyed_paid_view event)
{
    fixture *f = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&f->booked, 1);
    return CATGA_OK;
}

static catga_status books_see(catga_context *context, test_keyed_seen_view event)
{
    (void)context;
    (void)event;
    return CATGA_OK;
}

static void consumers_get_every_event_beside_a_reader(void **state)
{
    static const test_keyed_books books = TEST_KEYED_BOOKS(books);
    fixture *f = *state;
    catga_stream_state before, after;

    publish_pairs(f, 20);
    assert_int_equal(test_keyed_paid_read_to_end(f->bus, NULL, see, &f->seen), CATGA_OK);
    assert_int_equal(test_keyed_books_serve(f->bus, &books, f), CATGA_OK);
    wait_until(atomic_load(&f->booked) == 40);
    assert_int_equal(catga_stream_get_state(f->bus, TEST_KEYED_PAID_STREAM, &before), CATGA_OK);
    assert_int_equal(test_keyed_paid_read_to_end(f->bus, NULL, see, &f->seen), CATGA_OK);
    assert_int_equal(f->seen.count, 80);
    assert_int_equal(catga_stream_get_state(f->bus, TEST_KEYED_PAID_STREAM, &after), CATGA_OK);
    assert_int_equal(before.messages, after.messages);
    assert_int_equal(atomic_load(&f->booked), 40);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest tests[] = {
        CASE(stored_events_come_in_order_and_then_new_ones),
        CASE(a_reader_begins_where_it_is_told),
        CASE(a_reader_selects_keys),
        CASE(a_stream_without_events_is_read_to_its_end),
        CASE(an_event_that_does_not_verify_is_reported),
        CASE(a_reading_without_sense_is_refused),
        CASE(a_function_of_a_reader_cannot_stop_it),
        CASE(consumers_get_every_event_beside_a_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
