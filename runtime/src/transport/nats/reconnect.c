/*
 * The thread that keeps the links up: it starts attempts, puts their connections into place, takes
 * lost ones away, and tells the bus. It never waits for anything but news: an attempt runs
 * elsewhere. All that the bus hears of LOST, FOUND and CLOSED it hears from this thread, in order.
 */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Between attempts. A connection that does not live long makes the pause grow: a server may refuse
 * us at each.
 */
#define PAUSE         (100 * CATGA_MILLISECOND)
#define PAUSE_LONGEST (500 * CATGA_MILLISECOND)
#define JITTER        (50 * CATGA_MILLISECOND)
#define LONG_LIFE     CATGA_SECOND

/* An attempt has this long for each server, twice its timeout, before it is given up as stalled. */
#define PATIENCE (2 * CATGA_SECOND)

/*
 * When so many are stalled that there can be no other, one has this long to end. A look-up of a
 * name takes 30 s.
 */
#define LAST_PATIENCE (60 * CATGA_SECOND)

/* Attempts that fail for the same reason are reported so often. */
#define FAILURE_REPORT (5 * CATGA_SECOND)

/* How long the server may take to confirm the subscriptions of a new connection. */
#define RENEW_WAIT_MS 2000

static void tell(catga_nats *nats, catga_connection_event event, const char *text)
{
    pthread_mutex_unlock(&nats->lock);
    nats->listener.on_event(nats->listener.user, event, text);
    pthread_mutex_lock(&nats->lock);
}

/* ---- A link goes down ---- */

static void plan(catga_nats_link *link, int64_t now, bool grow)
{
    link->next_ns = now + link->pause_ns + (int64_t)arc4random_uniform((uint32_t)JITTER);
    if (grow)
        link->pause_ns = link->pause_ns * 2 > PAUSE_LONGEST ? PAUSE_LONGEST : link->pause_ns * 2;
}

static void tell_lost(catga_nats *nats)
{
    if (atomic_load(&nats->lost) || nats->opening)
        return;
    atomic_store(&nats->lost, true);
    tell(nats, CATGA_CONNECTION_LOST, "the connection to the server is lost");
}

/*
 * Subscriptions of nats.c are destroyed only when their connection has ended: its reader may still
 * be using one (#637).
 */
static void end_session(catga_nats_link *link)
{
    catga_nats *nats = link->owner;
    catga_nats_session *session = link->session;

    link->session = NULL;
    if (link->immediate)
        nats->carrier = NULL;
    pthread_mutex_unlock(&nats->lock);
    catga_nats_link_empty(link);
    catga_nats_session_end(session);
    pthread_mutex_lock(&nats->lock);
    if (link->immediate)
        catga_nats_subscriptions_forget(nats);
}

static void go_down(catga_nats_link *link, int64_t now)
{
    if (now - link->up_ns >= LONG_LIFE) {
        link->pause_ns = PAUSE;
        link->next_ns = now;
    } else {
        plan(link, now, true);
    }
    end_session(link);
    if (link->immediate)
        tell_lost(link->owner);
}

/* ---- A link comes up ---- */

/*
 * Found is what was lost: the buffered link too when it is used, so that who hears of it can
 * publish. Unless that fails, which is no reason to keep quiet about the other.
 */
static void tell_address(catga_nats *nats, catga_connection_event event)
{
    char url[256] = "";

    natsConnection_GetConnectedUrl(atomic_load(&nats->immediate.connection), url, sizeof url);
    tell(nats, event, catga_nats_address_shown(url));
}

static void tell_found(catga_nats *nats)
{
    natsConnection *connection = atomic_load(&nats->immediate.connection);
    bool buffered = !atomic_load(&nats->buffered.requested) ||
                    atomic_load(&nats->buffered.connection) != NULL ||
                    nats->buffered.failure != NATS_OK;

    if (!atomic_load(&nats->lost) || connection == NULL || !buffered)
        return;
    atomic_store(&nats->lost, false);
    tell_address(nats, CATGA_CONNECTION_FOUND);
}

/* There is a server again: the other link need not wait to find out, and who sends waits for it. */
static void hurry(catga_nats_link *link, int64_t now)
{
    link->failure = NATS_OK;
    link->next_ns = now;
    if (atomic_load(&link->connection) == NULL)
        atomic_store(&link->settled, false);
}

