/* Threads of the runtime block SIGTERM and SIGINT, so that only threads of the program receive
 * them. */
#ifndef CATGA_SIGNALS_H
#define CATGA_SIGNALS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* Returns the set of SIGTERM and SIGINT. */
void catga_signals_set(sigset_t *set);

/* Blocks both signals in this thread and in the threads that it starts. *before is the mask for
 * restore. */
void catga_signals_block(sigset_t *before);
void catga_signals_restore(const sigset_t *before);

/* Starts a thread with both signals blocked. */
bool catga_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
