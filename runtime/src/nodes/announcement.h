/* Announcements of nodes: the event NodeAnnounced of schemas/catga/nodes.catga. */
#ifndef CATGA_ANNOUNCEMENT_H
#define CATGA_ANNOUNCEMENT_H

#include "bus/envelope.h"
#include "nodes/node_table.h"

/* Publishes an announcement. The result of publishing an event that may be lost. */
catga_status catga_announcement_send(catga_bus *bus, const catga_node_record *record);

/* Reads a received announcement. CATGA_BAD_MESSAGE: *problem names the field. */
catga_status catga_announcement_read(const catga_incoming *message, catga_node_record *record,
                                     catga_problem *problem);

/* Begins an envelope with the subject of announcements. Returns false if it is too long. */
bool catga_announcement_address(catga_envelope *envelope, catga_string prefix);

#endif
