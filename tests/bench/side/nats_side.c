/* The other side of benchmarks with a server; see nats_side.h. */

#include "nats_side.h"

#include "../bench.h"

static void need(natsStatus status, const char *what)
{
    if (status != NATS_OK)
        fprintf(stderr, "nats.c: %s\n", natsStatus_GetText(status));
    bench_need(status == NATS_OK, what);
}

natsConnection *side_connect(bool send_asap)
{
    natsOptions *options = NULL;
    natsConnection *connection = NULL;
    const char *url = getenv("NATS_URL");

    bench_need(url != NULL, "NATS_URL is not set; use tests/bench/run");
    need(natsOptions_Create(&options), "options");
    need(natsOptions_SetURL(options, url), "address");
    need(natsOptions_SetSendAsap(options, send_asap), "send asap");
    need(natsConnection_Connect(&connection, options), "connect");
    natsOptions_Destroy(options);
    return connection;
}

static void answer_request(natsConnection *connection, natsSubscription *subscription,
                           natsMsg *message, void *user)
{
    const side_bytes *answer = user;

    (void)subscription;
    natsConnection_Publish(connection, natsMsg_GetReply(message), answer->data,
                           (int)answer->length);
    natsMsg_Destroy(message);
}

void side_serve(natsConnection *connection, const char *subject, side_bytes *answer)
{
    natsSubscription *subscription = NULL;

    need(natsConnection_Subscribe(&subscription, connection, subject, answer_request, answer),
         "subscribe");
    need(natsConnection_Flush(connection), "flush");
}
