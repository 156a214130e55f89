/* The size of stored events. */
#ifndef CATGA_EVENT_SIZE_H
#define CATGA_EVENT_SIZE_H

#include "bus/bus_state.h"

/*
 * Returns CATGA_TOO_LARGE with *problem if the dead letter of an event of this length could exceed
 * the server's limit: it has the bytes of the event and more headers.
 */
catga_status catga_event_size_check(catga_bus_state *state, const catga_message *message,
                                    size_t length, catga_problem *problem);

#endif
