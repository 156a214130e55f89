/* The tables of operations of the NATS transport; opening and closing. */
#include "base/clock.h"
#include "transport/nats/ack.h"
#include "transport/nats/delivery.h"
#include "transport/nats/inbox.h"
#include "transport/nats/kv.h"
#include "transport/nats/library.h"
#include "transport/nats/max_payload.h"
#include "transport/nats/message.h"
#include "transport/nats/native_subscription.h"
#include "transport/nats/ping.h"
#include "transport/nats/readers.h"
#include "transport/nats/reconcile.h"
#include "transport/nats/reconnect.h"
#include "transport/nats/send.h"
#include "transport/nats/status.h"
#include "transport/nats/stream_admin.h"
#include "transport/nats/stream_ask.h"
#include "transport/nats/stream_get.h"
#include "transport/nats/stream_publish.h"
#include "transport/nats/stream_purge.h"
#include "transport/nats/stream_state.h"
#include "transport/nats/subscription.h"
#include "transport/nats/subscription_errors.h"
#include "transport/nats/wake.h"

#include <stdlib.h>

/* Returns true only after the subscriptions of a lost connection are renewed. */
static bool connected(const catga_transport *transport)
{
    const catga_nats *nats = catga_nats_of(transport);

    return catga_nats_link_is_up(&nats->link) && !atomic_load(&nats->lost);
}

static size_t max_payload(const catga_transport *transport)
{
    return catga_nats_max_payload(catga_nats_of(transport));
}

static uint64_t published(const catga_transport *transport)
{
    return catga_rcu_weight(&catga_nats_of(transport)->link.rcu);
}

static uint64_t dropped(const catga_transport *transport)
{
    return catga_nats_count_dropped(catga_nats_of(transport));
}

static uint64_t in_hand(const catga_transport *transport)
{
    return catga_nats_count_in_hand(catga_nats_of(transport));
}

static int64_t round_trip_ns(const catga_transport *transport)
{
    const catga_nats *nats = catga_nats_of(transport);

    return catga_nats_link_is_up(&nats->link) ? atomic_load(&nats->round_trip_ns) : 0;
}

static catga_status flush(catga_transport *transport, int timeout_ms)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_nats_use use = catga_nats_link_enter(&nats->link);

    if (use.connection == NULL)
        return CATGA_DISCONNECTED;
    catga_nats_event_loop_wait(&nats->loop);
    natsStatus status =
        natsConnection_FlushTimeout(use.connection, timeout_ms > 0 ? timeout_ms : 1);
    catga_nats_link_leave(use, 0);
    return catga_nats_status(status);
}

/* ---- Closing ---- */

/* milliseconds for the last flush: natsConnection_Close does not always flush before 3.13 */
#define LAST_FLUSH_MS 500

/* Waits for the inbox's threads, and unsubscribes it. */
static void close_inbox(catga_nats *nats)
{
    if (nats->replies == NULL)
        return;
    pthread_mutex_lock(&nats->lock);
    while (nats->replies->threads > 0)
        pthread_cond_wait(&nats->changed, &nats->lock);
    pthread_mutex_unlock(&nats->lock);
    catga_nats_unsubscribe(&nats->transport, nats->replies);
}

static void stop(catga_nats *nats)
{
    if (nats->stopped)
        return;
    nats->stopped = true;
    catga_ticker_end(&nats->ticker);
    catga_nats_reconcile_stop(nats);
    catga_nats_readers_stop(nats);
    catga_nats_reconnect_stop(nats);
    catga_nats_ping_stop(nats);
    catga_nats_reconnect_end(nats);
    catga_nats_event_loop_stop(&nats->loop);
    close_inbox(nats);
}

static void nats_free(catga_nats *nats)
{
    stop(nats);
    catga_nats_destroy_discarded(&nats->discarded);
    catga_nats_servers_clear(&nats->servers);
    catga_nats_event_loop_end(&nats->loop);
    catga_nats_link_end(&nats->link);
    pthread_cond_destroy(&nats->changed);
    pthread_mutex_destroy(&nats->denied.lock);
    pthread_mutex_destroy(&nats->lock);
    catga_process_end(&nats->process);
    free(nats->name);
    free(nats);
}

static void stop_transport(catga_transport *transport)
{
    if (connected(transport))
        flush(transport, LAST_FLUSH_MS);
    stop(catga_nats_of(transport));
}

static void close_transport(catga_transport *transport)
{
    stop_transport(transport);
    nats_free(catga_nats_of(transport));
}

/* ---- Opening ---- */

static const catga_transport_operations operations = {
    .publish = catga_nats_publish,
    .request = catga_nats_request,
    .respond = catga_nats_respond,
    .subscribe = catga_nats_subscribe,
    .confirmed = catga_nats_confirmed,
    .drain = catga_nats_drain,
    .unsubscribe = catga_nats_unsubscribe,
    .flush = flush,
    .gather_begin = catga_nats_gather_begin,
    .gather_send = catga_nats_gather_send,
    .gather_end = catga_nats_gather_end,
    .connected = connected,
    .max_payload = max_payload,
    .header = catga_nats_header,
    .release = catga_nats_release,
    .published = published,
    .dropped = dropped,
    .in_hand = in_hand,
    .round_trip_ns = round_trip_ns,
    .stop = stop_transport,
    .close = close_transport,
};

