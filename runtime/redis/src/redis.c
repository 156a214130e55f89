/* The tables of operations; opening and closing. */
#include "base/clock.h"
#include "consumer.h"
#include "receiver.h"
#include "records.h"
#include "send.h"
#include "settle.h"
#include "store.h"
#include "streams.h"
#include "subscription.h"
#include "upkeep.h"

#include <catga/redis.h>

#include <stdlib.h>

/* Time limit of a command that waits for its reply. */
#define CONTROL_WAIT (3 * CATGA_SECOND)

/* ---- Waiting ---- */

void catga_redis_wake(void *owner)
{
    catga_redis_transport *redis = owner;

    if (atomic_load(&redis->waiters) == 0)
        return;
    pthread_mutex_lock(&redis->lock);
    pthread_cond_broadcast(&redis->changed);
    pthread_mutex_unlock(&redis->lock);
}

/* Looks again now and then: the last message may have been released just before. */
bool catga_redis_wait(catga_redis_transport *redis, int64_t deadline)
{
    int64_t now = catga_clock_now();
    int64_t soon = now + 20 * CATGA_MILLISECOND;
    struct timespec end = catga_clock_timespec(deadline < soon ? deadline : soon);

    if (now >= deadline)
        return false;
    atomic_fetch_add(&redis->waiters, 1);
    (void)pthread_cond_timedwait(&redis->changed, &redis->lock, &end);
    atomic_fetch_sub(&redis->waiters, 1);
    return true;
}

/* ---- Operations ---- */

static bool connected(const catga_transport *transport)
{
    return catga_redis_pipeline_is_up(&catga_redis_of(transport)->pipeline);
}

/* The server has seen a command when its reply has come, or it has been dropped. */
static catga_status flush(catga_transport *transport, int timeout_ms)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    int64_t end = catga_clock_now() + timeout_ms * CATGA_MILLISECOND;

    if (catga_redis_pipeline_flush(&redis->pipeline, end))
        return CATGA_OK;
    return connected(transport) ? CATGA_TIMEOUT : CATGA_DISCONNECTED;
}

static size_t max_payload(const catga_transport *transport)
{
    (void)transport;
    return CATGA_REDIS_MAX_PAYLOAD;
}

static uint64_t published(const catga_transport *transport)
{
    return atomic_load(&catga_redis_of(transport)->published);
}

static uint64_t dropped(const catga_transport *transport)
{
    return atomic_load(&catga_redis_of(transport)->dropped);
}

static int64_t round_trip_ns(const catga_transport *transport)
{
    return atomic_load(&catga_redis_of(transport)->round_trip_ns);
}

/* ---- Begin and end ---- */

static void stop(catga_transport *transport)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    if (atomic_exchange(&redis->stopping, true))
        return;
    catga_redis_receiver_stop(redis);
    catga_redis_pipeline_stop(&redis->pipeline);
    catga_ticker_end(&redis->ticker);
}

static void close_transport(catga_transport *transport)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    stop(transport);
    catga_redis_pipeline_end(&redis->pipeline);
    catga_redis_control_end(&redis->control);
    catga_redis_batch_end(redis->stores);
    catga_redis_streams_free(redis);
    catga_redis_buckets_free(redis);
    catga_redis_addresses_clear(&redis->addresses);
    catga_pool_end(&redis->small);
    catga_pool_end(&redis->medium);
    pthread_mutex_destroy(&redis->lock);
    pthread_cond_destroy(&redis->changed);
    free(redis->name);
    free(redis);
}

static const catga_transport_operations operations = {
    .publish = catga_redis_publish,
    .request = catga_redis_request,
    .respond = catga_redis_respond,
    .subscribe = catga_redis_subscribe,
    .confirmed = catga_redis_confirmed,
    .drain = catga_redis_drain,
    .unsubscribe = catga_redis_unsubscribe,
    .flush = flush,
    .connected = connected,
    .max_payload = max_payload,
    .header = catga_redis_header,
    .release = catga_redis_release,
    .published = published,
    .dropped = dropped,
    .in_hand = catga_redis_in_hand,
    .round_trip_ns = round_trip_ns,
    .stop = stop,
    .close = close_transport,
};

static const catga_stream_operations streams = {
    .publish = catga_redis_stream_publish,
    .published = catga_redis_stream_published,
    .ensure = catga_redis_ensure_stream,
    .consume = catga_redis_consume,
    .settle = catga_redis_settle,
    .get = catga_redis_stream_get,
    .erase = catga_redis_stream_erase,
    .state = catga_redis_stream_state,
    .remove = catga_redis_remove_stream,
    .usable = catga_redis_usable,
    .backlogs = catga_redis_backlogs,
    .ask = catga_redis_stored_ask,
    .found = catga_redis_stored_found,
    .read = catga_redis_read,
    .end_read = catga_redis_end_read,
    .purge = catga_redis_purge,
    .seal = catga_redis_seal,
    .purge_skips = catga_redis_purge_skips,
};