/* Returns when the server has confirmed the subscriptions. */
static natsStatus renew_subscriptions(catga_nats *nats, natsConnection *connection)
{
    catga_nats_subscriptions_renew(nats);
    pthread_mutex_unlock(&nats->lock);
    natsStatus status = natsConnection_FlushTimeout(connection, RENEW_WAIT_MS);
    pthread_mutex_lock(&nats->lock);
    return status;
}

/*
 * An event is worth so little time that reading the clock for a deadline counts; a request is not.
 */
static natsStatus hand_deadline_to_kernel(catga_nats_link *link, natsConnection *connection)
{
    if (!link->kernel_deadline || catga_nats_set_kernel_deadline(connection))
        return NATS_OK;
    link->kernel_deadline = false; /* the next connection keeps its own */
    return NATS_ERR;
}

static void show(catga_nats_link *link, natsConnection *connection)
{
    catga_nats_note_max_payload(link->owner, connection);
    link->refusal_told = false;
    atomic_store(&link->connection, connection);
    atomic_store(&link->settled, true);
    pthread_cond_broadcast(&link->owner->changed);
}

/*
 * The inbox is subscribed to before senders see the connection: else the answer to the first
 * request could come before its subscription. Everything else after that: else a handler could be
 * called that can neither answer nor publish.
 */
static natsStatus show_prompt(catga_nats *nats, natsConnection *connection, int64_t now)
{
    nats->carrier = connection;
    catga_nats_forget_denied(nats);
    catga_nats_inbox_renew(nats);
    show(&nats->immediate, connection);
    hurry(&nats->buffered, now);
    return renew_subscriptions(nats, connection);
}

static natsStatus show_bulk(catga_nats *nats, natsConnection *connection)
{
    natsStatus status = hand_deadline_to_kernel(&nats->buffered, connection);

    if (status != NATS_OK)
        return status;
    show(&nats->buffered, connection);
    catga_nats_batching_start(nats);
    return NATS_OK;
}

static void come_up(catga_nats_link *link, int64_t now)
{
    catga_nats *nats = link->owner;
    natsConnection *connection = link->session->connection;

    /* The opener may go on, and clear `opening`, as soon as the connection is shown. */
    bool opens = link->immediate && nats->opening;
    link->up_ns = now;
    link->attempts++;
    link->failure =
        link->immediate ? show_prompt(nats, connection, now) : show_bulk(nats, connection);
    if (link->failure != NATS_OK) {
        go_down(link, now);
        return;
    }
    if (link->immediate)
        nats->failure_told_ns = 0;
    if (opens)
        tell_address(nats, CATGA_CONNECTION_OPENED);
    tell_found(nats);
}

/* ---- An attempt ends without a connection ---- */

static bool refused(const catga_nats_link *link)
{
    return catga_nats_status(link->failure) == CATGA_NOT_PERMITTED;
}

static void tell_refusal(catga_nats_link *link)
{
    if (!refused(link) || link->refusal_told)
        return;
    link->refusal_told = true;
    tell(link->owner, CATGA_CONNECTION_REFUSED, link->session->reason);
}

/* At once, when the reason has changed, and every few seconds. */
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
    link->attempts++;
    atomic_store(&link->settled, true);
    plan(link, now, refused(link));
    pthread_cond_broadcast(&link->owner->changed);
}

/* Whoever waits for the attempt hears of its end when the reason has been told. */
static void fail(catga_nats_link *link, int64_t now)
{
    link->failure = link->session->status;
    tell_refusal(link);
    tell_failure(link, link->failure, link->session->reason, now);
    set_failure(link, link->failure, now);
    end_session(link);
    tell_found(link->owner);
}

/* ---- An attempt stalls ---- */

/* Where a stalled session can be put, or NULL. */
static catga_nats_session **free_place(catga_nats_link *link)
{
    for (size_t i = 0; i < CATGA_NATS_STALLED; i++)
        if (link->stalled[i] == NULL)
            return &link->stalled[i];
    return NULL;
}

