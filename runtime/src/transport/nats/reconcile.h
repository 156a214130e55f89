/* Recreates streams, buckets and consumers that disappear while in use. */
#ifndef CATGA_NATS_RECONCILE_H
#define CATGA_NATS_RECONCILE_H

#include "transport/nats/provision.h"

typedef struct catga_nats_reconciled catga_nats_reconciled;

/* Registers an object, whose state has just been observed; its settings are copied. A consumer is
 * recreated as long as one of its subscriptions is not drained: release the returned reference
 * then. Returns NULL without memory or a thread. */
catga_nats_reconciled *catga_nats_reconcile(catga_nats *nats, const catga_nats_desired *desired,
                                            const catga_nats_observed *observed);

/* Ends the use of a consumer by one subscription. Called under the transport's lock. */
void catga_nats_reconcile_release(catga_nats_reconciled *item);

/* Copies the backlog of a consumer, without its user. Returns false if it is unknown: the last
 * observation has failed, or there is no connection. Called under the transport's lock. */
bool catga_nats_reconcile_backlog(const catga_nats *nats, const catga_nats_reconciled *item,
                                  catga_consumer_backlog *backlog);

/* Stops watching a stream and its consumers, until they are registered again; or with `forgotten`
 * false watches them again. */
void catga_nats_reconcile_forget(catga_nats *nats, const char *stream, bool forgotten);

/* Ends the thread, and frees all registrations. */
void catga_nats_reconcile_stop(catga_nats *nats);

/* Operation of transport.h: nothing in use is missing or unusable. */
bool catga_nats_storage_usable(catga_transport *transport);

/* Operation of transport.h. Locks only if a bucket or stream is nearly full. */
bool catga_nats_nearly_full(catga_transport *transport, const char *bucket);

#endif
