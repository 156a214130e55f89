/* Messages of the server. */
#ifndef CATGA_LOCAL_MESSAGE_H
#define CATGA_LOCAL_MESSAGE_H

#include "transport/local/local_transport.h"

/* headers of a received message; one more than those of a sent one */
enum { CATGA_LOCAL_HEADERS = CATGA_HEADERS_MAX + 6 };

/* A message under way. A borrowed message is on its sender's stack, with the bytes that it points
 * to. */
typedef struct catga_local_message {
    catga_pool *pool; /* of its memory; NULL: malloc */
    bool borrowed;
    atomic_uint references;
    catga_local_transport *requester; /* gets the answer; NULL: none is expected */
    uint64_t token;
    int64_t deadline_ns;
    const uint8_t *data;
    size_t length;

    const char *subject; /* "" without one */

    /* Of a stored message; else NULL or 0. */
    const char *ack; /* subject of its settlement */
    uint64_t sequence;
    uint32_t deliveries;
    int64_t stored_ns;

    size_t header_count;
    catga_header headers[CATGA_LOCAL_HEADERS];
    uint8_t bytes[];
} catga_local_message;

/* Returns a copy of `outgoing` with one reference; NULL without memory. `requester` may be NULL;
 * the message holds a reference to it. */
catga_local_message *catga_local_message_make(catga_local *broker, const catga_outgoing *outgoing,
                                              catga_local_transport *requester, uint64_t token);

/* Initializes a message that points to `outgoing`, which must outlive it. */
void catga_local_message_borrow(catga_local_message *message, const catga_outgoing *outgoing,
                                catga_local_transport *requester, uint64_t token);

/* Releases a reference; does nothing for a borrowed message. */
void catga_local_message_release(catga_local_message *message);

/* Operations of transport.h, for a received message. */
void catga_local_release(catga_incoming *incoming);
const char *catga_local_header(const catga_incoming *incoming, const char *name);

/* Returns the size of payload and headers, as the server counts them. */
size_t catga_local_size(const catga_outgoing *outgoing);

#endif