static void stall(catga_nats_link *link, int64_t now)
{
    /* There is a place, or the attempt would not have been started. */
    *free_place(link) = link->session;
    link->session = NULL;
    link->stalled_ns = now;
    tell_failure(link, NATS_TIMEOUT, "the server does not answer", now);
    set_failure(link, NATS_TIMEOUT, now);
    tell_found(link->owner);
}

/*
 * Takes leave of the stalled sessions that have ended after all, or of every one. False when there
 * was none.
 */
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

/* Without a session: starts one when it is due. Returns when the link should be looked at again. */
static int64_t seek(catga_nats_link *link, int64_t now)
{
    catga_nats *nats = link->owner;

    if (!atomic_load(&link->requested) || nats->given_up)
        return CATGA_FOREVER;
    if (now < link->next_ns)
        return link->next_ns;
    if (free_place(link) == NULL) {
        if (now < link->stalled_ns + LAST_PATIENCE)
            return link->stalled_ns + LAST_PATIENCE;
        give_up(nats);
        return now;
    }
    plan(link, now, false);
    link->session = catga_nats_session_start(link);
    return link->session == NULL ? link->next_ns : now + patience(nats);
}

/*
 * Does what is due for the link; returns when there will be something again, unless it is woken.
 * Whoever has let go of the lock returns `now`: he may have missed something.
 */
static int64_t keep(catga_nats_link *link)
{
    int64_t now = catga_clock_now();
    catga_nats_session *session = link->session;

    if (end_stalled(link, false))
        return now;
    if (session == NULL)
        return seek(link, now);
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

/* Until there is something to do, at `next` or when it is woken. */
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
        int64_t immediate = keep(&nats->immediate);
        int64_t buffered = keep(&nats->buffered);
        int64_t refused = catga_nats_retry_refused(nats, catga_clock_now());
        int64_t next = earlier(refused, earlier(immediate, buffered));
        if (next > catga_clock_now())
            sleep_until(nats, next);
    }
    pthread_mutex_unlock(&nats->lock);
    nats_ReleaseThreadMemory();
    return NULL;
}

void catga_nats_reconnect_wake(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

catga_status catga_nats_reconnect_start(catga_nats *nats)
{
    nats->reconnecting = pthread_create(&nats->reconnect_thread, NULL, run, nats) == 0;
    return nats->reconnecting ? CATGA_OK : CATGA_NO_MEMORY;
}

static void end_link(catga_nats_link *link)
{
    if (link->session != NULL)
        end_session(link);
    end_stalled(link, true);
}

void catga_nats_reconnect_stop(catga_nats *nats)
{
    pthread_mutex_lock(&nats->lock);
    nats->closing = true;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
    if (nats->reconnecting)
        pthread_join(nats->reconnect_thread, NULL);

    catga_nats_batching_stop(nats);

    pthread_mutex_lock(&nats->lock);
    end_link(&nats->buffered);
    end_link(&nats->immediate);
    pthread_mutex_unlock(&nats->lock);
}

/* ---- Waiting for a link ---- */

/* True when another attempt would end as the last one did. */
static bool hopeless(const catga_nats_link *link)
{
    catga_status status = catga_nats_status(link->failure);

    return link->owner->given_up || status == CATGA_NOT_PERMITTED ||
           status == CATGA_INVALID_ARGUMENT;
}

catga_status catga_nats_link_request(catga_nats_link *link, int64_t deadline_ns, bool once)
{
    catga_nats *nats = link->owner;
    struct timespec deadline = catga_clock_timespec(deadline_ns);

    pthread_mutex_lock(&nats->lock);
    unsigned attempts = link->attempts;
    atomic_store(&link->requested, true);
    pthread_cond_broadcast(&nats->changed);
    bool in_time = true;
    while (atomic_load(&link->connection) == NULL && in_time && !nats->closing && !hopeless(link) &&
           !(once && link->attempts != attempts)) {
        if (deadline_ns == CATGA_FOREVER)
            pthread_cond_wait(&nats->changed, &nats->lock);
        else
            in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &deadline) == 0;
    }
    bool up = atomic_load(&link->connection) != NULL;
    catga_status failure = hopeless(link) ? catga_nats_status(link->failure) : CATGA_DISCONNECTED;
    pthread_mutex_unlock(&nats->lock);
    return up ? CATGA_OK : failure;
}
