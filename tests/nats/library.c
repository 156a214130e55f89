/* The threads of nats.c: they yield to the threads that wake them. */
#include "nats_peer.h"

#include <dirent.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static peer *open_peer(void)
{
    peer *opened = calloc(1, sizeof *opened);

    assert_int_equal(peer_open(opened, getenv("NATS_URL"), 5000), CATGA_OK);
    return opened;
}

static void close_peer(peer *opened)
{
    peer_close(opened);
    free(opened);
}

/* Returns how many threads of this process have a policy. */
static unsigned threads_with(int policy)
{
    DIR *tasks = opendir("/proc/self/task");
    unsigned count = 0;

    assert_non_null(tasks);
    for (const struct dirent *task; (task = readdir(tasks)) != NULL;)
        if (task->d_name[0] != '.')
            count += sched_getscheduler((pid_t)atoi(task->d_name)) == policy;
    closedir(tasks);
    return count;
}

/* A sandbox may refuse the policy. */
static bool is_batch_allowed(void)
{
    const struct sched_param usual = {.sched_priority = 0};

    return sched_getscheduler(0) == SCHED_OTHER &&
           sched_setscheduler(0, SCHED_BATCH, &usual) == 0 &&
           sched_setscheduler(0, SCHED_OTHER, &usual) == 0;
}

/* Threads of a connection have the usual policy, and so has the thread that opens the first. */
static void the_shared_threads_are_batch_threads(void **state)
{
    (void)state;
    if (!is_batch_allowed())
        skip();
    assert_int_equal(threads_with(SCHED_BATCH), 0);
    peer *first = open_peer();
    unsigned shared = threads_with(SCHED_BATCH);
    assert_true(shared != 0);
    assert_int_equal(sched_getscheduler(0), SCHED_OTHER);

    unsigned usual = threads_with(SCHED_OTHER);
    peer *second = open_peer();
    assert_int_equal(threads_with(SCHED_BATCH), shared);
    assert_true(threads_with(SCHED_OTHER) > usual);
    close_peer(second);
    close_peer(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shared_threads_are_batch_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
