/* Read-copy-update for a few writers and many readers. Readers mark a section with plain stores to
 * a slot of their own thread. A writer waits until all sections that began earlier have ended; it
 * pays for the memory order of all readers with membarrier(2). Without membarrier(2), or for more
 * than CATGA_PASSAGE_PLACES threads, readers share a slot with an atomic counter.
 *
 * Use: a writer unpublishes an object, waits, and frees it. A reader checks for an object, enters
 * the section, checks again, uses the object, and leaves.
 */
#ifndef CATGA_PASSAGE_H
#define CATGA_PASSAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CATGA_PASSAGE_PLACES 32

/* The slot of one thread, which keeps it; each slot has its own cache line. */
typedef struct catga_passage_place {
    atomic_uint inside;
    bool shared;
    atomic_uint_least64_t loads; /* weight of the sections that have ended */
    char apart[112];
} catga_passage_place;

typedef struct catga_passage {
    pthread_key_t key; /* of a thread's slot */
    bool has_key;
    atomic_uint taken; /* slots requested; may exceed their number */
    catga_passage_place places[CATGA_PASSAGE_PLACES];
    catga_passage_place shared;
} catga_passage;

void catga_passage_begin(catga_passage *passage);

/* Frees the structure. No reader is inside, and none enters any more. */
void catga_passage_end(catga_passage *passage);

/* Assigns a slot to the calling thread. */
catga_passage_place *catga_passage_settle(catga_passage *passage);

/* Begins a read-side section: later reads are not older. Sections of a thread can nest. */
static inline catga_passage_place *catga_passage_enter(catga_passage *passage)
{
    catga_passage_place *place =
        passage->has_key ? pthread_getspecific(passage->key) : &passage->shared;
    if (place == NULL)
        place = catga_passage_settle(passage);
    if (place->shared) {
        atomic_fetch_add(&place->inside, 1);
        return place;
    }
    unsigned inside = atomic_load_explicit(&place->inside, memory_order_relaxed);
    atomic_store_explicit(&place->inside, inside + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* pairs with catga_passage_wait */
    return place;
}

/* Ends a read-side section; adds `loads` to the result of catga_passage_loads. */
static inline void catga_passage_leave(catga_passage_place *place, unsigned loads)
{
    if (place->shared) {
        atomic_fetch_add_explicit(&place->loads, loads, memory_order_relaxed);
        atomic_fetch_sub_explicit(&place->inside, 1, memory_order_release);
        return;
    }
    uint64_t before = atomic_load_explicit(&place->loads, memory_order_relaxed);
    atomic_store_explicit(&place->loads, before + loads, memory_order_relaxed);
    unsigned inside = atomic_load_explicit(&place->inside, memory_order_relaxed);
    atomic_store_explicit(&place->inside, inside - 1, memory_order_release);
}

/* Waits until every section that began before the call has ended. */
void catga_passage_wait(catga_passage *passage);

uint64_t catga_passage_loads(const catga_passage *passage);

#endif
