#include "transport/nats/native_subscription.h"

#include "transport/nats/delivery.h"

/* Ends a delivery thread of nats.c: after a drain, or when its connection has ended. */
static void on_complete(void *closure)
{
    catga_subscription *subscription = closure;
    catga_nats *nats = subscription->owner;

    pthread_mutex_lock(&nats->lock);
    subscription->threads--;
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

/* nats.c accepts the completion callback only after the subscription, and refuses it if the
 * connection has ended in between. Then nothing reports the end of the delivery thread: the
 * subscription becomes an orphan, which is never freed. */
natsStatus catga_nats_native_subscribe(catga_subscription *subscription)
{
    natsConnection *carrier = subscription->owner->carrier;
    natsSubscription *native = NULL;

    natsStatus status = subscription->queue_group == NULL
                            ? natsConnection_Subscribe(&native, carrier, subscription->subject,
                                                       catga_nats_deliver, subscription)
                            : natsConnection_QueueSubscribe(&native, carrier, subscription->subject,
                                                            subscription->queue_group,
                                                            catga_nats_deliver, subscription);
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

/* Subscribes on the current connection. A failure means that it ends: there will be another. */
static void renew(catga_subscription *subscription)
{
    if (!subscription->draining && subscription->native == NULL)
        (void)catga_nats_native_subscribe(subscription);
}

void catga_nats_native_resubscribe(catga_subscription *subscription)
{
    catga_nats_native_count_dropped(subscription);
    natsSubscription_Destroy(subscription->native);
    subscription->native = NULL;
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
        natsSubscription_Destroy(subscription->native);
        subscription->native = NULL;
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
