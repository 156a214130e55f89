/* Writes a span. */
#ifndef CATGA_OTLP_SPAN_H
#define CATGA_OTLP_SPAN_H

#include "writer.h"

#include <catga/trace.h>

/* Bytes that every span fits into. */
enum { OTLP_SPAN = 2032 };

/* Longer names and texts are cut, in bytes. */
enum { OTLP_TEXT = 256 };

/* Writes a span as an outermost message into an empty buffer of OTLP_SPAN bytes. Attributes that do
 * not fit are left out and counted in the message. */
void otlp_span_write(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span);

#endif
