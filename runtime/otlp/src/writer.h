/* Writes messages of OTLP in one of its two encodings. The functions that describe a message are
 * the same for both. */
#ifndef CATGA_OTLP_WRITER_H
#define CATGA_OTLP_WRITER_H

#include "buffer.h"

#include <catga/catga.h>

/* A field of a message. */
typedef struct otlp_field {
    uint32_t number;  /* in Protocol Buffers; 0: the outermost message */
    const char *name; /* in JSON */
} otlp_field;

typedef struct otlp_writer {
    const char *media_type;

    /* Begin a message: the outermost one or an element of a list; and one in a field. Return a
     * number for `end`. */
    size_t (*begin_element)(otlp_buffer *buffer, otlp_field field);
    size_t (*begin)(otlp_buffer *buffer, otlp_field field);
    void (*end)(otlp_buffer *buffer, size_t begun);

    void (*begin_list)(otlp_buffer *buffer, otlp_field field);
    void (*end_list)(otlp_buffer *buffer);

    /* Adds an element that the same writer has written as an outermost message. */
    void (*element)(otlp_buffer *buffer, otlp_field field, catga_bytes message);

    void (*id)(otlp_buffer *buffer, otlp_field field, catga_bytes id);
    /* Writes at most `limit` bytes of a text. Each invalid byte becomes U+FFFD. */
    void (*text)(otlp_buffer *buffer, otlp_field field, catga_string text, size_t limit);
    void (*number)(otlp_buffer *buffer, otlp_field field, int64_t number);
    void (*time)(otlp_buffer *buffer, otlp_field field, int64_t time);
    void (*count)(otlp_buffer *buffer, otlp_field field, uint32_t count); /* also enumerations */
    void (*flags)(otlp_buffer *buffer, otlp_field field, uint32_t flags);
} otlp_writer;

extern const otlp_writer otlp_protobuf;
extern const otlp_writer otlp_json;

#endif
