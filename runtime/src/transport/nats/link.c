/*
 * The connection of a link, as those who send see it. They take no lock: they enter a read-side
 * section, look, and leave it. Who takes the connection away hides it first, then waits until
 * nobody is inside; since nobody enters who has not just seen it, that is soon.
 */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

void catga_nats_link_begin(catga_nats_link *link, catga_nats *owner, bool immediate)
{
    *link = (catga_nats_link){
        .owner = owner, .immediate = immediate, .pause_ns = 100 * CATGA_MILLISECOND};
    link->kernel_deadline = !immediate && catga_nats_has_kernel_deadline();
    catga_rcu_begin(&link->rcu);
}

void catga_nats_link_end(catga_nats_link *link)
{
    catga_rcu_end(&link->rcu);
}

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

void catga_nats_link_empty(catga_nats_link *link)
{
    atomic_store(&link->connection, NULL);
    catga_rcu_synchronize(&link->rcu);
}
