#include "codec/json_values.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Numbers ---- */

/* A decimal number: digits * 10^exponent. */
typedef struct number {
    bool negative;
    bool exact; /* `digits` has all digits */
    uint64_t digits;
    int64_t exponent;
} number;

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static void add_digit(number *n, char digit, bool fraction)
{
    uint64_t longer;

    if (__builtin_mul_overflow(n->digits, (uint64_t)10, &longer) ||
        __builtin_add_overflow(longer, (uint64_t)(digit - '0'), &longer)) {
        n->exact = n->exact && digit == '0';
        n->exponent += fraction ? 0 : 1;
        return;
    }
    n->digits = longer;
    n->exponent -= fraction ? 1 : 0;
}

/* Reads an exponent of at least one digit. Values above a million are not distinguished. */
static const char *read_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool negative = *at == '-';
    int64_t value = 0;

    if (*at == '-' || *at == '+')
        at++;
    while (at < end && is_digit(*at)) {
        value = value > 1000000 ? value : value * 10 + (*at - '0');
        at++;
    }
    *exponent += negative ? -value : value;
    return at;
}

/* Reads a JSON number. Returns false if the text is none. */
static bool read_number(catga_string text, number *n)
{
    *n = (number){false, true, 0, 0};
    if (text.length == 0) /* an absent text has no address */
        return false;
    const char *at = text.data;
    const char *end = text.data + text.length;
    if (at < end && *at == '-') {
        n->negative = true;
        at++;
    }
    if (at == end || !is_digit(*at) || (*at == '0' && end - at > 1 && is_digit(at[1])))
        return false;
    for (; at < end && is_digit(*at); at++)
        add_digit(n, *at, false);
    if (at < end && *at == '.') {
        at++;
        if (at == end || !is_digit(*at))
            return false;
        for (; at < end && is_digit(*at); at++)
            add_digit(n, *at, true);
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at == end || !(is_digit(*at) || (end - at > 1 && is_digit(at[1]))))
            return false;
        at = read_exponent(at, end, &n->exponent);
    }
    return at == end;
}

/* Computes the number times 10^shift. Returns false if that is not an integer. */
static bool whole(number n, unsigned shift, uint64_t *value)
{
    int64_t exponent = n.exponent + (int64_t)shift;

    *value = n.digits;
    if (n.digits == 0)
        return n.exact;
    for (; exponent > 0; exponent--)
        if (__builtin_mul_overflow(*value, (uint64_t)10, value))
            return false;
    for (; exponent < 0; exponent++) {
        if (*value % 10 != 0)
            return false;
        *value /= 10;
    }
    return n.exact;
}

bool catga_decimal_parse(catga_string text, unsigned digits, int64_t *value)
{
    number n;
    uint64_t size;

    if (!read_number(text, &n) || !whole(n, digits, &size))
        return false;
    if (size > (uint64_t)INT64_MAX + (n.negative ? 1 : 0))
        return false;
    *value = (int64_t)(n.negative ? 0 - size : size);
    return true;
}

bool value_signed(catga_string text, int64_t *value)
{
    return catga_decimal_parse(text, 0, value);
}

bool value_unsigned(catga_string text, uint64_t *value)
{
    number n;

    return read_number(text, &n) && whole(n, 0, value) && (!n.negative || *value == 0);
}

/*
 * Multiplies with one rounding, as in Clinger's fast path: digits and power are exact as doubles.
 */
static double scale(number n)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double size = (double)n.digits;

    size = n.exponent < 0 ? size / powers[-n.exponent] : size * powers[n.exponent];
    return n.negative ? -size : size;
}

static bool floating_fast(number n, double *value)
{
    if (!n.exact || n.digits > (uint64_t)1 << 53 || n.exponent < -22 || n.exponent > 22)
        return false;
    *value = scale(n);
    return true;
}

/*
 * Computes a float with one relevant rounding: 2^24 and 10^10 are exact as floats, and the first
 * rounding, to a double, does no harm.
 */
static bool single_fast(number n, float *value)
{
    if (n.digits > (uint64_t)1 << 24 || n.exponent < -10 || n.exponent > 10)
        return false;
    *value = (float)scale(n);
    return true;
}

/*
 * Text for strtod and strtof: digits and an exponent, without a point, which depends on the locale.
 * The midpoint of two doubles has at most 767 digits; beyond DIGITS, only a digit other than 0
 * matters.
 */
enum { DIGITS = 800, WRITTEN_NUMBER = DIGITS + 32 };

static void write_number(catga_string text, char *to)
{
    const char *end = text.data + text.length;
    const char *at = text.data;
    int64_t exponent = 0;
    size_t kept = 0;
    bool fraction = false;
    bool more = false;

    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '-')
            *to++ = *at;
        else if (*at == '.')
            fraction = true;
        else if (kept < DIGITS) {
            to[kept] = *at;
            kept += kept != 0 || *at != '0';
            exponent -= fraction;
        } else {
            more = more || *at != '0';
            exponent += !fraction;
        }
    }
    if (at < end)
        read_exponent(at + 1, end, &exponent);
    snprintf(to + kept, WRITTEN_NUMBER - 1 - kept, "%de%" PRId64, more, exponent - 1);
}

/* Reads a number with strtod or strtof, where the fast paths do not apply. */
static bool floating_slowly(catga_string text, bool single, double *value)
{
    char copy[WRITTEN_NUMBER];

    write_number(text, copy);
    *value = single ? (double)strtof(copy, NULL) : strtod(copy, NULL);
    return !isinf(*value);
}

bool value_floating(catga_string text, double *value)
{
    number n;

    return read_number(text, &n) &&
           (floating_fast(n, value) || floating_slowly(text, false, value));
}

