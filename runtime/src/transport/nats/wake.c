#include "transport/nats/wake.h"

void catga_nats_wake(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

void catga_nats_wake_drain(void *owner)
{
    catga_nats *nats = owner;

    if (atomic_load(&nats->draining) != 0)
        catga_nats_wake(nats);
}
