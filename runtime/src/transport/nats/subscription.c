#include "transport/nats/subscription.h"

#include "base/clock.h"
#include "base/leak.h"
#include "transport/nats/delivery.h"
#include "transport/nats/message.h"
#include "transport/nats/native_subscription.h"
#include "transport/nats/validate.h"
#include "transport/nats/wake.h"

#include <limits.h>
#include <stdlib.h>

/* limit of waiting bytes of one subscription in nats.c: its default */
#define PENDING_BYTES (64 * 1024 * 1024)

/* ---- Begin and end ---- */

static void subscription_free(catga_subscription *subscription)
{
    free(subscription->subject);
    free(subscription->queue_group);
    free(subscription);
}

static catga_subscription *subscription_new(catga_nats *nats,
                                            const catga_subscription_options *options)
{
    catga_subscription *subscription = calloc(1, sizeof *subscription);

    if (subscription == NULL)
        return NULL;
    subscription->owner = nats;
    subscription->receive = options->receive;
    subscription->refuse = options->refuse;
    subscription->user = options->user;
    subscription->subject = strdup(options->subject);
    subscription->queue_group = options->queue_group == NULL ? NULL : strdup(options->queue_group);
    if (subscription->subject != NULL &&
        (subscription->queue_group != NULL || options->queue_group == NULL))
        return subscription;
    subscription_free(subscription);
    return NULL;
}

static void discard(void *user, catga_incoming *message)
{
    (void)user;
    catga_nats_release(message);
}

static catga_admission_queue *queue_new(catga_nats *nats, const catga_subscription_options *options)
{
    const catga_admission_options queue = {
        .workers = options->workers != 0 ? options->workers : 1,
        .limit = options->pending,
        .byte_limit = options->pending_bytes != 0 ? options->pending_bytes : SIZE_MAX,
        .discard = discard,
        .emptied = catga_nats_wake_drain,
        .owner = nats};

    return catga_admission_queue_new(&queue);
}

/* Chooses where messages wait, and sets the limits there: an admission queue, or that of nats.c. */
static bool set_queue(catga_subscription *subscription, const catga_subscription_options *options)
{
    subscription->pending = -1;
    subscription->pending_bytes = PENDING_BYTES;
    if (options->beside != NULL) {
        subscription->queue = options->beside->queue;
        subscription->beside = true;
    } else if (options->refuse != NULL || options->workers > 1) {
        subscription->queue = queue_new(subscription->owner, options);
        return subscription->queue != NULL;
    } else {
        if (options->pending != 0 && options->pending <= INT_MAX)
            subscription->pending = (int)options->pending;
        if (options->pending_bytes != 0 && options->pending_bytes <= INT_MAX)
            subscription->pending_bytes = (int)options->pending_bytes;
    }
    return true;
}

static void free_queue(catga_subscription *subscription)
{
    if (subscription->pull != NULL)
        catga_nats_pull_free(subscription->pull);
    else if (subscription->queue != NULL && !subscription->beside)
        catga_admission_queue_free(subscription->queue);
}

/* ---- Subscribing ---- */

/* Starts detecting suspends: only messages with a queue can be too late, since their callers give
 * up or another replica gets them. Called under the lock. */
static void start_detecting_suspends(const catga_subscription *subscription)
{
    catga_nats *nats = subscription->owner;

    if (nats->detects_suspends || subscription->queue == NULL)
        return;
    nats->detects_suspends = true;
    pthread_cond_broadcast(&nats->changed);
}

/* Subscribes, on the next connection if there is none. */
static catga_status add(catga_nats *nats, catga_subscription *added)
{
    pthread_mutex_lock(&nats->lock);
    natsStatus status = nats->carrier == NULL ? NATS_OK : catga_nats_native_subscribe(added);
    bool useless = status == NATS_NO_MEMORY && added->native == NULL;
    if (!useless) {
        TAILQ_INSERT_TAIL(&nats->subscriptions, added, entry);
        start_detecting_suspends(added);
    }
    pthread_mutex_unlock(&nats->lock);
    return useless ? CATGA_NO_MEMORY : CATGA_OK;
}

