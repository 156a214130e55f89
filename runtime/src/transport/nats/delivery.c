/* nats.c keeps the messages that were read in a list for each subscription. The leader takes them
 * from there. Requests and events go to the admission queue of their handler, which limits waiting
 * messages and has worker threads. Passing a message to another thread takes as long as the whole
 * round trip of a single request. So a quick handler with one worker runs in the leader. */
#include "transport/nats/delivery.h"

#include "base/clock.h"
#include "transport/nats/hold_back.h"
#include "transport/nats/message.h"
#include "transport/nats/wake.h"

/* Time for one subscription in a pass, so that the others, and the socket, are not delayed. */
#define BUDGET (CATGA_MILLISECOND / 2)

/* Messages that a quick handler gets at once. */
enum { BATCH = 16 };

/* Time after which a pass writes what its handlers have sent. */
#define WRITE_AFTER (CATGA_MILLISECOND / 4)

/* A pass of the leader. */
typedef struct pass {
    catga_nats *nats;
    int64_t read_ns;    /* time of the last read */
    int64_t now;        /* a recent time */
    int64_t written_ns; /* time of the last write */
    uint64_t changes;   /* of the subscriptions, when the pass began */
    bool found;         /* a message for the leader */
} pass;

/* ---- Arrival ---- */

/* Notes when the waiting messages arrived, unless some noted ones still wait. */
static void note_arrival(catga_subscription *subscription, int waiting, int64_t read_ns)
{
    if (subscription->known > 0)
        return;
    subscription->known = waiting;
    subscription->known_ns = read_ns;
}

/* Returns a time by which the next `known` messages had arrived in this process. */
static int64_t arrived_at(const catga_subscription *subscription)
{
    return catga_nats_suspend_before(&subscription->owner->suspend_detector,
                                     subscription->known_ns);
}

/* ---- Running functions of the bus, without the lock ---- */

/* The subscription stays valid until `finish`. */
static uint64_t begin(pass *at, catga_subscription *subscription)
{
    atomic_fetch_add(&subscription->running, 1);
    return catga_nats_event_loop_leave(&at->nats->loop);
}

/* Returns whether this thread still leads. If not, the new leader may have passed over the
 * subscription, and a drain may wait. */
