/* Threads of the server receive no signals: the program handles them. */
#ifndef CATGA_HTTP_SIGNALS_H
#define CATGA_HTTP_SIGNALS_H

#include <signal.h>

/* Blocks all signals in this thread, and therefore in threads that it starts. */
static inline void http_signals_block(sigset_t *before)
{
    sigset_t all;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
}

static inline void http_signals_restore(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

#endif
