/* The tables of operations of the local transport; attaching and detaching buses. */
#include "transport/local/consume.h"
#include "transport/local/consumers.h"
#include "transport/local/kv.h"
#include "transport/local/local_transport.h"
#include "transport/local/message.h"
#include "transport/local/publish.h"
#include "transport/local/readers.h"
#include "transport/local/routes.h"
#include "transport/local/send.h"
#include "transport/local/stream_query.h"
#include "transport/local/streams.h"
#include "transport/local/subscribe.h"

#include <sched.h>
#include <stdlib.h>

static bool connected(const catga_transport *transport)
{
    return atomic_load(&catga_local_of(transport)->broker->connected) &&
           !atomic_load(&catga_local_of(transport)->closed);
}

/* The server is in this process: messages need not be awaited. */
static catga_status flush(catga_transport *transport, int timeout_ms)
{
    (void)timeout_ms;
    return connected(transport) ? CATGA_OK : CATGA_DISCONNECTED;
}

static size_t max_payload(const catga_transport *transport)
{
    return atomic_load_explicit(&catga_local_of(transport)->broker->limits.max_payload,
                                memory_order_relaxed);
}

static uint64_t published(const catga_transport *transport)
{
    return atomic_load_explicit(&catga_local_of(transport)->published, memory_order_relaxed);
}

static uint64_t dropped(const catga_transport *transport)
{
    return atomic_load_explicit(&catga_local_of(transport)->dropped, memory_order_relaxed);
}

static uint64_t in_hand(const catga_transport *transport)
{
    const catga_local_transport *own = catga_local_of(transport);

    pthread_mutex_lock(&own->broker->changing);
    uint64_t count = catga_local_count_in_hand(own);
    pthread_mutex_unlock(&own->broker->changing);
    return count;
}

static int64_t round_trip_ns(const catga_transport *transport)
{
    (void)transport;
    return 0;
}

static void stop(catga_transport *transport)
{
    catga_local_transport *closing = catga_local_of(transport);
    catga_local *broker = closing->broker;

    pthread_mutex_lock(&broker->changing);
    for (catga_local_transport **at = &broker->transports; *at != NULL; at = &(*at)->next) {
        if (*at == closing) {
            *at = closing->next;
            break;
        }
    }
    pthread_mutex_unlock(&broker->changing);
    atomic_store(&closing->closed, true);
    while (atomic_load(&closing->inside) != 0)
        sched_yield();
}

static void close_transport(catga_transport *transport)
{
    stop(transport);
    catga_local_transport_release(catga_local_of(transport));
}

static const catga_transport_operations operations = {
    .publish = catga_local_publish,
    .request = catga_local_request,
    .respond = catga_local_respond,
    .subscribe = catga_local_subscribe,
    .confirmed = catga_local_confirmed,
    .drain = catga_local_drain,
    .unsubscribe = catga_local_unsubscribe,
    .flush = flush,
    .connected = connected,
    .max_payload = max_payload,
    .header = catga_local_header,
    .release = catga_local_release,
    .published = published,
    .dropped = dropped,
    .in_hand = in_hand,
    .round_trip_ns = round_trip_ns,
    .stop = stop,
    .close = close_transport,
};

/* Streams of this process do not disappear. */
static bool storage_usable(catga_transport *transport)
{
    (void)transport;
    return true;
}

static const catga_stream_operations streams = {
    .publish = catga_local_stream_publish,
    .published = catga_local_stream_published,
    .ensure = catga_local_ensure_stream,
    .consume = catga_local_consume,
    .fetch = catga_local_fetch,
    .settle = catga_local_settle,
    .get = catga_local_stream_get,
    .erase = catga_local_stream_erase,
    .state = catga_local_stream_state,
    .remove = catga_local_remove_stream,
    .seal = catga_local_stream_seal,
    .usable = storage_usable,
    .backlogs = catga_local_backlogs,
    .ask = catga_local_stream_ask,
    .found = catga_local_stream_found,
    .read = catga_local_read,
    .end_read = catga_local_end_read,
    .purge = catga_local_stream_purge,
    .purge_skips = catga_local_purge_skips,
};

static const catga_kv_operations kv = {
    .ensure = catga_local_ensure_bucket,
    .nearly_full = catga_local_nearly_full,
    .write = catga_local_kv_write,
    .written = catga_local_kv_written,
    .read = catga_local_kv_read,
    .found = catga_local_kv_found,
};

catga_status catga_transport_local_open(const catga_transport_settings *settings,
                                        catga_transport **transport)
{
    catga_local *broker = settings->local;
    catga_local_transport *opened;

    *transport = NULL;
    if (catga_process_is_forked(&broker->process))
        return CATGA_CLOSED;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return CATGA_NO_MEMORY;
    opened->base = (catga_transport){.operations = &operations, .streams = &streams, .kv = &kv};
    opened->broker = broker;
    opened->listener = settings->listener;
    atomic_init(&opened->references, 1);
    pthread_mutex_lock(&broker->changing);
    opened->next = broker->transports;
    broker->transports = opened;
    pthread_mutex_unlock(&broker->changing);
    *transport = &opened->base;
    return CATGA_OK;
}
