/* Scalars from text, without a message: cases that a message cannot show, or only rarely. */
#include "codec.h"
#include "codec/json_values.h"

/* Texts so close to the middle between two floats that a double cannot tell them apart. Through a
 * double they would be rounded twice. */
static void a_float_is_rounded_once(void **state)
{
    static const struct {
        const char *text;
        float value;
    } cases[] = {
        {"16777217.0000000001", 16777218.0f},
        {"16777217", 16777216.0f},
        {"16777216.9999999999", 16777216.0f},
        {"-16777217.0000000001", -16777218.0f},
        {"16777219", 16777220.0f},
        {"1.00000005960464477540", 1.00000011920928955f},
        {"3.4028235677973366e38", 0x1.fffffep127f},
        {"1e-45", 0x1p-149f},
        {"7.006492321624086e-46", 0x1p-149f},
        {"7.006492321624085e-46", 0},
        {"0.1", 0.1f},
        {"-0", -0.0f},
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(cases); i++) {
        float value;
        assert_true(value_single(catga_str(cases[i].text), &value));
        if (memcmp(&value, &cases[i].value, sizeof value) != 0)
            fail_msg("%s is read as %a", cases[i].text, (double)value);
    }
}

static void a_float_is_not_too_large(void **state)
{
    float value;

    (void)state;
    assert_false(value_single(catga_str("3.4028236e38"), &value));
    assert_false(value_single(catga_str("-1e39"), &value));
    assert_false(value_single(catga_str("1e999999999999999999999"), &value));
    assert_false(value_single(catga_str("x"), &value));
}

/* Floats, in steps, are read back from their own text. */
static void floats_come_back(void **state)
{
    char text[32];

    (void)state;
    for (uint32_t bits = 0; bits < 0x7f800000; bits += 99991) {
        float wanted;
        float value;
        memcpy(&wanted, &bits, sizeof wanted);
        snprintf(text, sizeof text, "%.9g", (double)wanted);
        assert_true(value_single(catga_str(text), &value));
        assert_memory_equal(&value, &wanted, sizeof value);
    }
}

/* More digits than a double has. Half way between two doubles, the very last digit decides. */
static void the_last_digit_counts(void **state)
{
    enum { ZEROS = 2000 };
    static const char half[] =
        "9007199254740993"; /* between two doubles, and the lower one is even */
    char text[ZEROS + 64];
    double value;
    float single;
    (void)state;
    snprintf(text, sizeof text, "-%s.%0*d", half, ZEROS, 0);
    assert_true(value_floating(catga_str(text), &value));
    assert_true(value == -9007199254740992.0);
    snprintf(text, sizeof text, "-%s.%0*d", half, ZEROS, 1);
    assert_true(value_floating(catga_str(text), &value));
    assert_true(value == -9007199254740994.0);
    snprintf(text, sizeof text, "%s%0*d0e-%d", half, ZEROS - 1, 1, ZEROS);
    assert_true(value_floating(catga_str(text), &value));
    assert_true(value == 9007199254740994.0);
    snprintf(text, sizeof text, "0.%0*d%sE+%d", ZEROS, 0, half, ZEROS + 16);
    assert_true(value_floating(catga_str(text), &value));
    assert_true(value == 9007199254740992.0);
    snprintf(text, sizeof text, "16777217.%0*d", ZEROS, 1);
    assert_true(value_single(catga_str(text), &single));
    assert_true(single == 16777218.0f);
}

/* Values in strings follow the same grammar. */
static void numbers_end(void **state)
{
    static const char *const wrong[] = {"",    "-",   "+1",  "1.",   ".5",   "1.x",  "1.5x", "1e",
                                        "1ex", "1e+", "1e-", "1e+x", "1e5x", "x1",   "1 ",   "1E",
                                        "0x1", "1e",  "1-",  "--1",  "1..2", "1e1.5"};
    int64_t value;
    uint64_t bits;
    double floating;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++) {
        assert_false(value_signed(catga_str(wrong[i]), &value));
        assert_false(value_unsigned(catga_str(wrong[i]), &bits));
        assert_false(value_floating(catga_str(wrong[i]), &floating));
    }
    assert_true(value_unsigned(catga_str("-0"), &bits) && bits == 0);
    assert_false(value_unsigned(catga_str("-1"), &bits));
    assert_true(value_unsigned(catga_str("1e+2"), &bits) && bits == 100);
    assert_true(value_unsigned(catga_str("100E-2"), &bits) && bits == 1);
    assert_false(value_unsigned(catga_str("1e-2"), &bits));
}

/* A number has one spelling, in strings too. */
static void no_leading_zeros(void **state)
{
    static const char *const wrong[] = {"01", "-01", "00", "00.5", "-00"};
    int64_t value;
    uint64_t bits;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++) {
        assert_false(value_signed(catga_str(wrong[i]), &value));
        assert_false(value_unsigned(catga_str(wrong[i]), &bits));
        assert_false(catga_decimal_parse(catga_str(wrong[i]), 2, &value));
    }
    assert_true(value_signed(catga_str("0"), &value));
    assert_true(catga_decimal_parse(catga_str("-0.50"), 2, &value) && value == -50);
    assert_false(catga_duration_parse(catga_str("01s"), &value));
}

/* Any other character between the parts of a timestamp is an error, also one that differs only in
 * the bit of lower-case letters. */
static void timestamps_are_separated(void **state)
{
    static const char right[] = "2024-02-29T12:30:45.5+01:00";
    char text[sizeof right];
    int64_t value;

    (void)state;
    assert_true(catga_timestamp_parse(catga_str(right), &value));
    for (size_t at = 0; at < sizeof right - 1; at++)
        for (int character = 1; character < 256; character++) {
            bool digit = character >= '0' && character <= '9';
            memcpy(text, right, sizeof text);
            text[at] = (char)character;
            bool same = character == right[at] || (character == 't' && right[at] == 'T') ||
                        (character == '-' && right[at] == '+');
            if (!digit && !same && catga_timestamp_parse(catga_str(text), &value))
                fail_msg("%s was accepted", text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_float_is_rounded_once),
        cmocka_unit_test(a_float_is_not_too_large),
        cmocka_unit_test(floats_come_back),
        cmocka_unit_test(no_leading_zeros),
        cmocka_unit_test(timestamps_are_separated),
        cmocka_unit_test(the_last_digit_counts),
        cmocka_unit_test(numbers_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
