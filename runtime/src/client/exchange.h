/* Messages of the runtime itself: sent once, without retries, by a thread that waits. */
#ifndef CATGA_EXCHANGE_H
#define CATGA_EXCHANGE_H

#include "bus/bus_state.h"

/*
 * Stores a message with an id in its stream. CATGA_OK: the message is stored, at *placed (may be
 * NULL). CATGA_TIMEOUT: the outcome is unknown at `deadline`. Any other status: the message is not
 * stored; see *problem.
 */
catga_status catga_exchange_store(catga_bus_state *state, const catga_outgoing *message,
                                  int64_t deadline, catga_placed *placed, catga_problem *problem);

/* Sends a request. CATGA_OK: it got an empty answer by `deadline`. Any other status: see *problem.
 */
catga_status catga_exchange_request(catga_bus_state *state, const catga_outgoing *message,
                                    int64_t deadline, catga_problem *problem);

#endif