static bool finish(pass *at, catga_subscription *subscription, uint64_t run)
{
    catga_nats *nats = at->nats;
    bool leads = catga_nats_event_loop_return(&nats->loop, run);

    atomic_fetch_sub(&subscription->running, 1);
    if (!leads) {
        catga_nats_event_loop_wake(&nats->loop);
        catga_nats_wake_drain(nats);
    }
    return leads;
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

static void end_overflow(catga_subscription *subscription)
{
    catga_admission_queue *queue = subscription->queue;

    if (atomic_load_explicit(&subscription->overflowing, memory_order_relaxed) &&
        atomic_load(&queue->load) <= queue->options.limit / 2)
        atomic_store(&subscription->overflowing, false);
}

static bool admit(pass *at, catga_subscription *subscription, const catga_incoming *message)
{
    bool admitted = catga_admission_queue_admit(subscription->queue, message, subscription->receive,
                                                subscription->user, at->now);

    end_overflow(subscription);
    return admitted;
}

static void refuse(catga_subscription *subscription, catga_incoming *message)
{
    if (subscription->refuse != NULL)
        subscription->refuse(subscription->user, message);
    else
        drop(subscription, message);
}

/* Runs the handler in this thread, message by message. */
static bool run_here(pass *at, catga_subscription *subscription, catga_incoming *messages,
                     int count)
{
    uint64_t run = begin(at, subscription);

    catga_admission_queue_run_here(subscription->queue, messages, count, subscription->receive,
                                   subscription->user, &at->now);
    return finish(at, subscription, run);
}

static bool queue(pass *at, catga_subscription *subscription, catga_incoming *message)
{
    if (admit(at, subscription, message))
        return true;
    uint64_t run = begin(at, subscription);
    refuse(subscription, message);
    return finish(at, subscription, run);
}

/* ---- A pass ---- */

/* Takes up to `most` messages from the list of nats.c. Returns their number; *gone is the number of
 * those that nats.c has destroyed, since a peer made them look like its answer for an absent
 * responder. */
static int take(catga_subscription *subscription, catga_incoming *messages, int most, int *gone)
{
    natsMsg *native;
    int count = 0;

    for (*gone = 0; count + *gone < most;) {
        natsStatus status = natsSubscription_NextMsg(&native, subscription->native, 0);
        if (status == NATS_OK)
            messages[count++] = catga_nats_incoming(native);
        else if (status == NATS_NO_RESPONDERS)
            ++*gone;
        else if (status != NATS_SLOW_CONSUMER) /* tells once that messages were dropped */
            break;
    }
    return count;
}

/* Returns whether the handler is to run in this thread, and has it wait for that. */
static bool claims(pass *at, catga_subscription *subscription, int waiting)
{
    unsigned behind = subscription->queued_bytes != 0 ? 0 : (unsigned)waiting;

    return catga_admission_queue_is_quick(subscription->queue, behind) &&
           catga_admission_queue_claim(subscription->queue, at->now);
}

/* Delivers one message or some: of a quick handler up to BATCH, but no more than `waiting`. Returns
 * their number, 0 if they are to wait, or -1 if this thread leads no more. */
static int deliver_some(pass *at, catga_subscription *subscription, int waiting)
{
    catga_incoming messages[BATCH];
    bool here = claims(at, subscription, waiting);
    int64_t arrived_ns = arrived_at(subscription);
    int gone;

    if (!here && catga_nats_hold_back(subscription))
        return 0;
    int count = take(subscription, messages, !here ? 1 : waiting < BATCH ? waiting : BATCH, &gone);

    subscription->known -= count + gone;
    for (int i = 0; i < count; i++)
        messages[i].waited_ns = at->now - arrived_ns;
    bool leads = here        ? run_here(at, subscription, messages, count)
                 : count > 0 ? queue(at, subscription, &messages[0])
                             : true;
    return leads ? count + gone : -1;
}

/* The handlers of this thread do not write what they send. */
static void write_in_time(pass *at)
{
    if (at->now - at->written_ns < WRITE_AFTER)
        return;
    catga_nats_event_loop_write(&at->nats->loop, at->now);
    at->written_ns = at->now;
}

static int waiting_for(const catga_subscription *subscription)
{
    int waiting = 0;

    if (subscription->native == NULL || subscription->threaded ||
        natsSubscription_GetPending(subscription->native, &waiting, NULL) != NATS_OK)
        return 0;
    return waiting;
}

/* Delivers the waiting messages of one subscription. */
static catga_nats_delivered deliver_to(pass *at, catga_subscription *subscription)
{
    int waiting = waiting_for(subscription);
    int64_t end = at->now + BUDGET;

    at->found = at->found || waiting > 0;
    while (waiting > 0) {
        note_arrival(subscription, waiting, at->read_ns);
        int count = deliver_some(at, subscription, subscription->known);
        if (count < 0)
            return CATGA_NATS_LEADER_LOST;
        if (count == 0)
            return CATGA_NATS_ALL_DELIVERED;
        waiting -= count;
        if (at->nats->loop.changes != at->changes || (waiting > 0 && at->now > end))
            return CATGA_NATS_MORE_TO_DELIVER;
        write_in_time(at);
    }
    return CATGA_NATS_ALL_DELIVERED;
}

static catga_nats_delivered deliver_all(pass *at)
{
    catga_nats *nats = at->nats;
    catga_nats_delivered result = CATGA_NATS_ALL_DELIVERED;
    catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        catga_nats_delivered delivered = deliver_to(at, subscription);
        if (delivered == CATGA_NATS_LEADER_LOST)
            return delivered;
        if (nats->loop.changes != at->changes)
            return CATGA_NATS_MORE_TO_DELIVER;
        if (delivered == CATGA_NATS_MORE_TO_DELIVER)
            result = delivered;
    }
    return result;
}

/* ---- The guest: the thread of the inbox ---- */

/* Passes that find only answers, after which the thread of the inbox leads. */
enum { ANSWERS_ONLY = 32 };

static bool is_inbox(const catga_subscription *subscription)
{
    return subscription == subscription->owner->replies;
}

/* Returns how many answers wait, or -1 if the subscription has ended. */
static int count_answers(natsSubscription *inbox)
{
    int waiting = 0;

    return natsSubscription_GetPending(inbox, &waiting, NULL) == NATS_OK ? waiting : -1;
}

/* The thread of the inbox may have taken its last answer before it could see the offer. */
static catga_nats_delivered offer(pass *at, natsSubscription *inbox)
{
    catga_nats_event_loop *loop = &at->nats->loop;
    uint64_t run = catga_nats_event_loop_offer(loop, at->now);

    if (run == 0 || (count_answers(inbox) <= 0 && catga_nats_event_loop_withdraw(loop, run)))
        return CATGA_NATS_ALL_DELIVERED;
    catga_nats_event_loop_depart(loop);
    return CATGA_NATS_LEADER_LOST;
}

