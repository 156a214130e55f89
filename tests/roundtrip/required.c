/* Required optional scalars: zeros are values, and both sides reject a message without one. */
#include "required.catga.h"

#include <stdio.h>

#include <roundtrip.h>

enum { FIELD_COUNT = 7 };

static const char *const names[FIELD_COUNT] = {
    "price", "flag", "level", "share", "at", "count", "limited",
};

static const catga_table *const types[] = {
    &trip_required_small_descriptor,
    &trip_required_large_descriptor,
    &trip_required_wide_descriptor,
};

/* The seven fields have the same members in each type, whose other fields follow them. */
typedef union message {
    trip_required_small small;
    trip_required_large large;
    trip_required_wide wide;
    trip_required_free free;
} message;

/* Sets all fields but `missing`; each is zero where its range allows zero. */
static message without(size_t missing)
{
    message made;

    memset(&made, 0, sizeof made);
    made.small.price.present = missing != 0;
    made.small.flag.present = missing != 1;
    made.small.level.present = missing != 2;
    made.small.share.present = missing != 3;
    made.small.at.present = missing != 4;
    made.small.count.present = missing != 5;
    made.small.limited.present = missing != 6;
    made.small.limited.value = 3;
    return made;
}

static void check_zeros(const uint8_t *table)
{
    trip_required_small_view view = {table};

    assert_true(trip_required_small_get_price(view).present);
    assert_int_equal(trip_required_small_get_price(view).value, 0);
    assert_true(trip_required_small_get_flag(view).present);
    assert_true(trip_required_small_get_level(view).present);
    assert_true(trip_required_small_get_share(view).present);
    assert_true(trip_required_small_get_count(view).present);
    assert_int_equal(trip_required_small_get_limited(view).value, 3);
}

static void zeros(void **state)
{
    (void)state;
    const message plain = without(FIELD_COUNT);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        roundtrip(types[i], &plain, check_zeros);
}

static void is_refused(const char *name, const catga_problem *problem)
{
    char wanted[64];

    snprintf(wanted, sizeof wanted, "%s: required, but absent", name);
    assert_string_equal(problem->text, wanted);
}

static void senders_refuse(void **state)
{
    (void)state;
    uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length;
    catga_problem problem;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (size_t missing = 0; missing < FIELD_COUNT; missing++) {
            const message plain = without(missing);
            assert_int_equal(catga_encode(types[i], &plain, bytes, sizeof bytes, &length, &problem),
                             CATGA_INVALID_MESSAGE);
            is_refused(names[missing], &problem);
        }
    }
}

/* The bytes of a sender without @required, under the identifier of the type with it. */
static void receivers_refuse(void **state)
{
    (void)state;
    uint8_t bytes[ROUNDTRIP_SIZE];
    const uint8_t *root;
    catga_problem problem;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (size_t missing = 0; missing < FIELD_COUNT; missing++) {
            const message plain = without(missing);
            size_t length = roundtrip_encode(&trip_required_free_descriptor, &plain, bytes);
            memcpy(bytes + 4, types[i]->identifier, 4);
            assert_int_equal(catga_verify(types[i], bytes, length, &root, &problem),
                             CATGA_BAD_MESSAGE);
            is_refused(names[missing], &problem);
        }
    }
}

/* The range applies too. */
static void range(void **state)
{
    (void)state;
    uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length;
    catga_problem problem;
    message plain = without(FIELD_COUNT);
    plain.small.limited.value = 11;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        assert_int_equal(catga_encode(types[i], &plain, bytes, sizeof bytes, &length, &problem),
                         CATGA_INVALID_MESSAGE);
        assert_string_equal(problem.text, "limited: out of range");
    }
}

/* Each of many fields is checked for its presence and for its range. */
static void many_rules(void **state)
{
    const catga_table *type = &trip_required_ruled_descriptor;
    const catga_optional_i32 good = {true, 5};
    const catga_optional_i32 bad[] = {{false, 5}, {true, 10}};
    static const char *const reasons[] = {"required, but absent", "out of range"};
    uint8_t bytes[ROUNDTRIP_SIZE];
    trip_required_ruled plain;
    catga_problem problem;
    size_t length;

    (void)state;
    memset(&plain, 0, sizeof plain);
    for (size_t i = 0; i < type->field_count; i++)
        memcpy((char *)&plain + type->fields[i].member, &good, sizeof good);
    assert_int_equal(catga_encode(type, &plain, bytes, sizeof bytes, &length, &problem), CATGA_OK);
    for (size_t i = 0; i < 2 * (size_t)type->field_count; i++) {
        char wanted[64];
        char *member = (char *)&plain + type->fields[i / 2].member;
        memcpy(member, &bad[i % 2], sizeof good);
        assert_int_equal(catga_encode(type, &plain, bytes, sizeof bytes, &length, &problem),
                         CATGA_INVALID_MESSAGE);
        snprintf(wanted, sizeof wanted, "r%zu: %s", i / 2, reasons[i % 2]);
        assert_string_equal(problem.text, wanted);
        memcpy(member, &good, sizeof good);
    }
}

/* JSON without the field gives a message that the encoder rejects; zero is a value. */
static void json(void **state)
{
    static const char text[] = "{\"price\":0,\"flag\":false,\"level\":\"Low\",\"share\":0,"
                               "\"at\":\"1970-01-01T00:00:00Z\",\"limited\":1}";

    (void)state;
    uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length;
    uint64_t memory[64];
    catga_arena arena = {memory, sizeof memory, 0};
    trip_required_small plain;
    catga_problem problem;
    assert_int_equal(trip_required_small_parse(text, sizeof text - 1, CATGA_REFUSE_UNKNOWN, &plain,
                                               &arena, &problem),
                     CATGA_OK);
    assert_true(plain.price.present);
    assert_false(plain.count.present);
    assert_int_equal(trip_required_small_encode(&plain, bytes, sizeof bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    is_refused("count", &problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros),
        cmocka_unit_test(senders_refuse),
        cmocka_unit_test(receivers_refuse),
        cmocka_unit_test(range),
        cmocka_unit_test(many_rules),
        cmocka_unit_test(json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
