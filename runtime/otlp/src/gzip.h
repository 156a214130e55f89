/* Compresses bodies of requests. */
#ifndef CATGA_OTLP_GZIP_H
#define CATGA_OTLP_GZIP_H

#include "buffer.h"

typedef struct otlp_gzip otlp_gzip;

/* Returns a compressor for bodies of at most `longest` bytes; NULL without memory. */
otlp_gzip *otlp_gzip_new(size_t longest);
void otlp_gzip_free(otlp_gzip *gzip);

/* Returns the compressed body, valid until the next call. Allocates nothing. */
const otlp_buffer *otlp_gzip_pack(otlp_gzip *gzip, const otlp_buffer *body);

#endif
