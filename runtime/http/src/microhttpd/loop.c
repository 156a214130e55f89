/* The thread of a server; see loop.h. */
#include "microhttpd/loop.h"

#include "signals.h"

#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Returns the milliseconds until a connection has been idle for too long; -1: no such connection.
 */
static int time_left_ms(struct MHD_Daemon *daemon)
{
    MHD_UNSIGNED_LONG_LONG left_ms;

    if (MHD_get_timeout(daemon, &left_ms) != MHD_YES)
        return -1;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

static void wake(http_loop *loop)
{
    const uint64_t one = 1;

    if (!atomic_exchange(&loop->woken, true))
        (void)!write(loop->wake_descriptor, &one, sizeof one);
}

/* Sleeps until a connection is ready, has been resumed or has been idle for too long. */
static void sleep_for(http_loop *loop, int epoll_descriptor)
{
    struct pollfd descriptors[2] = {{.fd = epoll_descriptor, .events = POLLIN},
                                    {.fd = loop->wake_descriptor, .events = POLLIN}};
    uint64_t count;

    (void)poll(descriptors, 2, time_left_ms(loop->daemon));
    if (descriptors[1].revents == 0)
        return;
    (void)!read(loop->wake_descriptor, &count, sizeof count);
    atomic_store(&loop->woken, false);
}

static void *run(void *user)
{
    http_loop *loop = user;
    const http_receiver *receiver = loop->receiver;

    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    receiver->thread_begins(receiver->user);
    while (!atomic_load(&loop->ends)) {
        sleep_for(loop, info->epoll_fd);
        (void)MHD_run(loop->daemon);
        receiver->pass_ends(receiver->user);
    }
    receiver->thread_ends(receiver->user);
    return NULL;
}

bool http_loop_start(http_loop *loop)
{
    sigset_t before;

    loop->wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->wake_descriptor < 0)
        return false;
    http_signals_block(&before);
    int error = pthread_create(&loop->thread, NULL, run, loop);
    http_signals_restore(&before);
    if (error != 0)
        close(loop->wake_descriptor);
    return error == 0;
}

void http_loop_resume(http_loop *loop, struct MHD_Connection *connection)
{
    MHD_resume_connection(connection);
    wake(loop);
}

void http_loop_stop(http_loop *loop)
{
    atomic_store(&loop->ends, true);
    wake(loop);
    pthread_join(loop->thread, NULL);
    close(loop->wake_descriptor);
}
