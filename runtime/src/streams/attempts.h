/*
 * Records of attempts at stored events, for delivery/handling.h. They are in a bucket of the
 * stream:
 *
 *     SHOP_ORDERS_V1_ATTEMPTS            the bucket
 *     NotificationService__notify.17     a key: a consumer, and the event's sequence number
 *
 * An event whose first attempt succeeds has no record. The calling thread waits for the server.
 */
#ifndef CATGA_ATTEMPTS_H
#define CATGA_ATTEMPTS_H

#include "bus/envelope.h"
#include "delivery/handling.h"
#include "server/service.h"

/* An event and its consumer. */
typedef struct catga_attempts_of {
    const catga_endpoint *endpoint;
    const catga_incoming *event;
    const char *writer; /* name of this delivery */
} catga_attempts_of;

/* Creates or verifies the bucket of a stream. Logs a failure. */
catga_status catga_attempts_prepare(catga_bus_state *state, const catga_stream *stream);

/*
 * Reads the record. A record of another event with the same key, from before the stream was
 * recreated, gives only its revision. Writes `cause` if the event has ended.
 */
catga_status catga_attempts_read(const catga_attempts_of *of, catga_attempts *record,
                                 char cause[CATGA_HEADER_VALUE_MAX]);

/*
 * Writes the number of started attempts over a revision; with `cause`, that the event has ended.
 * `cause` may be NULL. Returns the status of catga_kv_write.
 */
catga_status catga_attempts_write(const catga_attempts_of *of, uint32_t started, const char *cause,
                                  uint64_t over, uint64_t *revision);

#endif
