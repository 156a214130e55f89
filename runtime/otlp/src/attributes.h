/* Writes attributes: lists of names and values. */
#ifndef CATGA_OTLP_ATTRIBUTES_H
#define CATGA_OTLP_ATTRIBUTES_H

#include "writer.h"

#include <catga/trace.h>

/* Adds an element to a list of attributes; at most `limit` bytes of its name and of its text. */
void otlp_attribute_write(const otlp_writer *writer, otlp_buffer *buffer, otlp_field list,
                          const catga_span_attribute *attribute, size_t limit);

#endif
