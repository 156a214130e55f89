/* Calls with a callback, and messages of the runtime itself, as the rest of the bus uses them. */
#ifndef CATGA_CLIENT_H
#define CATGA_CLIENT_H

#include "bus/bus_state.h"

/* Returns the size of a block of state->received. */
size_t catga_received_size(void);

/* Drives a call with a callback; `user` is the catga_bus_state. Any thread that owns the call. */
void catga_client_drive(void *user, catga_pending *call, const catga_call_event *event);

/*
 * Ends every pending call with a callback, with CATGA_CLOSED. The transport is stopped, and not yet
 * closed: callbacks may call every function.
 */
void catga_client_abandon(catga_bus_state *state);

/*
 * Sends a message with an id to its stream, without retries, and waits until `deadline`. CATGA_OK:
 * the message is stored. CATGA_TIMEOUT: the outcome is unknown. Any other status: the message is
 * not stored, and *problem says why.
 */
catga_status catga_client_store(catga_bus_state *state, const catga_outgoing *message,
                                int64_t deadline, catga_problem *problem);

/*
 * Sends a request without retries, and waits until `deadline` for an empty answer. Returns CATGA_OK
 * for that, else the status with *problem.
 */
catga_status catga_client_ask(catga_bus_state *state, const catga_outgoing *message,
                              int64_t deadline, catga_problem *problem);

#endif
