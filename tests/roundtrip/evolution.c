/* Older and newer programs read each other's messages. */
#include "evolution_new.catga.h"
#include "evolution_old.catga.h"

#include <roundtrip.h>

static const catga_table *const older = &trip_older_message_descriptor;
static const catga_table *const newer = &trip_newer_message_descriptor;

/* Encodes with one type and reads with the other; the two files differ only in their names. */
static void across(const catga_table *from, const void *plain, const catga_table *to,
                   roundtrip_check *check)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length = roundtrip_encode(from, plain, bytes);

    memcpy(bytes + 4, to->identifier, sizeof to->identifier);
    roundtrip_read(to, bytes, length, check);
}

/* A reader prints the fields of its own schema. */
static void check_printed(const catga_table *type, const uint8_t *table, const char *wanted)
{
    char text[512];

    assert_true(catga_json_write(type, table, text, sizeof text) < sizeof text);
    assert_string_equal(text, wanted);
}

static void check_by_newer(const uint8_t *table)
{
    trip_newer_message_view view = {table};
    trip_newer_place place;

    assert_true(catga_string_equal(trip_newer_message_get_id(view), catga_str("id")));
    assert_int_equal(trip_newer_message_get_state(view), TRIP_NEWER_STATE_CLOSED);
    trip_newer_part_vector parts = trip_newer_message_get_parts(view);
    assert_int_equal(parts.length, 2);
    trip_newer_part_view part = trip_newer_part_at(parts, 1);
    assert_int_equal(trip_newer_part_get_count(part), 7);
    assert_true(trip_newer_part_get_weight(part) == 0.5);
    assert_int_equal(trip_newer_part_get_tags(part).length, 0);
    assert_null(trip_newer_message_get_note(view).data);
    assert_false(trip_newer_message_get_place(view, &place));
    assert_true(place.x == 0);
    assert_false(trip_newer_message_has_main(view));
    assert_int_equal(trip_newer_part_get_count(trip_newer_message_get_main(view)), 1);
    assert_int_equal(trip_newer_message_get_total(view), -1);
    assert_false(trip_newer_message_get_maybe(view).present);
    assert_true(trip_newer_message_get_last(view));
    check_printed(newer, table,
                  "{\"id\":\"id\",\"state\":\"Closed\",\"parts\":[{\"name\":\"a\",\"count\":1,"
                  "\"weight\":0.5},{\"count\":7,\"weight\":0.5}],\"total\":-1,\"last\":true}");
}

static void old_read_by_newer(void **state)
{
    static const trip_older_part parts[] = {{{"a", 1}, 1}, {{NULL, 0}, 7}};
    const trip_older_message plain = {{"id", 2}, TRIP_OLDER_STATE_CLOSED, CATGA_SLICE(parts), 99};

    (void)state;
    across(older, &plain, newer, check_by_newer);
}

static void check_by_older(const uint8_t *table)
{
    trip_older_message_view view = {table};

    assert_true(catga_string_equal(trip_older_message_get_id(view), catga_str("id")));
    assert_int_equal(trip_older_message_get_state(view), 2);
    assert_null(trip_older_state_name(trip_older_message_get_state(view)));
    trip_older_part_vector parts = trip_older_message_get_parts(view);
    assert_int_equal(parts.length, 1);
    assert_int_equal(trip_older_part_get_count(trip_older_part_at(parts, 0)), 3);
    assert_true(trip_older_message_get_gone(view) == 0);
    check_printed(
        older, table,
        "{\"id\":\"id\",\"state\":2,\"parts\":[{\"name\":\"a\",\"count\":3}],\"gone\":0}");
}

static void new_read_by_older(void **state)
{
    static const catga_string tags[] = {{"x", 1}};
    static const trip_newer_part parts[] = {{{"a", 1}, 3, 2.5, CATGA_SLICE(tags)}};
    static const trip_newer_place place = {1, 2};
    trip_newer_message plain = TRIP_NEWER_MESSAGE_INIT;

    (void)state;
    plain.id = catga_str("id");
    plain.state = TRIP_NEWER_STATE_ARCHIVED;
    plain.parts.data = parts;
    plain.parts.length = 1;
    plain.note = catga_str("a note");
    plain.place = &place;
    plain.main = parts;
    plain.total = 5;
    plain.maybe.present = true;
    plain.last = false;
    across(newer, &plain, older, check_by_older);
}

/* This also holds for a newer sender's JSON, if unknown members are skipped. */
static void text_of_newer(void **state)
{
    static const char text[] =
        "{\"id\":\"id\",\"note\":\"n\",\"main\":{\"tags\":[\"x\"]},\"gone\":4}";
    static uint64_t memory[64];
    catga_arena arena = {memory, sizeof memory, 0};
    trip_older_message plain;

    (void)state;
    assert_int_equal(
        catga_json_read(older, text, sizeof text - 1, CATGA_REFUSE_UNKNOWN, &plain, &arena, NULL),
        CATGA_BAD_MESSAGE);
    arena.used = 0;
    assert_int_equal(
        catga_json_read(older, text, sizeof text - 1, CATGA_SKIP_UNKNOWN, &plain, &arena, NULL),
        CATGA_OK);
    assert_true(plain.gone == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_read_by_newer),
        cmocka_unit_test(new_read_by_older),
        cmocka_unit_test(text_of_newer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
