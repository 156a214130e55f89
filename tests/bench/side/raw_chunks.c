/* Chunks with nats.c alone; see raw_chunks.h. */

#include "raw_chunks.h"

#include "../bench.h"

#define STREAM  "RAW_CHUNKS"
#define SUBJECT "raw.chunks"

enum { WAIT_MS = 30000 };

static void need(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        fprintf(stderr, "nats.c: %s: %s\n", natsStatus_GetText(status), nats_GetLastError(NULL));
    bench_need(status == NATS_OK, what);
}

void raw_open(raw_chunks *side)
{
    jsOptions options;
    jsStreamConfig stream;

    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = RAW_IN_FLIGHT;
    options.PublishAsync.StallWait = WAIT_MS;
    side->connection = side_connect(false);
    need(natsConnection_JetStream(&side->context, side->connection, &options), "JetStream");
    jsStreamConfig_Init(&stream);
    stream.Name = STREAM;
    stream.Subjects = (const char *[]){SUBJECT};
    stream.SubjectsLen = 1;
    stream.Storage = js_FileStorage;
    stream.Discard = js_DiscardNew;
    need(js_AddStream(NULL, side->context, &stream, NULL, NULL), "stream");
    side->bytes = malloc(RAW_BYTES);
    bench_need(side->bytes != NULL, "memory");
    for (size_t i = 0; i < RAW_BYTES; i++)
        side->bytes[i] = (uint8_t)(i * 7 + i / 251);
}

void raw_close(raw_chunks *side)
{
    free(side->bytes);
    jsCtx_Destroy(side->context);
    natsConnection_Destroy(side->connection);
}

void raw_publish(raw_chunks *side)
{
    jsPubOptions options;

    jsPubOptions_Init(&options);
    options.MaxWait = WAIT_MS;
    for (size_t i = 0; i < RAW_CHUNKS; i++)
        need(js_PublishAsync(side->context, SUBJECT, side->bytes + i * RAW_CHUNK, RAW_CHUNK,
                             &options),
             "js_PublishAsync");
    need(js_PublishAsyncComplete(side->context, &options), "js_PublishAsyncComplete");
}

size_t raw_read(raw_chunks *side)
{
    natsSubscription *subscription = NULL;
    jsSubOptions options;
    size_t size = 0;

    jsSubOptions_Init(&options);
    options.Stream = STREAM;
    options.Ordered = true;
    need(js_SubscribeSync(&subscription, side->context, SUBJECT, NULL, &options, NULL),
         "js_SubscribeSync");
    for (size_t i = 0; i < RAW_CHUNKS; i++) {
        natsMsg *message = NULL;
        need(natsSubscription_NextMsg(&message, subscription, WAIT_MS), "natsSubscription_NextMsg");
        size += (size_t)natsMsg_GetDataLength(message);
        natsMsg_Destroy(message);
    }
    natsSubscription_Unsubscribe(subscription);
    natsSubscription_Destroy(subscription);
    return size;
}

double raw_rate(uint64_t start)
{
    return (double)RAW_BYTES * 1e3 / (double)(bench_now() - start);
}

void raw_purge(raw_chunks *side)
{
    need(js_PurgeStream(side->context, STREAM, NULL, NULL), "js_PurgeStream");
}
