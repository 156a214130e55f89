/* Ranges of every type: their limits are valid, and the next value is not. */
#include "ranges.catga.h"

#include <stdio.h>

#include <roundtrip.h>

static const catga_table *const ranges = &trip_ranges_ranges_descriptor;
static const catga_table *const optional = &trip_ranges_optional_descriptor;
static const catga_table *const unlimited = &trip_ranges_free_descriptor;
static const catga_table *const open_ranges = &trip_ranges_open_descriptor;

/* The limits of a field in JSON, and the values just outside. */
static const struct {
    const char *name, *lowest, *highest, *below, *above;
} limits[] = {
    {"a", "-5", "5", "-6", "6"},
    {"b", "-500", "500", "-501", "501"},
    {"c", "-70000", "70000", "-70001", "70001"},
    {"d", "-5000000000", "5000000000", "-5000000001", "5000000001"},
    {"e", "2", "200", "1", "201"},
    {"f", "2", "60000", "1", "60001"},
    {"g", "2", "4000000000", "1", "4000000001"},
    {"h", "2", "10000000000000000000", "1", "10000000000000000001"},
    {"i", "0.25", "1.5", "0.24999999", "1.5000001"},
    {"i", "0.25", "1.5", "\"-Infinity\"", "\"NaN\""},
    {"j", "0.1", "1e300", "0.09999999999999999", "1.0000000000000002e300"},
    {"j", "0.1", "1e300", "\"NaN\"", "\"Infinity\""},
    {"k", "-1.50", "1.50", "-1.51", "1.51"},
    {"l", "\"1s\"", "\"3600s\"", "\"0.999999999s\"", "\"3600.000000001s\""},
};
enum { LIMITS = sizeof limits / sizeof limits[0] };

/* Encodes a table of one field; bytes[ROUNDTRIP_SIZE]. */
static catga_status encode(const catga_table *type, const char *name, const char *value,
                           uint8_t *bytes, size_t *length, catga_problem *problem)
{
    uint64_t plain[64];
    char text[128];
    catga_arena arena = {NULL, 0, 0};

    assert_true(type->native_size <= sizeof plain);
    snprintf(text, sizeof text, "{\"%s\":%s}", name, value);
    if (catga_json_read(type, text, strlen(text), CATGA_REFUSE_UNKNOWN, plain, &arena, problem) !=
        CATGA_OK)
        fail_msg("%s: %s", text, problem->text);
    return catga_encode(type, plain, bytes, ROUNDTRIP_SIZE, length, problem);
}

static void inside(const catga_table *type, const char *name, const char *value)
{
    uint8_t bytes[ROUNDTRIP_SIZE];
    catga_problem problem;
    const uint8_t *root;
    size_t length = 0;

    if (encode(type, name, value, bytes, &length, &problem) != CATGA_OK ||
        catga_verify(type, bytes, length, &root, &problem) != CATGA_OK)
        fail_msg("%s %s: %s", name, value, problem.text);
}

/* The encoder rejects the value, and the verifier rejects it from a sender without the range. */
static void outside(const catga_table *type, const char *name, const char *value)
{
    uint8_t bytes[ROUNDTRIP_SIZE];
    char wanted[CATGA_PROBLEM_TEXT];
    catga_problem problem;
    const uint8_t *root;
    size_t length = 0;

    snprintf(wanted, sizeof wanted, "%s: out of range", name);
    if (encode(type, name, value, bytes, &length, &problem) != CATGA_INVALID_MESSAGE)
        fail_msg("%s %s was sent", name, value);
    assert_string_equal(problem.text, wanted);
    assert_int_equal(encode(unlimited, name, value, bytes, &length, &problem), CATGA_OK);
    memcpy(bytes + 4, type->identifier, sizeof type->identifier);
    if (catga_verify(type, bytes, length, &root, &problem) != CATGA_BAD_MESSAGE)
        fail_msg("%s %s was taken", name, value);
    assert_string_equal(problem.text, wanted);
}

static void closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < LIMITS; i++) {
        const catga_table *const types[] = {ranges, optional};
        for (size_t k = 0; k < 2; k++) {
            inside(types[k], limits[i].name, limits[i].lowest);
            inside(types[k], limits[i].name, limits[i].highest);
            inside(types[k], limits[i].name, "null");
            outside(types[k], limits[i].name, limits[i].below);
            outside(types[k], limits[i].name, limits[i].above);
        }
    }
}

/* The open side reaches the limit of the type. */
static void open_at_one_side(void **state)
{
    uint8_t bytes[ROUNDTRIP_SIZE];
    catga_problem problem;
    size_t length;

    (void)state;
    inside(open_ranges, "a", "-128");
    inside(open_ranges, "a", "5");
    inside(open_ranges, "b", "9");
    inside(open_ranges, "b", "18446744073709551615");
    inside(open_ranges, "c", "-3.4028235e38");
    inside(open_ranges, "d", "1.7976931348623157e308");
    inside(open_ranges, "d", "-0.0");
    assert_int_equal(encode(open_ranges, "a", "6", bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_int_equal(encode(open_ranges, "b", "8", bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_int_equal(encode(open_ranges, "c", "1.5000001", bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_int_equal(encode(open_ranges, "d", "-1e-300", bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed),
        cmocka_unit_test(open_at_one_side),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
