/*
 * Threads of the runtime, and the two signals that end a service: no thread of ours may be the one
 * to get them.
 */
#ifndef CATGA_SIGNALS_H
#define CATGA_SIGNALS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* SIGTERM and SIGINT. */
void catga_signals_set(sigset_t *set);

/* Blocks both in this thread, and so in the threads that it makes; *before is for restore. */
void catga_signals_block(sigset_t *before);
void catga_signals_restore(const sigset_t *before);

/* Makes a thread in which both are blocked. */
bool catga_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

#endif
