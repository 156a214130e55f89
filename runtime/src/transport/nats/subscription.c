/*
 * What comes in. A subscription of ours outlives the connections on which nats.c knows it; on each
 * it has a queue and a delivery thread of its own, since handlers block.
 */
#include "transport/nats/nats_transport.h"

#include "base/clock.h"

#include <limits.h>
#include <stdlib.h>

/*
 * The bytes that may wait for one subscription, whatever their number: nats.c's own default, said
 * aloud.
 */
#define PENDING_BYTES (64 * 1024 * 1024)

/* ---- A message comes ---- */

enum { TURN_FREE, TURN_TAKEN };

void catga_nats_turn_take(atomic_int *turn)
{
    struct timespec pause = {.tv_nsec = CATGA_MILLISECOND};
    while (atomic_exchange_explicit(turn, TURN_TAKEN, memory_order_acquire) == TURN_TAKEN)
        nanosleep(&pause, NULL);
}

void catga_nats_turn_give(atomic_int *turn)
{
    atomic_store_explicit(turn, TURN_FREE, memory_order_release);
}

/*
 * nats.c does not say when it read a message from the socket, but it says how many are waiting: those
 * were there when it was asked.
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

int64_t catga_nats_came(catga_subscription *subscription, natsSubscription *native)
{
    int64_t read_by;
    if (subscription->known > 0 && subscription->known_of == native) {
        subscription->known--;
        read_by = subscription->known_ns;
    } else {
        read_by = catga_clock_now();
    }
    return catga_nats_stops_before(&subscription->owner->stops, read_by);
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

void catga_nats_receive(catga_subscription *subscription, catga_receive_function *function,
                        natsMsg *message, int64_t waited_ns)
{
    catga_incoming incoming = {
        .subject = catga_str(natsMsg_GetSubject(message)),
        .reply = natsMsg_GetReply(message),
        .data = (const uint8_t *)natsMsg_GetData(message),
        .length = (size_t)natsMsg_GetDataLength(message),
        .waited_ns = waited_ns,
        .no_responders = is_no_responders(message),
        .native = message,
    };
    if (subscription->acks == NULL || catga_nats_read_ack(&incoming, subscription->acks))
        function(subscription->user, &incoming);
    else
        catga_nats_release(&incoming); /* anyone may publish there: it is not from the stream */
}

/* It may have been handed to another while it waited here; and its settlement goes out when no other is about to come. */
static void receive_stored(catga_subscription *subscription, natsSubscription *native, natsMsg *message)
{
    catga_nats_receive(subscription, subscription->receive, message,
                       catga_clock_now() - catga_nats_came(subscription, native));
    catga_nats_look_behind(subscription, native);
    if (subscription->known == 0)
        catga_nats_pace_rest(subscription->owner);
}

static void on_message(natsConnection *connection, natsSubscription *native, natsMsg *message,
                       void *closure)
{
    (void)connection;
    catga_subscription *subscription = closure;
    if (subscription->line != NULL) {
        catga_nats_line_join(subscription->line, native, message);
        return;
    }
    catga_nats_turn_take(&subscription->turn);
    if (subscription->acks != NULL)
        receive_stored(subscription, native, message);
    else
        catga_nats_receive(subscription, subscription->receive, message, 0);
    catga_nats_turn_give(&subscription->turn);
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
    natsMsg_Destroy(message->native);
    message->native = NULL;
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
    if (natsSubscription_SetOnCompleteCB(native, on_complete, subscription) == NATS_OK)
        subscription->threads++;
    else
        subscription->orphan = true;
    return natsSubscription_SetPendingLimits(native, subscription->pending, PENDING_BYTES);
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
    free(subscription->acks);
    free(subscription);
}