static const catga_kv_operations kv = {
    .ensure = catga_redis_ensure_bucket,
    .nearly_full = catga_redis_nearly_full,
    .write = catga_redis_record_write,
    .written = catga_redis_record_written,
    .read = catga_redis_record_read,
    .found = catga_redis_record_found,
};

static void init_lock(catga_redis_transport *redis)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&redis->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&redis->lock, NULL);
}

/* A name of a connection, and of a consumer in its group, has no blanks. */
static bool set_name(catga_redis_transport *redis, const char *name)
{
    redis->name = strdup(name == NULL ? "catga" : name);
    for (char *at = redis->name; at != NULL && *at != '\0'; at++)
        if (*at <= ' ' || *at > '~')
            *at = '-';
    return redis->name != NULL;
}

static catga_redis_transport *redis_new(const catga_transport_settings *settings)
{
    catga_redis_transport *redis = calloc(1, sizeof *redis);

    if (redis == NULL || !set_name(redis, settings->name)) {
        free(redis);
        return NULL;
    }
    redis->transport = (catga_transport){.operations = &operations, .streams = &streams, .kv = &kv};
    redis->listener = settings->listener;
    redis->ping_interval_ns = settings->ping_interval_ms * CATGA_MILLISECOND;
    redis->silence_ns = ((int64_t)settings->max_pings_out + 1) * redis->ping_interval_ns;
    redis->pipeline.wake_fd = -1;
    atomic_init(&redis->opening, CATGA_DISCONNECTED);
    init_lock(redis);
    catga_pool_begin(&redis->small, CATGA_REDIS_SMALL);
    catga_pool_begin(&redis->medium, CATGA_REDIS_MEDIUM);
    catga_ticker_begin(&redis->ticker);
    catga_redis_inbox_name(redis->inbox);
    catga_redis_control_init(&redis->control,
                             &(catga_redis_link_options){.addresses = &redis->addresses,
                                                         .name = redis->name,
                                                         .timeout_ns = CONTROL_WAIT});
    return redis;
}

/* Waits for the first connection. An address or a login that is wrong is not tried again. */
static catga_status await(catga_redis_transport *redis, int connect_wait_ms)
{
    int64_t end = connect_wait_ms < 0 ? CATGA_FOREVER
                                      : catga_clock_now() + connect_wait_ms * CATGA_MILLISECOND;
    catga_status status;

    pthread_mutex_lock(&redis->lock);
    do
        status = (catga_status)atomic_load(&redis->opening);
    while (status == CATGA_DISCONNECTED && catga_redis_wait(redis, end));
    pthread_mutex_unlock(&redis->lock);
    return status;
}

static catga_status start(catga_redis_transport *redis, const catga_transport_settings *settings)
{
    catga_problem problem = {""};

    redis->stores = catga_redis_store_new(redis, NULL, 0, 0);
    if (redis->stores == NULL)
        return CATGA_NO_MEMORY;
    catga_status status =
        catga_redis_addresses_read(&redis->addresses, settings->servers, &problem);

    if (status == CATGA_INVALID_ARGUMENT)
        redis->listener.on_event(redis->listener.user, CATGA_CONNECTION_FAILED, problem.text);
    if (status != CATGA_OK)
        return status;
    const catga_redis_link_options link = {
        .addresses = &redis->addresses, .name = redis->name, .timeout_ns = redis->silence_ns};
    const catga_redis_pipeline_options pipeline = {.link = link,
                                                   .silence_ns = redis->silence_ns,
                                                   .connected = catga_redis_on_connected,
                                                   .failed = catga_redis_on_failed,
                                                   .lost = catga_redis_on_lost,
                                                   .refused = catga_redis_on_refused,
                                                   .tick = catga_redis_tick,
                                                   .owner = redis};
    status = catga_redis_pipeline_start(&redis->pipeline, &pipeline);
    if (status == CATGA_OK)
        status = await(redis, settings->connect_wait_ms);
    return status == CATGA_OK ? catga_redis_receiver_start(redis) : status;
}

static catga_status open_transport(const catga_transport_settings *settings,
                                   catga_transport **transport)
{
    catga_redis_transport *redis = redis_new(settings);

    *transport = NULL;
    if (redis == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = start(redis, settings);
    if (status == CATGA_OK)
        *transport = &redis->transport;
    else
        close_transport(&redis->transport);
    return status;
}

const catga_transport_kind *catga_redis(void)
{
    static const catga_transport_kind kind = {.name = "redis",
                                              .environment = "CATGA_SERVERS REDIS_CONNECTION",
                                              .servers = "redis://127.0.0.1:6379",
                                              .open = open_transport};

    return &kind;
}
