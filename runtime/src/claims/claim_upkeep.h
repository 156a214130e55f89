/*
 * The thread of a bus that claims messages, or has stored broadcasts: it asks the owners that are
 * monitored, renews the claims that the bus holds, and announces the bus's instance name. Handlers
 * do not wait for it.
 */
#ifndef CATGA_CLAIM_UPKEEP_H
#define CATGA_CLAIM_UPKEEP_H

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

/* Starts the thread; allowed when it runs. Returns false when there is no memory. Under `serving`.
 */
bool catga_upkeep_start(catga_bus_state *state);

/* Makes the thread look at once for what is due. */
void catga_upkeep_wake(catga_bus_state *state);

/* Before the transport is closed. Under `serving`. */
void catga_upkeep_stop(catga_bus_state *state);

#endif
