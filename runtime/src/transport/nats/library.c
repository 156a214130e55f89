#include "transport/nats/library.h"

#include <nats/nats.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

/* Returns true if the shared threads run in this process, or are to be started in it. */
static bool is_process_of_threads(void)
{
    static atomic_int process;
    int none = 0;
    int this_one = (int)getpid();

    return atomic_compare_exchange_strong(&process, &none, this_one) || none == this_one;
}

/*
 * One of the threads frees messages, and is woken for each. By the usual policy it may run at once,
 * in place of the thread that wakes it: four context switches for each message. With SCHED_BATCH it
 * waits for a free processor or for its turn, and frees all messages that have come meanwhile.
 * Threads inherit the policy of the thread that starts them. A real-time policy is left alone.
 */
static void start_threads(void)
{
    struct sched_param parameters;
    int policy;

    bool is_batch = pthread_getschedparam(pthread_self(), &policy, &parameters) == 0 &&
                    policy == SCHED_OTHER &&
                    pthread_setschedparam(pthread_self(), SCHED_BATCH, &parameters) == 0;
    (void)nats_Open(-1); /* natsOptions_Create reports that it failed */
    if (is_batch)
        (void)pthread_setschedparam(pthread_self(), SCHED_OTHER, &parameters);
}

bool catga_nats_library_open(void)
{
    if (!is_process_of_threads())
        return false;
    start_threads();
    return true;
}
