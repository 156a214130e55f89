/*
 * The names of the claim of a message, and how long its record is kept.
 *
 *     SHOP_ORDERS_V1_CreateOrder         the bucket of an idempotent command
 *     <id>                               one of its keys
 *     SHOP_ORDERS_V1_DONE                the bucket of a stream's exactly-once events
 *     NotificationService__notify.<id>   one of its keys: each consumer handles an event once
 */
#ifndef CATGA_CLAIM_NAMES_H
#define CATGA_CLAIM_NAMES_H

#include "claims/claim_record.h"
#include "server/context.h"
#include "streams/stream_names.h"

enum { CATGA_BUCKET_NAME = CATGA_STREAM_NAME, CATGA_CLAIM_KEY = 384 };

/* Writes the name of the bucket. Returns false if it is too long. */
bool catga_claim_bucket(const catga_bus_state *state, const catga_message *message,
                        char bucket[CATGA_BUCKET_NAME]);

/* Writes the key of a received message. Returns false if it is too long. */
bool catga_claim_key(char key[CATGA_CLAIM_KEY], const catga_context *context);

/*
 * Writes the hash of a command's bytes, which a retry repeats. An event has none, because its
 * stream stores an id once.
 */
void catga_claim_request(char request[CATGA_REQUEST_HASH], const catga_context *context);

/*
 * Returns how long the outcome is kept, in nanoseconds: for an event as long as the event, which
 * can be redelivered until then.
 */
int64_t catga_claim_kept_ns(const catga_message *message);

#endif
