/* Sends events, requests and answers; operations of transport.h. */
#ifndef CATGA_LOCAL_SEND_H
#define CATGA_LOCAL_SEND_H

#include "transport/transport.h"

catga_status catga_local_publish(catga_transport *transport, const catga_outgoing *message);
catga_status catga_local_request(catga_transport *transport, const catga_outgoing *message,
                                 uint64_t token);
catga_status catga_local_respond(catga_transport *transport, const catga_incoming *to,
                                 const catga_outgoing *message);

#endif
