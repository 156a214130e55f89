/* Builds texts; see text.h. */
#include "text.h"

#include "base/utf8.h"

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

void http_text_string(http_text *text, catga_string value)
{
    http_text_add(text, "\"", 1);
    while (value.length != 0) {
        size_t length = catga_utf8_character(value);
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
