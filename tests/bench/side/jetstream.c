/* Stored events with nats.c alone; see jetstream.h. */

#include "jetstream.h"

#include "../bench.h"

#include <inttypes.h>

enum { WAIT_MS = 30000 };

/* The same settings as the streams of a bus. */
#define KEPT   (INT64_C(7) * 24 * 3600 * 1000000000)
#define WINDOW (INT64_C(120) * 1000000000)

static void need(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        fprintf(stderr, "nats.c: %s: %s\n", natsStatus_GetText(status), nats_GetLastError(NULL));
    bench_need(status == NATS_OK, what);
}

void jetstream_open(jetstream *side)
{
    jsOptions options;
    jsStreamConfig stream;

    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = JETSTREAM_IN_FLIGHT;
    options.PublishAsync.StallWait = WAIT_MS;
    side->published = bench_now(); /* larger than the ids of earlier runs on this server */
    side->connection = side_connect(false);
    need(natsConnection_JetStream(&side->context, side->connection, &options), "JetStream");
    jsStreamConfig_Init(&stream);
    stream.Name = JETSTREAM_STREAM;
    stream.Subjects = (const char *[]){JETSTREAM_SUBJECT};
    stream.SubjectsLen = 1;
    stream.Storage = js_FileStorage;
    stream.Discard = js_DiscardNew;
    stream.MaxAge = KEPT;
    stream.Duplicates = WINDOW;
    need(js_AddStream(NULL, side->context, &stream, NULL, NULL), "stream");
}

void jetstream_close(jetstream *side)
{
    jsCtx_Destroy(side->context);
    natsConnection_Destroy(side->connection);
}

void jetstream_publish(jetstream *side, const char *subject, side_bytes bytes, size_t times)
{
    char id[40];
    jsPubOptions options;
    int worst = NATS_OK;

    jsPubOptions_Init(&options);
    options.MaxWait = WAIT_MS;
    options.MsgId = id;
    for (size_t i = 0; i < times; i++) {
        snprintf(id, sizeof id, "%032" PRIx64, ++side->published);
        worst |=
            (int)js_PublishAsync(side->context, subject, bytes.data, (int)bytes.length, &options);
    }
    bench_need(worst == NATS_OK, "js_PublishAsync");
    options.MsgId = NULL;
    need(js_PublishAsyncComplete(side->context, &options), "js_PublishAsyncComplete");
}
