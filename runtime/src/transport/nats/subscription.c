/*
 * What comes in. A subscription of ours outlives the connections on which nats.c knows it; on each
 * it has a thread of nats.c that delivers. Requests, stored events, and what has several workers go
 * from that thread into an admission queue, which refuses what is too much while the handler runs.
 * But handing a message to another thread takes as long as a lone request's whole way: so a handler
 * with one worker that is known to be quick runs in the thread of nats.c while nothing waits.
 */
#include "base/clock.h"
#include "base/leak.h"
#include "transport/nats/nats_transport.h"

#include <limits.h>
#include <stdlib.h>

/*
 * The bytes that may wait for one subscription, whatever their number: nats.c's own default, said
 * aloud.
 */
#define PENDING_BYTES (64 * 1024 * 1024)

/* ---- A message comes ---- */

enum { DELIVERY_UNLOCKED, DELIVERY_LOCKED };

void catga_nats_delivery_lock(atomic_int *lock)
{
    struct timespec pause = {.tv_nsec = CATGA_MILLISECOND};

    while (atomic_exchange_explicit(lock, DELIVERY_LOCKED, memory_order_acquire) == DELIVERY_LOCKED)
        nanosleep(&pause, NULL);
}

void catga_nats_delivery_unlock(atomic_int *lock)
{
    atomic_store_explicit(lock, DELIVERY_UNLOCKED, memory_order_release);
}

/*
 * nats.c does not say when it read a message from the socket, but it says how many are waiting:
 * those were there when it was asked.
 */
void catga_nats_look_behind(catga_subscription *subscription, natsSubscription *native)
{
    if (subscription->known > 0 && subscription->known_of == native)
        return;
    subscription->known = 0;
    subscription->known_of = native;
    natsSubscription_GetPending(native, &subscription->known, NULL);
    subscription->known_ns = catga_clock_now();
}

int64_t catga_nats_received_at(catga_subscription *subscription, natsSubscription *native,
                               int64_t now)
{
    int64_t read_by = now;

    if (subscription->known > 0 && subscription->known_of == native) {
        subscription->known--;
        read_by = subscription->known_ns;
    }
    return catga_nats_suspend_before(&subscription->owner->suspend_detector, read_by);
}

/*
 * The server's own answer that nobody listens has no body, the status 503, and nothing else. A peer
 * may send a header called Status; it could not make this one without pretending to be the server
 * on our private inbox.
 */
static bool is_no_responders(natsMsg *message)
{
    if (natsMsg_GetDataLength(message) != 0 || !natsMsg_IsNoResponders(message))
        return false;
    const char **keys = NULL;
    int count = 0;
    if (natsMsgHeader_Keys(message, &keys, &count) == NATS_OK)
        free((void *)keys);
    return count == 1;
}

catga_incoming catga_nats_incoming(natsMsg *message)
{
    return (catga_incoming){
        .subject = catga_str(natsMsg_GetSubject(message)),
        .reply = natsMsg_GetReply(message),
        .data = (const uint8_t *)natsMsg_GetData(message),
        .length = (size_t)natsMsg_GetDataLength(message),
        .no_responders = is_no_responders(message),
        .native = message,
    };
}

/* The bus hears of it once, until half of what may wait is gone. */
static void drop(catga_subscription *subscription, catga_incoming *message)
{
    catga_nats *nats = subscription->owner;

    catga_nats_release(message);
    atomic_fetch_add(&nats->dropped, 1);
    if (!atomic_exchange(&subscription->overflowing, true))
        nats->listener.on_event(nats->listener.user, CATGA_CONNECTION_OVERFLOW,
                                subscription->subject);
}

static void note_room(catga_subscription *subscription)
{
    catga_admission_queue *queue = subscription->queue;

    if (atomic_load_explicit(&subscription->overflowing, memory_order_relaxed) &&
        atomic_load(&queue->load) <= queue->options.limit / 2)
        atomic_store(&subscription->overflowing, false);
}

/* Has the handler run, lets the message wait, or refuses it. */
static void admit(catga_subscription *subscription, natsSubscription *native, natsMsg *message)
{
    catga_incoming incoming = catga_nats_incoming(message);

    catga_nats_delivery_lock(&subscription->delivery_lock);
    int64_t now = catga_clock_now();
    incoming.waited_ns = now - catga_nats_received_at(subscription, native, now);
    catga_nats_look_behind(subscription, native);
    unsigned behind = (unsigned)subscription->known;
    catga_nats_delivery_unlock(&subscription->delivery_lock);
    if (catga_admission_queue_run_here(subscription->queue, &incoming, subscription->receive,
                                       subscription->user, now, behind))
        return;
    catga_nats_delivery_lock(&subscription->delivery_lock);
    bool admitted = catga_admission_queue_admit(subscription->queue, &incoming,
                                                subscription->receive, subscription->user, now);
    note_room(subscription);
    catga_nats_delivery_unlock(&subscription->delivery_lock);
    if (!admitted && subscription->refuse != NULL)
        subscription->refuse(subscription->user, &incoming);
    else if (!admitted)
        drop(subscription, &incoming);
}

