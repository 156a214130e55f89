/* Two buckets; see kv_side.h. */

#include "kv_side.h"

#include "../bench.h"

#include <string.h>

const catga_bucket kv_bucket = {.name = "bench-our", .history = 1};

static void open_theirs(kv_sides *sides)
{
    kvConfig config;

    kvConfig_Init(&config);
    config.Bucket = "bench-nat";
    config.History = 1;
    sides->connection = side_connect(true);
    bench_need(natsConnection_JetStream(&sides->context, sides->connection, NULL) == NATS_OK,
               "JetStream");
    bench_need(js_CreateKeyValue(&sides->store, sides->context, &config) == NATS_OK,
               "js_CreateKeyValue");
}

static void fill(kv_sides *sides)
{
    const catga_bytes value = {sides->value, KV_VALUE};

    for (size_t i = 0; i < KV_KEYS; i++) {
        snprintf(sides->keys[i], KV_KEY, "key.%04zu", i);
        bench_need(catga_bucket_put(sides->bus, &kv_bucket, catga_str(sides->keys[i]), value,
                                    NULL) == CATGA_OK,
                   "catga_bucket_put");
        bench_need(kvStore_Put(NULL, sides->store, sides->keys[i], sides->value, KV_VALUE) ==
                       NATS_OK,
                   "kvStore_Put");
    }
}

void kv_open(kv_sides *sides)
{
    memset(sides->value, 'v', KV_VALUE);
    bench_need(catga_open(&sides->bus, &(catga_options){.in_flight = KV_IN_FLIGHT}) == CATGA_OK,
               "catga_open");
    open_theirs(sides);
    fill(sides);
}

void kv_close(kv_sides *sides)
{
    bench_need(catga_bucket_remove(sides->bus, &kv_bucket) == CATGA_OK, "catga_bucket_remove");
    catga_close(sides->bus);
    bench_need(js_DeleteKeyValue(sides->context, "bench-nat") == NATS_OK, "js_DeleteKeyValue");
    kvStore_Destroy(sides->store);
    jsCtx_Destroy(sides->context);
    natsConnection_Destroy(sides->connection);
    nats_Close();
}
