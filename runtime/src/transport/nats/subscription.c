#include "transport/nats/subscription.h"

#include "base/clock.h"
#include "base/leak.h"
#include "transport/nats/hold_back.h"
#include "transport/nats/message.h"
#include "transport/nats/native_subscription.h"
#include "transport/nats/send.h"
#include "transport/nats/wake.h"
#include "transport/validate.h"

#include <limits.h>
#include <stdlib.h>

/* Time from the begin of a drain in which messages that have arrived are handled, before the others
 * go back to the server. A server before 2.10.16 may lose a message that goes back while it knows
 * only requests without a subscription: it redelivers the one before as if it were new, and this
 * one after ack_wait (nats-server pull request 5305). A pull holds about 50 ms of work. */
#define HANDLED_SOON (100 * CATGA_MILLISECOND)

/* limit of waiting bytes of answers */
#define ANSWER_BYTES (64 * 1024 * 1024)

/* ---- Begin and end ---- */

static void subscription_free(catga_subscription *subscription)
{
    sem_destroy(&subscription->delivery_lock);
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
    sem_init(&subscription->delivery_lock, 0, 1);
    subscription->owner = nats;
    subscription->receive = options->receive;
    subscription->refuse = options->refuse;
    subscription->user = options->user;
    subscription->pending = -1;
    subscription->pending_bytes = -1;
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

static catga_admission_queue *queue_new(catga_subscription *subscription, unsigned workers,
                                        unsigned limit, size_t byte_limit)
{
    const catga_admission_options queue = {.workers = workers != 0 ? workers : 1,
                                           .limit = limit,
                                           .byte_limit = byte_limit != 0 ? byte_limit : SIZE_MAX,
                                           .discard = discard,
                                           .freed = catga_nats_note_room,
                                           .user = subscription,
                                           .begins = catga_nats_gather_begin,
                                           .rest = catga_nats_gather_send,
                                           .ends = catga_nats_gather_end,
                                           .emptied = catga_nats_wake_drain,
                                           .owner = subscription->owner};

    return catga_admission_queue_new(&queue);
}

/* Messages that may be dropped wait in nats.c, beyond a few that wait in the queue, whose memory is
 * allocated at once. nats.c has the whole limit, since it parses many before the first is queued.
 */
static catga_admission_queue *queue_before_nats(catga_subscription *subscription,
                                                const catga_subscription_options *options)
{
    size_t bytes = options->pending_bytes != 0 && options->pending_bytes <= INT_MAX
                       ? options->pending_bytes
                       : INT_MAX;

    subscription->pending = (int)options->pending;
    subscription->pending_bytes = (int)bytes;
    subscription->queued_bytes = bytes < CATGA_NATS_QUEUED_BYTES ? bytes : CATGA_NATS_QUEUED_BYTES;
    return queue_new(subscription, options->workers, CATGA_NATS_QUEUED_MAX, 0);
}

/* Messages wait in an admission queue. Only answers have none. */
static bool set_queue(catga_subscription *subscription, const catga_subscription_options *options)
{
    bool is_long = options->refuse == NULL && options->pending > 2 * CATGA_NATS_QUEUED_MAX;

    subscription->beside = options->beside != NULL;
    subscription->uncounted = options->uncounted;
    if (subscription->beside)
        subscription->queue = options->beside->queue;
    else if (is_long && options->pending <= INT_MAX)
        subscription->queue = queue_before_nats(subscription, options);
    else
        subscription->queue =
            queue_new(subscription, options->workers, options->pending, options->pending_bytes);
    return subscription->queue != NULL;
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

static void insert(catga_nats *nats, catga_subscription *added)
{
    catga_nats_event_loop_lock(&nats->loop);
    TAILQ_INSERT_TAIL(&nats->subscriptions, added, entry);
    nats->loop.changes++;
    catga_nats_event_loop_unlock(&nats->loop);
    catga_nats_event_loop_wake(&nats->loop); /* a message may have been read already */
}

/* Subscribes, on the next connection if there is none. */
static catga_status add(catga_nats *nats, catga_subscription *added)
{
    pthread_mutex_lock(&nats->lock);
    natsStatus status = nats->carrier == NULL ? NATS_OK : catga_nats_native_subscribe(added);
    bool useless = status == NATS_NO_MEMORY && added->native == NULL;
    if (!useless) {
        insert(nats, added);
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
    if (!catga_pattern_valid(options->subject) ||
        (options->queue_group != NULL && !catga_subject_valid(options->queue_group)))
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

catga_status catga_nats_subscribe_inbox(catga_nats *nats, const catga_subscription_options *options,
                                        catga_subscription **subscription)
{
    catga_subscription *added = subscription_new(nats, options);

    if (added == NULL)
        return CATGA_NO_MEMORY;
    added->threaded = true;
    added->pending_bytes = ANSWER_BYTES;
    catga_status status = add(nats, added);
    if (status == CATGA_OK)
        *subscription = added;
    else
        subscription_free(added);
    return status;
}

/* Subscribes to the inbox of a pull. */
static catga_status add_pull(catga_nats *nats, catga_nats_pull *pull, void *user,
                             catga_subscription **subscription)
{
    char pattern[CATGA_NATS_INBOX + sizeof ".*"];

    catga_nats_inbox_pattern(pattern, catga_nats_pull_inbox(pull));
    const catga_subscription_options options = {.subject = pattern, .user = user};
    catga_subscription *added = subscription_new(nats, &options);
    if (added == NULL)
        return CATGA_NO_MEMORY;
    added->threaded = true;
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
    catga_status status = add_pull(nats, pull, consumer->user, subscription);
    if (status != CATGA_OK) {
        catga_nats_pull_free(pull);
        return status;
    }
    return catga_nats_pull_start(pull) ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_nats_fetch(catga_transport *transport, catga_subscription *subscription)
{
    (void)transport;
    catga_nats_pull_request(subscription->pull);
}

/* ---- Draining ---- */

/* Has nats.c send the end of the subscription. Without a deadline, nats.c keeps the subscription
 * afterwards. */
static void start_drain(catga_subscription *subscription)
{
    if (subscription->draining)
        return;
    subscription->draining = true;
    subscription->hand_back_ns = catga_clock_after(catga_clock_now(), HANDLED_SOON);
    atomic_fetch_add(&subscription->owner->draining, 1);
    if (subscription->reconciled != NULL)
        catga_nats_reconcile_release(subscription->reconciled);
    catga_nats_native_count_dropped(subscription);
    if (subscription->native != NULL)
        natsSubscription_DrainTimeout(subscription->native, 0);
    subscription->drain_number = ++subscription->owner->drains; /* the ping thread will confirm */
    pthread_cond_broadcast(&subscription->owner->changed);
}

/* Returns true if no message of the subscription waits in nats.c. */
static bool is_empty(catga_subscription *subscription)
{
    int waiting = 0;

    catga_nats_event_loop_lock(&subscription->owner->loop);
    (void)natsSubscription_GetPending(subscription->native, &waiting, NULL);
    catga_nats_event_loop_unlock(&subscription->owner->loop);
    return waiting == 0;
}

/* Returns true if neither nats.c nor a thread that delivers has a message. Those of a lost
 * connection are lost. A thread of nats.c ends when it has delivered all. */
static bool has_received_all(catga_subscription *subscription)
{
    if (subscription->threaded)
        return subscription->threads == 0;
    bool all = subscription->native == NULL || (is_empty(subscription) && subscription->confirmed);
    return all && atomic_load(&subscription->running) == 0;
}

/* Returns true if no message waits or runs. The queue of another subscription is drained with that
 * one, later. */
static bool is_drained(catga_subscription *subscription)
{
    return has_received_all(subscription) && (subscription->queue == NULL || subscription->beside ||
                                              catga_admission_queue_is_empty(subscription->queue));
}

/* Waits until the subscription is drained, or until `until_ns`. Called under the lock. */
static bool await_drained(catga_subscription *subscription, int64_t until_ns)
{
    catga_nats *nats = subscription->owner;
    struct timespec until = catga_clock_timespec(until_ns);
    bool in_time = true;

    while (!is_drained(subscription) && in_time)
        in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &until) == 0;
    return is_drained(subscription);
}

/* Returns the stored messages that wait to the server, and waits for those that run. */
static bool drain_pull(catga_subscription *subscription, int64_t end_ns)
{
    catga_nats *nats = subscription->owner;

    pthread_mutex_unlock(&nats->lock);
    catga_nats_pull_hand_back(subscription->pull);
    pthread_mutex_lock(&nats->lock);
    return await_drained(subscription, end_ns);
}

/* Returns whether waiting messages go back now. A second call that does not wait comes from a bus
 * that closes, or from one that waits for another subscription. */
static bool must_hand_back(const catga_subscription *subscription, bool begins, int timeout_ms)
{
    return subscription->pull != NULL &&
           (catga_clock_now() >= subscription->hand_back_ns || (timeout_ms == 0 && !begins));
}

catga_status catga_nats_drain(catga_transport *transport, catga_subscription *subscription,
                              int timeout_ms)
{
    catga_nats *nats = catga_nats_of(transport);
    int64_t end_ns = catga_clock_after(catga_clock_now(), timeout_ms * CATGA_MILLISECOND);

    if (subscription->pull != NULL)
        catga_nats_pull_stop(subscription->pull);
    pthread_mutex_lock(&nats->lock);
    bool begins = !subscription->draining;
    start_drain(subscription);
    int64_t soon_ns = subscription->pull == NULL ? end_ns : subscription->hand_back_ns;
    bool drained = await_drained(subscription, soon_ns < end_ns ? soon_ns : end_ns);
    if (!drained && must_hand_back(subscription, begins, timeout_ms))
        drained = drain_pull(subscription, end_ns);
    pthread_mutex_unlock(&nats->lock);
    return drained ? CATGA_OK : CATGA_TIMEOUT;
}

static void remove_from_list(catga_nats *nats, catga_subscription *subscription)
{
    catga_nats_event_loop_lock(&nats->loop);
    TAILQ_REMOVE(&nats->subscriptions, subscription, entry);
    nats->loop.changes++;
    catga_nats_event_loop_unlock(&nats->loop);
}

/* A thread of nats.c whose end nobody knows must not deliver any more. */
static void stop_orphan(catga_subscription *orphan)
{
    while (sem_wait(&orphan->delivery_lock) != 0)
        continue; /* interrupted */
}

void catga_nats_unsubscribe(catga_transport *transport, catga_subscription *subscription)
{
    catga_nats *nats = catga_nats_of(transport);

    pthread_mutex_lock(&nats->lock);
    remove_from_list(nats, subscription);
    if (subscription->draining)
        atomic_fetch_sub(&nats->draining, 1);
    natsSubscription_Destroy(subscription->native);
    pthread_mutex_unlock(&nats->lock);
    if (subscription->orphan)
        stop_orphan(subscription);
    free_queue(subscription);
    if (subscription->orphan)
        catga_leak(subscription);
    else
        subscription_free(subscription);
}
