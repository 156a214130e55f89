/* MAX_SIZE is the runtime's size of the largest value, and that value fits. */
#include "bounds.catga.h"

#include <roundtrip.h>

#if defined(TRIP_BOUNDS_TEXT_MAX_SIZE) || defined(TRIP_BOUNDS_TEXTS_MAX_SIZE) ||                   \
    defined(TRIP_BOUNDS_NUMBERS_MAX_SIZE) || defined(TRIP_BOUNDS_ITSELF_MAX_SIZE) ||               \
    defined(TRIP_BOUNDS_INNER_MAX_SIZE) || defined(TRIP_BOUNDS_WORDS_MAX_SIZE)
#error "what has no limit has no largest size"
#endif

static char letters[400];

static catga_string text_of(size_t length)
{
    memset(letters, 'x', sizeof letters);
    catga_string text = {letters, length};
    return text;
}

static trip_bounds_bounded make(void)
{
    static uint8_t zeros[64];
    static trip_bounds_small small;
    static trip_bounds_large larges[3];
    static trip_bounds_choice choices[4];
    static const trip_bounds_nothing nothing = TRIP_BOUNDS_NOTHING_INIT;
    static const trip_bounds_point points[2];
    static const trip_bounds_tiny tinies[5];
    static const catga_uuid ids[3];
    static const uint16_t numbers[3];
    static const int64_t wide[3];

    small.text = text_of(7);
    for (size_t i = 0; i < 3; i++) {
        larges[i].text = text_of(301);
        larges[i].small = &small;
    }
    for (size_t i = 0; i < 4; i++) {
        choices[i].type = TRIP_BOUNDS_CHOICE_LARGE;
        choices[i].large = &larges[0];
    }
    const trip_bounds_bounded plain = {true,
                                       1,
                                       points,
                                       text_of(13),
                                       {zeros, 17},
                                       CATGA_SLICE(numbers),
                                       CATGA_SLICE(wide),
                                       CATGA_SLICE(points),
                                       CATGA_SLICE(tinies),
                                       CATGA_SLICE(ids),
                                       &small,
                                       &nothing,
                                       CATGA_SLICE(larges),
                                       choices[0],
                                       CATGA_SLICE(choices),
                                       choices[1]};
    return plain;
}

static void same_formula(void **state)
{
    trip_bounds_bounded plain = make();

    (void)state;
    assert_int_equal(trip_bounds_bounded_size_bound(&plain), TRIP_BOUNDS_BOUNDED_MAX_SIZE);
    assert_int_equal(trip_bounds_large_size_bound(&plain.larges.data[0]),
                     TRIP_BOUNDS_LARGE_MAX_SIZE);
    assert_int_equal(trip_bounds_nothing_size_bound(plain.nothing), TRIP_BOUNDS_NOTHING_MAX_SIZE);
}

static void largest_fits(void **state)
{
    uint8_t bytes[TRIP_BOUNDS_BOUNDED_MAX_SIZE];
    trip_bounds_bounded plain = make();
    size_t length;

    (void)state;
    assert_int_equal(trip_bounds_bounded_encode(&plain, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    assert_true(length <= sizeof bytes);
    plain.text = text_of(14);
    assert_int_equal(trip_bounds_bounded_encode(&plain, bytes, sizeof bytes, &length, NULL),
                     CATGA_INVALID_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_formula),
        cmocka_unit_test(largest_fits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
