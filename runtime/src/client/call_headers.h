/* Checks the headers of a caller, and adds them to its message. */
#ifndef CATGA_CALL_HEADERS_H
#define CATGA_CALL_HEADERS_H

#include "bus/bus_state.h"
#include "bus/envelope.h"

/*
 * Adds the headers of `bus` to a message without headers, which needs their texts. Returns false if
 * one is invalid or reserved, or the message is an event: see *problem.
 */
bool catga_call_headers_add(catga_envelope *envelope, const catga_bus *bus,
                            const catga_message *message, catga_problem *problem);

#endif
