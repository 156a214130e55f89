/* The server refuses a subscription for want of a permission: when it is made, or later, when the
 * server reloads its configuration. The connection stays, but no message would ever arrive. So
 * refused subscriptions are retried once a second, until the server accepts them.
 *
 * nats.c reports only the server's text:
 *     Permissions Violation for Subscription to "SUBJECT" using queue "GROUP"
 */
#include "transport/nats/subscription_errors.h"

#include "base/clock.h"
#include "transport/nats/native_subscription.h"

#include <stdio.h>

#define RETRY_PAUSE CATGA_SECOND

/* milliseconds that the server may take to confirm, and nats.c to report an error it has read */
enum { CONFIRM_MS = 2000, REPORT_MS = 500 };

enum { QUOTED_SIZE = 1100 };

/* Returns true if `text` contains `before` and the quoted name. */
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

/* Returns true if no message waits: nats.c drops waiting messages with the subscription. */
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
    catga_nats_native_resubscribe(subscription);
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

/* ---- Confirming ---- */

/* Waits for the server. Returns true if the last error of the connection refuses the
 * subscription. */
static bool is_last_error(natsConnection *connection, const catga_subscription *subscription)
{
    const char *text = NULL;

    natsConnection_FlushTimeout(connection, CONFIRM_MS);
    return natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED && text != NULL &&
           is_refusal_of(subscription, text);
}

/* The last error may be old. A refusal also reaches catga_nats_note_subscription_error, in another
 * thread, so this waits for it. */
catga_status catga_nats_confirmed(catga_transport *transport, catga_subscription *subscription)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_nats_use use = catga_nats_link_enter(&nats->link);

    if (use.connection == NULL)
        return CATGA_OK;
    bool suspect = is_last_error(use.connection, subscription);
    catga_nats_link_leave(use, 0);
    struct timespec end = catga_clock_timespec(catga_clock_now() + REPORT_MS * CATGA_MILLISECOND);
    pthread_mutex_lock(&nats->lock);
    while (suspect && !subscription->refused)
        suspect = pthread_cond_timedwait(&nats->changed, &nats->lock, &end) == 0;
    bool refused = subscription->refused;
    pthread_mutex_unlock(&nats->lock);
    return refused ? CATGA_NOT_PERMITTED : CATGA_OK;
}
