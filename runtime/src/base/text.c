/* Formats text, decimals, times and uuids, makes uuids, and sanitises text of other programs. */
#include "base/text.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#define LIBBSD_OPENBSD_VIS /* selects the variant of strnvis, which is not used here */
#include <vis.h>

bool catga_text_format(char *text, size_t capacity, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(text, capacity, format, arguments);
    va_end(arguments);
    return length >= 0 && (size_t)length < capacity;
}

char *catga_decimal_text(int64_t value, unsigned digits, char text[CATGA_DECIMAL_TEXT])
{
    char *at = text + CATGA_DECIMAL_TEXT - 1;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    unsigned written = 0;

    if (digits > 18)
        digits = 18;
    *at = '\0';
    do {
        if (written == digits && digits != 0)
            *--at = '.';
        *--at = (char)('0' + rest % 10);
        rest /= 10;
        written++;
    } while (rest != 0 || written <= digits);
    if (value < 0)
        *--at = '-';
    return memmove(text, at, (size_t)(text + CATGA_DECIMAL_TEXT - at));
}

int64_t catga_timestamp_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return catga_clock_of(&now);
}

char *catga_timestamp_text(int64_t timestamp, char text[CATGA_TIMESTAMP_TEXT])
{
    int64_t seconds = timestamp / CATGA_SECOND;
    int64_t fraction = timestamp % CATGA_SECOND;
    struct tm parts;

    if (fraction < 0) {
        fraction += CATGA_SECOND;
        seconds--;
    }
    time_t time = (time_t)seconds;
    gmtime_r(&time, &parts); /* cannot fail: 64 bits of nanoseconds are the years 1677 to 2262 */
    size_t length = strftime(text, CATGA_TIMESTAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &parts);
    if (fraction != 0)
        length +=
            (size_t)snprintf(text + length, CATGA_TIMESTAMP_TEXT - length, ".%09d", (int)fraction);
    snprintf(text + length, CATGA_TIMESTAMP_TEXT - length, "Z");
    return text;
}

char *catga_duration_text(int64_t duration, char text[CATGA_DURATION_TEXT])
{
    catga_decimal_text(duration, 9, text);
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    text[length] = 's';
    text[length + 1] = '\0';
    return text;
}

catga_uuid catga_uuid_random(void)
{
    catga_uuid uuid;

    arc4random_buf(uuid.bytes, sizeof uuid.bytes);
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40); /* version 4 */
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    return uuid;
}

char *catga_uuid_text(catga_uuid uuid, char text[CATGA_UUID_TEXT])
{
    char *at = text;

    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        at += snprintf(at, 3, "%02x", uuid.bytes[i]);
    }
    return text;
}

/* Returns the length of the visible character at the start of `text`, or 0 if it must be
 * escaped. */
static size_t visible_character(catga_string text)
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    size_t length = catga_utf8_character(text);

    if (bytes[0] < 0x20 || bytes[0] == 0x7f)
        return 0;
    return length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0 ? 0 : length; /* U+0080 to U+009F */
}

/* Writes the escape of a byte; returns its length, at most 4 characters. */
typedef size_t replace_function(char *out, unsigned char byte);

static size_t replace_by_escape(char *out, unsigned char byte)
{
    return (size_t)(vis(out, byte, VIS_OCTAL | VIS_TAB | VIS_NL, 0) - out);
}

static size_t replace_by_filler(char *out, unsigned char byte)
{
    *out = byte < 0x80 ? ' ' : '?';
    return 1;
}

static size_t copy(char *out, size_t capacity, catga_string text, replace_function *replace)
{
    size_t used = 0;
    char piece[8];

    for (size_t taken = 0; taken < text.length;) {
        catga_string rest = {text.data + taken, text.length - taken};
        size_t visible = visible_character(rest);
        size_t length = visible != 0 ? visible : replace(piece, (unsigned char)*rest.data);
        if (used + length >= capacity)
            break;
        memcpy(out + used, visible != 0 ? rest.data : piece, length);
        used += length;
        taken += visible != 0 ? visible : 1;
    }
    out[used] = '\0';
    return used;
}

size_t catga_text_escape(char *out, size_t capacity, catga_string text)
{
    return copy(out, capacity, text, replace_by_escape);
}

size_t catga_text_header(char *out, size_t capacity, catga_string text)
{
    return copy(out, capacity, text, replace_by_filler);
}
