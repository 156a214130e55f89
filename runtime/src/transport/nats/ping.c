#include "transport/nats/ping.h"

#include "base/clock.h"
#include "base/signals.h"
#include "transport/nats/subscription.h"

/* Time by which a wait may end late. After more, the process was suspended, and asks again. */
#define LATE (250 * CATGA_MILLISECOND)

/* Silences after which a server that sends, but does not answer, is lost too. */
enum { LONGEST_WAIT = 10 };

/*
 * A server that sends is not silent: its PONG may wait behind megabytes that both sides have
 * gathered. The kernel acknowledges what it receives, so both directions work then.
 */
static natsStatus await_pong(catga_nats *nats, const catga_nats_socket *socket)
{
    int64_t limit_ns = nats->silence_ms * CATGA_MILLISECOND + LATE;
    unsigned waits = 0;
    natsStatus status;
    int64_t took_ns;
    bool was_suspended, is_heard;

    do {
        int64_t began_ns = catga_clock_now();
        unsigned reads = atomic_load_explicit(&socket->reads, memory_order_relaxed);
        status = natsConnection_FlushTimeout(socket->connection, nats->silence_ms);
        took_ns = catga_clock_now() - began_ns;
        was_suspended = took_ns > limit_ns;
        is_heard = atomic_load_explicit(&socket->reads, memory_order_relaxed) != reads;
        waits += !was_suspended;
    } while (status == NATS_TIMEOUT && (was_suspended || (is_heard && waits < LONGEST_WAIT)));
    atomic_store(&nats->round_trip_ns, status == NATS_OK ? took_ns : 0);
    return status;
}

/* Returns whether a PONG came. When the server is silent instead, the connection is lost. */
static bool ping(catga_nats *nats)
{
    catga_nats_use use = catga_nats_link_enter(&nats->link);

    if (use.connection == NULL) {
        atomic_store(&nats->round_trip_ns, 0);
        return false;
    }
    natsStatus status = await_pong(nats, use.socket);
    if (status == NATS_TIMEOUT)
        catga_nats_event_loop_close(&nats->loop, use.socket);
    catga_nats_link_leave(use, 0);
    return status == NATS_OK;
}

/* Notes the subscriptions that ended before the PING, of which there were `ended` until then.
 * Called under the lock. */
static void confirm(catga_nats *nats, uint64_t ended)
{
    catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        if (subscription->draining && subscription->drain_number <= ended)
            subscription->confirmed = true;
    }
    nats->drains_confirmed = ended;
    pthread_cond_broadcast(&nats->changed);
}

/* Waits until a ping is due, under the lock. */
static void await_due(catga_nats *nats, int64_t due_ns)
{
    struct timespec due = catga_clock_timespec(due_ns);
    bool in_time = true;

    while (in_time && !nats->ping_ends &&
           (nats->drains == nats->drains_confirmed || !catga_nats_link_is_up(&nats->link)))
        in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &due) == 0;
}

static void *run(void *argument)
{
    catga_nats *nats = argument;
    int64_t interval = nats->ping_interval_ms * CATGA_MILLISECOND;

    pthread_mutex_lock(&nats->lock);
    while (!nats->ping_ends) {
        int64_t due_ns = catga_clock_now() + interval;
        uint64_t drains = nats->drains;
        pthread_mutex_unlock(&nats->lock);
        bool answered = ping(nats);
        pthread_mutex_lock(&nats->lock);
        if (answered)
            confirm(nats, drains);
        await_due(nats, due_ns);
    }
    pthread_mutex_unlock(&nats->lock);
    nats_ReleaseThreadMemory();
    return NULL;
}

catga_status catga_nats_ping_start(catga_nats *nats)
{
    nats->pinging = catga_thread_start(&nats->ping_thread, run, nats);
    return nats->pinging ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_nats_ping_stop(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    nats->ping_ends = true;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
    catga_nats_event_loop_close(&nats->loop, NULL);
    if (nats->pinging)
        pthread_join(nats->ping_thread, NULL);
    nats->pinging = false;
}
