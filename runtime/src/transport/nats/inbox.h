/* The inbox that receives the answers to this transport's requests. */
#ifndef CATGA_NATS_INBOX_H
#define CATGA_NATS_INBOX_H

#include "transport/nats/nats_transport.h"

/* Makes the inbox, and subscribes to it. */
catga_status catga_nats_inbox_open(catga_nats *nats);

#endif