static const catga_stream_operations streams = {
    .publish = catga_nats_stream_publish,
    .published = catga_nats_stream_published,
    .ensure = catga_nats_ensure_stream,
    .consume = catga_nats_consume,
    .fetch = catga_nats_fetch,
    .settle = catga_nats_settle,
    .get = catga_nats_stream_get,
    .erase = catga_nats_stream_erase,
    .state = catga_nats_stream_state,
    .remove = catga_nats_stream_remove,
    .seal = catga_nats_stream_seal,
    .usable = catga_nats_storage_usable,
    .backlogs = catga_nats_backlogs,
    .ask = catga_nats_stream_ask,
    .found = catga_nats_stream_found,
    .read = catga_nats_read,
    .end_read = catga_nats_end_read,
    .purge = catga_nats_stream_purge,
    .purge_skips = catga_nats_purge_skips,
};

static const catga_kv_operations kv = {
    .ensure = catga_nats_ensure_bucket,
    .nearly_full = catga_nats_nearly_full,
    .write = catga_nats_kv_write,
    .written = catga_nats_kv_written,
    .read = catga_nats_kv_read,
    .found = catga_nats_kv_found,
};

static void init_lock(catga_nats *nats)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&nats->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&nats->lock, NULL);
    pthread_mutex_init(&nats->denied.lock, NULL);
}

/* A drain may wait for the messages that a pass has delivered. */
static void on_passed(void *user)
{
    catga_nats_wake_drain(user);
}

static bool init_loop(catga_nats *nats)
{
    const catga_nats_event_loop_options options = {.deliver = catga_nats_deliver,
                                                   .passed = on_passed,
                                                   .begins = catga_nats_keep_begin,
                                                   .ends = catga_nats_keep_end,
                                                   .user = nats};

    return catga_nats_event_loop_init(&nats->loop, &options);
}

static catga_nats *nats_new(const catga_transport_settings *settings)
{
    catga_nats *nats = calloc(1, sizeof *nats);

    if (nats == NULL)
        return NULL;
    nats->transport = (catga_transport){.operations = &operations, .streams = &streams, .kv = &kv};
    nats->listener = settings->listener;
    nats->ping_interval_ms = settings->ping_interval_ms;
    nats->silence_ms = ((int64_t)settings->max_pings_out + 1) * settings->ping_interval_ms;
    nats->opening = true;
    TAILQ_INIT(&nats->subscriptions);
    TAILQ_INIT(&nats->reconciled);
    TAILQ_INIT(&nats->readers);
    init_lock(nats);
    catga_ticker_begin(&nats->ticker);
    catga_nats_link_begin(&nats->link, nats);
    catga_process_begin(&nats->process);
    catga_nats_suspend_init(&nats->suspend_detector);
    if (init_loop(nats))
        return nats;
    nats_free(nats);
    return NULL;
}

static catga_status start(catga_nats *nats, const catga_transport_settings *settings)
{
    catga_problem problem;
    catga_status status = catga_nats_servers_set(&nats->servers, settings->servers, &problem);

    if (status == CATGA_INVALID_ARGUMENT)
        nats->listener.on_event(nats->listener.user, CATGA_CONNECTION_FAILED, problem.text);
    if (status != CATGA_OK)
        return status;
    if (settings->name != NULL && (nats->name = strdup(settings->name)) == NULL)
        return CATGA_NO_MEMORY;
    status = catga_nats_inbox_open(nats);
    if (status == CATGA_OK)
        status = catga_nats_event_loop_start(&nats->loop);
    if (status == CATGA_OK)
        status = catga_nats_reconnect_start(nats);
    if (status == CATGA_OK)
        status = catga_nats_ping_start(nats);
    if (status != CATGA_OK)
        return status;

    int64_t wait = settings->connect_wait_ms;
    int64_t deadline = wait < 0 ? CATGA_FOREVER : catga_clock_now() + wait * CATGA_MILLISECOND;
    status = catga_nats_link_await(&nats->link, deadline);
    if (status == CATGA_OK)
        status = catga_nats_confirmed(&nats->transport, nats->replies);
    pthread_mutex_lock(&nats->lock);
    nats->opening = false;
    pthread_mutex_unlock(&nats->lock);
    return status;
}

catga_status catga_transport_nats_open(const catga_transport_settings *settings,
                                       catga_transport **transport)
{
    *transport = NULL;
    if (!catga_nats_library_open())
        return CATGA_CLOSED;
    catga_nats *nats = nats_new(settings);
    if (nats == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = start(nats, settings);
    if (status == CATGA_OK)
        *transport = &nats->transport;
    else
        nats_free(nats);
    return status;
}

const catga_transport_kind catga_transport_nats = {.name = "nats",
                                                   .environment = "CATGA_SERVERS NATS_URL",
                                                   .servers = "nats://127.0.0.1:4222",
                                                   .open = catga_transport_nats_open};
