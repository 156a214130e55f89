#include "transport/nats/session.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "transport/nats/native_subscription.h"
#include "transport/nats/nats_transport.h"
#include "transport/nats/reachability.h"
#include "transport/nats/subscription_errors.h"
#include "transport/nats/wake.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 1000

/* sizes of the write and read buffers */
#define BUFFER_SIZE (64 * 1024)

static void session_release(catga_nats_session *session)
{
    if (atomic_fetch_sub(&session->references, 1) != 1)
        return;
    natsOptions_Destroy(session->options);
    pthread_mutex_destroy(&session->lock);
    free(session);
}

/* Wakes the reconnect thread. nats.c calls this last for an established connection, perhaps when
 * the transport is already freed. The session's lock keeps the link valid meanwhile. */
static void on_closed(natsConnection *connection, void *closure)
{
    (void)connection;
    catga_nats_session *session = closure;
    atomic_store(&session->closed, true);
    pthread_mutex_lock(&session->lock);
    if (session->link != NULL)
        catga_nats_wake(session->link->owner);
    pthread_mutex_unlock(&session->lock);
    session_release(session);
}

static void tell_overflow(catga_nats *nats)
{
    uint64_t count = catga_nats_count_dropped(nats);
    char text[64];

    snprintf(text, sizeof text, "%llu messages dropped", (unsigned long long)count);
    nats->listener.on_event(nats->listener.user, CATGA_CONNECTION_OVERFLOW, text);
}

/* Returns this thread's last error without its position in nats.c, if it belongs to `status`. */
static const char *text_of(natsStatus status)
{
    natsStatus last;
    const char *text = nats_GetLastError(&last);

    if (text == NULL || last != status)
        return natsStatus_GetText(status);
    const char *position_end = text[0] == '(' ? strstr(text, "): ") : NULL;
    return position_end == NULL ? text : position_end + strlen("): ");
}

/* Handles an error of the connection. nats.c 3.4.1 may pass a freed subscription, so it is not
 * used: the text of a refusal names the subject. */
static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                     void *closure)
{
    (void)connection;
    (void)subscription;
    catga_nats_session *session = closure;
    const char *text = text_of(status);

    pthread_mutex_lock(&session->lock);
    if (session->link != NULL) {
        catga_nats *nats = session->link->owner;
        if (status == NATS_SLOW_CONSUMER)
            tell_overflow(nats);
        if (status == NATS_NOT_PERMITTED) {
            catga_nats_note_subscription_error(nats, text);
            catga_nats_note_denied(nats, text);
        }
        if (status == NATS_NOT_PERMITTED || status == NATS_CONNECTION_AUTH_FAILED)
            nats->listener.on_event(nats->listener.user, CATGA_CONNECTION_REFUSED, text);
    }
    pthread_mutex_unlock(&session->lock);
}

/* Sets the options. The pings of nats.c are off; see ping.h. Each subscription has a thread of its
 * own: it may lead the event loop. */
static natsStatus set_options(natsOptions *options, const catga_nats_link *link,
                              catga_nats_session *session)
{
    catga_nats *nats = link->owner;

    natsStatus status =
        natsOptions_SetServers(options, nats->servers.addresses, nats->servers.count);
    if (status == NATS_OK && nats->servers.secure)
        status = natsOptions_SetSecure(options, true);
    if (status == NATS_OK && nats->name != NULL)
        status = natsOptions_SetName(options, nats->name);
    if (status == NATS_OK)
        status = natsOptions_SetAllowReconnect(options, false);
    if (status == NATS_OK)
        status = natsOptions_SetTimeout(options, CONNECT_TIMEOUT_MS);
    if (status == NATS_OK)
        status = natsOptions_SetPingInterval(options, 0);
    if (status == NATS_OK)
        status = natsOptions_SetIOBufSize(options, BUFFER_SIZE);
    if (status == NATS_OK)
        status = natsOptions_UseGlobalMessageDelivery(options, false);
    if (status == NATS_OK)
        status = catga_nats_socket_hand_over(options, &session->socket);
    if (status == NATS_OK)
        status = natsOptions_SetClosedCB(options, on_closed, session);
    if (status == NATS_OK)
        status = natsOptions_SetErrorHandler(options, on_error, session);
    return status;
}

/* Connects. If the standard streams are closed, the next socket would have one of their numbers: so
 * they are filled first. */
static natsStatus connect_session(catga_nats_session *session)
{
    bool filled = catga_descriptors_fill_standard();
    natsStatus status = natsConnection_Connect(&session->connection, session->options);

    if (status == NATS_NO_SERVER)
        catga_nats_explain_unreachable(session->servers, session->reason, sizeof session->reason);
    else
        strlcpy(session->reason, text_of(status), sizeof session->reason);
    nats_ReleaseThreadMemory();
    if (status != NATS_OK)
        session_release(session); /* on_closed is not called for an attempt that failed */
    if (status != NATS_OK || atomic_load(&session->socket.descriptor) > STDERR_FILENO)
        return status;
    snprintf(session->reason, sizeof session->reason,
             "the socket has the number of a closed standard stream, 0 to 2%s",
             filled ? "" : ", and /dev/null cannot be opened");
    natsConnection_Destroy(session->connection);
    return NATS_ERR;
}

/* The thread of the attempt. The session may be abandoned while it runs. */
static void *attempt(void *argument)
{
    catga_nats_session *session = argument;
    natsStatus status = connect_session(session);

    pthread_mutex_lock(&session->lock);
    session->status = status;
    atomic_store(&session->finished, true);
    bool abandoned = session->link == NULL;
    if (!abandoned)
        catga_nats_wake(session->link->owner);
    pthread_mutex_unlock(&session->lock);

    if (abandoned && status == NATS_OK)
        natsConnection_Destroy(session->connection);
    session_release(session);
    return NULL;
}

static bool start_attempt(catga_nats_session *session)
{
    pthread_attr_t detached;

    if (pthread_attr_init(&detached) != 0)
        return false;
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    bool started = pthread_create(&thread, &detached, attempt, session) == 0;
    pthread_attr_destroy(&detached);
    return started;
}

catga_nats_session *catga_nats_session_start(catga_nats_link *link)
{
    catga_nats_session *session = calloc(1, sizeof *session);

    if (session == NULL)
        return NULL;
    session->link = link;
    session->started_ns = catga_clock_now();
    catga_nats_socket_init(&session->socket);
    catga_nats_servers_show(&link->owner->servers, session->servers, sizeof session->servers);
    atomic_init(&session->references, 3); /* the link, the attempt, on_closed */
    pthread_mutex_init(&session->lock, NULL);

    bool started = natsOptions_Create(&session->options) == NATS_OK &&
                   set_options(session->options, link, session) == NATS_OK &&
                   start_attempt(session);
    if (!started) {
        atomic_store(&session->references, 1);
        session_release(session);
        return NULL;
    }
    return session;
}

void catga_nats_session_end(catga_nats_session *session)
{
    pthread_mutex_lock(&session->lock);
    session->link = NULL;
    bool connected = atomic_load(&session->finished) && session->status == NATS_OK;
    pthread_mutex_unlock(&session->lock);
    if (connected)
        natsConnection_Destroy(session->connection); /* closes it; else the attempt will */
    session_release(session);
}
