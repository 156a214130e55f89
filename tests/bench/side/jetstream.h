/*
 * jetstream.h: the other side of stored events: a stream and a consumer created with nats.c, with
 * the settings of ours, and events published with nats.c.
 */
#ifndef SIDE_JETSTREAM_H
#define SIDE_JETSTREAM_H

#include "nats_side.h"

/* All names are as long as ours. */
#define JETSTREAM_STREAM   "OTHERS_V1"
#define JETSTREAM_SUBJECT  "other.events.stored.v1.Parcel"
#define JETSTREAM_CONSUMER "Receiver__other__"
#define JETSTREAM_DELIVERY "other.deliver.OTHERS_V1.Receiver__other__"

/* Limits of both sides: events in flight to the stream, and events without acknowledgement. */
enum { JETSTREAM_IN_FLIGHT = 4096, JETSTREAM_UNACKNOWLEDGED = 1024 };

typedef struct jetstream {
    natsConnection *connection;
    jsCtx *context;
    uint64_t published; /* last message id */
} jetstream;

/* Connects as side_connect() does, and creates the stream of JETSTREAM_SUBJECT. */
void jetstream_open(jetstream *side, bool send_asap);

void jetstream_close(jetstream *side);

/* Publishes the bytes with an id of their own, without waiting. */
void jetstream_send(jetstream *side, const char *subject, side_bytes bytes);

/* Sends the bytes `times` times. Then waits until all are stored. */
void jetstream_publish(jetstream *side, const char *subject, side_bytes bytes, size_t times);

/* Creates the consumer, in place of an older one. A NULL `deliver_to` makes a pull consumer. */
void jetstream_add_consumer(jetstream *side, const char *deliver_to);

void jetstream_delete_consumer(jetstream *side);

/* Subscribe to the consumer. The receiver acknowledges each message. */
natsSubscription *jetstream_pull(jetstream *side);
natsSubscription *jetstream_push(jetstream *side, natsMsgHandler on_message, void *user);

#endif
