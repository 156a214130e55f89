#include "transport/nats/socket.h"

#include "base/descriptors.h"

#include <sys/socket.h>

/* A thread knows whether it sees to the writing of what it sends. The write hook has no other way
 * to tell its caller. */
static _Thread_local bool sending;

void catga_nats_socket_begin_sending(void)
{
    sending = true;
}

void catga_nats_socket_end_sending(void)
{
    sending = false;
}

void catga_nats_socket_init(catga_nats_socket *socket)
{
    *socket = (catga_nats_socket){.descriptor = -1};
}

/* ---- The hooks of nats.c ---- */

static natsStatus attach(void **data, void *socket_of_options, natsConnection *connection,
                         natsSock descriptor)
{
    catga_nats_socket *socket = socket_of_options;

    (void)catga_descriptor_close_on_exec(descriptor);
    socket->connection = connection;
    atomic_store(&socket->descriptor, descriptor);
    *data = socket;
    return NATS_OK;
}

/* nats.c stops reading only before it closes the socket. From 3.9.2 on, it has us close it. */
static natsStatus on_read(void *data, bool add)
{
    catga_nats_socket *socket = data;

    if (add)
        return NATS_OK;
    natsSock descriptor = atomic_exchange(&socket->descriptor, -1);
#if NATS_VERSION_NUMBER >= 0x030902
    natsConnection_ProcessCloseEvent(&descriptor);
#else
    (void)descriptor;
#endif
    return NATS_OK;
}

/* Called once when the first bytes are gathered, and once when all are written. */
static natsStatus on_write(void *data, bool add)
{
    catga_nats_socket *socket = data;

    atomic_store(&socket->unwritten, add);
    void *waker = atomic_load(&socket->waker);
    if (!add)
        atomic_store_explicit(&socket->gathered, 0, memory_order_relaxed);
    else if (!sending && waker != NULL)
        socket->wake(waker);
    return NATS_OK;
}

static natsStatus detach(void *data)
{
    (void)data;
    return NATS_OK;
}

/* With SendAsap, nats.c has no flusher thread, and calls the write hook with each first message. */
natsStatus catga_nats_socket_hand_over(natsOptions *options, catga_nats_socket *socket)
{
    natsStatus status = natsOptions_SetSendAsap(options, true);

    return status == NATS_OK
               ? natsOptions_SetEventLoop(options, socket, attach, on_read, on_write, detach)
               : status;
}

/* ---- Reading and writing ---- */

static bool is_open(const catga_nats_socket *socket)
{
    return atomic_load_explicit(&socket->descriptor, memory_order_relaxed) >= 0;
}

void catga_nats_socket_read(catga_nats_socket *socket)
{
    if (!is_open(socket))
        return;
    atomic_fetch_add_explicit(&socket->reads, 1, memory_order_relaxed);
    natsConnection_ProcessReadEvent(socket->connection);
}

void catga_nats_socket_close(catga_nats_socket *socket)
{
    int descriptor = atomic_load(&socket->descriptor);

    if (descriptor < 0)
        return;
    shutdown(descriptor, SHUT_RDWR);
    natsConnection_ProcessReadEvent(socket->connection);
}

/* nats.c takes a write of nothing for the end of the connection. While some senders fill a blocked
 * socket again and again, it is never empty, and seldom ready; but bytes leave the buffer. */
void catga_nats_socket_write(catga_nats_socket *socket, int64_t now)
{
    if (!is_open(socket) || !atomic_load(&socket->unwritten))
        return;
    int before = socket->blocked_ns != 0 ? natsConnection_Buffered(socket->connection) : 0;
    natsConnection_ProcessWriteEvent(socket->connection);
    if (!atomic_load(&socket->unwritten))
        socket->blocked_ns = 0;
    else if (socket->blocked_ns == 0 || natsConnection_Buffered(socket->connection) < before)
        socket->blocked_ns = now;
}
