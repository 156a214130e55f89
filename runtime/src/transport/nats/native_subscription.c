#include "transport/nats/native_subscription.h"

#include "transport/nats/delivery.h"
#include "transport/nats/message.h"

/* ---- The inbox ---- */

/* Limit of waiting bytes of answers. */
enum { ANSWER_BYTES = 64 * 1024 * 1024 };

/* A delivery thread of nats.c ends, which calls this. */
static void on_complete(void *closure)
{
    catga_subscription *inbox = closure;
    catga_nats *nats = inbox->owner;

    catga_nats_destroy_released();
    pthread_mutex_lock(&nats->lock);
    inbox->threads--;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

/* nats.c accepts the completion callback only after the subscription, and refuses it if the
 * connection has ended in between. Then nothing reports the end of the delivery thread: the
 * subscription becomes an orphan, which is never freed. */
static natsStatus subscribe_inbox(catga_subscription *inbox)
{
    natsSubscription *native = NULL;
    natsStatus status = natsConnection_Subscribe(&native, inbox->owner->carrier, inbox->subject,
                                                 catga_nats_deliver_answer, inbox);

    if (status != NATS_OK)
        return status;
    inbox->native = native;
    inbox->dropped = 0;
    if (natsSubscription_SetOnCompleteCB(native, on_complete, inbox) == NATS_OK)
        inbox->threads++;
    else
        inbox->orphan = true;
    return natsSubscription_SetPendingLimits(native, -1, ANSWER_BYTES);
}

/* ---- Subscriptions with a queue ---- */

/* The leader takes the messages from nats.c at once, or holds them back there. */
static natsStatus subscribe_queue(catga_subscription *subscription)
{
    natsConnection *carrier = subscription->owner->carrier;
    natsSubscription *native = NULL;

    natsStatus status =
        subscription->queue_group == NULL
            ? natsConnection_SubscribeSync(&native, carrier, subscription->subject)
            : natsConnection_QueueSubscribeSync(&native, carrier, subscription->subject,
                                                subscription->queue_group);
    if (status != NATS_OK)
        return status;
    subscription->native = native;
    subscription->known = 0;
    subscription->dropped = 0;
    if (subscription->pull != NULL)
        catga_nats_pull_forget(subscription->pull);
    return natsSubscription_SetPendingLimits(native, subscription->pending,
                                             subscription->pending_bytes);
}

/* ---- Both ---- */

natsStatus catga_nats_native_subscribe(catga_subscription *subscription)
{
    catga_nats_event_loop *loop = &subscription->owner->loop;

    catga_nats_event_loop_lock(loop);
    natsStatus status =
        subscription->queue == NULL ? subscribe_inbox(subscription) : subscribe_queue(subscription);
    catga_nats_event_loop_unlock(loop);
    return status;
}

/* The leader walks through the subscriptions, so it may hold this one only before the lock. */
void catga_nats_native_unsubscribe(catga_subscription *subscription)
{
    catga_nats_event_loop *loop = &subscription->owner->loop;

    catga_nats_event_loop_lock(loop);
    natsSubscription_Destroy(subscription->native);
    subscription->native = NULL;
    catga_nats_event_loop_unlock(loop);
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