bool value_single(catga_string text, float *value)
{
    number n;
    double wide;

    if (!read_number(text, &n))
        return false;
    if (single_fast(n, value))
        return true;
    if (!floating_slowly(text, true, &wide))
        return false;
    *value = (float)wide;
    return true;
}

/* ---- Times ---- */

/*
 * Reads exactly `count` digits, and then `next` unless it is NUL; upper and lower case are equal.
 */
static bool take_field(catga_string *text, size_t count, char next, int64_t *value)
{
    *value = 0;
    if (text->length < count + (next != '\0'))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!is_digit(text->data[i]))
            return false;
        *value = *value * 10 + (text->data[i] - '0');
    }
    if (next != '\0' && text->data[count] != next && (next != 'T' || text->data[count] != 't'))
        return false;
    count += next != '\0';
    text->data += count;
    text->length -= count;
    return true;
}

/*
 * Reads ".123" as nanoseconds; no fraction is 0. Digits after the ninth must be 0, as in durations.
 */
static bool take_fraction(catga_string *text, int64_t *nanoseconds)
{
    int64_t unit = 100000000;

    *nanoseconds = 0;
    if (text->length == 0 || *text->data != '.')
        return true;
    size_t i = 1;
    for (; i < text->length && is_digit(text->data[i]); i++, unit /= 10) {
        if (unit == 0 && text->data[i] != '0')
            return false;
        *nanoseconds += unit * (text->data[i] - '0');
    }
    text->data += i;
    text->length -= i;
    return i > 1;
}

/* Reads "Z" or "+08:00", the rest of the text, as seconds east of UTC. */
static bool take_offset(catga_string *text, int64_t *seconds)
{
    int64_t hours;
    int64_t minutes;

    *seconds = 0;
    if (text->length == 1 && (*text->data | 0x20) == 'z')
        return true;
    if (text->length != 6 || (*text->data != '+' && *text->data != '-'))
        return false;
    bool west = *text->data == '-';
    text->data++;
    text->length--;
    if (!take_field(text, 2, ':', &hours) || !take_field(text, 2, '\0', &minutes) || hours > 23 ||
        minutes > 59)
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of_month(int64_t year, int64_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Returns the days since 1970-01-01. Years begin in March, so that the leap day is the last day. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

bool catga_timestamp_parse(catga_string text, int64_t *value)
{
    int64_t year, month, day, hour, minute, second, nanoseconds, offset;

    if (!take_field(&text, 4, '-', &year) || !take_field(&text, 2, '-', &month) ||
        !take_field(&text, 2, 'T', &day) || !take_field(&text, 2, ':', &hour) ||
        !take_field(&text, 2, ':', &minute) || !take_field(&text, 2, '\0', &second) ||
        !take_fraction(&text, &nanoseconds) || !take_offset(&text, &offset))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_of_month(year, month) || hour > 23 ||
        minute > 59 || second > 59)
        return false;
    int64_t seconds =
        days_since_epoch(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset;
    /*
     * 64 bits of nanoseconds cover the years 1677 to 2262. Before 1970, the fraction counts from
     * the next second.
     */
    if (seconds < 0 && nanoseconds > 0) {
        seconds++;
        nanoseconds -= 1000000000;
    }
    return !__builtin_mul_overflow(seconds, (int64_t)1000000000, value) &&
           !__builtin_add_overflow(*value, nanoseconds, value);
}

bool catga_duration_parse(catga_string text, int64_t *value)
{
    if (text.length == 0 || text.data[text.length - 1] != 's')
        return false;
    text.length--;
    return catga_decimal_parse(text, 9, value);
}

/* ---- Bytes ---- */

static int hex_digit(char character)
{
    if (is_digit(character))
        return character - '0';
    char letter = (char)(character | 0x20);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

bool catga_uuid_parse(catga_string text, catga_uuid *value)
{
    size_t at = 0;

    if (text.length != CATGA_UUID_TEXT - 1)
        return false;
    for (size_t i = 0; i < sizeof value->bytes; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && text.data[at++] != '-')
            return false;
        int high = hex_digit(text.data[at]);
        int low = hex_digit(text.data[at + 1]);
        if (high < 0 || low < 0)
            return false;
        value->bytes[i] = (uint8_t)(high << 4 | low);
        at += 2;
    }
    return true;
}

static int base64_digit(char character)
{
    if (character >= 'A' && character <= 'Z')
        return character - 'A';
    if (character >= 'a' && character <= 'z')
        return character - 'a' + 26;
    if (is_digit(character))
        return character - '0' + 52;
    if (character == '+' || character == '-')
        return 62;
    return character == '/' || character == '_' ? 63 : -1;
}

static size_t padding(catga_string text)
{
    size_t count = 0;

    while (count < 2 && count < text.length && text.data[text.length - 1 - count] == '=')
        count++;
    return count;
}

/* Computes the decoded length of base64 text. Padding is complete or absent. */
bool value_base64_length(catga_string text, size_t *length)
{
    size_t digits = text.length - padding(text);

    *length = digits / 4 * 3 + digits % 4 * 3 / 4;
    return digits % 4 != 1 && (digits == text.length || text.length % 4 == 0);
}

bool value_base64(catga_string text, uint8_t *bytes)
{
    size_t digits = text.length - padding(text);
    uint32_t group = 0;

    for (size_t i = 0; i < digits; i++) {
        int digit = base64_digit(text.data[i]);
        if (digit < 0)
            return false;
        group = group << 6 | (uint32_t)digit;
        if (i % 4 == 0)
            continue;
        unsigned rest = 6 - 2 * (i % 4); /* number of bits of the next byte */
        *bytes++ = (uint8_t)(group >> rest);
        group &= (1u << rest) - 1;
    }
    return group == 0; /* a canonical encoder leaves no other bits */
}
