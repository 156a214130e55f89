#include "transport/nats/hold_back.h"

/* Returns true if the queue has room for many messages. */
static bool has_room(const catga_subscription *subscription)
{
    const catga_admission_queue *queue = subscription->queue;

    return atomic_load(&queue->load) <= queue->options.limit / 2 &&
           atomic_load(&queue->bytes) < subscription->queued_bytes;
}

static bool is_full(const catga_subscription *subscription)
{
    const catga_admission_queue *queue = subscription->queue;

    return atomic_load(&queue->load) >= queue->options.limit ||
           atomic_load(&queue->bytes) >= subscription->queued_bytes;
}

void catga_nats_note_room(void *user)
{
    catga_subscription *subscription = user;

    if (atomic_load(&subscription->is_held_back) && has_room(subscription) &&
        atomic_exchange(&subscription->is_held_back, false))
        catga_nats_event_loop_wake(&subscription->owner->loop);
}

bool catga_nats_hold_back(catga_subscription *subscription)
{
    if (subscription->queued_bytes == 0 || !is_full(subscription))
        return false;
    atomic_store(&subscription->is_held_back, true);
    return !has_room(subscription) || !atomic_exchange(&subscription->is_held_back, false);
}
