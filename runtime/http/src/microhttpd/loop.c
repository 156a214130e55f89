/* The thread of a server; see loop.h. */
#include "microhttpd/loop.h"

#include "signals.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
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

/* Keeps a failure that lasts from using a whole processor. */
static void pause_after_failure(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
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

    int ready = poll(descriptors, 2, time_left_ms(loop->daemon));
    if (ready < 0 && errno != EINTR)
        pause_after_failure();
    if (ready <= 0 || descriptors[1].revents == 0)
        return;
    (void)!read(loop->wake_descriptor, &count, sizeof count);
    atomic_store(&loop->woken, false);
}

/* Only this thread resumes connections: another one would compete with it for libmicrohttpd's lock,
 * which this thread takes several times for each request. */
static void resume_connections(http_loop *loop)
{
    http_resumption *at = atomic_exchange(&loop->resumptions, NULL);

    while (at != NULL) {
        http_resumption *next = at->next;
        MHD_resume_connection(at->connection);
        at = next;
    }
}

/* libmicrohttpd aborts if another thread does this in the middle of a pass. */
static void stop_listening_if_asked(http_loop *loop)
{
    if (atomic_exchange(&loop->quiets, false))
        shutdown(MHD_quiesce_daemon(loop->daemon), SHUT_RD);
}

static void *run(void *user)
{
    http_loop *loop = user;
    const http_receiver *receiver = loop->receiver;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    receiver->thread_begins(receiver->user);
    while (!atomic_load(&loop->ends)) {
        sleep_for(loop, info->epoll_fd);
        stop_listening_if_asked(loop);
        resume_connections(loop);
        if (MHD_run_wait(loop->daemon, 0) == MHD_NO)
            pause_after_failure();
        receiver->pass_ends(receiver->user);
    }
    stop_listening_if_asked(loop);
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

void http_loop_resume(http_loop *loop, http_resumption *resumption)
{
    resumption->next = atomic_load(&loop->resumptions);
    while (!atomic_compare_exchange_weak(&loop->resumptions, &resumption->next, resumption))
        continue;
    wake(loop);
}

void http_loop_stop_listening(http_loop *loop)
{
    atomic_store(&loop->quiets, true);
    wake(loop);
}

void http_loop_stop(http_loop *loop)
{
    atomic_store(&loop->ends, true);
    wake(loop);
    pthread_join(loop->thread, NULL);
    resume_connections(loop); /* libmicrohttpd aborts if it is stopped with a suspended one */
    close(loop->wake_descriptor);
}