static void receive_here(catga_subscription *subscription, natsMsg *message)
{
    catga_incoming incoming = catga_nats_incoming(message);

    catga_nats_delivery_lock(&subscription->delivery_lock);
    subscription->receive(subscription->user, &incoming);
    catga_nats_delivery_unlock(&subscription->delivery_lock);
}

static void on_message(natsConnection *connection, natsSubscription *native, natsMsg *message,
                       void *closure)
{
    (void)connection;
    catga_subscription *subscription = closure;
    if (subscription->pull != NULL) {
        catga_nats_delivery_lock(&subscription->delivery_lock);
        catga_nats_pull_receive(subscription->pull, message);
        catga_nats_delivery_unlock(&subscription->delivery_lock);
    } else if (subscription->queue != NULL) {
        admit(subscription, native, message);
    } else {
        receive_here(subscription, message);
    }
}

void catga_nats_subscription_emptied(void *owner)
{
    catga_nats *nats = owner;

    if (atomic_load(&nats->draining) == 0)
        return;
    pthread_mutex_lock(&nats->lock);
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

/* The last that a delivery thread does: after a drain, or when its connection has ended. */
static void on_complete(void *closure)
{
    catga_subscription *subscription = closure;
    catga_nats *nats = subscription->owner;

    pthread_mutex_lock(&nats->lock);
    subscription->threads--;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

const char *catga_nats_header(const catga_incoming *message, const char *name)
{
    const char *value = NULL;

    return natsMsgHeader_Get(message->native, name, &value) == NATS_OK ? value : NULL;
}

void catga_nats_release(catga_incoming *message)
{
    catga_admission_slot *slot = message->slot;
    natsMsg *native = message->native;

    if (slot != NULL)
        catga_admission_slot_settle(slot);
    natsMsg_Destroy(native);
    if (slot != NULL)
        catga_admission_slot_release(slot);
}

/* ---- On one connection ---- */

/*
 * A completion callback cannot be given together with the subscription, and is refused when the
 * connection has ended between the two calls. Then nobody says when the delivery thread is done
 * with us: the subscription becomes an orphan, which is never freed.
 */
static natsStatus subscribe_native(catga_subscription *subscription)
{
    natsConnection *carrier = subscription->owner->carrier;
    natsSubscription *native = NULL;

    natsStatus status =
        subscription->queue_group == NULL
            ? natsConnection_Subscribe(&native, carrier, subscription->subject, on_message,
                                       subscription)
            : natsConnection_QueueSubscribe(&native, carrier, subscription->subject,
                                            subscription->queue_group, on_message, subscription);
    if (status != NATS_OK)
        return status;
    subscription->native = native;
    subscription->dropped = 0;
    if (subscription->pull != NULL)
        catga_nats_pull_forget(subscription->pull);
    if (natsSubscription_SetOnCompleteCB(native, on_complete, subscription) == NATS_OK)
        subscription->threads++;
    else
        subscription->orphan = true;
    return natsSubscription_SetPendingLimits(native, subscription->pending,
                                             subscription->pending_bytes);
}

static void count_dropped(catga_subscription *subscription)
{
    int64_t dropped = 0;

    if (subscription->native == NULL ||
        natsSubscription_GetDropped(subscription->native, &dropped) != NATS_OK)
        return;
    atomic_fetch_add(&subscription->owner->dropped, (uint64_t)(dropped - subscription->dropped));
    subscription->dropped = dropped;
}

/* What fails here fails because the connection ends: there will be another. */
static void renew(catga_subscription *subscription)
{
    if (!subscription->draining && subscription->native == NULL)
        (void)subscribe_native(subscription);
}

void catga_nats_subscription_again(catga_subscription *subscription)
{
    count_dropped(subscription);
    natsSubscription_Destroy(subscription->native);
    subscription->native = NULL;
    renew(subscription);
}

void catga_nats_subscriptions_renew(catga_nats *nats)
{
    catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        renew(subscription);
    }
}

/* The inbox is opened before anything else can be subscribed to. */
void catga_nats_inbox_renew(catga_nats *nats)
{
    catga_subscription *inbox = TAILQ_FIRST(&nats->subscriptions);

    if (inbox != NULL)
        renew(inbox);
}

void catga_nats_subscriptions_forget(catga_nats *nats)
{
    catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        natsSubscription_Destroy(subscription->native);
        subscription->native = NULL;
        subscription->refused = false;
    }
}

