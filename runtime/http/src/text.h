/* A growing text, such as the JSON of a response. One thread owns a text. */
#ifndef CATGA_HTTP_TEXT_H
#define CATGA_HTTP_TEXT_H

#include <catga/catga.h>

/* All zero is empty. After a failed allocation, `failed` is set and nothing more is added. */
typedef struct http_text {
    char *data; /* allocated by malloc, not terminated; NULL if empty */
    size_t length;
    size_t capacity;
    bool failed;
} http_text;

void http_text_add(http_text *text, const char *data, size_t length);
void http_text_print(http_text *text, const char *format, ...) CATGA_PRINTF(2, 3);

/* Adds a JSON string with its quotes. Bytes that are not UTF-8 are omitted. */
void http_text_string(http_text *text, catga_string value);

/* Makes room for `length` more bytes, and returns it; NULL after a failure. */
char *http_text_reserve(http_text *text, size_t length);

void http_text_free(http_text *text);

#endif