static char *copy_of(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

static catga_subscription *subscription_new(catga_nats *nats,
                                            const catga_subscription_options *options,
                                            const char *acks)
{
    catga_subscription *subscription = calloc(1, sizeof(*subscription));
    if (subscription == NULL)
        return NULL;
    subscription->owner = nats;
    bool bounded = options->refuse == NULL && options->pending != 0 && options->pending <= INT_MAX;
    subscription->pending = bounded ? (int)options->pending : -1;
    subscription->receive = options->receive;
    subscription->refuse = options->refuse;
    subscription->user = options->user;
    subscription->subject = strdup(options->subject);
    subscription->queue_group = copy_of(options->queue_group);
    subscription->acks = copy_of(acks);
    bool complete = subscription->subject != NULL &&
                    (subscription->queue_group != NULL || options->queue_group == NULL) &&
                    (subscription->acks != NULL || acks == NULL);
    if (complete && options->refuse != NULL)
        subscription->line = catga_nats_line_new(subscription, options->pending);
    if (complete && (subscription->line != NULL || options->refuse == NULL))
        return subscription;
    subscription_free(subscription);
    return NULL;
}

/* A request comes late whose caller has given up; a stored event that has been handed to another. */
static void note_punctual(const catga_subscription *subscription)
{
    catga_nats *nats = subscription->owner;
    if (nats->punctual || (subscription->line == NULL && subscription->acks == NULL))
        return;
    nats->punctual = true;
    pthread_cond_broadcast(&nats->changed);
}

/* Without a connection it is subscribed on the next one. */
catga_status catga_nats_subscribe_to(catga_nats *nats, const catga_subscription_options *options,
                                     const char *acks, catga_subscription **subscription)
{
    *subscription = NULL;
    if (!catga_nats_pattern_valid(options->subject) ||
        (options->queue_group != NULL && !catga_nats_subject_valid(options->queue_group)))
        return CATGA_INVALID_ARGUMENT;
    catga_subscription *added = subscription_new(nats, options, acks);
    if (added == NULL)
        return CATGA_NO_MEMORY;

    pthread_mutex_lock(&nats->lock);
    natsStatus status = nats->carrier == NULL ? NATS_OK : subscribe_native(added);
    bool useless = status == NATS_NO_MEMORY && added->native == NULL;
    if (!useless) {
        TAILQ_INSERT_TAIL(&nats->subscriptions, added, entry);
        note_punctual(added);
    }
    pthread_mutex_unlock(&nats->lock);
    if (useless) {
        if (added->line != NULL)
            catga_nats_line_end(added->line);
        subscription_free(added);
        return CATGA_NO_MEMORY;
    }
    *subscription = added;
    return CATGA_OK;
}

catga_status catga_nats_subscribe(catga_transport *transport,
                                  const catga_subscription_options *options,
                                  catga_subscription **subscription)
{
    return catga_nats_subscribe_to(catga_nats_of(transport), options, NULL, subscription);
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
    if (subscription->watched != NULL)
        catga_nats_watch_less(subscription->watched);
    count_dropped(subscription);
    if (subscription->native != NULL)
        natsSubscription_DrainTimeout(subscription->native, 0);
}

/* What comes comes first from nats.c's thread, then out of the line. */
static bool is_drained(const catga_subscription *subscription)
{
    return subscription->threads == 0 && catga_nats_line_drained(subscription->line);
}

catga_status catga_nats_drain(catga_transport *transport, catga_subscription *subscription,
                              int timeout_ms)
{
    catga_nats *nats = catga_nats_of(transport);
    struct timespec end = catga_clock_timespec(catga_clock_now() + timeout_ms * CATGA_MILLISECOND);
    pthread_mutex_lock(&nats->lock);
    start_drain(subscription);
    bool in_time = timeout_ms > 0;
    while (!is_drained(subscription) && in_time)
        in_time = pthread_cond_timedwait(&nats->changed, &nats->lock, &end) == 0;
    bool drained = is_drained(subscription);
    pthread_mutex_unlock(&nats->lock);
    return drained ? CATGA_OK : CATGA_TIMEOUT;
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
    pthread_mutex_unlock(&nats->lock);
    natsSubscription_Destroy(subscription->native);
    if (subscription->line != NULL)
        catga_nats_line_end(subscription->line);
    if (subscription->orphan)
        catga_nats_turn_take(&subscription->turn); /* for good: a message that is still on its way never gets one */
    else
        subscription_free(subscription);
}
