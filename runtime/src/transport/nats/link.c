/*
 * The connection of a link, as those who send see it. They take no lock: they count themselves in,
 * look, and count themselves out. Who takes the connection away hides it first, then waits until
 * the count is 0; since nobody counts himself in who has not just seen it, that is soon.
 */
#include "transport/nats/nats_transport.h"

#include "base/clock.h"

void catga_nats_link_init(catga_nats_link *link, catga_nats *owner, bool prompt)
{
    *link =
        (catga_nats_link){.owner = owner, .prompt = prompt, .pause_ns = 100 * CATGA_MILLISECOND};
    link->kernel_deadline = !prompt && catga_nats_has_kernel_deadline();
}

natsConnection *catga_nats_link_enter(catga_nats_link *link)
{
    if (atomic_load_explicit(&link->connection, memory_order_relaxed) == NULL)
        return NULL;
    /* The count must be seen before the connection is looked at again; link_empty is the other
     * side. */
    atomic_fetch_add(&link->users, 1);
    natsConnection *connection = atomic_load(&link->connection);
    if (connection == NULL)
        catga_nats_link_leave(link);
    return connection;
}

void catga_nats_link_leave(catga_nats_link *link)
{
    atomic_fetch_sub_explicit(&link->users, 1, memory_order_release);
}

void catga_nats_link_empty(catga_nats_link *link)
{
    atomic_store(&link->connection, NULL);
    struct timespec pause = {.tv_nsec = CATGA_MILLISECOND / 10};
    while (atomic_load(&link->users) != 0)
        nanosleep(&pause, NULL);
}
