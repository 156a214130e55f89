#include "transport/nats/hold_back.h"

/* bytes of events in an admission queue */
enum { QUEUED_BYTES = 1024 * 1024 };

static bool has_room(const catga_admission_queue *queue)
{
    return atomic_load(&queue->load) <= queue->options.limit / 2 &&
           atomic_load(&queue->bytes) < QUEUED_BYTES;
}

/* The leader is woken for many messages at once. */
void catga_nats_note_room(void *user)
{
    catga_subscription *subscription = user;

    if (atomic_load(&subscription->is_held_back) && has_room(subscription->queue) &&
        atomic_exchange(&subscription->is_held_back, false))
        catga_nats_event_loop_wake(&subscription->owner->loop);
}

bool catga_nats_hold_back(catga_subscription *subscription)
{
    const catga_admission_queue *queue = subscription->queue;
    bool is_full = subscription->holds_back && (atomic_load(&queue->load) >= queue->options.limit ||
                                                atomic_load(&queue->bytes) >= QUEUED_BYTES);

    if (!is_full)
        return false;
    atomic_store(&subscription->is_held_back, true);
    return !has_room(queue) || !atomic_exchange(&subscription->is_held_back, false);
}
