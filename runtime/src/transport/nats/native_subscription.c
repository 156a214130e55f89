#include "transport/nats/native_subscription.h"

#include "base/signals.h"
#include "transport/nats/delivery.h"
#include "transport/nats/message.h"

/* A delivery thread of nats.c ends, which calls this. */
static void on_complete(void *closure)
{
    catga_subscription *subscription = closure;
    catga_nats *nats = subscription->owner;

    catga_nats_keep_end();
    pthread_mutex_lock(&nats->lock);
    subscription->threads--;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

/* nats.c accepts the completion callback only after the subscription, and refuses it if the
 * connection has ended in between. Then nothing reports the end of the delivery thread: the
 * subscription becomes an orphan, which is never freed. */
static void note_thread(catga_subscription *subscription)
{
    if (natsSubscription_SetOnCompleteCB(subscription->native, on_complete, subscription) ==
        NATS_OK)
        subscription->threads++;
    else
        subscription->orphan = true;
}

/* Makes the subscription of nats.c: with a thread of its own, or for the leader. */
static natsStatus make(catga_subscription *subscription, natsSubscription **native)
{
    natsConnection *carrier = subscription->owner->carrier;

    if (subscription->threaded)
        return natsConnection_Subscribe(native, carrier, subscription->subject,
                                        catga_nats_deliver_in_thread, subscription);
    if (subscription->queue_group == NULL)
        return natsConnection_SubscribeSync(native, carrier, subscription->subject);
    return natsConnection_QueueSubscribeSync(native, carrier, subscription->subject,
                                             subscription->queue_group);
}

static natsStatus subscribe(catga_subscription *subscription)
{
    natsSubscription *native = NULL;
    natsStatus status = make(subscription, &native);

    if (status != NATS_OK)
        return status;
    subscription->native = native;
    subscription->known = 0;
    subscription->dropped = 0;
    if (subscription->pull != NULL)
        catga_nats_pull_forget(subscription->pull);
    if (subscription->threaded)
        note_thread(subscription);
    return natsSubscription_SetPendingLimits(native, subscription->pending,
                                             subscription->pending_bytes);
}

natsStatus catga_nats_native_subscribe(catga_subscription *subscription)
{
    catga_nats_event_loop *loop = &subscription->owner->loop;
    sigset_t before;

    catga_signals_block(&before); /* the delivery thread of nats.c inherits the mask */
    catga_nats_event_loop_lock(loop);
    natsStatus status = subscribe(subscription);
    catga_nats_event_loop_unlock(loop);
    catga_signals_restore(&before);
    return status;
}

/* The leader walks through the subscriptions, so it may hold this one only before the lock. The
 * thread of the inbox may lead: it ends. */
void catga_nats_native_unsubscribe(catga_subscription *subscription)
{
    catga_nats_event_loop *loop = &subscription->owner->loop;

    catga_nats_event_loop_lock(loop);
    natsSubscription_Destroy(subscription->native);
    subscription->native = NULL;
    catga_nats_event_loop_unlock(loop);
    if (subscription->threaded)
        catga_nats_event_loop_wake(loop);
}

/* Subscribes on the current connection. A failure means that it ends: there will be another. */
static void renew(catga_subscription *subscription)
{
    if (!subscription->draining && subscription->native == NULL)
        (void)catga_nats_native_subscribe(subscription);
}

void catga_nats_native_resubscribe(catga_subscription *subscription)
{
    catga_nats_native_count_dropped(subscription);
    catga_nats_native_unsubscribe(subscription);
    renew(subscription);
}

void catga_nats_native_renew_all(catga_nats *nats)
{
    catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        renew(subscription);
    }
}

/* The inbox is the first subscription. */
void catga_nats_native_renew_inbox(catga_nats *nats)
{
    catga_subscription *inbox = TAILQ_FIRST(&nats->subscriptions);

    if (inbox != NULL)
        renew(inbox);
}

void catga_nats_native_forget_all(catga_nats *nats)
{
    catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        catga_nats_native_unsubscribe(subscription);
        subscription->refused = false;
    }
}

/* ---- Dropped messages ---- */

void catga_nats_native_count_dropped(catga_subscription *subscription)
{
    int64_t dropped = 0;

    if (subscription->native == NULL ||
        natsSubscription_GetDropped(subscription->native, &dropped) != NATS_OK)
        return;
    atomic_fetch_add(&subscription->owner->dropped, (uint64_t)(dropped - subscription->dropped));
    subscription->dropped = dropped;
}

/* nats.c reports only the first message of an episode, so every call counts anew. */
uint64_t catga_nats_count_dropped(catga_nats *nats)
{
    catga_subscription *subscription;

    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        catga_nats_native_count_dropped(subscription);
    }
    pthread_mutex_unlock(&nats->lock);
    return atomic_load(&nats->dropped);
}

/* ---- Messages in hand ---- */

static uint64_t count_waiting(const catga_subscription *subscription)
{
    int messages = 0;

    if (subscription->native == NULL ||
        natsSubscription_GetPending(subscription->native, &messages, NULL) != NATS_OK)
        return 0;
    return messages > 0 ? (uint64_t)messages : 0;
}

/* Answers have no queue, and are not in hand. */
static uint64_t count_in_hand(const catga_subscription *subscription)
{
    if (subscription->queue == NULL || subscription->uncounted)
        return 0;
    return count_waiting(subscription) +
           (subscription->beside ? 0 : atomic_load(&subscription->queue->load));
}

uint64_t catga_nats_count_in_hand(catga_nats *nats)
{
    const catga_subscription *subscription;
    uint64_t count = 0;

    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        count += count_in_hand(subscription);
    }
    pthread_mutex_unlock(&nats->lock);
    return count;
}
