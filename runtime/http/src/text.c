/* Builds texts; see text.h. */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST = 512 };

char *http_text_reserve(http_text *text, size_t length)
{
    size_t capacity = text->capacity == 0 ? FIRST : text->capacity;

    if (text->failed || length > SIZE_MAX / 4 - text->length) {
        text->failed = true;
        return NULL;
    }
    while (capacity - text->length < length)
        capacity *= 2;
    if (capacity != text->capacity) {
        char *data = realloc(text->data, capacity);
        if (data == NULL) {
            text->failed = true;
            return NULL;
        }
        text->data = data;
        text->capacity = capacity;
    }
    return text->data + text->length;
}

void http_text_add(http_text *text, const char *data, size_t length)
{
    char *room = http_text_reserve(text, length);

    if (room == NULL || length == 0)
        return;
    memcpy(room, data, length);
    text->length += length;
}

void http_text_print(http_text *text, const char *format, ...)
{
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *room = length < 0 ? NULL : http_text_reserve(text, (size_t)length + 1);
    if (room != NULL) {
        vsnprintf(room, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

/* Returns whether a byte can be the second of a character (Unicode 15, table 3-7). */
static bool is_second(unsigned char first, unsigned char second)
{
    unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= lowest && second <= highest;
}

/* Returns the length of the UTF-8 character at the beginning; 0 if it is not valid. */
static size_t character_length(catga_string text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;

    if (bytes[0] > 0xf4 || (bytes[0] >= 0x80 && bytes[0] < 0xc2) || length > text.length)
        return 0;
    if (length > 1 && !is_second(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

void http_text_string(http_text *text, catga_string value)
{
    http_text_add(text, "\"", 1);
    while (value.length != 0) {
        size_t length = character_length(value);
        unsigned char letter = (unsigned char)*value.data;
        if (letter < ' ' || letter == 0x7f)
            http_text_print(text, "\\u%04x", letter);
        else if (letter == '"' || letter == '\\')
            http_text_print(text, "\\%c", letter);
        else
            http_text_add(text, value.data, length);
        length = length == 0 ? 1 : length;
        value.data += length;
        value.length -= length;
    }
    http_text_add(text, "\"", 1);
}

void http_text_free(http_text *text)
{
    free(text->data);
    *text = (http_text){0};
}
