/* Shuts down the sockets of late connections; see deadlines.h. */
#include "microhttpd/deadlines.h"

#include "periodic.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { TICK_MS = 250 };

#define MILLISECOND INT64_C(1000000)

/* Values of a deadline that are no time. */
enum {
    NONE = 0,
    BEGINS = -1, /* waits for a request; the bytes before it are not yet counted */
    WAITS = -2   /* waits for a request, which begins behind `received` bytes */
};

struct http_deadline {
    atomic_int_fast64_t at; /* monotonic nanoseconds, or a value above */
    /* Of the thread of deadlines: */
    int fd;
    uint64_t received;
    http_deadline *next;
    http_deadline **link; /* guarded by the lock of the list */
};

struct http_deadlines {
    int64_t head_ns;
    http_periodic ticks;
    pthread_mutex_t lock; /* guards the list; held while sockets are shut down */
    http_deadline *first;
};

static int64_t now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* ---- The deadline of a connection ---- */

void http_deadline_set(http_deadline *connection, unsigned milliseconds)
{
    if (connection != NULL)
        atomic_store_explicit(&connection->at, now() + milliseconds * MILLISECOND,
                              memory_order_relaxed);
}

void http_deadline_clear(http_deadline *connection)
{
    if (connection != NULL)
        atomic_store_explicit(&connection->at, NONE, memory_order_relaxed);
}

void http_deadline_wait(http_deadline *connection)
{
    if (connection != NULL)
        atomic_store_explicit(&connection->at, BEGINS, memory_order_relaxed);
}

/* ---- The thread ---- */

/* Returns how many bytes the socket has received; 0 if that is unknown. */
static uint64_t received_bytes(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_bytes_received
                                                                      : 0;
}

/* Starts the clock of a request whose first byte has arrived. */
static void look_for_request(const http_deadlines *deadlines, http_deadline *connection,
                             int_fast64_t at, int64_t time)
{
    uint64_t received = received_bytes(connection->fd);
    int_fast64_t next = WAITS;

    if (at == BEGINS)
        connection->received = received;
    else if (received != connection->received)
        next = time + deadlines->head_ns;
    atomic_compare_exchange_strong(&connection->at, &at, next);
}

static void look_at(const http_deadlines *deadlines, http_deadline *connection, int64_t time)
{
    int_fast64_t at = atomic_load_explicit(&connection->at, memory_order_relaxed);

    if (at == BEGINS || at == WAITS)
        look_for_request(deadlines, connection, at, time);
    else if (at != NONE && at < time)
        shutdown(connection->fd, SHUT_RDWR);
}

static void look_at_all(void *user)
{
    http_deadlines *deadlines = user;

    pthread_mutex_lock(&deadlines->lock);
    int64_t time = now();
    for (http_deadline *each = deadlines->first; each != NULL; each = each->next)
        look_at(deadlines, each, time);
    pthread_mutex_unlock(&deadlines->lock);
}

http_deadlines *http_deadlines_start(unsigned head_ms)
{
    http_deadlines *deadlines = calloc(1, sizeof *deadlines);

    if (deadlines == NULL)
        return NULL;
    deadlines->head_ns = head_ms * MILLISECOND;
    pthread_mutex_init(&deadlines->lock, NULL);
    if (http_periodic_start(&deadlines->ticks, TICK_MS, look_at_all, deadlines))
        return deadlines;
    pthread_mutex_destroy(&deadlines->lock);
    free(deadlines);
    return NULL;
}

void http_deadlines_stop(http_deadlines *deadlines)
{
    if (deadlines == NULL)
        return;
    http_periodic_stop(&deadlines->ticks);
    pthread_mutex_destroy(&deadlines->lock);
    free(deadlines);
}

/* ---- The list ---- */

http_deadline *http_deadlines_add(http_deadlines *deadlines, int fd, bool is_secure)
{
    http_deadline *connection = calloc(1, sizeof *connection);

    if (connection == NULL)
        return NULL;
    connection->fd = fd;
    atomic_init(&connection->at, is_secure ? BEGINS : WAITS);
    pthread_mutex_lock(&deadlines->lock);
    connection->next = deadlines->first;
    connection->link = &deadlines->first;
    if (connection->next != NULL)
        connection->next->link = &connection->next;
    deadlines->first = connection;
    pthread_mutex_unlock(&deadlines->lock);
    return connection;
}

void http_deadlines_remove(http_deadlines *deadlines, http_deadline *connection)
{
    if (connection == NULL)
        return;
    pthread_mutex_lock(&deadlines->lock);
    *connection->link = connection->next;
    if (connection->next != NULL)
        connection->next->link = connection->link;
    pthread_mutex_unlock(&deadlines->lock);
    free(connection);
}
