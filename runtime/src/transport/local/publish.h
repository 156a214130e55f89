/* Publishes events; an operation of transport.h. */
#ifndef CATGA_LOCAL_PUBLISH_H
#define CATGA_LOCAL_PUBLISH_H

#include "transport/transport.h"

catga_status catga_local_publish(catga_transport *transport, const catga_outgoing *message);

#endif
