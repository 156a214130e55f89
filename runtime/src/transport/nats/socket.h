/* The socket of a connection of nats.c, which an event loop of ours reads and writes.
 *
 * nats.c hands its socket over (natsOptions_SetEventLoop): it parses what we let it read, and
 * gathers what it sends until we let it write. Functions are called under the loop's lock unless
 * stated otherwise, so no two threads read, write or close a socket at the same time. */
#ifndef CATGA_NATS_SOCKET_H
#define CATGA_NATS_SOCKET_H

#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct catga_nats_socket {
    natsConnection *connection; /* NULL: not handed over yet */
    atomic_int descriptor;      /* -1: closed, or not open yet */
    atomic_bool unwritten;      /* nats.c has gathered bytes */
    atomic_size_t gathered;     /* about how many, of our own messages */
    atomic_uint reads;          /* how often bytes were read */
    int64_t blocked_ns;         /* the kernel has taken nothing since then; 0: it takes bytes */

    /* Called when nats.c itself has bytes to write, for example a ping; any thread. Not called
     * while `waker` is NULL. */
    void (*wake)(void *waker);
    _Atomic(void *) waker;
} catga_nats_socket;

void catga_nats_socket_init(catga_nats_socket *socket);

/* Has the connections of these options hand their socket over to `socket`. Any thread. */
natsStatus catga_nats_socket_hand_over(natsOptions *options, catga_nats_socket *socket);

/* Reads and parses bytes once. Messages then wait in the subscriptions. */
void catga_nats_socket_read(catga_nats_socket *socket);

/* Ends the connection. natsConnection_Close would wait for a PONG that only this thread can read.
 */
void catga_nats_socket_close(catga_nats_socket *socket);

/* Writes the gathered bytes. Some stay `unwritten` if the kernel takes no more. */
void catga_nats_socket_write(catga_nats_socket *socket, int64_t now);

/* The bytes that this thread sends next, until the section ends, do not call `wake`: the thread
 * sees to their writing. Any thread, without the lock. */
void catga_nats_socket_begin_sending(void);
void catga_nats_socket_end_sending(void);

#endif
