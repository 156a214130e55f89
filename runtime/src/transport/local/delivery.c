/* The sender's thread handles a request whose sender waits, without a copy. The broker's thread
 * delivers all other messages in order: to the workers of a handler, or directly to a handler of
 * at-most-once events with one worker. */
#include "transport/local/delivery.h"

#include "base/clock.h"

#include <errno.h>

static const char inbox[] = "_INBOX.local";

/* Returns the message as its receiver sees it. */
static catga_incoming incoming_of(catga_local_message *message)
{
    return (catga_incoming){
        .subject = catga_str(message->subject),
        .reply = message->requester != NULL ? inbox : NULL,
        .sequence = message->sequence,
        .deliveries = message->deliveries,
        .stored_ns = message->stored_ns,
        .data = message->data,
        .length = message->length,
        .deadline_ns = message->deadline_ns,
        .waited_ns = message->borrowed ? 0 : 1,
        .native = message,
    };
}

/* Waits until the member is free. Returns false if the deadline passes first. */
static bool take_turn(catga_subscription *member, int64_t deadline_ns)
{
    if (sem_trywait(&member->turn) == 0)
        return true;
    struct timespec end = catga_clock_timespec(deadline_ns != 0 ? deadline_ns : CATGA_FOREVER);
    while (sem_clockwait(&member->turn, CLOCK_MONOTONIC, &end) != 0) {
        if (errno == ETIMEDOUT)
            return false;
    }
    /* makes the effects of the previous run visible, also to ThreadSanitizer, which does not
     * know sem_clockwait */
    return atomic_load(&member->waiting) != 0;
}

/* Returns true if more messages wait than the member allows. */
static bool is_full(const catga_subscription *member)
{
    unsigned workers = member->queue != NULL ? member->queue->options.workers : 1;

    return catga_local_member_load(member) > member->pending + workers;
}

/* Refuses the message for an entered member; takes ownership of the reference. */
static void refuse(catga_subscription *member, catga_local_message *message)
{
    catga_incoming incoming = incoming_of(message);

    member->refuse(member->user, &incoming);
    catga_local_leave(member);
}

/* Counts a dropped message. Its bus is told once, until half of the waiting messages are
 * handled. */
static void drop(catga_subscription *member)
{
    catga_local_transport *transport = member->transport;

    atomic_fetch_add_explicit(&transport->dropped, 1, memory_order_relaxed);
    if (!atomic_exchange(&member->overflowing, true))
        transport->listener.on_event(transport->listener.user, CATGA_CONNECTION_OVERFLOW,
                                     member->subject->name);
    catga_local_leave(member);
}

/* ---- Delivering ---- */

/* Queues a message for the member's workers; takes ownership of the reference. */
static void admit(catga_subscription *member, catga_local_message *message)
{
    catga_incoming incoming = incoming_of(message);

    if (catga_admission_queue_admit(member->queue, &incoming, member->receive, member->user,
                                    catga_clock_now())) {
        catga_local_leave(member);
    } else if (member->refuse != NULL) {
        refuse(member, message);
    } else {
        catga_local_message_release(message);
        drop(member);
    }
}

/* Runs the handler in this thread, which waits for the answer. */
static void run_in_sender(catga_subscription *member, catga_local_message *message)
{
    catga_incoming incoming = incoming_of(message);

    if (!catga_admission_queue_run_in_sender(member->queue, &incoming, member->receive,
                                             member->user, message->deadline_ns))
        catga_local_message_release(message); /* too late: nobody waits for the result */
    catga_local_leave(member);
}

void catga_local_deliver(catga_subscription *member, catga_local_message *message)
{
    if (member->queue != NULL && message->borrowed) {
        run_in_sender(member, message);
        return;
    }
    if (member->queue != NULL) {
        admit(member, message);
        return;
    }
    if (!take_turn(member, message->deadline_ns)) {
        catga_local_message_release(message); /* too late: nobody waits for the result */
        catga_local_leave(member);
        return;
    }
    catga_incoming incoming = incoming_of(message);
    member->receive(member->user, &incoming);
    catga_local_leave(member);
    sem_post(&member->turn);
}

void catga_local_deliver_here(catga_subscription *member, catga_local_message *message)
{
    if (is_full(member))
        refuse(member, message);
    else
        catga_local_deliver(member, message);
}

/* ---- Queueing ---- */

/* Queues a message for an entered member. */
static void enqueue(catga_local *broker, catga_subscription *member, catga_local_message *message)
{
    size_t bytes = atomic_load_explicit(&member->bytes, memory_order_relaxed);

    bool full =
        is_full(member) || (bytes != 0 && (message->length > member->pending_bytes ||
                                           bytes > member->pending_bytes - message->length));

    if (full && member->refuse == NULL) {
        drop(member);
        return;
    }
    atomic_fetch_add(&message->references, 1);
    if (full) {
        refuse(member, message);
        return;
    }
    atomic_fetch_add(&member->bytes, message->length);
    if (catga_ring_put(&broker->queue, (catga_ring_item){member, message})) {
        sem_post(&broker->queued);
    } else {
        atomic_fetch_sub(&member->bytes, message->length);
        catga_local_message_release(message);
        drop(member);
    }
}

bool catga_local_enqueue_group(catga_local *broker, catga_local_group *group,
                               catga_local_message *message)
{
    bool taken = false;

    if (group->name != NULL) {
        catga_subscription *member = catga_local_enter_next(group);
        if (member != NULL)
            enqueue(broker, member, message);
        return member != NULL;
    }
    for (catga_subscription *member = atomic_load(&group->members); member != NULL;
         member = member->next) {
        if (!catga_local_enter(member))
            continue;
        enqueue(broker, member, message);
        taken = true;
    }
    return taken;
}

void catga_local_deliver_queued(catga_ring_item item)
{
    catga_subscription *member = item.to;
    catga_local_message *message = item.message;

    if (atomic_load_explicit(&member->overflowing, memory_order_relaxed) &&
        catga_local_member_load(member) <= member->pending / 2)
        atomic_store(&member->overflowing, false);
    atomic_fetch_sub(&member->bytes, message->length);
    catga_local_deliver(member, message);
}
