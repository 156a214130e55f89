/* Counts requests to JetStream's API; see api_requests.h. */

#include "api_requests.h"

#include "../bench.h"
#include "nats_side.h"
#include "service.h"

#include <string.h>
#include <sys/mman.h>

static void on_request(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *user)
{
    api_requests *requests = user;

    (void)connection;
    (void)subscription;
    atomic_fetch_add(&requests->all, 1);
    if (strstr(natsMsg_GetSubject(message), ".INFO.") != NULL)
        atomic_fetch_add(&requests->info, 1);
    natsMsg_Destroy(message);
}

static void subscribe(void *state)
{
    natsSubscription *subscription = NULL;
    natsConnection *connection = side_connect(false);

    bench_need(natsConnection_Subscribe(&subscription, connection, "$JS.API.>", on_request,
                                        state) == NATS_OK,
               "natsConnection_Subscribe");
    bench_need(natsConnection_Flush(connection) == NATS_OK, "natsConnection_Flush");
}

api_counter api_counter_start(void)
{
    api_counter counter;

    counter.requests = mmap(NULL, sizeof *counter.requests, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_need(counter.requests != MAP_FAILED, "mmap");
    counter.process = service_start(subscribe, counter.requests);
    return counter;
}

void api_counter_stop(api_counter *counter)
{
    service_stop(counter->process);
    munmap(counter->requests, sizeof *counter->requests);
}

static void delete_stream(void *name)
{
    jsCtx *context = NULL;

    bench_need(natsConnection_JetStream(&context, side_connect(true), NULL) == NATS_OK,
               "natsConnection_JetStream");
    bench_need(js_DeleteStream(context, name, NULL, NULL) == NATS_OK, "js_DeleteStream");
}

void api_delete_stream(const char *name)
{
    service_stop(service_start(delete_stream, (void *)(uintptr_t)name));
}