catga_status catga_nats_subscribe(catga_transport *transport,
                                  const catga_subscription_options *options,
                                  catga_subscription **subscription)
{
    catga_nats *nats = catga_nats_of(transport);

    *subscription = NULL;
    if (!catga_nats_pattern_valid(options->subject) ||
        (options->queue_group != NULL && !catga_nats_subject_valid(options->queue_group)))
        return CATGA_INVALID_ARGUMENT;
    catga_subscription *added = subscription_new(nats, options);
    if (added == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = set_queue(added, options) ? add(nats, added) : CATGA_NO_MEMORY;
    if (status == CATGA_OK) {
        *subscription = added;
        return CATGA_OK;
    }
    free_queue(added);
    subscription_free(added);
    return status;
}

/* Subscribes to the inbox of a pull. nats.c has no limit there: requested messages are not
 * dropped. */
static catga_status add_pull(catga_nats *nats, catga_nats_pull *pull,
                             catga_subscription **subscription)
{
    char pattern[CATGA_NATS_INBOX + sizeof ".*"];

    catga_nats_inbox_pattern(pattern, catga_nats_pull_inbox(pull));
    const catga_subscription_options options = {.subject = pattern};
    catga_subscription *added = subscription_new(nats, &options);
    if (added == NULL)
        return CATGA_NO_MEMORY;
    added->pending = -1;
    added->pending_bytes = -1;
    added->pull = pull;
    added->queue = catga_nats_pull_queue(pull);
    catga_status status = add(nats, added);
    if (status == CATGA_OK)
        *subscription = added;
    else
        subscription_free(added);
    return status;
}

catga_status catga_nats_subscribe_consumer(catga_nats *nats,
                                           const catga_consumer_settings *consumer,
                                           catga_subscription **subscription)
{
    catga_nats_pull *pull = catga_nats_pull_new(nats, consumer);

    *subscription = NULL;
    if (pull == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = add_pull(nats, pull, subscription);
    if (status != CATGA_OK) {
        catga_nats_pull_free(pull);
        return status;
    }
    return catga_nats_pull_start(pull) ? CATGA_OK : CATGA_NO_MEMORY;
}

/* ---- Draining ---- */

/* Ends the subscription of nats.c without a deadline: nats.c sends UNSUB, waits for a PONG, and
 * ends the delivery thread when its queue is empty. */
static void start_drain(catga_subscription *subscription)
{
    if (subscription->draining)
        return;
    subscription->draining = true;
    atomic_fetch_add(&subscription->owner->draining, 1);
    if (subscription->reconciled != NULL)
        catga_nats_reconcile_release(subscription->reconciled);
    catga_nats_native_count_dropped(subscription);
    if (subscription->native != NULL)
        natsSubscription_DrainTimeout(subscription->native, 0);
}

/* Returns true if no thread of nats.c and no queue has a message. The queue of another subscription
 * is drained with that one, later. */
static bool is_drained(const catga_subscription *subscription)
{
    return subscription->threads == 0 && (subscription->queue == NULL || subscription->beside ||
                                          catga_admission_queue_is_empty(subscription->queue));
}

catga_status catga_nats_drain(catga_transport *transport, catga_subscription *subscription,
                              int timeout_ms)
{
    catga_nats *nats = catga_nats_of(transport);
    struct timespec end = catga_clock_timespec(catga_clock_now() + timeout_ms * CATGA_MILLISECOND);

    if (subscription->pull != NULL)
        catga_nats_pull_stop(subscription->pull);
    pthread_mutex_lock(&nats->lock);
    start_drain(subscription);
    bool in_time = timeout_ms > 0;
    while (!is_drained(subscription) && in_time)
        in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &end) == 0;
    bool drained = is_drained(subscription);
    pthread_mutex_unlock(&nats->lock);
    return drained ? CATGA_OK : CATGA_TIMEOUT;
}

/* The reader thread of nats.c does not use this subscription any more: the server has confirmed the
 * UNSUB, or the connection has ended. */
void catga_nats_unsubscribe(catga_transport *transport, catga_subscription *subscription)
{
    catga_nats *nats = catga_nats_of(transport);

    pthread_mutex_lock(&nats->lock);
    TAILQ_REMOVE(&nats->subscriptions, subscription, entry);
    if (subscription->draining)
        atomic_fetch_sub(&nats->draining, 1);
    pthread_mutex_unlock(&nats->lock);
    natsSubscription_Destroy(subscription->native);
    /* A later delivery to an orphan waits forever, and reaches no receiver. */
    if (subscription->orphan)
        catga_nats_delivery_lock(&subscription->delivery_lock);
    free_queue(subscription);
    if (subscription->orphan)
        catga_leak(subscription);
    else
        subscription_free(subscription);
}
