/* The accepted source of an answer.
 *
 * Other subscribers to the subject of a stored event see its reply subject too, and may answer
 * before the stream does. So the reply subject contains a hash of the stream's name and the kind of
 * its answer; all other answers are ignored. */
#ifndef CATGA_NATS_ANSWER_SOURCE_H
#define CATGA_NATS_ANSWER_SOURCE_H

#include "transport/transport.h"

typedef struct catga_nats_source {
    enum {
        CATGA_NATS_ANY_SOURCE = 0,
        /* the stream's acknowledgement of a message, or the server's 503 */
        CATGA_NATS_STREAM_ACK = 'p',
        /* a message of the stream, or a status of the server */
        CATGA_NATS_STREAM_MESSAGE = 'd'
    } kind;
    uint32_t stream; /* catga_stream_hash */
} catga_nats_source;

/* bytes that a source other than CATGA_NATS_ANY_SOURCE adds to a reply subject */
#define CATGA_NATS_SOURCE 9

/* Writes a source after the token of a reply subject, and terminates it. */
void catga_nats_source_write(char *end, catga_nats_source source);

/* Reads a source after the token of a reply subject. Returns false if it is malformed. */
bool catga_nats_source_read(catga_nats_source *source, const char *end);

/* Returns true if the answer comes from `source`. */
bool catga_nats_source_is(catga_nats_source source, const catga_incoming *answer);

#endif
