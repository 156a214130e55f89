/* The store of the broker: start and end, the clock, which tests can advance, and injected
 * faults. Its content is in streams.c, consumers.c and records.c. */
#include "base/clock.h"
#include "transport/local/stored.h"

/* ---- Begin and end ---- */

void catga_local_store_begin(catga_local_store *store)
{
    pthread_mutex_init(&store->lock, NULL);
}

void catga_local_store_end(catga_local_store *store)
{
    catga_local_consumers_end(store);
    catga_local_streams_end(store);
    catga_local_records_end(store);
    pthread_mutex_destroy(&store->lock);
}

void catga_local_store_wake(catga_local *broker)
{
    if (!atomic_exchange(&broker->store.woken, true))
        sem_post(&broker->queued);
}

/* ---- Time and faults ---- */

int64_t catga_local_store_now(const catga_local_store *store)
{
    return catga_clock_now() + store->advanced_ns;
}

void catga_local_advance(catga_local *local, int64_t milliseconds)
{
    pthread_mutex_lock(&local->store.lock);
    catga_local_forget_unused(local, catga_local_store_now(&local->store));
    local->store.advanced_ns += milliseconds * CATGA_MILLISECOND;
    catga_local_forget_unused(local, catga_local_store_now(&local->store));
    pthread_mutex_unlock(&local->store.lock);
    catga_local_store_wake(local);
}

void catga_local_inject(catga_local *local, catga_local_fault fault, unsigned nth)
{
    pthread_mutex_lock(&local->store.lock);
    local->store.faults[fault] = nth;
    atomic_store(&local->store.faulty, true);
    pthread_mutex_unlock(&local->store.lock);
}

bool catga_local_store_fails(catga_local_store *store, catga_local_fault fault)
{
    return store->faults[fault] != 0 && --store->faults[fault] == 0;
}

bool catga_local_fails(catga_local *broker, catga_local_fault fault)
{
    if (!atomic_load_explicit(&broker->store.faulty, memory_order_relaxed))
        return false;
    pthread_mutex_lock(&broker->store.lock);
    bool fails = catga_local_store_fails(&broker->store, fault);
    pthread_mutex_unlock(&broker->store.lock);
    return fails;
}