/* Offers the role to the thread of the inbox when the last passes had answers only. */
static catga_nats_delivered offer_after_answers(pass *at)
{
    catga_nats *nats = at->nats;
    natsSubscription *inbox = nats->replies->native;

    if (at->found)
        nats->answers_only = 0;
    if (at->found || inbox == NULL || count_answers(inbox) <= 0 ||
        ++nats->answers_only < ANSWERS_ONLY)
        return CATGA_NATS_ALL_DELIVERED;
    return offer(at, inbox);
}

static bool has_others(const catga_nats *nats)
{
    const catga_subscription *subscription;

    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        if (waiting_for(subscription) > 0)
            return true;
    }
    return false;
}

/* A guest in the event loop. */
typedef struct guest {
    catga_nats *nats;
    natsSubscription *inbox; /* of this thread, perhaps of a former connection */
} guest;

/* Leads until an answer waits. A message for a handler, which may wait for an answer, is left to a
 * thread of the loop. */
static catga_nats_delivered deliver_as_guest(void *user, int64_t now)
{
    const guest *self = user;
    catga_nats *nats = self->nats;
    int answers = nats->replies->native == self->inbox ? count_answers(self->inbox) : -1;

    bool only_answers = answers >= 0 && !has_others(nats);

    if (only_answers && answers == 0)
        return CATGA_NATS_ALL_DELIVERED;
    if (only_answers && catga_nats_event_loop_offer(&nats->loop, now) != 0) {
        catga_nats_event_loop_depart(&nats->loop);
    } else {
        nats->answers_only = 0;
        catga_nats_event_loop_hand_on(&nats->loop);
    }
    return CATGA_NATS_LEADER_LOST;
}

/* ---- The leader ---- */

catga_nats_delivered catga_nats_deliver(void *user, int64_t now)
{
    catga_nats *nats = user;
    pass at = {
        .nats = nats, .read_ns = now, .now = now, .written_ns = now, .changes = nats->loop.changes};

    if (nats->loop.socket == NULL)
        return CATGA_NATS_ALL_DELIVERED;
    catga_nats_delivered result = deliver_all(&at);
    return result == CATGA_NATS_ALL_DELIVERED ? offer_after_answers(&at) : result;
}

/* ---- In a thread of nats.c ---- */

/* Has a thread of nats.c gather and keep, from its first message until it ends. */
static void begin_in_thread(void)
{
    static _Thread_local bool has_begun;

    if (has_begun)
        return;
    has_begun = true;
    catga_nats_event_loop_gather_begin();
    catga_nats_keep_begin();
}

static void receive(catga_subscription *subscription, natsMsg *message)
{
    if (subscription->pull != NULL) {
        catga_nats_pull_receive(subscription->pull, message);
    } else {
        catga_incoming incoming = catga_nats_incoming(message);
        subscription->receive(subscription->user, &incoming);
    }
}

/* Writes what was sent after the last waiting message. Returns whether this thread leads instead,
 * under the loop's lock. */
static bool finish_in_thread(catga_subscription *subscription, natsSubscription *native)
{
    catga_nats_event_loop *loop = &subscription->owner->loop;

    if (count_answers(native) > 0)
        return false;
    if (is_inbox(subscription) && catga_nats_event_loop_accept(loop))
        return true;
    catga_nats_event_loop_flush(loop);
    return false;
}

/* The messages that are sent meanwhile are gathered while more wait. The lock orders the threads of
 * a lost and of a new connection; that of an orphan is held forever. */
void catga_nats_deliver_in_thread(natsConnection *connection, natsSubscription *native,
                                  natsMsg *message, void *closure)
{
    catga_subscription *subscription = closure;
    guest self = {.nats = subscription->owner, .inbox = native};

    (void)connection;
    while (sem_wait(&subscription->delivery_lock) != 0)
        continue; /* interrupted */
    begin_in_thread();
    if (is_inbox(subscription))
        catga_nats_event_loop_visit(&self.nats->loop);
    receive(subscription, message);
    bool leads = finish_in_thread(subscription, native);
    sem_post(&subscription->delivery_lock);
    if (leads)
        catga_nats_event_loop_lead(&self.nats->loop, deliver_as_guest, &self);
}
