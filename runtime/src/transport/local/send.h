/* Sends requests and answers; operations of transport.h. */
#ifndef CATGA_LOCAL_SEND_H
#define CATGA_LOCAL_SEND_H

#include "transport/local/local_transport.h"

/* Queues a message for every group that it reaches; *taken is set if there was a subscriber.
 * `requester` gets an answer with `token`; NULL: nobody does. */
catga_status catga_local_broadcast(catga_local_transport *transport, const catga_outgoing *outgoing,
                                   uint64_t token, catga_local_transport *requester, bool *taken);

catga_status catga_local_request(catga_transport *transport, const catga_outgoing *message,
                                 uint64_t token);
catga_status catga_local_respond(catga_transport *transport, const catga_incoming *to,
                                 const catga_outgoing *message);

#endif
