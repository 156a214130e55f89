#include "transport/local/store.h"

#include "base/clock.h"

void catga_local_store_wake(catga_local *broker)
{
    if (!atomic_exchange(&broker->store.woken, true))
        sem_post(&broker->queued);
    pthread_cond_broadcast(&broker->store.changed);
}

int64_t catga_local_store_now(const catga_local_store *store)
{
    return catga_clock_now() + store->advanced_ns;
}

/* The difference of the clocks is fixed, so that the date of a message never changes. */
void catga_local_store_set_date(catga_local_store *store)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    store->date_ns = catga_clock_of(&now) - catga_clock_now();
}

int64_t catga_local_store_date(const catga_local_store *store, int64_t time_ns)
{
    return store->date_ns + time_ns;
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
