/* sink.h: text that is written into a buffer as far as it fits, and counted to its end, as snprintf does. */
#ifndef CATGA_SINK_H
#define CATGA_SINK_H

#include <stddef.h>
#include <stdint.h>

typedef struct sink {
    char *text;
    size_t capacity;
    size_t length; /* of the whole text, which may be more than fits */
} sink;

void sink_put(sink *out, const char *text, size_t length);
void sink_text(sink *out, const char *text);
void sink_character(sink *out, char character);

void sink_signed(sink *out, int64_t value);
void sink_unsigned(sink *out, uint64_t value);

/* The shortest decimal text that reads back as the same value, whatever the locale; `digits` is 9 for a float, else 17. */
void sink_floating(sink *out, double value, int digits);

/* A JSON string with its quotes. `text` is UTF-8. */
void sink_json_string(sink *out, const char *text, size_t length);

/* RFC 4648 with padding, no quotes. */
void sink_base64(sink *out, const uint8_t *bytes, size_t length);

/* Ends the text with a NUL, at the last place of the buffer if need be. */
void sink_finish(sink *out);

#endif
