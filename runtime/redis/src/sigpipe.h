/* hiredis writes to closed connections without MSG_NOSIGNAL: threads that call it block SIGPIPE. */
#ifndef CATGA_REDIS_SIGPIPE_H
#define CATGA_REDIS_SIGPIPE_H

#include <pthread.h>
#include <signal.h>
#include <time.h>

typedef struct catga_redis_sigpipe {
    sigset_t before;
} catga_redis_sigpipe;

/* Blocks the signal in this thread. */
static inline void catga_redis_sigpipe_block(catga_redis_sigpipe *saved)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, &saved->before);
}

/* Restores a thread of the program. A signal that came meanwhile is ours, unless the thread had
 * blocked it before. */
static inline void catga_redis_sigpipe_restore(const catga_redis_sigpipe *saved)
{
    const struct timespec now = {0};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    if (sigismember(&saved->before, SIGPIPE) == 0)
        while (sigtimedwait(&set, NULL, &now) == SIGPIPE)
            continue;
    pthread_sigmask(SIG_SETMASK, &saved->before, NULL);
}

#endif
