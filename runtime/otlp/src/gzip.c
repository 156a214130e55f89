/* Compresses bodies of requests; see gzip.h. */
#include "gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

struct otlp_gzip {
    z_stream stream;
    otlp_buffer packed;
};

enum { WINDOW_OF_GZIP = 15 + 16, MEMORY = 8 };

otlp_gzip *otlp_gzip_new(size_t longest)
{
    otlp_gzip *gzip = longest > UINT_MAX / 2 ? NULL : calloc(1, sizeof *gzip);

    if (gzip == NULL)
        return NULL;
    if (deflateInit2(&gzip->stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_OF_GZIP, MEMORY,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip);
        return NULL;
    }
    gzip->packed.capacity = deflateBound(&gzip->stream, (uLong)longest);
    gzip->packed.data = malloc(gzip->packed.capacity);
    if (gzip->packed.data != NULL)
        return gzip;
    otlp_gzip_free(gzip);
    return NULL;
}

void otlp_gzip_free(otlp_gzip *gzip)
{
    if (gzip == NULL)
        return;
    deflateEnd(&gzip->stream);
    free(gzip->packed.data);
    free(gzip);
}

const otlp_buffer *otlp_gzip_pack(otlp_gzip *gzip, const otlp_buffer *body)
{
    z_stream *stream = &gzip->stream;

    deflateReset(stream);
    stream->next_in = (Bytef *)body->data;
    stream->avail_in = (uInt)body->length;
    stream->next_out = (Bytef *)gzip->packed.data;
    stream->avail_out = (uInt)gzip->packed.capacity;
    deflate(stream, Z_FINISH);
    gzip->packed.length = gzip->packed.capacity - stream->avail_out;
    return &gzip->packed;
}
