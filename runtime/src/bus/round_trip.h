/* One question to a server or another bus, by a thread that waits for the answer. */
#ifndef CATGA_ROUND_TRIP_H
#define CATGA_ROUND_TRIP_H

#include "bus/bus_state.h"

/* Sends the question; the answer is to come with `token`. */
typedef catga_status catga_round_trip_send(catga_bus_state *state, const void *question,
                                           uint64_t token);

/*
 * CATGA_OK: *answer is the caller's, to be released. CATGA_TIMEOUT: none came by `until`;
 * CATGA_DISCONNECTED: the connection was lost meanwhile; else what `send` returned, or
 * CATGA_OVERLOADED: `in_flight` calls are under way.
 */
catga_status catga_round_trip(catga_bus_state *state, catga_round_trip_send *send,
                              const void *question, int64_t until, catga_incoming *answer);

#endif
