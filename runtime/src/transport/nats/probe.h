/* Tests whether the server permits publishing to a subject. */
#ifndef CATGA_NATS_PROBE_H
#define CATGA_NATS_PROBE_H

#include "transport/nats/nats_transport.h"

/* Publishes `probe`, which has no effect at its subject, and waits for the server. Returns
 * CATGA_NOT_PERMITTED if the server refuses it; *problem then names the missing permission,
 * `right`. Otherwise CATGA_OK. */
catga_status catga_nats_probe(catga_nats *nats, const catga_outgoing *probe, const char *right,
                              catga_problem *problem);

#endif
