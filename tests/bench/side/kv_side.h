/*
 * kv_side.h: two buckets with the same settings, ours and that of nats.c's kvStore, for values of
 * 128 bytes under keys of equal length.
 */
#ifndef SIDE_KV_SIDE_H
#define SIDE_KV_SIDE_H

#include "nats_side.h"

#include <catga/kv.h>

enum { KV_KEYS = 1000, KV_KEY = 16, KV_VALUE = 128, KV_IN_FLIGHT = 4096 };

typedef struct kv_sides {
    catga_bus *bus;
    natsConnection *connection; /* writes at once, the faster mode of nats.c */
    jsCtx *context;
    kvStore *store;
    char keys[KV_KEYS][KV_KEY];
    uint8_t value[KV_VALUE];
} kv_sides;

extern const catga_bucket kv_bucket;

/* Opens both sides, and fills both buckets. */
void kv_open(kv_sides *sides);

/* Removes both buckets. */
void kv_close(kv_sides *sides);

#endif
