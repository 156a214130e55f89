/* Subscriptions that the server refuses. */
#ifndef CATGA_NATS_SUBSCRIPTION_ERRORS_H
#define CATGA_NATS_SUBSCRIPTION_ERRORS_H

#include "transport/nats/nats_transport.h"

/* Notes that the server has refused the subscription that `text` names. Takes the transport's
 * lock. */
void catga_nats_note_subscription_error(catga_nats *nats, const char *text);

/* Retries refused subscriptions. Returns the time of the next retry, or CATGA_FOREVER. Called under
 * the transport's lock. */
int64_t catga_nats_retry_refused(catga_nats *nats, int64_t now);

/* Operation of transport.h. */
catga_status catga_nats_confirmed(catga_transport *transport, catga_subscription *subscription);

#endif
