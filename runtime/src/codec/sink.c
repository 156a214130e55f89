#include "codec/sink.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sink_put(sink *out, const char *text, size_t length)
{
    if (out->length < out->capacity) {
        size_t room = out->capacity - out->length;
        memcpy(out->text + out->length, text, length < room ? length : room);
    }
    out->length += length;
}

void sink_text(sink *out, const char *text)
{
    sink_put(out, text, strlen(text));
}

void sink_unsigned(sink *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    sink_put(out, digits + at, sizeof digits - at);
}

void sink_signed(sink *out, int64_t value)
{
    if (value < 0)
        sink_character(out, '-');
    sink_unsigned(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

/* printf writes the decimal point of the locale, which can be several bytes: it is replaced by a
 * point. */
static size_t use_point(char *text)
{
    size_t length = 0;

    for (const char *from = text; *from != '\0'; from++) {
        if (strchr("0123456789+-e", *from) != NULL)
            text[length++] = *from;
        else if (length == 0 || text[length - 1] != '.')
            text[length++] = '.';
    }
    return length;
}

static bool reads_back(const char *text, double value, int digits)
{
    return digits == 9 ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

void sink_floating(sink *out, double value, int digits)
{
    char text[48];

    if (isnan(value) || isinf(value)) {
        sink_text(out, isnan(value) ? "\"NaN\"" : value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
        return;
    }
    /* This many digits always round-trip for a normal number, and %g omits trailing zeros. */
    bool normal = fabs(value) >= (digits == 9 ? (double)FLT_MIN : DBL_MIN);
    for (int precision = !normal ? 1 : digits == 9 ? 6 : 15; precision <= digits; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (reads_back(text, value, digits))
            break;
    }
    sink_put(out, text, use_point(text));
}

static void put_escaped(sink *out, unsigned char character)
{
    static const char short_forms[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (const char *form = short_forms; *form != '\0'; form += 2) {
        if ((unsigned char)*form == character) {
            sink_character(out, '\\');
            sink_character(out, form[1]);
            return;
        }
    }
    char text[8];
    snprintf(text, sizeof text, "\\u%04x", character);
    sink_text(out, text);
}

void sink_json_string(sink *out, const char *text, size_t length)
{
    size_t begin = 0;

    sink_character(out, '"');
    for (size_t i = 0; i < length; i++) {
        unsigned char character = (unsigned char)text[i];
        if (character >= ' ' && character != '"' && character != '\\' && character != 0x7f)
            continue;
        sink_put(out, text + begin, i - begin);
        put_escaped(out, character);
        begin = i + 1;
    }
    sink_put(out, text + begin, length - begin);
    sink_character(out, '"');
}

static void put_base64(sink *out, const uint8_t *bytes, size_t length, const char *alphabet)
{
    for (size_t i = 0; i < length; i += 3) {
        size_t count = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= count > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= count > 2 ? bytes[i + 2] : 0;
        char text[4] = {alphabet[group >> 18], alphabet[group >> 12 & 63],
                        alphabet[group >> 6 & 63], alphabet[group & 63]};
        memset(text + count + 1, '=', 3 - count);
        sink_put(out, text, sizeof text);
    }
}

void sink_base64(sink *out, const uint8_t *bytes, size_t length)
{
    put_base64(out, bytes, length,
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}

void sink_base64url(sink *out, const uint8_t *bytes, size_t length)
{
    put_base64(out, bytes, length,
               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

void sink_finish(sink *out)
{
    if (out->capacity != 0)
        out->text[out->length < out->capacity ? out->length : out->capacity - 1] = '\0';
}
