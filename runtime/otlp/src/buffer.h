/* Bytes of a fixed capacity, in memory of the caller. One thread owns a buffer. */
#ifndef CATGA_OTLP_BUFFER_H
#define CATGA_OTLP_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct otlp_buffer {
    char *data;
    size_t length;
    size_t capacity;
    bool is_full; /* something did not fit, and was not added */
} otlp_buffer;

static inline void otlp_buffer_add(otlp_buffer *buffer, const void *data, size_t length)
{
    if (buffer->length > buffer->capacity || length > buffer->capacity - buffer->length) {
        buffer->is_full = true;
        return;
    }
    memcpy(buffer->data + buffer->length, data, length);
    buffer->length += length;
}

static inline void otlp_buffer_add_byte(otlp_buffer *buffer, unsigned char byte)
{
    otlp_buffer_add(buffer, &byte, 1);
}

#endif
