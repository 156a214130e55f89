/* Ordered readers; operations of transport.h. */
#ifndef CATGA_NATS_READERS_H
#define CATGA_NATS_READERS_H

#include "transport/nats/nats_transport.h"

catga_status catga_nats_read(catga_transport *transport, const catga_reader_settings *settings,
                             catga_reader **reader, catga_problem *problem);
void catga_nats_end_read(catga_transport *transport, catga_reader *reader);

/* Ends the thread that replaces lost consumers, before the transport ends. */
void catga_nats_readers_stop(catga_nats *nats);

#endif
