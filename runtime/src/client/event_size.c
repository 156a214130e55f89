/* Limits the size of stored events; see event_size.h. */
#include "client/event_size.h"

#include <stdio.h>

/* Bytes of an event that leaves enough room under any practical limit of a server. */
enum { SMALL_EVENT = 4096 };

/* Half of a very low limit is enough room for the headers. */
catga_status catga_event_size_check(catga_bus_state *state, const catga_message *message,
                                    size_t length, catga_problem *problem)
{
    const catga_delivery *delivery = message->delivery;

    if (delivery == NULL || !delivery->dead_letter || length <= SMALL_EVENT)
        return CATGA_OK;
    size_t limit = state->operations->max_payload(state->transport);
    size_t room = limit / 2 < CATGA_DEAD_LETTER_ROOM ? limit / 2 : CATGA_DEAD_LETTER_ROOM;
    if (length <= limit - room)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "the event has %zu bytes and may have %zu: its dead letter needs %zu for headers "
             "(max_payload=%zu)",
             length, limit - room, room, limit);
    return CATGA_TOO_LARGE;
}
