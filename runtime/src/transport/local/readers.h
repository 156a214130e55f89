/* Ordered readers; operations of transport.h. */
#ifndef CATGA_LOCAL_READERS_H
#define CATGA_LOCAL_READERS_H

#include "transport/local/message.h"

catga_status catga_local_read(catga_transport *transport, const catga_reader_settings *settings,
                              catga_reader **reader, catga_problem *problem);
void catga_local_end_read(catga_transport *transport, catga_reader *reader);

/* Returns true if no reader has a message to read now, or runs a function. */
bool catga_local_readers_idle(catga_local *broker);

#endif
