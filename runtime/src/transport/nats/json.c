#include "transport/nats/json.h"

#include "base/pattern.h"

#include <stdlib.h>

enum { SUBJECT_SIZE = 1024 };

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
        at++;
    return at;
}

/* Returns the end of a string whose opening quote is at `at`. */
static const char *skip_string(const char *at, const char *end)
{
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at < end ? at + 1 : end;
}

/* Returns the end of a value: a string, an object, an array, or a word or number. */
static const char *skip_value(const char *at, const char *end)
{
    size_t depth = 0;

    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        bool closes = *at == '}' || *at == ']';
        if (depth == 0 && (closes || *at == ','))
            return at;
        depth += *at == '{' || *at == '[';
        depth -= closes;
        at++;
    }
    return end;
}

bool catga_nats_json_is_object(catga_nats_json text)
{
    const char *end = text.data + text.length;

    if (text.data == NULL)
        return false;
    const char *at = skip_blanks(text.data, end);
    if (at == end || *at != '{')
        return false;
    size_t depth = 0;
    while (at < end) {
        if (*at == '"') {
            at = skip_string(at, end);
            continue;
        }
        depth += *at == '{' || *at == '[';
        if ((*at == '}' || *at == ']') && --depth == 0)
            return *at == '}' && skip_blanks(at + 1, end) == end;
        at++;
    }
    return false;
}

static catga_nats_json trimmed(const char *begin, const char *end)
{
    while (end > begin && (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    return (catga_nats_json){begin, (size_t)(end - begin)};
}

/* Returns the next character of a string, and moves behind it. The server writes '<', '>' and '&'
 * as \u003c, \u003e and \u0026. Another escape is returned as a backslash. */
static char next_character(const char **at, const char *end)
{
    static const char digits[] = "0123456789abcdef";
    const char *escape = *at;

    if (end - escape < 6 || memcmp(escape, "\\u00", 4) != 0)
        return *(*at)++;
    const char *high = memchr(digits, escape[4], sizeof digits - 1);
    const char *low = memchr(digits, escape[5], sizeof digits - 1);
    if (high == NULL || low == NULL)
        return *(*at)++;
    *at += 6;
    return (char)((high - digits) << 4 | (low - digits));
}

/* Compares a JSON string, with its quotes, with a text. */
static bool is_text(const char *begin, const char *end, const char *text)
{
    if (end - begin < 2 || *begin != '"')
        return false;
    for (begin++, end--; begin < end && *text != '\0'; text++)
        if (next_character(&begin, end) != *text)
            return false;
    return begin == end && *text == '\0';
}

catga_nats_json catga_nats_json_get(catga_nats_json object, const char *name)
{
    const catga_nats_json none = {NULL, 0};

    if (object.data == NULL)
        return none;
    const char *end = object.data + object.length;
    const char *at = skip_blanks(object.data, end);
    if (at == end || *at != '{')
        return none;
    do {
        const char *key = skip_blanks(at + 1, end);
        if (key == end || *key != '"')
            return none;
        const char *key_end = skip_string(key, end);
        const char *colon = skip_blanks(key_end, end);
        if (colon == end || *colon != ':')
            return none;
        const char *value = skip_blanks(colon + 1, end);
        at = skip_value(value, end);
        if (is_text(key, key_end, name))
            return trimmed(value, at);
    } while (at < end && *at == ',');
    return none;
}

int64_t catga_nats_json_number(catga_nats_json value, int64_t otherwise)
{
    char text[24];
    const char *problem;

    if (value.data == NULL || value.length >= sizeof text)
        return otherwise;
    memcpy(text, value.data, value.length);
    text[value.length] = '\0';
    int64_t number = strtonum(text, INT64_MIN, INT64_MAX, &problem);
    return problem == NULL ? number : otherwise;
}

bool catga_nats_json_is(catga_nats_json value, const char *text)
{
    return value.data != NULL && value.length >= 2 &&
           is_text(value.data, value.data + value.length, text);
}

/* Copies a string without its quotes. Returns false if it does not fit, or has an escape that no
 * subject needs. */
static bool copy_subject(catga_nats_json string, char *subject, size_t size)
{
    size_t length = 0;

    if (string.length < 2 || *string.data != '"')
        return false;
    const char *at = string.data + 1;
    const char *end = string.data + string.length - 1;
    while (at < end) {
        char c = next_character(&at, end);
        if (c == '\\' || c == '\0' || length + 1 >= size)
            return false;
        subject[length++] = c;
    }
    subject[length] = '\0';
    return true;
}

/* Returns the next element of an array, and moves *at behind it. Absent at the end. */
static catga_nats_json next_element(catga_nats_json array, const char **at)
{
    const char *end = array.data + array.length;

    if (array.length == 0 || *array.data != '[' || *at >= end || (*at != array.data && **at != ','))
        return (catga_nats_json){NULL, 0};
    const char *value = skip_blanks(*at + 1, end);
    *at = skip_value(value, end);
    return trimmed(value, *at);
}

bool catga_nats_json_has_subject(catga_nats_json array, const char *subject)
{
    char pattern[SUBJECT_SIZE];
    const char *at = array.data;
    catga_nats_json element;

    while ((element = next_element(array, &at)).data != NULL)
        if (copy_subject(element, pattern, sizeof pattern) &&
            catga_pattern_matches(pattern, subject))
            return true;
    return false;
}

bool catga_nats_json_is_within(catga_nats_json array, const char *pattern)
{
    char subject[SUBJECT_SIZE];
    const char *at = array.data;
    size_t count = 0;
    catga_nats_json element;

    for (; (element = next_element(array, &at)).data != NULL; count++)
        if (!copy_subject(element, subject, sizeof subject) ||
            !catga_pattern_matches(pattern, subject))
            return false;
    return count > 0;
}
