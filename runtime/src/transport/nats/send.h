/* Sends events, requests and answers. No function waits for the server, except while the kernel
 * takes no more bytes. Any thread. */
#ifndef CATGA_NATS_SEND_H
#define CATGA_NATS_SEND_H

#include "transport/nats/answer_source.h"
#include "transport/nats/nats_transport.h"

/* Operations of transport.h. */
catga_status catga_nats_publish(catga_transport *transport, const catga_outgoing *message);
catga_status catga_nats_request(catga_transport *transport, const catga_outgoing *message,
                                uint64_t token);
catga_status catga_nats_respond(catga_transport *transport, const catga_incoming *to,
                                const catga_outgoing *message);

/* Sends a request whose answer must come from `source`. */
catga_status catga_nats_request_from(catga_nats *nats, const catga_outgoing *message,
                                     uint64_t token, catga_nats_source source);

/* Sends a message for whose effect nobody waits: it may be gathered with others for a millisecond.
 * Its subject is valid. */
catga_status catga_nats_send_unawaited(catga_nats *nats, const catga_outgoing *message);

/* Operations of transport.h, and hooks of catga_admission_options: have this thread gather what it
 * sends, and keep messages that are to be destroyed; write it; and end both. */
void catga_nats_gather_begin(void *owner);
void catga_nats_gather_send(void *owner);
void catga_nats_gather_end(void *owner);

/* Sends a message; `reply` is its reply subject. Both subjects are valid. */
catga_status catga_nats_send(catga_nats *nats, const catga_outgoing *message, const char *reply);

#endif
