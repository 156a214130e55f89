/* Calls and stored events with a callback. */
#ifndef CATGA_SEND_H
#define CATGA_SEND_H

#include "bus/bus_state.h"

/*
 * Continues a call after an event, and runs its callback at the end; `user` is the catga_bus_state.
 * The thread that brings the event calls it, and then owns the call.
 */
void catga_send_drive(void *user, catga_pending *call, const catga_call_event *event);

/*
 * Ends every pending call with CATGA_CLOSED. The transport is stopped, and not yet closed:
 * callbacks may call every function.
 */
void catga_send_abandon(catga_bus_state *state);

#endif
