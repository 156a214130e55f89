/* Stored events with nats.c alone; see jetstream.h. */

#include "jetstream.h"

#include "../bench.h"

#include <inttypes.h>

enum { WAIT_MS = 30000 };

/* The same settings as the streams of a bus. */
#define KEPT   (INT64_C(7) * 24 * 3600 * 1000000000)
#define WINDOW (INT64_C(120) * 1000000000)

/* The default ack wait of ours. */
#define ACK_WAIT (INT64_C(5) * 1000000000)

static void need(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        fprintf(stderr, "nats.c: %s: %s\n", natsStatus_GetText(status), nats_GetLastError(NULL));
    bench_need(status == NATS_OK, what);
}

void jetstream_open(jetstream *side, bool send_asap)
{
    jsOptions options;
    jsStreamConfig stream;

    jsOptions_Init(&options);
    options.PublishAsync.MaxPending = JETSTREAM_IN_FLIGHT;
    options.PublishAsync.StallWait = WAIT_MS;
    side->published = bench_now(); /* larger than the ids of earlier runs on this server */
    side->connection = side_connect(send_asap);
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

void jetstream_send(jetstream *side, const char *subject, side_bytes bytes)
{
    char id[40];
    jsPubOptions options;

    jsPubOptions_Init(&options);
    options.MaxWait = WAIT_MS;
    options.MsgId = id;
    snprintf(id, sizeof id, "%032" PRIx64, ++side->published);
    need(js_PublishAsync(side->context, subject, bytes.data, (int)bytes.length, &options),
         "js_PublishAsync");
}

void jetstream_publish(jetstream *side, const char *subject, side_bytes bytes, size_t times)
{
    jsPubOptions options;

    for (size_t i = 0; i < times; i++)
        jetstream_send(side, subject, bytes);
    jsPubOptions_Init(&options);
    options.MaxWait = WAIT_MS;
    need(js_PublishAsyncComplete(side->context, &options), "js_PublishAsyncComplete");
}

void jetstream_add_consumer(jetstream *side, const char *deliver_to)
{
    jsConsumerConfig settings;

    jetstream_delete_consumer(side);
    jsConsumerConfig_Init(&settings);
    settings.Durable = JETSTREAM_CONSUMER;
    settings.DeliverSubject = deliver_to;
    settings.DeliverGroup = deliver_to != NULL ? JETSTREAM_CONSUMER : NULL;
    settings.DeliverPolicy = js_DeliverNew;
    settings.AckPolicy = js_AckExplicit;
    settings.AckWait = ACK_WAIT;
    settings.MaxAckPending = JETSTREAM_UNACKNOWLEDGED;
    need(js_AddConsumer(NULL, side->context, JETSTREAM_STREAM, &settings, NULL, NULL), "consumer");
}

void jetstream_delete_consumer(jetstream *side)
{
    natsStatus status =
        js_DeleteConsumer(side->context, JETSTREAM_STREAM, JETSTREAM_CONSUMER, NULL, NULL);

    need(status == NATS_NOT_FOUND ? NATS_OK : status, "js_DeleteConsumer");
}

static jsSubOptions bound_to_consumer(void)
{
    jsSubOptions options;

    jsSubOptions_Init(&options);
    options.Stream = JETSTREAM_STREAM;
    options.Consumer = JETSTREAM_CONSUMER;
    options.ManualAck = true;
    return options;
}

natsSubscription *jetstream_pull(jetstream *side)
{
    natsSubscription *subscription = NULL;
    jsSubOptions options = bound_to_consumer();

    need(js_PullSubscribe(&subscription, side->context, JETSTREAM_SUBJECT, JETSTREAM_CONSUMER, NULL,
                          &options, NULL),
         "js_PullSubscribe");
    return subscription;
}

natsSubscription *jetstream_push(jetstream *side, natsMsgHandler on_message, void *user)
{
    natsSubscription *subscription = NULL;
    jsSubOptions options = bound_to_consumer();

    options.Queue = JETSTREAM_CONSUMER;
    need(js_Subscribe(&subscription, side->context, JETSTREAM_SUBJECT, on_message, user, NULL,
                      &options, NULL),
         "js_Subscribe");
    return subscription;
}
