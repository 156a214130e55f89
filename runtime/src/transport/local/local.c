/* The transport inside this process: buses attached to one broker. The sender's thread handles a
 * request whose sender waits, without a copy. All other messages are copied into the broker's
 * queue. The broker's thread delivers them in order: to the workers of a handler, or directly to
 * a handler of at-most-once events with one worker. The transport also has the failures of a
 * server: no responders, messages dropped when too many wait, a lost connection. */
#include "base/clock.h"
#include "base/running.h"
#include "base/signals.h"
#include "transport/local/broker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

static const char inbox[] = "_INBOX.local";

static catga_local_transport *self(const catga_transport *transport)
{
    /* base is the first member; operations that only read take a const transport */
    return (catga_local_transport *)(uintptr_t)transport;
}

/* ---- Giving a message to a member ---- */

/* Returns the message as its receiver sees it. */
static catga_incoming incoming_of(catga_local_message *message, const catga_subscription *member)
{
    const char *reply = message->requester != NULL ? inbox : message->reply;
    catga_string subject = {member->subject->name, member->subject->length};

    return (catga_incoming){
        .subject = message->subject != NULL ? catga_str(message->subject) : subject,
        .reply = reply,
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
    catga_incoming incoming = incoming_of(message, member);

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

/* Queues a message for the member's workers; takes ownership of the reference. */
static void admit(catga_subscription *member, catga_local_message *message)
{
    catga_incoming incoming = incoming_of(message, member);

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
static void give_here(catga_subscription *member, catga_local_message *message)
{
    catga_incoming incoming = incoming_of(message, member);

    if (!catga_admission_queue_run_in_sender(member->queue, &incoming, member->receive,
                                             member->user, message->deadline_ns))
        catga_local_message_release(message); /* too late: nobody waits for the result */
    catga_local_leave(member);
}

/* Delivers a message to an entered member; takes ownership of the reference. */
static void give(catga_subscription *member, catga_local_message *message)
{
    if (member->queue != NULL && message->borrowed) {
        give_here(member, message);
        return;
    }
    if (member->queue != NULL) {
        admit(member, message);
        return;
    }
    if (!take_turn(member, message->deadline_ns)) {
        catga_local_message_release(message); /* too late: nobody waits for what it would do */
        catga_local_leave(member);
        return;
    }
    catga_incoming incoming = incoming_of(message, member);
    member->receive(member->user, &incoming);
    catga_local_leave(member);
    sem_post(&member->turn);
}

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

/* Queues a message for each member of a group that receives it, and enters these members. */
static bool enqueue_group(catga_local *broker, catga_local_group *group,
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

/* ---- The broker's thread ---- */

static void deliver(catga_ring_item item)
{
    catga_subscription *member = item.to;
    catga_local_message *message = item.message;

    if (atomic_load_explicit(&member->overflowing, memory_order_relaxed) &&
        catga_local_member_load(member) <= member->pending / 2)
        atomic_store(&member->overflowing, false);
    atomic_fetch_sub(&member->bytes, message->length);
    give(member, message);
}

/* Waits for an item. Returns false if `next_ns` passes first. */
static bool wait_for_work(catga_local *broker, int64_t next_ns)
{
    struct timespec until = catga_clock_timespec(next_ns);

    while (sem_clockwait(&broker->queued, CLOCK_MONOTONIC, &until) != 0)
        if (errno == ETIMEDOUT)
            return false;
    return true;
}

/* Delivers the item for which `queued` was posted. Returns false at the end. */
static bool deliver_queued(catga_local *broker)
{
    catga_ring_item item;

    while (!catga_ring_take(&broker->queue, &item)) {
        if (atomic_exchange(&broker->store.woken, false))
            return true;
        if (atomic_load(&broker->stopping))
            return false;
        sched_yield(); /* a producer has reserved the cell, and is filling it */
    }
    deliver(item);
    return true;
}

/* Alternates between queued and stored messages. */
static void *run_broker(void *argument)
{
    catga_local *broker = argument;
    int64_t next_ns = CATGA_FOREVER;

    for (;;) {
        if (wait_for_work(broker, next_ns) && !deliver_queued(broker))
            return NULL;
        catga_subscription *member = NULL;
        catga_local_message *message = catga_local_store_take(broker, &member, &next_ns);
        if (message != NULL)
            give(member, message);
    }
}

/* ---- Operations: sending ---- */

catga_status catga_local_may_send(const catga_local_transport *transport,
                                  const catga_outgoing *message)
{
    if (!atomic_load_explicit(&transport->broker->connected, memory_order_relaxed))
        return CATGA_DISCONNECTED;
    if (message->header_count >= CATGA_LOCAL_HEADERS ||
        catga_local_size(message) >
            atomic_load_explicit(&transport->broker->limits.max_payload, memory_order_relaxed))
        return CATGA_TOO_LARGE;
    if (message->subject != NULL && catga_local_refuses(transport, "%s", message->subject))
        return CATGA_NOT_PERMITTED;
    return CATGA_OK;
}

/* Queues a message for every group of its subject; *taken is set if there was a subscriber. */
static catga_status broadcast(catga_local_transport *transport, const catga_outgoing *outgoing,
                              uint64_t token, catga_local_transport *requester, bool *taken)
{
    catga_local *broker = transport->broker;
    catga_local_subject *subject = catga_local_find(broker, outgoing->subject);

    *taken = false;
    if (subject == NULL)
        return CATGA_OK;
    catga_local_message *message = catga_local_message_make(broker, outgoing, requester, token);
    if (message == NULL)
        return CATGA_NO_MEMORY;
    for (catga_local_group *group = atomic_load(&subject->groups); group != NULL;
         group = group->next)
        *taken |= enqueue_group(broker, group, message);
    catga_local_message_release(message);
    return CATGA_OK;
}

static catga_status local_publish(catga_transport *transport, const catga_outgoing *message)
{
    bool taken;
    catga_status status = catga_local_may_send(self(transport), message);

    if (status == CATGA_OK && !catga_local_fails(self(transport)->broker, CATGA_LOCAL_LOSE_EVENT))
        status = broadcast(self(transport), message, 0, NULL, &taken);
    if (status == CATGA_OK)
        atomic_fetch_add_explicit(&self(transport)->published, 1, memory_order_relaxed);
    return status;
}

/* Passes an answer to the requesting bus, unless it is closing. */
void catga_local_reply(catga_local_transport *requester, uint64_t token, catga_incoming *answer)
{
    atomic_fetch_add(&requester->inside, 1);
    if (!atomic_load(&requester->closed))
        requester->listener.on_reply(requester->listener.user, token, answer);
    else if (answer->native != NULL)
        catga_local_message_release(answer->native);
    atomic_fetch_sub(&requester->inside, 1);
}

/* Returns the group whose member can handle a request in its sender's thread: the only
 * subscriber. */
static catga_local_group *only_group(catga_local_subject *subject)
{
    catga_local_group *group =
        subject != NULL ? atomic_load_explicit(&subject->groups, memory_order_acquire) : NULL;

    return group == NULL || group->next != NULL || group->name == NULL ? NULL : group;
}

/* Returns true if all workers of the member wait for this thread. */
static bool is_own(const catga_subscription *member)
{
    unsigned workers = member->queue != NULL ? member->queue->options.workers : 1;

    return catga_running_handlers(member->user) >= workers;
}

/* Enters a member of the group that this thread does not already run, since it would wait for
 * itself. Returns NULL if there is none; sets *deadlock if this thread runs all available
 * members. */
static catga_subscription *enter_another(catga_local_group *group, bool *deadlock)
{
    *deadlock = false;
    for (catga_subscription *member = atomic_load(&group->members); member != NULL;
         member = member->next) {
        if (!catga_local_enter(member))
            continue;
        if (!is_own(member))
            return member;
        catga_local_leave(member);
        *deadlock = true;
    }
    return NULL;
}

/* Enters the member that handles a request in its sender's thread; see enter_another. */
static catga_subscription *enter_direct(catga_local_group *group, bool *deadlock)
{
    catga_subscription *member = catga_local_enter_next(group);

    *deadlock = false;
    if (member == NULL || !is_own(member))
        return member;
    catga_local_leave(member);
    return enter_another(group, deadlock);
}

static bool is_heard(const catga_local_subject *subject)
{
    for (catga_local_group *group = subject != NULL ? atomic_load(&subject->groups) : NULL;
         group != NULL; group = group->next)
        if (catga_local_count_members(group) != 0)
            return true;
    return false;
}

static catga_status local_request(catga_transport *transport, const catga_outgoing *message,
                                  uint64_t token)
{
    catga_local_transport *requester = self(transport);
    catga_status status = catga_local_may_send(requester, message);
    bool taken = false;

    if (status != CATGA_OK || catga_local_fails(requester->broker, CATGA_LOCAL_LOSE_REQUEST))
        return status;
    catga_local_subject *subject = catga_local_find(requester->broker, message->subject);
    catga_local_group *group = message->sender_waits ? only_group(subject) : NULL;
    /* The broker's thread delivers queued messages, so it must not wait for their answers. */
    bool deadlock = message->sender_waits && group == NULL && is_heard(subject) &&
                    pthread_equal(pthread_self(), requester->broker->thread);
    catga_subscription *member = group != NULL ? enter_direct(group, &deadlock) : NULL;
    if (deadlock)
        return CATGA_WOULD_DEADLOCK;
    if (member != NULL) {
        catga_local_message direct;
        catga_local_message_borrow(&direct, message, requester, token);
        if (is_full(member))
            refuse(member, &direct);
        else
            give(member, &direct);
        return CATGA_OK;
    }
    status = broadcast(requester, message, token, requester, &taken);
    if (status == CATGA_OK && !taken)
        catga_local_reply(requester, token, &(catga_incoming){.no_responders = true});
    return status;
}

/* Returns true if the sender of a request that its own thread handles has given up. The coarse
 * clock is a few milliseconds behind, and ten times faster. */
static bool is_too_late(const catga_local_message *request)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return request->deadline_ns != 0 && catga_clock_of(&now) > request->deadline_ns;
}

static catga_status local_respond(catga_transport *transport, const catga_incoming *to,
                                  const catga_outgoing *message)
{
    catga_local *broker = self(transport)->broker;
    const catga_local_message *request = to->native;
    catga_status status = catga_local_may_send(self(transport), message);

    if (status != CATGA_OK || request->requester == NULL ||
        catga_local_fails(broker, CATGA_LOCAL_LOSE_REPLY))
        return status;
    if (request->borrowed && is_too_late(request))
        return CATGA_OK; /* nobody waits: dropped, as a server would do */
    catga_local_message *answer = catga_local_message_make(broker, message, NULL, 0);
    if (answer == NULL)
        return CATGA_NO_MEMORY;
    catga_incoming incoming = {.data = answer->data, .length = answer->length, .native = answer};
    if (request->borrowed) /* its sender is inside the call, so its bus exists */
        request->requester->listener.on_reply(request->requester->listener.user, request->token,
                                              &incoming);
    else
        catga_local_reply(request->requester, request->token, &incoming);
    return CATGA_OK;
}

/* ---- Operations: receiving ---- */

static catga_status local_subscribe(catga_transport *transport,
                                    const catga_subscription_options *options,
                                    catga_subscription **subscription)
{
    catga_local *broker = self(transport)->broker;

    *subscription = NULL;
    if (catga_local_refuses(self(transport), "%s", options->subject))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->changing);
    *subscription = catga_local_subscribe(self(transport), options);
    if (*subscription != NULL)
        catga_local_member_open(*subscription);
    pthread_mutex_unlock(&broker->changing);
    return *subscription != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

/* Refusals were reported when subscribing. */
static catga_status local_confirmed(catga_transport *transport, catga_subscription *member)
{
    (void)transport;
    (void)member;
    return CATGA_OK;
}

static catga_status local_drain(catga_transport *transport, catga_subscription *member,
                                int timeout_ms)
{
    struct timespec end = catga_clock_timespec(catga_clock_now() + timeout_ms * CATGA_MILLISECOND);

    (void)transport;
    atomic_store(&member->stage, CATGA_LOCAL_CLOSING);
    if (member->consumes)
        catga_local_hand_back(member);
    while (atomic_load(&member->waiting) != 0 || (member->queue != NULL && !member->beside &&
                                                  !catga_admission_queue_is_empty(member->queue))) {
        if (sem_clockwait(&member->idle, CLOCK_MONOTONIC, &end) != 0 && errno == ETIMEDOUT)
            return CATGA_TIMEOUT;
    }
    return CATGA_OK;
}

static void local_unsubscribe(catga_transport *transport, catga_subscription *member)
{
    catga_local *broker = self(transport)->broker;

    pthread_mutex_lock(&broker->changing);
    catga_local_member_close(member);
    pthread_mutex_unlock(&broker->changing);
    catga_local_store_wake(broker); /* may have been the last member of a consumer */
}

static const char *local_header(const catga_incoming *incoming, const char *name)
{
    const catga_local_message *message = incoming->native;

    for (size_t i = 0; message != NULL && i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    return NULL;
}

/* ---- Operations: the connection ---- */

static bool local_connected(const catga_transport *transport)
{
    return atomic_load(&self(transport)->broker->connected) &&
           !atomic_load(&self(transport)->closed);
}

/* The server is in this process: nothing to wait for. */
static catga_status local_flush(catga_transport *transport, int timeout_ms)
{
    (void)timeout_ms;
    return local_connected(transport) ? CATGA_OK : CATGA_DISCONNECTED;
}

static size_t local_max_payload(const catga_transport *transport)
{
    return atomic_load_explicit(&self(transport)->broker->limits.max_payload, memory_order_relaxed);
}

static uint64_t local_published(const catga_transport *transport)
{
    return atomic_load_explicit(&self(transport)->published, memory_order_relaxed);
}

static uint64_t local_dropped(const catga_transport *transport)
{
    return atomic_load_explicit(&self(transport)->dropped, memory_order_relaxed);
}

void catga_local_transport_release(catga_local_transport *transport)
{
    if (atomic_fetch_sub(&transport->references, 1) == 1)
        free(transport);
}

static void local_stop(catga_transport *transport)
{
    catga_local_transport *closing = self(transport);
    catga_local *broker = closing->broker;

    pthread_mutex_lock(&broker->changing);
    for (catga_local_transport **at = &broker->transports; *at != NULL; at = &(*at)->next) {
        if (*at == closing) {
            *at = closing->next;
            break;
        }
    }
    pthread_mutex_unlock(&broker->changing);
    atomic_store(&closing->closed, true);
    while (atomic_load(&closing->inside) != 0)
        sched_yield();
}

static void local_close(catga_transport *transport)
{
    local_stop(transport);
    catga_local_transport_release(self(transport));
}

static const catga_transport_operations operations = {
    .publish = local_publish,
    .request = local_request,
    .respond = local_respond,
    .subscribe = local_subscribe,
    .confirmed = local_confirmed,
    .drain = local_drain,
    .unsubscribe = local_unsubscribe,
    .flush = local_flush,
    .connected = local_connected,
    .max_payload = local_max_payload,
    .stream_publish = catga_local_store_put,
    .stream_published = catga_local_stream_published,
    .ensure_stream = catga_local_ensure_stream,
    .consume = catga_local_consume,
    .settle = catga_local_settle,
    .stream_get = catga_local_find_stored,
    .stream_delete = catga_local_erase,
    .ensure_bucket = catga_local_ensure_bucket,
    .nearly_full = catga_local_nearly_full,
    .kv_write = catga_local_kv_write,
    .kv_written = catga_local_kv_written,
    .kv_read = catga_local_kv_read,
    .kv_found = catga_local_kv_found,
    .header = local_header,
    .release = catga_local_release,
    .published = local_published,
    .dropped = local_dropped,
    .stop = local_stop,
    .close = local_close,
};

catga_status catga_transport_local_open(const catga_transport_settings *settings,
                                        catga_transport **transport)
{
    catga_local *broker = settings->local;
    catga_local_transport *opened;

    *transport = NULL;
    if (catga_process_is_forked(&broker->process))
        return CATGA_CLOSED;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return CATGA_NO_MEMORY;
    opened->base.operations = &operations;
    opened->broker = broker;
    opened->listener = settings->listener;
    atomic_init(&opened->references, 1);
    pthread_mutex_lock(&broker->changing);
    opened->next = broker->transports;
    broker->transports = opened;
    pthread_mutex_unlock(&broker->changing);
    *transport = &opened->base;
    return CATGA_OK;
}

/* ---- The broker ---- */

static void make_recursive(pthread_mutex_t *mutex)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

static void broker_free(catga_local *broker)
{
    catga_ticker_end(&broker->ticker);
    catga_local_store_end(&broker->store);
    catga_local_limits_end(&broker->limits);
    catga_local_routes_free(broker);
    catga_ring_end(&broker->queue);
    catga_pool_end(&broker->small);
    catga_pool_end(&broker->medium);
    sem_destroy(&broker->queued);
    pthread_mutex_destroy(&broker->changing);
    catga_process_end(&broker->process);
    free(broker);
}

catga_status catga_local_open(catga_local **local)
{
    catga_local *broker = calloc(1, sizeof *broker);

    *local = NULL;
    if (broker == NULL)
        return CATGA_NO_MEMORY;
    catga_process_begin(&broker->process);
    atomic_init(&broker->connected, true);
    make_recursive(&broker->changing);
    sem_init(&broker->queued, 0, 0);
    catga_pool_begin(&broker->small, CATGA_LOCAL_SMALL);
    catga_pool_begin(&broker->medium, CATGA_LOCAL_MEDIUM);
    catga_local_limits_begin(&broker->limits);
    catga_local_store_begin(&broker->store);
    catga_ticker_begin(&broker->ticker);
    if (!catga_ring_begin(&broker->queue, CATGA_LOCAL_QUEUE) ||
        !catga_thread_start(&broker->thread, run_broker, broker)) {
        broker_free(broker);
        return CATGA_NO_MEMORY;
    }
    *local = broker;
    return CATGA_OK;
}

void catga_local_set_connected(catga_local *local, bool connected)
{
    if (catga_process_is_forked(&local->process) ||
        atomic_exchange(&local->connected, connected) == connected)
        return;
    pthread_mutex_lock(&local->changing);
    for (catga_local_transport *transport = local->transports; transport != NULL;
         transport = transport->next)
        transport->listener.on_event(transport->listener.user,
                                     connected ? CATGA_CONNECTION_FOUND : CATGA_CONNECTION_LOST,
                                     "local");
    pthread_mutex_unlock(&local->changing);
    catga_local_store_wake(local);
}

void catga_local_close(catga_local *local)
{
    if (local == NULL || catga_process_is_forked(&local->process))
        return;
    atomic_store(&local->stopping, true);
    sem_post(&local->queued);
    pthread_join(local->thread, NULL);
    broker_free(local);
}
