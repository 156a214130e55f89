/* Translates the statuses of nats.c and the error codes of JetStream to catga_status. */
#ifndef CATGA_NATS_STATUS_H
#define CATGA_NATS_STATUS_H

#include <catga/catga.h>

#include <nats/nats.h>

/* Translates a status of nats.c. A closed connection is CATGA_DISCONNECTED: it is replaced. */
catga_status catga_nats_status(natsStatus status);

/* Translates the err_code of a JetStream error. */
catga_status catga_nats_jetstream_status(int64_t code);

#endif
