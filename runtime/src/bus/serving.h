/*
 * The lock of the list of services. The draining thread holds it while handlers run, so a handler
 * must not wait for it then: catga_serving_lock_while gives up when the phase of the bus changes.
 * No message needs this lock.
 */
#ifndef CATGA_SERVING_H
#define CATGA_SERVING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct catga_serving {
    pthread_mutex_t lock; /* guards `held`; held for a few instructions */
    pthread_cond_t changed;
    bool held;
} catga_serving;

void catga_serving_init(catga_serving *serving);
void catga_serving_end(catga_serving *serving);

/*
 * Locks; waits while another thread holds the lock. Wakes the waiting threads to check the phase.
 */
void catga_serving_lock(catga_serving *serving);

/*
 * Locks while *phase is `wanted`. Returns false, without the lock, when it is not. A thread that
 * changes *phase calls catga_serving_lock afterwards.
 */
bool catga_serving_lock_while(catga_serving *serving, const atomic_int *phase, int wanted);

void catga_serving_unlock(catga_serving *serving);

#endif
