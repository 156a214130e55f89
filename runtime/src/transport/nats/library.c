#include "transport/nats/library.h"

#include <nats/nats.h>
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
    const struct sched_param usual = {.sched_priority = 0};

    /* The kernel is asked: the C library remembers only what was set by its own functions. */
    bool is_batch =
        sched_getscheduler(0) == SCHED_OTHER && sched_setscheduler(0, SCHED_BATCH, &usual) == 0;
    (void)nats_Open(-1); /* natsOptions_Create reports that it failed */
    if (is_batch)
        (void)sched_setscheduler(0, SCHED_OTHER, &usual);
}

bool catga_nats_library_open(void)
{
    if (!is_process_of_threads())
        return false;
    start_threads();
    return true;
}
