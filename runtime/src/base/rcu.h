/* Read-copy-update for a few writers and many readers. Readers mark a section with plain stores to
 * a slot of their own thread. A writer waits until all sections that began earlier have ended; it
 * pays for the memory order of all readers with membarrier(2). Without membarrier(2), or for more
 * than CATGA_RCU_SLOTS threads, readers share a slot with an atomic counter.
 *
 * Use: a writer unpublishes an object, waits, and frees it. A reader checks for an object, enters
 * the section, checks again, uses the object, and leaves.
 */
#ifndef CATGA_RCU_H
#define CATGA_RCU_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CATGA_RCU_SLOTS 32

/* The slot of one thread, which keeps it; each slot has its own cache line. */
typedef struct catga_rcu_slot {
    atomic_uint inside;
    bool shared;
    atomic_uint_least64_t weight; /* weight of the sections that have ended */
    char apart[112];
} catga_rcu_slot;

typedef struct catga_rcu {
    pthread_key_t key; /* of a thread's slot */
    bool has_key;
    atomic_uint taken; /* slots requested; may exceed their number */
    catga_rcu_slot slots[CATGA_RCU_SLOTS];
    catga_rcu_slot shared;
} catga_rcu;

void catga_rcu_begin(catga_rcu *rcu);

/* Frees the structure. No reader is inside, and none enters any more. */
void catga_rcu_end(catga_rcu *rcu);

/* Assigns a slot to the calling thread. */
catga_rcu_slot *catga_rcu_assign_slot(catga_rcu *rcu);

/* Begins a read-side section: later reads are not older. Sections of a thread can nest. */
static inline catga_rcu_slot *catga_rcu_read_lock(catga_rcu *rcu)
{
    catga_rcu_slot *slot = rcu->has_key ? pthread_getspecific(rcu->key) : &rcu->shared;

    if (slot == NULL)
        slot = catga_rcu_assign_slot(rcu);
    if (slot->shared) {
        atomic_fetch_add(&slot->inside, 1);
        return slot;
    }
    unsigned inside = atomic_load_explicit(&slot->inside, memory_order_relaxed);
    atomic_store_explicit(&slot->inside, inside + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* pairs with catga_rcu_synchronize */
    return slot;
}

/* Ends a read-side section; adds `weight` to the result of catga_rcu_weight. */
static inline void catga_rcu_read_unlock(catga_rcu_slot *slot, unsigned weight)
{
    if (slot->shared) {
        atomic_fetch_add_explicit(&slot->weight, weight, memory_order_relaxed);
        atomic_fetch_sub_explicit(&slot->inside, 1, memory_order_release);
        return;
    }
    uint64_t before = atomic_load_explicit(&slot->weight, memory_order_relaxed);
    atomic_store_explicit(&slot->weight, before + weight, memory_order_relaxed);
    unsigned inside = atomic_load_explicit(&slot->inside, memory_order_relaxed);
    atomic_store_explicit(&slot->inside, inside - 1, memory_order_release);
}

/* Waits until every section that began before the call has ended. */
void catga_rcu_synchronize(catga_rcu *rcu);

uint64_t catga_rcu_weight(const catga_rcu *rcu);

#endif