/*
 * nats.c tells of the first message of an episode only, so the count is taken whenever someone
 * asks.
 */
uint64_t catga_nats_subscriptions_count_dropped(catga_nats *nats)
{
    catga_subscription *subscription;

    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        count_dropped(subscription);
    }
    pthread_mutex_unlock(&nats->lock);
    return atomic_load(&nats->dropped);
}

/* ---- The operations ---- */

static void subscription_free(catga_subscription *subscription)
{
    free(subscription->subject);
    free(subscription->queue_group);
    free(subscription);
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
        .emptied = catga_nats_subscription_emptied,
        .owner = nats};

    return catga_admission_queue_new(&queue);
}

/* What waits does so in a queue of ours, or in that of nats.c, where the limits then are. */
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

/* What comes late is noticed: a request whose caller has given up, an event that another has. */
static void start_detecting_suspends(const catga_subscription *subscription)
{
    catga_nats *nats = subscription->owner;

    if (nats->detects_suspends || subscription->queue == NULL)
        return;
    nats->detects_suspends = true;
    pthread_cond_broadcast(&nats->changed);
}

/* Without a connection it is subscribed on the next one. */
static catga_status add(catga_nats *nats, catga_subscription *added)
{
    pthread_mutex_lock(&nats->lock);
    natsStatus status = nats->carrier == NULL ? NATS_OK : subscribe_native(added);
    bool useless = status == NATS_NO_MEMORY && added->native == NULL;
    if (!useless) {
        TAILQ_INSERT_TAIL(&nats->subscriptions, added, entry);
        start_detecting_suspends(added);
    }
    pthread_mutex_unlock(&nats->lock);
    return useless ? CATGA_NO_MEMORY : CATGA_OK;
}

static void free_queue(catga_subscription *subscription)
{
    if (subscription->pull != NULL)
        catga_nats_pull_free(subscription->pull);
    else if (subscription->queue != NULL && !subscription->beside)
        catga_admission_queue_free(subscription->queue);
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

catga_status catga_nats_subscribe_pull(catga_nats *nats, const catga_subscription_options *options,
                                       catga_nats_pull *pull, catga_admission_queue *queue,
                                       catga_subscription **subscription)
{
    catga_subscription *added = subscription_new(nats, options);

    if (added == NULL)
        return CATGA_NO_MEMORY;
    added->pending = -1;
    added->pending_bytes = -1; /* what was requested is not dropped */
    added->pull = pull;
    added->queue = queue;
    catga_nats_pull_bind(pull, added);
    catga_status status = add(nats, added);
    if (status == CATGA_OK)
        *subscription = added;
    else
        subscription_free(added);
    return status;
}

/*
 * nats.c sends UNSUB, waits for a PONG, and lets the delivery thread end when its queue is empty.
 * 0: it never cuts off.
 */
static void start_drain(catga_subscription *subscription)
{
    if (subscription->draining)
        return;
    subscription->draining = true;
    atomic_fetch_add(&subscription->owner->draining, 1);
    if (subscription->reconciled != NULL)
        catga_nats_reconcile_release(subscription->reconciled);
    count_dropped(subscription);
    if (subscription->native != NULL)
        natsSubscription_DrainTimeout(subscription->native, 0);
}

/*
 * A message comes from a thread of nats.c, then out of the queue. Where the queue is another's,
 * that one is drained later.
 */
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

/* A message that is still on its way waits for the lock forever, and never reaches a receiver. */
static void abandon(catga_subscription *orphan)
{
    catga_nats_delivery_lock(&orphan->delivery_lock);
    catga_leak(orphan);
}

/*
 * The reader of nats.c is past this subscription: the server has confirmed that it sends no more,
 * or it is gone.
 */
void catga_nats_unsubscribe(catga_transport *transport, catga_subscription *subscription)
{
    catga_nats *nats = catga_nats_of(transport);

    pthread_mutex_lock(&nats->lock);
    TAILQ_REMOVE(&nats->subscriptions, subscription, entry);
    if (subscription->draining)
        atomic_fetch_sub(&nats->draining, 1);
    pthread_mutex_unlock(&nats->lock);
    natsSubscription_Destroy(subscription->native);
    free_queue(subscription);
    if (subscription->orphan)
        abandon(subscription);
    else
        subscription_free(subscription);
}
