#include "transport/nats/link.h"

#include "base/clock.h"
#include "transport/nats/nats_transport.h"
#include "transport/nats/socket.h"
#include "transport/nats/status.h"

void catga_nats_link_begin(catga_nats_link *link, catga_nats *owner, bool immediate)
{
    *link = (catga_nats_link){.owner = owner, .immediate = immediate};
    catga_backoff_reset(&link->backoff, 0);
    link->kernel_deadline = !immediate && catga_nats_has_kernel_deadline();
    catga_rcu_begin(&link->rcu);
}

void catga_nats_link_end(catga_nats_link *link)
{
    catga_rcu_end(&link->rcu);
}

/* ---- Using the connection ---- */

catga_nats_use catga_nats_link_enter(catga_nats_link *link)
{
    if (atomic_load_explicit(&link->connection, memory_order_relaxed) == NULL ||
        catga_process_is_forked(&link->owner->process))
        return (catga_nats_use){0};
    catga_nats_use use = {.slot = catga_rcu_read_lock(&link->rcu)};
    use.connection = atomic_load(&link->connection);
    if (use.connection == NULL)
        catga_nats_link_leave(use, 0);
    return use;
}

void catga_nats_link_leave(catga_nats_use use, unsigned events)
{
    catga_rcu_read_unlock(use.slot, events);
}

/* No thread enters that has not just seen the connection, so the wait is short. */
void catga_nats_link_empty(catga_nats_link *link)
{
    atomic_store(&link->connection, NULL);
    catga_rcu_synchronize(&link->rcu);
}

/* ---- Waiting for a connection ---- */

/* Returns true if another attempt would end like the last. */
static bool is_hopeless(const catga_nats_link *link)
{
    catga_status status = catga_nats_status(link->failure);

    return link->owner->given_up || status == CATGA_NOT_PERMITTED ||
           status == CATGA_INVALID_ARGUMENT;
}

catga_status catga_nats_link_request(catga_nats_link *link, int64_t deadline_ns, bool once)
{
    catga_nats *nats = link->owner;
    struct timespec deadline = catga_clock_timespec(deadline_ns);

    pthread_mutex_lock(&nats->lock);
    unsigned attempts = link->attempts;
    atomic_store(&link->requested, true);
    pthread_cond_broadcast(&nats->changed);
    bool in_time = true;
    while (atomic_load(&link->connection) == NULL && in_time && !nats->closing &&
           !is_hopeless(link) && !(once && link->attempts != attempts)) {
        if (deadline_ns == CATGA_FOREVER)
            pthread_cond_wait(&nats->changed, &nats->lock);
        else
            in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &deadline) == 0;
    }
    bool up = atomic_load(&link->connection) != NULL;
    catga_status failure =
        is_hopeless(link) ? catga_nats_status(link->failure) : CATGA_DISCONNECTED;
    pthread_mutex_unlock(&nats->lock);
    return up ? CATGA_OK : failure;
}
