/* Each subscription has a thread of nats.c per connection, which delivers its messages. Requests,
 * stored events, and messages for several workers go from that thread into an admission queue,
 * which limits waiting messages while the handler runs. Passing a message to another thread takes
 * as long as the whole round trip of a single request. So a quick handler with one worker runs in
 * the thread of nats.c while no message waits. */
#include "transport/nats/delivery.h"

#include "base/clock.h"
#include "transport/nats/message.h"

/* ---- The delivery lock ---- */

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

/* ---- Arrival ---- */

/* Notes how many messages wait behind the current one, unless some noted messages still follow.
 * nats.c does not report when it read a message, but the waiting ones have arrived by now. */
static void look_behind(catga_subscription *subscription, natsSubscription *native)
{
    if (subscription->known > 0 && subscription->known_of == native)
        return;
    subscription->known = 0;
    subscription->known_of = native;
    natsSubscription_GetPending(native, &subscription->known, NULL);
    subscription->known_ns = catga_clock_now();
}

/* Returns a time by which the current message had arrived in this process. */
static int64_t received_at(catga_subscription *subscription, natsSubscription *native, int64_t now)
{
    int64_t read_by = now;

    if (subscription->known > 0 && subscription->known_of == native) {
        subscription->known--;
        read_by = subscription->known_ns;
    }
    return catga_nats_suspend_before(&subscription->owner->suspend_detector, read_by);
}

/* ---- Admission ---- */

/* Counts a dropped message. The bus is told once, until half of the waiting messages are
 * handled. */
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

/* Runs the handler, queues the message, or refuses it. */
static void admit(catga_subscription *subscription, natsSubscription *native, natsMsg *message)
{
    catga_incoming incoming = catga_nats_incoming(message);

    catga_nats_delivery_lock(&subscription->delivery_lock);
    int64_t now = catga_clock_now();
    incoming.waited_ns = now - received_at(subscription, native, now);
    look_behind(subscription, native);
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

void catga_nats_deliver(natsConnection *connection, natsSubscription *native, natsMsg *message,
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
