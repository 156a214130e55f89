/* Starts attempts, shows their connections to senders, takes lost connections away, and tells the
 * bus. The thread waits only for events, since attempts have their own threads. It alone reports
 * LOST, FOUND and CLOSED to the bus, in order.
 */
#include "transport/nats/reconnect.h"

#include "base/clock.h"
#include "transport/nats/max_payload.h"
#include "transport/nats/native_subscription.h"
#include "transport/nats/servers.h"
#include "transport/nats/status.h"
#include "transport/nats/subscription_errors.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* A connection that lives this long resets the back-off: a server may refuse each new connection.
 */
#define LONG_LIFE CATGA_SECOND

/* time for each server, twice its timeout, before an attempt counts as stalled */
#define PATIENCE (2 * CATGA_SECOND)

/* time for a stalled attempt to end, when there are too many to start another; a name look-up may
 * take 30 s */
#define LAST_PATIENCE (60 * CATGA_SECOND)

/* period of reports of attempts that fail for the same reason */
#define FAILURE_REPORT (5 * CATGA_SECOND)

/* milliseconds that the server may take to confirm the subscriptions of a new connection */
#define RENEW_WAIT_MS 2000

/* Tells the listener, without the lock. The functions below are called under the lock. */
static void tell(catga_nats *nats, catga_connection_event event, const char *text)
{
    pthread_mutex_unlock(&nats->lock);
    nats->listener.on_event(nats->listener.user, event, text);
    pthread_mutex_lock(&nats->lock);
}

/* ---- A link goes down ---- */

static void tell_lost(catga_nats *nats)
{
    if (atomic_load(&nats->lost) || nats->opening)
        return;
    atomic_store(&nats->lost, true);
    tell(nats, CATGA_CONNECTION_LOST, "the connection to the server is lost");
}

/* Ends the link's session. Subscriptions of nats.c are destroyed only after their connection has
 * ended, and when the leader does not use them. */
static void end_session(catga_nats_link *link)
{
    catga_nats *nats = link->owner;
    catga_nats_session *session = link->session;

    link->session = NULL;
    nats->carrier = NULL;
    pthread_mutex_unlock(&nats->lock);
    catga_nats_link_empty(link);
    catga_nats_event_loop_set(&nats->loop, NULL);
    catga_nats_session_end(session);
    pthread_mutex_lock(&nats->lock);
    catga_nats_native_forget_all(nats);
}

static void go_down(catga_nats_link *link, int64_t now)
{
    if (now - link->up_ns >= LONG_LIFE) {
        catga_backoff_reset(&link->backoff, now);
    } else {
        catga_backoff_plan(&link->backoff, now, true);
    }
    end_session(link);
    tell_lost(link->owner);
}

/* ---- A link comes up ---- */

static void tell_address(catga_nats *nats, natsConnection *connection, catga_connection_event event)
{
    char url[256] = "";

    natsConnection_GetConnectedUrl(connection, url, sizeof url);
    tell(nats, event, catga_nats_address_shown(url));
}

/* Subscribes again, and waits until the server has confirmed that. */
static natsStatus renew_subscriptions(catga_nats *nats, natsConnection *connection)
{
    catga_nats_native_renew_all(nats);
    pthread_mutex_unlock(&nats->lock);
    natsStatus status = natsConnection_FlushTimeout(connection, RENEW_WAIT_MS);
    pthread_mutex_lock(&nats->lock);
    return status;
}

/* Shows the connection to senders. */
static void show(catga_nats_link *link, natsConnection *connection)
{
    catga_nats_note_max_payload(link->owner, connection);
    link->refusal_told = false;
    atomic_store(&link->socket, &link->session->socket);
    pthread_cond_broadcast(&link->owner->changed);
}

/* Subscribes to the inbox before senders see the connection, so that no answer is missed.
 * Subscribes to the rest afterwards, so that handlers can answer and publish. */
