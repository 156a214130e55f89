/*
 * Numbers in a locale with a decimal comma, such as de_DE. The test does not need such a locale: it
 * defines the functions of the C library that depend on it, with a comma of two bytes.
 */
#include "codec.h"
#include "codec/json_values.h"

#define POINT "\xc2\xb7"

/* Replaces every POINT of the text by a point; an original point ends the text. */
static const char *as_in_c(const char *text)
{
    static char copy[256];
    size_t length = 0;

    for (; *text != '\0' && *text != '.' && length + 1 < sizeof copy; text++) {
        bool point = strncmp(text, POINT, 2) == 0;
        copy[length++] = point ? '.' : *text;
        text += point;
    }
    copy[length] = '\0';
    return copy;
}

double strtod(const char *text, char **end)
{
    double value = 0;

    assert_null(end);
    sscanf(as_in_c(text), "%lf", &value);
    return value;
}

float strtof(const char *text, char **end)
{
    float value = 0;

    assert_null(end);
    sscanf(as_in_c(text), "%f", &value);
    return value;
}

/* Is longer by one than the C result when that has a point. */
int snprintf(char *text, size_t capacity, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, capacity, format, arguments);
    va_end(arguments);
    char *point = strcmp(format, "%.*g") == 0 ? strchr(text, '.') : NULL;
    if (point == NULL)
        return length;
    memmove(point + 2, point + 1, strlen(point));
    memcpy(point, POINT, 2);
    return length + 1;
}

static void numbers_are_read(void **state)
{
    static const char *const texts[] = {"0.12345678901234567890123", "-1.5e-300", "8.5e-42", "2.5"};
    static const double values[] = {0x1.f9add3746f65fp-4, -1.5e-300, 8.5e-42, 2.5};
    double value;
    float single;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(texts); i++) {
        assert_true(value_floating(catga_str(texts[i]), &value));
        assert_memory_equal(&value, &values[i], sizeof value);
        assert_true(value_single(catga_str(texts[i]), &single));
        assert_true(single >= (float)values[i] && single <= (float)values[i]);
    }
    assert_false(value_floating(catga_str("0" POINT "5"), &value));
    assert_false(value_floating(catga_str("0,5"), &value));
}

static void numbers_are_written(void **state)
{
    static const double weights[] = {1.5, -0.1, 1e300, 5e-324, 1.0 / 3, 0x1.fffffffffffffp1023};
    test_codec_line line = TEST_CODEC_LINE_INIT;
    uint8_t bytes[256];

    (void)state;
    line.product_id = catga_str("");
    line.ratio = 0.1f;
    line.weights.data = weights;
    line.weights.length = CODEC_COUNT(weights);
    size_t length = codec_encode(&test_codec_line_descriptor, &line, bytes, sizeof bytes);
    assert_string_equal(codec_text(&test_codec_line_descriptor, bytes, length),
                        "{\"product_id\":\"\",\"quantity\":1,\"weights\":[1.5,-0.1,1e+300,5e-324,"
                        "0.3333333333333333,1.7976931348623157e+308],\"ratio\":0.1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_read),
        cmocka_unit_test(numbers_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
