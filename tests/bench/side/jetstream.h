/*
 * jetstream.h: the other side of stored events: a stream created with nats.c, with the settings of
 * ours, and events published with nats.c.
 */
#ifndef SIDE_JETSTREAM_H
#define SIDE_JETSTREAM_H

#include "nats_side.h"

/* All names are as long as ours. */
#define JETSTREAM_STREAM  "OTHERS_V1"
#define JETSTREAM_SUBJECT "other.events.stored.v1.Parcel"

/* Events in flight at once, on both sides. */
enum { JETSTREAM_IN_FLIGHT = 4096 };

typedef struct jetstream {
    natsConnection *connection;
    jsCtx *context;
    uint64_t published; /* last message id */
} jetstream;

/* Connects, and creates the stream for `subject`. */
void jetstream_open(jetstream *side);

void jetstream_close(jetstream *side);

/* Publishes the bytes `times` times without waiting, each with its own id. Then waits until all are
 * stored. */
void jetstream_publish(jetstream *side, const char *subject, side_bytes bytes, size_t times);

#endif
