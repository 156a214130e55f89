/* Sends events, requests and answers. No function waits, except an event that opens the buffered
 * connection. Any thread. */
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

/* Sends a request whose answer must come from `source`. The sender of an unawaited request does
 * not wait for the answer. */
catga_status catga_nats_request_from(catga_nats *nats, const catga_outgoing *message,
                                     uint64_t token, catga_nats_source source);
catga_status catga_nats_request_unawaited(catga_nats *nats, const catga_outgoing *message,
                                          uint64_t token, catga_nats_source source);

/* Sends a message without an answer, batched with others. Its subject is valid. */
catga_status catga_nats_send_unawaited(catga_nats *nats, const catga_outgoing *message);

/* Sends a message at once; `reply` is its reply subject. Both subjects are valid. */
catga_status catga_nats_send_immediate(catga_nats *nats, const catga_outgoing *message,
                                       const char *reply);

#endif
