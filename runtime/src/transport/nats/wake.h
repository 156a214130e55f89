/* Wakes the threads that wait for a change of the transport: the reconnect and reconcile threads,
 * and threads in catga_nats_link_await and catga_nats_drain. */
#ifndef CATGA_NATS_WAKE_H
#define CATGA_NATS_WAKE_H

#include "transport/nats/nats_transport.h"

/* Takes the transport's lock. */
void catga_nats_wake(catga_nats *nats);

/* Wakes threads that drain a subscription, if there are any. `owner` is the transport; has the type
 * of catga_admission_options.emptied. */
void catga_nats_wake_drain(void *owner);

#endif
