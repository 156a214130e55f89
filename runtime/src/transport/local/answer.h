/* Checks of outgoing messages, and answers to requests. */
#ifndef CATGA_LOCAL_ANSWER_H
#define CATGA_LOCAL_ANSWER_H

#include "transport/local/local_transport.h"

/* Returns CATGA_OK if the message may be sent now; else CATGA_DISCONNECTED, CATGA_TOO_LARGE or
 * CATGA_NOT_PERMITTED. */
catga_status catga_local_may_send(const catga_local_transport *transport,
                                  const catga_outgoing *message);

/* Passes an answer to the bus that made the request, unless it is closing. Takes ownership of the
 * answer's message. */
void catga_local_reply(catga_local_transport *requester, uint64_t token, catga_incoming *answer);

#endif
