#include "transport/nats/link.h"

#include "base/clock.h"
#include "transport/nats/nats_transport.h"
#include "transport/nats/status.h"

void catga_nats_link_begin(catga_nats_link *link, catga_nats *owner)
{
    *link = (catga_nats_link){.owner = owner};
    catga_backoff_reset(&link->backoff, 0);
    catga_rcu_begin(&link->rcu);
}

void catga_nats_link_end(catga_nats_link *link)
{
    catga_rcu_end(&link->rcu);
}

/* ---- Using the connection ---- */

catga_nats_use catga_nats_link_enter(catga_nats_link *link)
{
    if (!catga_nats_link_is_up(link) || catga_process_is_forked(&link->owner->process))
        return (catga_nats_use){0};
    catga_nats_use use = {.slot = catga_rcu_read_lock(&link->rcu)};
    use.socket = atomic_load(&link->socket);
    if (use.socket == NULL)
        catga_nats_link_leave(use, 0);
    else
        use.connection = use.socket->connection;
    return use;
}

void catga_nats_link_leave(catga_nats_use use, unsigned events)
{
    catga_rcu_read_unlock(use.slot, events);
}

/* No thread enters that has not just seen the connection, so the wait is short. */
void catga_nats_link_empty(catga_nats_link *link)
{
    atomic_store(&link->socket, NULL);
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

catga_status catga_nats_link_await(catga_nats_link *link, int64_t deadline_ns)
{
    catga_nats *nats = link->owner;
    struct timespec deadline = catga_clock_timespec(deadline_ns);

    pthread_mutex_lock(&nats->lock);
    bool in_time = true;
    while (!catga_nats_link_is_up(link) && in_time && !nats->closing && !is_hopeless(link)) {
        if (deadline_ns == CATGA_FOREVER)
            pthread_cond_wait(&nats->changed, &nats->lock);
        else
            in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &deadline) == 0;
    }
    bool up = catga_nats_link_is_up(link);
    catga_status failure =
        is_hopeless(link) ? catga_nats_status(link->failure) : CATGA_DISCONNECTED;
    pthread_mutex_unlock(&nats->lock);
    return up ? CATGA_OK : failure;
}
