/*
 * A passage: many threads go through it all the time, and one, rarely, has to know that nobody is
 * inside who entered before. To enter and to leave costs a thread plain stores to a place of its
 * own; who waits pays for the order of all of them, with membarrier(2). Where the system has no
 * such thing, or more than CATGA_PASSAGE_PLACES threads have come, they share a place that is
 * counted atomically.
 *
 * Use: the one hides what others must not find any more, then waits; the others look, enter when
 * there is something, look again, use what they find, and leave. Who only enters after a look
 * keeps nobody waiting for long.
 */
#ifndef CATGA_PASSAGE_H
#define CATGA_PASSAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CATGA_PASSAGE_PLACES 32

/* Of one thread, for ever; two are never on one cache line. */
typedef struct catga_passage_place {
    atomic_uint inside;
    bool shared;
    atomic_uint_least64_t loads; /* that have been carried through */
    char apart[112];
} catga_passage_place;

typedef struct catga_passage {
    pthread_key_t key; /* of a thread's place */
    bool has_key;
    atomic_uint taken; /* places; it may be more than there are */
    catga_passage_place places[CATGA_PASSAGE_PLACES];
    catga_passage_place shared;
} catga_passage;

void catga_passage_begin(catga_passage *passage);

/* Nobody is inside, and nobody comes any more. */
void catga_passage_end(catga_passage *passage);

/* The place of the thread that calls, when it has not got one yet. */
catga_passage_place *catga_passage_settle(catga_passage *passage);

/* Enters; what is looked at afterwards is not older. A thread may enter several times. */
static inline catga_passage_place *catga_passage_enter(catga_passage *passage)
{
    catga_passage_place *place = passage->has_key ? pthread_getspecific(passage->key) : &passage->shared;
    if (place == NULL)
        place = catga_passage_settle(passage);
    if (place->shared) {
        atomic_fetch_add(&place->inside, 1);
        return place;
    }
    unsigned inside = atomic_load_explicit(&place->inside, memory_order_relaxed);
    atomic_store_explicit(&place->inside, inside + 1, memory_order_relaxed);
    atomic_signal_fence(memory_order_seq_cst); /* the other half is in catga_passage_wait */
    return place;
}

/* Leaves; `loads` is added to what catga_passage_loads gives. */
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

/* Returns when each place has been empty since: nobody who entered before is inside. */
void catga_passage_wait(catga_passage *passage);

uint64_t catga_passage_loads(const catga_passage *passage);

#endif
