/* Vectors of every kind, empty and absent ones, and indices out of range. */
#include "vectors.catga.h"

#include <roundtrip.h>

static void check_texts(trip_vectors_vectors_view view)
{
    catga_string_vector texts = trip_vectors_vectors_get_texts(view);

    assert_int_equal(texts.length, 3);
    assert_true(catga_string_equal(catga_string_at(texts, 0), catga_str("one")));
    assert_int_equal(catga_string_at(texts, 1).length, 0);
    assert_non_null(catga_string_at(texts, 1).data);
    assert_true(catga_string_equal(catga_string_at(texts, 2), catga_str("gr\xc3\xbc\xc3\x9f")));
    assert_null(catga_string_at(texts, 3).data);
    assert_true(catga_string_equal(trip_vectors_vectors_get_text(view), catga_str("text")));
    catga_bytes data = trip_vectors_vectors_get_data(view);
    assert_int_equal(data.length, 3);
    assert_memory_equal(data.data, "\0\1\2", 3);
}

static void check_numbers(trip_vectors_vectors_view view)
{
    catga_bool_vector bools = trip_vectors_vectors_get_bools(view);

    assert_true(catga_bool_at(bools, 0) && !catga_bool_at(bools, 1) && !catga_bool_at(bools, 99));
    assert_int_equal(catga_i8_at(trip_vectors_vectors_get_bytes_of_sign(view), 1), -128);
    assert_int_equal(catga_u16_at(trip_vectors_vectors_get_halves(view), 0), 65535);
    assert_int_equal(catga_i32_at(trip_vectors_vectors_get_words(view), 2), INT32_MIN);
    assert_true(catga_u64_at(trip_vectors_vectors_get_longs(view), 1) == UINT64_MAX);
    assert_true(catga_u64_at(trip_vectors_vectors_get_longs(view), 2) == 0);
    assert_true(catga_f32_at(trip_vectors_vectors_get_singles(view), 0) == 1.5f);
    assert_true(catga_f64_at(trip_vectors_vectors_get_doubles(view), 0) == -2.5);
    assert_int_equal(catga_u32_at(trip_vectors_vectors_get_wides(view), 1),
                     TRIP_VECTORS_WIDE_MILLION);
    assert_int_equal(catga_i64_at(trip_vectors_vectors_get_prices(view), 1), -5);
    assert_int_equal(trip_vectors_vectors_get_spans(view).length, 2);
}

static void check_full(const uint8_t *table)
{
    trip_vectors_vectors_view view = {table};

    check_texts(view);
    check_numbers(view);
    trip_vectors_pair_vector pairs = trip_vectors_vectors_get_pairs(view);
    assert_int_equal(pairs.length, 2);
    assert_int_equal(trip_vectors_pair_at(pairs, 1).key, 255);
    assert_true(trip_vectors_pair_at(pairs, 1).value == UINT64_MAX);
    assert_int_equal(trip_vectors_pair_at(pairs, 2).key, 0);
    trip_vectors_item_vector items = trip_vectors_vectors_get_items(view);
    assert_int_equal(items.length, 2);
    assert_true(catga_string_equal(trip_vectors_item_get_name(trip_vectors_item_at(items, 0)),
                                   catga_str("first")));
    assert_null(trip_vectors_item_get_name(trip_vectors_item_at(items, 1)).data);
    assert_null(trip_vectors_item_get_name(trip_vectors_item_at(items, 2)).data);
}

static void full(void **state)
{
    static const uint8_t data[] = {0, 1, 2};
    static const bool bools[] = {true, false};
    static const int8_t signs[] = {1, -128, 127};
    static const uint16_t halves[] = {65535};
    static const int32_t words[] = {1, 2, INT32_MIN};
    static const uint64_t longs[] = {1, UINT64_MAX};
    static const float singles[] = {1.5f};
    static const double doubles[] = {-2.5};
    static const uint32_t wides[] = {0, 1000000, 77};
    static const int64_t integers[] = {INT64_MAX, -5};
    static const catga_string texts[] = {{"one", 3}, {"", 0}, {"gr\xc3\xbc\xc3\x9f", 6}};
    static const trip_vectors_pair pairs[] = {{1, 2}, {255, UINT64_MAX}};
    static const trip_vectors_item items[] = {{{"first", 5}}, {{NULL, 0}}};
    const trip_vectors_vectors plain = {
        {"text", 4},           CATGA_SLICE(data),  CATGA_SLICE(bools),    CATGA_SLICE(signs),
        CATGA_SLICE(halves),   CATGA_SLICE(words), CATGA_SLICE(longs),    CATGA_SLICE(singles),
        CATGA_SLICE(doubles),  CATGA_SLICE(wides), CATGA_SLICE(integers), CATGA_SLICE(integers),
        CATGA_SLICE(integers), CATGA_SLICE(texts), CATGA_SLICE(pairs),    CATGA_SLICE(items),
    };

    (void)state;
    roundtrip(&trip_vectors_vectors_descriptor, &plain, check_full);
}

static void check_absent(const uint8_t *table)
{
    trip_vectors_vectors_view view = {table};

    assert_null(trip_vectors_vectors_get_text(view).data);
    assert_null(trip_vectors_vectors_get_data(view).data);
    assert_int_equal(trip_vectors_vectors_get_longs(view).length, 0);
    assert_int_equal(trip_vectors_vectors_get_texts(view).length, 0);
    assert_int_equal(trip_vectors_vectors_get_items(view).length, 0);
    assert_int_equal(trip_vectors_vectors_get_pairs(view).length, 0);
}

static void absent(void **state)
{
    const trip_vectors_vectors plain = TRIP_VECTORS_VECTORS_INIT;

    (void)state;
    roundtrip(&trip_vectors_vectors_descriptor, &plain, check_absent);
}

/* An empty vector is not absent. */
static void check_empty(const uint8_t *table)
{
    trip_vectors_vectors_view view = {table};

    assert_non_null(trip_vectors_vectors_get_text(view).data);
    assert_int_equal(trip_vectors_vectors_get_text(view).length, 0);
    assert_non_null(trip_vectors_vectors_get_data(view).data);
    assert_non_null(trip_vectors_vectors_get_longs(view).data);
    assert_non_null(trip_vectors_vectors_get_items(view).data);
    assert_int_equal(trip_vectors_vectors_get_items(view).length, 0);
}

static void empty(void **state)
{
    static const uint64_t nothing[1] = {0};
    static const trip_vectors_item no_item = TRIP_VECTORS_ITEM_INIT;
    trip_vectors_vectors plain = TRIP_VECTORS_VECTORS_INIT;

    (void)state;
    plain.text = catga_str("");
    plain.data.data = (const uint8_t *)"";
    plain.longs.data = nothing;
    plain.items.data = &no_item;
    roundtrip(&trip_vectors_vectors_descriptor, &plain, check_empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),
        cmocka_unit_test(absent),
        cmocka_unit_test(empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
