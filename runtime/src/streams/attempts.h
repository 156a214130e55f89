/*
 * The record of the attempts at a stored event, which delivery/handling.h reads and writes, in a
 * bucket of the event's stream:
 *
 *     SHOP_ORDERS_V1_ATTEMPTS            the bucket
 *     NotificationService__notify.17     a key: a consumer, and the event's number in the stream
 *
 * An event that succeeds when it is first delivered has no record. The calling thread waits for the
 * server.
 */
#ifndef CATGA_ATTEMPTS_H
#define CATGA_ATTEMPTS_H

#include "bus/envelope.h"
#include "delivery/handling.h"
#include "server/service.h"

/* One event for one consumer, as its record is concerned. */
typedef struct catga_attempts_of {
    const catga_endpoint *endpoint;
    const catga_incoming *event;
    const char *writer; /* this delivery */
} catga_attempts_of;

/* Makes the bucket of a stream unless it exists. The log says what is wrong. */
catga_status catga_attempts_prepare(catga_bus_state *state, const catga_stream *stream);

/*
 * Reads the record. A record of another event under the same key, from before the stream was
 * recreated, has only its revision. Of an event that has ended, writes `cause`.
 */
catga_status catga_attempts_read(const catga_attempts_of *of, catga_attempts *record,
                                 char cause[CATGA_HEADER_VALUE_MAX]);

/*
 * Writes how many attempts have started, over that revision; and, unless `cause` is NULL, that the
 * event has ended. Status as catga_kv_write.
 */
catga_status catga_attempts_write(const catga_attempts_of *of, uint32_t started, const char *cause,
                                  uint64_t over, uint64_t *revision);

#endif
