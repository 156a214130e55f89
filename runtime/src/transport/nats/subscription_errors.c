/*
 * Subscriptions that the server refuses: for want of a permission when they are made, or later,
 * when its configuration is read again. The connection stays, and nothing would ever come: so they
 * are made again, once a second, until the server takes them.
 *
 * nats.c tells it by the server's text alone:
 *     Permissions Violation for Subscription to "SUBJECT" using queue "GROUP"
 */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

#include <stdio.h>

#define RETRY_PAUSE CATGA_SECOND

/* How long the server may take to confirm, and nats.c to tell what it knows already. */
enum { CONFIRM_MS = 2000, TELL_MS = 500 };

enum { QUOTED_SIZE = 1100 };

static bool names(const char *text, const char *before, const char *name)
{
    char quoted[QUOTED_SIZE];
    int length = snprintf(quoted, sizeof quoted, "%s \"%s\"", before, name);

    return length > 0 && (size_t)length < sizeof quoted && strcasestr(text, quoted) != NULL;
}

static bool is_refusal_of(const catga_subscription *subscription, const char *text)
{
    return names(text, "subscription to", subscription->subject) &&
           (subscription->queue_group == NULL || strcasestr(text, " using queue ") == NULL ||
            names(text, "using queue", subscription->queue_group));
}

void catga_nats_note_subscription_error(catga_nats *nats, const char *text)
{
    catga_subscription *subscription;

    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        if (!is_refusal_of(subscription, text))
            continue;
        subscription->refused = true;
        subscription->retry_ns = catga_clock_now() + RETRY_PAUSE;
    }
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

/* What it has brought before is handled first: nats.c drops what waits when it is destroyed. */
static bool is_at_rest(const catga_subscription *subscription)
{
    int waiting = 0;

    return natsSubscription_GetPending(subscription->native, &waiting, NULL) != NATS_OK ||
           waiting == 0;
}

static void retry(catga_subscription *subscription, int64_t now)
{
    if (!is_at_rest(subscription)) {
        subscription->retry_ns = now + RETRY_PAUSE;
        return;
    }
    subscription->refused = false;
    catga_nats_subscription_again(subscription);
}

int64_t catga_nats_retry_refused(catga_nats *nats, int64_t now)
{
    catga_subscription *subscription;
    int64_t next = CATGA_FOREVER;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        bool open = subscription->refused && !subscription->draining && nats->carrier != NULL &&
                    subscription->native != NULL;
        if (open && subscription->retry_ns <= now)
            retry(subscription, now);
        if (open && subscription->refused && subscription->retry_ns < next)
            next = subscription->retry_ns;
    }
    return next;
}

/* ---- Asking ---- */

/* True when the last error of the connection is that the server refused it. */
static bool is_last_error(natsConnection *connection, const catga_subscription *subscription)
{
    const char *text = NULL;

    natsConnection_FlushTimeout(connection, CONFIRM_MS);
    return natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED && text != NULL &&
           is_refusal_of(subscription, text);
}

/* The error may be one of long ago: who is refused now is also told so, by another thread. */
catga_status catga_nats_confirmed(catga_transport *transport, catga_subscription *subscription)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_nats_use use = catga_nats_link_enter(&nats->immediate);

    if (use.connection == NULL)
        return CATGA_OK;
    bool suspect = is_last_error(use.connection, subscription);
    catga_nats_link_leave(use, 0);
    struct timespec end = catga_clock_timespec(catga_clock_now() + TELL_MS * CATGA_MILLISECOND);
    pthread_mutex_lock(&nats->lock);
    while (suspect && !subscription->refused)
        suspect = pthread_cond_timedwait(&nats->changed, &nats->lock, &end) == 0;
    bool refused = subscription->refused;
    pthread_mutex_unlock(&nats->lock);
    return refused ? CATGA_NOT_PERMITTED : CATGA_OK;
}
