/*
 * jetstream.h: the other side of stored events: a stream of nats.c's own making with the settings
 * that ours has, and events published into a stream as nats.c does it.
 */
#ifndef SIDE_JETSTREAM_H
#define SIDE_JETSTREAM_H

#include "nats_side.h"

/* All names are as long as ours. */
#define JETSTREAM_STREAM  "OTHERS_V1"
#define JETSTREAM_SUBJECT "other.events.stored.v1.Parcel"

/* Events under way at once, on both sides. */
enum { JETSTREAM_IN_FLIGHT = 4096 };

typedef struct jetstream {
    natsConnection *connection;
    jsCtx *context;
    uint64_t published; /* the last message id */
} jetstream;

/* Connects, and makes the stream for `subject`. */
void jetstream_open(jetstream *side);

void jetstream_close(jetstream *side);

/* Publishes the bytes `times` times, each with an id of its own, without waiting; then waits until
 * all are stored. */
void jetstream_publish(jetstream *side, const char *subject, side_bytes bytes, size_t times);

#endif
