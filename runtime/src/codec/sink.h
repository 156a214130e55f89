/* Writes text into a buffer. As with snprintf, the length also counts text that does not fit. */
#ifndef CATGA_SINK_H
#define CATGA_SINK_H

#include <stddef.h>
#include <stdint.h>

typedef struct sink {
    char *text;
    size_t capacity;
    size_t length; /* of the whole text, also if it does not fit */
} sink;

void sink_put(sink *out, const char *text, size_t length);
void sink_text(sink *out, const char *text);

static inline void sink_character(sink *out, char character)
{
    if (out->length < out->capacity)
        out->text[out->length] = character;
    out->length++;
}

void sink_signed(sink *out, int64_t value);
void sink_unsigned(sink *out, uint64_t value);

/* Writes the shortest decimal text that reads back as the same value, in any locale; `digits` is
 * 9 for a float, 17 for a double. */
void sink_floating(sink *out, double value, int digits);

/* Writes a JSON string with quotes and escapes. `text` is UTF-8. */
void sink_json_string(sink *out, const char *text, size_t length);

/* Writes base64 (RFC 4648) with padding, without quotes. */
void sink_base64(sink *out, const uint8_t *bytes, size_t length);

/* The same in the alphabet that is safe in URLs and subjects: '-' and '_' for '+' and '/'. */
void sink_base64url(sink *out, const uint8_t *bytes, size_t length);

/* Terminates the text, at the last byte of the buffer if it does not fit. */
void sink_finish(sink *out);

#endif
