/*
 * raw_chunks.h: the other side of objects: the same bytes in messages of the same size, published
 * and read with nats.c alone, without infos, digests and checks.
 */
#ifndef SIDE_RAW_CHUNKS_H
#define SIDE_RAW_CHUNKS_H

#include "nats_side.h"

enum { RAW_CHUNK = 128 * 1024, RAW_CHUNKS = 512, RAW_IN_FLIGHT = 16 };

#define RAW_BYTES ((size_t)RAW_CHUNK * RAW_CHUNKS)

typedef struct raw_chunks {
    natsConnection *connection;
    jsCtx *context;
    uint8_t *bytes;
} raw_chunks;

/* Connects, and creates an empty stream in a file. */
void raw_open(raw_chunks *side);
void raw_close(raw_chunks *side);

/* Publishes the chunks, RAW_IN_FLIGHT at once, and returns when all are stored. */
void raw_publish(raw_chunks *side);

/* Reads all chunks in order, and returns their bytes. */
size_t raw_read(raw_chunks *side);

/* Returns the rate of all bytes since `start`, in MB/s. */
double raw_rate(uint64_t start);

/* Deletes the chunks. */
void raw_purge(raw_chunks *side);

#endif
