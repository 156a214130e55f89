/* Publishes events that are encoded already. */
#ifndef CATGA_PUBLISH_H
#define CATGA_PUBLISH_H

#include "bus/encode_buffer.h"

/* Publishes an encoded event as catga_publish does. `settings`: of this event, if it is stored; or
 * NULL. Fails with *problem, if the reason is known. */
catga_status catga_publish_encoded(catga_bus *bus, const catga_message *message,
                                   const catga_call_settings *settings,
                                   const catga_encode_buffer *payload, catga_problem *problem);

/* Logs why an event was not published. CATGA_OK: nothing. */
void catga_publish_report(catga_bus_state *state, const catga_message *message, catga_status status,
                          const catga_problem *problem);

#endif