static natsStatus start_using(catga_nats *nats, natsConnection *connection)
{
    nats->carrier = connection;
    catga_nats_event_loop_set(&nats->loop, &nats->link.session->socket);
    catga_nats_forget_denied(nats);
    catga_nats_native_renew_inbox(nats);
    show(&nats->link, connection);
    return renew_subscriptions(nats, connection);
}

static void come_up(catga_nats_link *link, int64_t now)
{
    catga_nats *nats = link->owner;
    natsConnection *connection = link->session->connection;

    /* The opening thread may clear `opening` as soon as the connection is shown. */
    bool opens = nats->opening;
    link->up_ns = now;
    link->failure = start_using(nats, connection);
    if (link->failure != NATS_OK) {
        go_down(link, now);
        return;
    }
    nats->failure_told_ns = 0;
    if (opens)
        tell_address(nats, connection, CATGA_CONNECTION_OPENED);
    if (!atomic_load(&nats->lost))
        return;
    atomic_store(&nats->lost, false);
    tell_address(nats, connection, CATGA_CONNECTION_FOUND);
}

/* ---- An attempt ends without a connection ---- */

static bool is_refused(const catga_nats_link *link)
{
    return catga_nats_status(link->failure) == CATGA_NOT_PERMITTED;
}

static void tell_refusal(catga_nats_link *link)
{
    if (!is_refused(link) || link->refusal_told)
        return;
    link->refusal_told = true;
    tell(link->owner, CATGA_CONNECTION_REFUSED, link->session->reason);
}

/* Reports a failed attempt: the first, one with another reason, and every few seconds. */
static void tell_failure(catga_nats_link *link, natsStatus failure, const char *reason, int64_t now)
{
    catga_nats *nats = link->owner;
    char servers[256];
    char text[600];

    if (nats->failure_told_ns != 0 && failure == nats->failure_told &&
        now - nats->failure_told_ns < FAILURE_REPORT)
        return;
    nats->failure_told_ns = now;
    nats->failure_told = failure;
    catga_nats_servers_show(&nats->servers, servers, sizeof servers);
    snprintf(text, sizeof text, "%s (servers=%s)", reason, servers);
    tell(nats, CATGA_CONNECTION_FAILED, text);
}

static void set_failure(catga_nats_link *link, natsStatus failure, int64_t now)
{
    link->failure = failure;
    catga_backoff_plan(&link->backoff, now, is_refused(link));
    pthread_cond_broadcast(&link->owner->changed);
}

/* Ends a failed attempt. Waiting threads wake after the reason has been reported. */
static void fail(catga_nats_link *link, int64_t now)
{
    link->failure = link->session->status;
    tell_refusal(link);
    tell_failure(link, link->failure, link->session->reason, now);
    set_failure(link, link->failure, now);
    end_session(link);
}

/* ---- An attempt stalls ---- */

/* Returns a free entry for a stalled session, or NULL. */
static catga_nats_session **free_entry(catga_nats_link *link)
{
    for (size_t i = 0; i < CATGA_NATS_STALLED; i++)
        if (link->stalled[i] == NULL)
            return &link->stalled[i];
    return NULL;
}

static void stall(catga_nats_link *link, int64_t now)
{
    /* an attempt is only started while there is a free entry */
    *free_entry(link) = link->session;
    link->session = NULL;
    link->stalled_ns = now;
    tell_failure(link, NATS_TIMEOUT, "the server does not answer", now);
    set_failure(link, NATS_TIMEOUT, now);
}

/* Ends stalled sessions whose attempts have ended, or all. Returns false if there was none. */
static bool end_stalled(catga_nats_link *link, bool every)
{
    catga_nats *nats = link->owner;
    bool any = false;

    for (size_t i = 0; i < CATGA_NATS_STALLED; i++) {
        catga_nats_session *session = link->stalled[i];
        if (session == NULL || (!every && !atomic_load(&session->finished)))
            continue;
        link->stalled[i] = NULL;
        any = true;
        pthread_mutex_unlock(&nats->lock);
        catga_nats_session_end(session);
        pthread_mutex_lock(&nats->lock);
    }
    return any;
}

