/* Ids decide the slots of fields, not the order in the file; a deprecated field keeps its slot. */
#include "ids.catga.h"

#include <roundtrip.h>

static const uint16_t numbers[] = {1, 2};

static void check_turned(const uint8_t *table)
{
    trip_ids_turned_view view = {table};

    assert_true(trip_ids_turned_get_first(view) == 9);
    assert_true(trip_ids_turned_get_second(view));
    assert_int_equal(catga_u16_at(trip_ids_turned_get_third(view), 1), 2);
    assert_true(catga_string_equal(trip_ids_turned_get_last(view), catga_str("last")));
    assert_null(catga_find(table, 8));
}

static trip_ids_turned turned(void)
{
    trip_ids_turned plain = TRIP_IDS_TURNED_INIT;

    plain.last = catga_str("last");
    plain.first = 9;
    plain.second = true;
    plain.third.data = numbers;
    plain.third.length = 2;
    return plain;
}

static void there_and_back(void **state)
{
    const trip_ids_turned plain = turned();

    (void)state;
    roundtrip(&trip_ids_turned_descriptor, &plain, check_turned);
}

static void check_straight(const uint8_t *table)
{
    trip_ids_straight_view view = {table};

    assert_true(trip_ids_straight_get_first(view) == 9);
    assert_true(trip_ids_straight_get_second(view));
    assert_int_equal(trip_ids_straight_get_gone(view), 0);
    assert_int_equal(trip_ids_straight_get_third(view).length, 2);
    assert_true(catga_string_equal(trip_ids_straight_get_last(view), catga_str("last")));
}

static void same_places(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    const trip_ids_turned plain = turned();
    const trip_ids_straight other = {9, true, 77, CATGA_SLICE(numbers), {"last", 4}};

    (void)state;
    size_t length = roundtrip_encode(&trip_ids_turned_descriptor, &plain, bytes);
    memcpy(bytes + 4, trip_ids_straight_descriptor.identifier, 4);
    roundtrip_read(&trip_ids_straight_descriptor, bytes, length, check_straight);
    length = roundtrip_encode(&trip_ids_straight_descriptor, &other, bytes);
    memcpy(bytes + 4, trip_ids_turned_descriptor.identifier, 4);
    const uint8_t *root;
    assert_int_equal(catga_verify(&trip_ids_turned_descriptor, bytes, length, &root, NULL),
                     CATGA_OK);
    trip_ids_turned_view view = {root};
    assert_true(catga_string_equal(trip_ids_turned_get_last(view), catga_str("last")));
    char text[256];
    trip_ids_turned_print(view, text, sizeof text);
    assert_string_equal(text, "{\"first\":9,\"second\":true,\"third\":[1,2],\"last\":\"last\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(same_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
