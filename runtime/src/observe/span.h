/* The trace context that messages and spans of a bus inherit. */
#ifndef CATGA_SPAN_H
#define CATGA_SPAN_H

#include "bus/bus_state.h"

/*
 * Sets the headers of `span` to those that a message of `bus` carries on: of the span on whose
 * behalf the bus is used, or else of the message that is handled; "" without either. Sets
 * has_remote_parent, and no other member.
 */
void catga_span_inherit(catga_span_state *span, const catga_bus *bus);

#endif