static void give_up(catga_nats *nats)
{
    nats->given_up = true;
    pthread_cond_broadcast(&nats->changed);
    tell(nats, CATGA_CONNECTION_CLOSED, "every attempt to connect stalls");
}

/* ---- The loop ---- */

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static int64_t patience(const catga_nats *nats)
{
    return PATIENCE * nats->servers.count + CATGA_SECOND;
}

/* Starts a session when it is due. Returns the time of the next check of the link. */
static int64_t start_due(catga_nats_link *link, int64_t now)
{
    catga_nats *nats = link->owner;

    if (nats->given_up)
        return CATGA_FOREVER;
    if (now < link->backoff.next_ns)
        return link->backoff.next_ns;
    if (free_entry(link) == NULL) {
        if (now < link->stalled_ns + LAST_PATIENCE)
            return link->stalled_ns + LAST_PATIENCE;
        give_up(nats);
        return now;
    }
    catga_backoff_plan(&link->backoff, now, false);
    link->session = catga_nats_session_start(link);
    return link->session == NULL ? link->backoff.next_ns : now + patience(nats);
}

/* Advances the link's state. Returns the time of the next check: `now` if the lock was released
 * meanwhile, since a wake-up may have been missed. */
static int64_t advance(catga_nats_link *link)
{
    int64_t now = catga_clock_now();
    catga_nats_session *session = link->session;

    if (end_stalled(link, false))
        return now;
    if (session == NULL)
        return start_due(link, now);
    if (!atomic_load(&session->finished)) {
        int64_t end = session->started_ns + patience(link->owner);
        if (now < end)
            return end;
        stall(link, now);
    } else if (session->status != NATS_OK) {
        fail(link, now);
    } else if (atomic_load(&session->closed)) {
        go_down(link, now);
    } else if (link->up_ns < session->started_ns) {
        come_up(link, now);
    } else {
        return CATGA_FOREVER;
    }
    return now;
}

/* Sleeps until `next`, or until it is woken. */
static void sleep_until(catga_nats *nats, int64_t next)
{
    if (nats->detects_suspends) {
        struct timespec time =
            catga_clock_timespec(earlier(next, catga_clock_now() + CATGA_NATS_WAKE_NS));
        catga_nats_suspend_sleep(&nats->suspend_detector);
        pthread_cond_timedwait(&nats->changed, &nats->lock, &time);
        catga_nats_suspend_wake(&nats->suspend_detector);
    } else if (next == CATGA_FOREVER) {
        pthread_cond_wait(&nats->changed, &nats->lock);
    } else {
        struct timespec time = catga_clock_timespec(next);
        pthread_cond_timedwait(&nats->changed, &nats->lock, &time);
    }
}

static void *run(void *argument)
{
    catga_nats *nats = argument;

    pthread_mutex_lock(&nats->lock);
    while (!nats->closing) {
        int64_t next = advance(&nats->link);
        next = earlier(next, catga_nats_retry_refused(nats, catga_clock_now()));
        if (next > catga_clock_now())
            sleep_until(nats, next);
    }
    pthread_mutex_unlock(&nats->lock);
    nats_ReleaseThreadMemory();
    return NULL;
}

catga_status catga_nats_reconnect_start(catga_nats *nats)
{
    nats->reconnecting = pthread_create(&nats->reconnect_thread, NULL, run, nats) == 0;
    return nats->reconnecting ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_nats_reconnect_stop(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    nats->closing = true;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
    if (nats->reconnecting)
        pthread_join(nats->reconnect_thread, NULL);
}

void catga_nats_reconnect_end(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    if (nats->link.session != NULL)
        end_session(&nats->link);
    end_stalled(&nats->link, true);
    pthread_mutex_unlock(&nats->lock);
}
