/* Signal masks of the runtime's threads; see signals.h. */
#include "base/signals.h"

#include <stddef.h>

void catga_signals_set(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

void catga_signals_block(sigset_t *before)
{
    sigset_t set;

    catga_signals_set(&set);
    pthread_sigmask(SIG_BLOCK, &set, before);
}

void catga_signals_restore(const sigset_t *before)
{
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

bool catga_thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
    sigset_t before;

    catga_signals_block(&before);
    bool started = pthread_create(thread, NULL, run, argument) == 0;
    catga_signals_restore(&before);
    return started;
}
