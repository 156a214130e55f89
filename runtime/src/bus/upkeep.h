/*
 * The upkeep thread of a bus that claims messages or serves stored broadcasts. It questions
 * monitored owners, renews the bus's claims, and announces its instance name. No handler waits for
 * the thread.
 */
#ifndef CATGA_UPKEEP_H
#define CATGA_UPKEEP_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct catga_bus_state catga_bus_state;

typedef struct catga_upkeep {
    pthread_t thread;
    bool running; /* guarded by the bus's `serving` */
    atomic_bool stopping;
    sem_t woken;
} catga_upkeep;

void catga_upkeep_init(catga_upkeep *upkeep);
void catga_upkeep_end(catga_upkeep *upkeep);

/*
 * Starts the thread unless it runs. Returns false without memory or thread. The caller holds
 * `serving`.
 */
bool catga_upkeep_start(catga_bus_state *state);

/* Makes the thread check at once for work that is due. Any thread. */
static inline void catga_upkeep_wake(catga_upkeep *upkeep)
{
    sem_post(&upkeep->woken);
}

/* Ends the thread, before the transport is closed. The caller holds `serving`. */
void catga_upkeep_stop(catga_bus_state *state);

#endif
