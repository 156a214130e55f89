/* The body of a request: the spans of one process. */
#ifndef CATGA_OTLP_REQUEST_H
#define CATGA_OTLP_REQUEST_H

#include "queue.h"
#include "resource.h"

/* Returns the bytes that a request with this number of spans fits into; SIZE_MAX if no memory is so
 * large. */
size_t otlp_request_capacity(const otlp_resource *resource, size_t spans);

/* Moves at most `limit` spans from a queue to a body. Returns their number. */
size_t otlp_request_write(const otlp_writer *writer, otlp_buffer *body,
                          const otlp_resource *resource, otlp_queue *queue, size_t limit);

#endif
