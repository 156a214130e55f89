/* A question to the server or to another bus. The calling thread waits for the answer. */
#ifndef CATGA_ROUND_TRIP_H
#define CATGA_ROUND_TRIP_H

#include "bus/bus_state.h"

/* Sends the question; `token` identifies the answer. */
typedef catga_status catga_round_trip_send(catga_bus_state *state, const void *question,
                                           uint64_t token);

/*
 * Sends a question and waits until `until`. CATGA_OK: the caller releases *answer. CATGA_TIMEOUT:
 * no answer arrived. CATGA_DISCONNECTED: the connection was lost. CATGA_OVERLOADED: too many calls
 * are pending. Any other status is that of `send`.
 */
catga_status catga_round_trip(catga_bus_state *state, catga_round_trip_send *send,
                              const void *question, int64_t until, catga_incoming *answer);

#endif
