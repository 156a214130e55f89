/* The server: begin and end, its thread, and what tests change. */
#include "transport/local/broker.h"

#include "base/clock.h"
#include "base/signals.h"
#include "transport/local/consumers.h"
#include "transport/local/delivery.h"
#include "transport/local/kv.h"
#include "transport/local/limits.h"
#include "transport/local/store.h"
#include "transport/local/streams.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* ---- The thread ---- */

/* Waits for an item. Returns false if `next_ns` passes first. */
static bool wait_for_work(catga_local *broker, int64_t next_ns)
{
    struct timespec until = catga_clock_timespec(next_ns);

    while (sem_clockwait(&broker->queued, CLOCK_MONOTONIC, &until) != 0)
        if (errno == ETIMEDOUT)
            return false;
    return true;
}

/* Delivers the item for which `queued` was posted. Returns false at the end. */
static bool deliver_queued(catga_local *broker)
{
    catga_ring_item item;

    while (!catga_ring_take(&broker->queue, &item)) {
        if (atomic_exchange(&broker->store.woken, false))
            return true;
        if (atomic_load(&broker->stopping))
            return false;
        sched_yield(); /* a producer has reserved the cell, and is filling it */
    }
    catga_local_deliver_queued(item);
    return true;
}

/* Alternates between queued and stored messages. */
static void *run_broker(void *argument)
{
    catga_local *broker = argument;
    int64_t next_ns = CATGA_FOREVER;

    for (;;) {
        if (wait_for_work(broker, next_ns) && !deliver_queued(broker))
            return NULL;
        catga_subscription *member = NULL;
        catga_local_message *message = catga_local_take_due(broker, &member, &next_ns);
        if (message != NULL)
            catga_local_deliver(member, message);
    }
}

/* ---- Begin and end ---- */

static void make_recursive(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void broker_free(catga_local *broker)
{
    catga_ticker_end(&broker->ticker);
    catga_local_consumers_end(&broker->store);
    catga_local_streams_end(&broker->store);
    catga_local_buckets_end(&broker->store);
    pthread_cond_destroy(&broker->store.changed);
    pthread_mutex_destroy(&broker->store.lock);
    catga_local_limits_end(&broker->limits);
    catga_local_routes_free(broker);
    catga_ring_end(&broker->queue);
    catga_pool_end(&broker->small);
    catga_pool_end(&broker->medium);
    sem_destroy(&broker->queued);
    pthread_mutex_destroy(&broker->changing);
    catga_process_end(&broker->process);
    free(broker);
}

catga_status catga_local_open(catga_local **local)
{
    catga_local *broker = calloc(1, sizeof *broker);

    *local = NULL;
    if (broker == NULL)
        return CATGA_NO_MEMORY;
    catga_process_begin(&broker->process);
    atomic_init(&broker->connected, true);
    make_recursive(&broker->changing);
    sem_init(&broker->queued, 0, 0);
    catga_pool_begin(&broker->small, CATGA_LOCAL_SMALL);
    catga_pool_begin(&broker->medium, CATGA_LOCAL_MEDIUM);
    catga_local_limits_begin(&broker->limits);
    pthread_mutex_init(&broker->store.lock, NULL);
    pthread_cond_init(&broker->store.changed, NULL);
    catga_local_store_set_date(&broker->store);
    catga_ticker_begin(&broker->ticker);
    if (!catga_ring_begin(&broker->queue, CATGA_LOCAL_QUEUE) ||
        !catga_thread_start(&broker->thread, run_broker, broker)) {
        broker_free(broker);
        return CATGA_NO_MEMORY;
    }
    *local = broker;
    return CATGA_OK;
}

void catga_local_close(catga_local *local)
{
    if (local == NULL || catga_process_is_forked(&local->process))
        return;
    atomic_store(&local->stopping, true);
    sem_post(&local->queued);
    pthread_join(local->thread, NULL);
    broker_free(local);
}

/* ---- Changes by tests ---- */

void catga_local_set_connected(catga_local *local, bool connected)
{
    if (catga_process_is_forked(&local->process) ||
        atomic_exchange(&local->connected, connected) == connected)
        return;
    pthread_mutex_lock(&local->changing);
    for (catga_local_transport *transport = local->transports; transport != NULL;
         transport = transport->next)
        transport->listener.on_event(transport->listener.user,
                                     connected ? CATGA_CONNECTION_FOUND : CATGA_CONNECTION_LOST,
                                     "local");
    pthread_mutex_unlock(&local->changing);
    catga_local_store_wake(local);
}

void catga_local_advance(catga_local *local, int64_t milliseconds)
{
    catga_local_store *store = &local->store;

    pthread_mutex_lock(&store->lock);
    catga_local_forget_unused(local, catga_local_store_now(store));
    store->advanced_ns += milliseconds * CATGA_MILLISECOND;
    catga_local_forget_unused(local, catga_local_store_now(store));
    pthread_mutex_unlock(&store->lock);
    catga_local_store_wake(local);
}

catga_status catga_local_set_limits(catga_local *local, const char *name, size_t messages,
                                    size_t bytes)
{
    static const char of_bucket[] = "KV_";
    catga_local_store *store = &local->store;

    pthread_mutex_lock(&store->lock);
    bool found = catga_local_limit_stream(store, name, messages, bytes);
    if (!found && strncmp(name, of_bucket, strlen(of_bucket)) == 0)
        found = catga_local_limit_bucket(store, name + strlen(of_bucket), messages, bytes);
    pthread_mutex_unlock(&store->lock);
    return found ? CATGA_OK : CATGA_NO_RESPONDERS;
}
