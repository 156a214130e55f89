/* The semantics are those of JetStream as the NATS transport uses it: a message that is not settled
 * in time is redelivered to any subscriber; a late settlement counts. */
#include "transport/local/consumers.h"

#include "base/clock.h"
#include "base/pattern.h"
#include "transport/local/limits.h"
#include "transport/local/store.h"
#include "transport/local/streams.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How long CATGA_LOCAL_DELAY delays a message. */
#define DELAY CATGA_SECOND

/* Retries after a failed allocation. */
#define NO_MEMORY_PAUSE (10 * CATGA_MILLISECOND)

enum { ACK_SIZE = 640 };

typedef enum stage { WAITING, OUT, SETTLED } stage;

/* The state of one message in a consumer. */
typedef struct progress {
    stage stage;
    bool pauses; /* it waits for its next attempt, at `due_ns` */
    uint32_t deliveries;
    int64_t due_ns; /* time of the next delivery */
} progress;

struct catga_local_consumer {
    catga_local_consumer *next;
    catga_local_stream *stream;
    char *name;
    char *subject;
    bool only_new;
    int64_t ack_wait_ns;
    int64_t unused_ns; /* deleted after so long without members; 0: never */
    int64_t away_ns;   /* time since when it has no members; 0: it has members */
    unsigned unacknowledged;
    size_t held;  /* number of a message that waits until the next is delivered; 0: none */
    size_t first; /* all earlier messages are settled, or not for this consumer */
    unsigned out;
    progress *messages; /* one per message of the stream */
    size_t capacity;
};

/* ---- Consumers ---- */

void catga_local_consumer_subject(char subject[CATGA_LOCAL_CONSUMER_SUBJECT], const char *stream,
                                  const char *name)
{
    snprintf(subject, CATGA_LOCAL_CONSUMER_SUBJECT, " %s.%s", stream, name);
}

static void free_consumer(catga_local_consumer *consumer)
{
    if (consumer->name != NULL && consumer->subject != NULL)
        consumer->stream->consumers--;
    free(consumer->name);
    free(consumer->subject);
    free(consumer->messages);
    free(consumer);
}

static catga_local_consumer *find_consumer(const catga_local_store *store, const char *stream,
                                           const char *name)
{
    catga_local_consumer *consumer = atomic_load(&store->consumers);

    while (consumer != NULL &&
           (strcmp(consumer->name, name) != 0 || strcmp(consumer->stream->name, stream) != 0))
        consumer = consumer->next;
    return consumer;
}

static catga_local_consumer *make_consumer(catga_local_stream *stream,
                                           const catga_consumer_settings *settings)
{
    catga_local_consumer *consumer = calloc(1, sizeof *consumer);

    if (consumer == NULL)
        return NULL;
    consumer->stream = stream;
    consumer->name = strdup(settings->name);
    consumer->subject = strdup(settings->subject);
    consumer->only_new = settings->only_new;
    consumer->ack_wait_ns = settings->ack_wait_ns;
    consumer->unused_ns = settings->unused_ns;
    consumer->unacknowledged = settings->unacknowledged;
    consumer->first = settings->only_new ? stream->count : 0;
    if (consumer->name != NULL && consumer->subject != NULL) {
        stream->consumers++;
        return consumer;
    }
    free_consumer(consumer);
    return NULL;
}

static catga_status compare_consumer(const catga_local_consumer *consumer,
                                     const catga_consumer_settings *settings,
                                     catga_problem *problem)
{
    const char *field = strcmp(consumer->subject, settings->subject) != 0 ? "filter_subject"
                        : settings->joins                                 ? NULL
                        : consumer->only_new != settings->only_new        ? "deliver_policy"
                        : consumer->ack_wait_ns != settings->ack_wait_ns  ? "ack_wait"
                        : consumer->unused_ns != settings->unused_ns      ? "inactive_threshold"
                        : consumer->unacknowledged != settings->unacknowledged ? "max_ack_pending"
                                                                               : NULL;

    if (field == NULL)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "consumer %s: %s is another", consumer->name,
             field);
    return CATGA_DRIFTED;
}

/* Returns false, with the reason in *problem, if a work queue refuses the consumer: each message
 * has one consumer, which gets all of them. */
static bool suits_work_queue(const catga_local_store *store, const catga_local_stream *stream,
                             const catga_consumer_settings *settings, catga_problem *problem)
{
    const catga_local_consumer *other = atomic_load(&store->consumers);

    while (other != NULL &&
           (other->stream != stream || !catga_pattern_overlap(other->subject, settings->subject)))
        other = other->next;
    if (other == NULL && !settings->only_new)
        return true;
    snprintf(problem->text, sizeof problem->text, "consumer %s: %s%s", settings->name,
             other == NULL ? "a work queue delivers all messages"
                           : "the work queue has another consumer of its messages: ",
             other == NULL ? "" : other->name);
    return false;
}

catga_status catga_local_ensure_consumer(catga_local_store *store,
                                         const catga_consumer_settings *settings,
                                         int64_t *ack_wait_ns, catga_problem *problem)
{
    catga_local_consumer *consumer = find_consumer(store, settings->stream, settings->name);
    catga_local_stream *stream = catga_local_find_stream(store, settings->stream);

    if (consumer != NULL) {
        consumer->away_ns = 0;
        *ack_wait_ns = consumer->ack_wait_ns;
        return compare_consumer(consumer, settings, problem);
    }
    *ack_wait_ns = settings->ack_wait_ns;
    if (stream == NULL)
        return CATGA_NO_RESPONDERS;
    if (stream->settings.work_queue && !suits_work_queue(store, stream, settings, problem))
        return CATGA_REFUSED;
    consumer = make_consumer(stream, settings);
    if (consumer == NULL)
        return CATGA_NO_MEMORY;
    consumer->next = atomic_load(&store->consumers);
    atomic_store(&store->consumers, consumer);
    return CATGA_OK;
}

/* ---- Delivering ---- */

/* Returns true if a message is for the consumer, and still stored. */
static bool is_for(const catga_local_consumer *consumer, size_t index)
{
    return catga_local_stream_keeps(consumer->stream, index) &&
           catga_pattern_matches(consumer->subject, consumer->stream->entries[index].subject);
}

/* Grows the states to the number of messages; new ones are due at once. */
static bool follow_stream(catga_local_consumer *consumer)
{
    size_t capacity = consumer->stream->capacity;

    if (consumer->capacity >= capacity)
        return true;
    progress *messages = reallocarray(consumer->messages, capacity, sizeof *messages);
    if (messages == NULL)
        return false;
    memset(messages + consumer->capacity, 0, (capacity - consumer->capacity) * sizeof *messages);
    consumer->messages = messages;
    consumer->capacity = capacity;
    return true;
}

/* Settles a message, and advances the first unsettled one. */
static void settle(catga_local_consumer *consumer, size_t index)
{
    progress *at = &consumer->messages[index];

    consumer->out -= at->stage == OUT;
    at->stage = SETTLED;
    while (consumer->first < consumer->capacity &&
           consumer->messages[consumer->first].stage == SETTLED)
        consumer->first++;
}

/* Returns true if a test delays a message that is due. */
static bool is_kept_back(catga_local_store *store, catga_local_consumer *consumer, size_t index,
                         int64_t now)
{
    progress *at = &consumer->messages[index];
    bool first_time = at->stage == WAITING && at->deliveries == 0 && at->due_ns == 0;

    if (first_time && consumer->held == 0 && catga_local_store_fails(store, CATGA_LOCAL_REORDER))
        consumer->held = index + 1;
    if (first_time && consumer->held != index + 1 &&
        catga_local_store_fails(store, CATGA_LOCAL_DELAY))
        at->due_ns = catga_clock_after(now, DELAY);
    return consumer->held == index + 1 || at->due_ns > now;
}

/* Returns the index of the first due message; SIZE_MAX if there is none, with the next time in
 * *next_ns. */
static size_t find_due(catga_local_store *store, catga_local_consumer *consumer, int64_t now,
                       int64_t *next_ns)
{
    const catga_local_stream *stream = consumer->stream;

    for (size_t i = consumer->first; i < stream->count; i++) {
        progress *at = &consumer->messages[i];
        if (!is_for(consumer, i) && (at->stage == WAITING || at->due_ns <= now)) {
            settle(consumer, i);
            continue;
        }
        if (at->stage == SETTLED ||
            (at->stage == WAITING && consumer->out >= consumer->unacknowledged))
            continue;
        if (at->due_ns <= now && !is_kept_back(store, consumer, i, now))
            return i;
        if (at->due_ns > now && at->due_ns < *next_ns)
            *next_ns = at->due_ns;
    }
    return SIZE_MAX;
}

static catga_local_message *hand_out(catga_local *broker, catga_local_consumer *consumer,
                                     size_t index, int64_t now)
{
    const catga_local_entry *stored = &consumer->stream->entries[index];
    progress *at = &consumer->messages[index];
    char ack[ACK_SIZE];
    catga_header headers[CATGA_LOCAL_HEADERS];
    catga_outgoing outgoing = {.subject = stored->subject,
                               .data = stored->message->data,
                               .length = stored->message->length,
                               .headers = headers,
                               .header_count = stored->message->header_count};

    snprintf(ack, sizeof ack, "$JS.ACK.%s.%s.%" PRIu32 ".%zu.0.0.0", consumer->stream->name,
             consumer->name, at->deliveries + 1, index + 1);
    memcpy(headers, stored->message->headers, outgoing.header_count * sizeof headers[0]);
    headers[outgoing.header_count] = (catga_header){"ack", ack}; /* copied with the message */
    outgoing.header_count++;
    catga_local_message *message = catga_local_message_make(broker, &outgoing, NULL, 0);
    if (message == NULL)
        return NULL;
    message->header_count--;
    message->ack = message->headers[message->header_count].value;
    message->sequence = index + 1;
    message->deliveries = ++at->deliveries;
    at->pauses = false;
    message->stored_ns = stored->stored_ns;
    if (consumer->held != index + 1)
        consumer->held = 0; /* the message after this one is delivered first */
    consumer->out += at->stage == WAITING;
    at->stage = OUT;
    at->due_ns = catga_local_store_fails(&broker->store, CATGA_LOCAL_DUPLICATE)
                     ? now
                     : catga_clock_after(now, consumer->ack_wait_ns);
    return message;
}

/* Returns the group of a consumer's members, or NULL if it never had one. */
static catga_local_group *members_of(catga_local *broker, const catga_local_consumer *consumer)
{
    char name[CATGA_LOCAL_CONSUMER_SUBJECT];

    catga_local_consumer_subject(name, consumer->stream->name, consumer->name);
    catga_local_subject *subject = catga_local_find(broker, name);
    return subject == NULL ? NULL : atomic_load(&subject->groups);
}

/* Returns true if the member takes another message. Called under the store's lock. */
static bool has_room(catga_subscription *member, size_t length)
{
    catga_admission_queue *queue = member->queue;
    int64_t run_ns;
    unsigned runs = catga_admission_queue_take_runs(queue, &run_ns);

    catga_demand_ran(&member->demand, runs, run_ns);
    unsigned held = atomic_load(&queue->load) + atomic_load(&member->waiting) - 1;
    if (member->wanted != NULL)
        return atomic_load(&member->wanted->count) > held;
    size_t bytes = atomic_load(&queue->bytes);
    bool fits =
        held == 0 || (length <= member->pending_bytes && bytes <= member->pending_bytes - length);
    return fits && catga_demand_has_room(&member->demand, held);
}

/* Returns a member with room for the message, round robin. */
static catga_subscription *enter_member(catga_local *broker, const catga_local_consumer *consumer,
                                        size_t length)
{
    catga_local_group *group = members_of(broker, consumer);
    unsigned count = group == NULL ? 0 : catga_local_count_members(group);

    for (; count > 0; count--) {
        catga_subscription *member = catga_local_enter_next(group);
        if (member == NULL || has_room(member, length))
            return member;
        catga_local_leave(member);
    }
    return NULL;
}

/* Returns true if the consumer had no members for so long that it is deleted. */
static bool is_forgotten(catga_local *broker, catga_local_consumer *consumer, int64_t now)
{
    catga_local_group *group = members_of(broker, consumer);

    if (consumer->unused_ns == 0 || (group != NULL && catga_local_count_members(group) != 0))
        consumer->away_ns = 0;
    else if (consumer->away_ns == 0)
        consumer->away_ns = now;
    return consumer->away_ns != 0 && now - consumer->away_ns >= consumer->unused_ns;
}

void catga_local_forget_unused(catga_local *broker, int64_t now)
{
    catga_local_consumer *consumer = atomic_load(&broker->store.consumers);
    catga_local_consumer *before = NULL;

    while (consumer != NULL) {
        catga_local_consumer *next = consumer->next;
        if (!is_forgotten(broker, consumer, now))
            before = consumer;
        else if (before != NULL)
            before->next = next;
        else
            atomic_store(&broker->store.consumers, next);
        if (before != consumer)
            free_consumer(consumer);
        consumer = next;
    }
}

/* Takes a due message of one consumer. Returns NULL if none is due, or no member takes it. */
static catga_local_message *take_from(catga_local *broker, catga_local_consumer *consumer,
                                      int64_t now, catga_subscription **member, int64_t *next_ns)
{
    if (!follow_stream(consumer)) {
        *next_ns = now + NO_MEMORY_PAUSE;
        return NULL;
    }
    catga_local_stream_expire(consumer->stream, now);
    size_t index = find_due(&broker->store, consumer, now, next_ns);
    *member = index == SIZE_MAX ? NULL
                                : enter_member(broker, consumer,
                                               consumer->stream->entries[index].message->length);
    if (*member == NULL)
        return NULL;
    catga_local_message *message = hand_out(broker, consumer, index, now);
    if (message == NULL) {
        catga_local_leave(*member);
        *next_ns = now + NO_MEMORY_PAUSE;
    }
    return message;
}

catga_local_message *catga_local_take_due(catga_local *broker, catga_subscription **member,
                                          int64_t *next_ns)
{
    catga_local_store *store = &broker->store;
    catga_local_message *message = NULL;

    *next_ns = CATGA_FOREVER;
    if (atomic_load_explicit(&store->consumers, memory_order_acquire) == NULL ||
        !atomic_load(&broker->connected))
        return NULL;
    pthread_mutex_lock(&store->lock);
    int64_t now = catga_local_store_now(store);
    catga_local_forget_unused(broker, now);
    for (catga_local_consumer *consumer = atomic_load(&store->consumers);
         consumer != NULL && message == NULL; consumer = consumer->next)
        message = take_from(broker, consumer, now, member, next_ns);
    if (message != NULL)
        *next_ns = 0; /* there may be more messages */
    else if (*next_ns != CATGA_FOREVER)
        *next_ns -= store->advanced_ns;
    pthread_mutex_unlock(&store->lock);
    return message;
}

/* ---- Settling ---- */

/* Finds the message and its delivery that an ack subject identifies. */
static catga_local_consumer *read_ack(const catga_local_store *store, const char *ack,
                                      uint32_t *deliveries, size_t *index)
{
    char stream[256];
    char name[256];
    size_t number;

    if (ack == NULL || sscanf(ack, "$JS.ACK.%255[^.].%255[^.].%" SCNu32 ".%zu.", stream, name,
                              deliveries, &number) != 4)
        return NULL;
    catga_local_consumer *consumer = find_consumer(store, stream, name);
    if (consumer == NULL || number == 0 || number > consumer->capacity)
        return NULL;
    *index = number - 1;
    return consumer;
}

/* Applies a settlement; `latest` is false for one of an earlier delivery. */
static void apply(catga_local_store *store, catga_local_consumer *consumer, size_t index,
                  bool latest, catga_settlement settlement, int64_t delay_ns)
{
    progress *at = &consumer->messages[index];
    bool ends = settlement == CATGA_SETTLE_DONE || settlement == CATGA_SETTLE_GIVE_UP;

    if (at->stage != OUT || (!ends && !latest))
        return;
    if (settlement != CATGA_SETTLE_PROGRESS && catga_local_store_fails(store, CATGA_LOCAL_LOSE_ACK))
        return;
    if (ends) {
        settle(consumer, index);
        if (consumer->stream->settings.work_queue)
            catga_local_stream_remove(consumer->stream, index);
        return;
    }
    bool retry = settlement == CATGA_SETTLE_RETRY;
    at->pauses = retry || at->pauses;
    at->due_ns =
        catga_clock_after(catga_local_store_now(store), retry ? delay_ns : consumer->ack_wait_ns);
}

catga_status catga_local_settle(catga_transport *transport, const catga_incoming *message,
                                catga_settlement settlement, int64_t delay_ns)
{
    const catga_local_message *delivered = message->native;
    const char *ack = delivered == NULL ? NULL : delivered->ack;
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_store *store = &broker->store;
    uint32_t deliveries;
    size_t index;

    if (message->slot != NULL && settlement != CATGA_SETTLE_PROGRESS)
        catga_admission_slot_settle(message->slot);
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (ack != NULL && catga_local_refuses(catga_local_of(transport), "%s", ack))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&store->lock);
    catga_local_consumer *consumer = read_ack(store, ack, &deliveries, &index);
    if (consumer != NULL)
        apply(store, consumer, index, consumer->messages[index].deliveries == deliveries,
              settlement, delay_ns);
    pthread_mutex_unlock(&store->lock);
    catga_local_store_wake(broker);
    return consumer == NULL ? CATGA_INVALID_ARGUMENT : CATGA_OK;
}

/* ---- Backlogs ---- */

/* Returns true if a message was never delivered to the consumer. */
static bool is_new(const catga_local_consumer *consumer, size_t index)
{
    return index >= consumer->capacity || consumer->messages[index].stage == WAITING;
}

static catga_consumer_backlog backlog_of(const catga_local_consumer *consumer)
{
    catga_consumer_backlog backlog = {.ack_pending = consumer->out};

    for (size_t i = consumer->first; i < consumer->stream->count; i++)
        backlog.pending += is_new(consumer, i) && is_for(consumer, i);
    return backlog;
}

/* Shows the backlog to each subscription of the bus. */
static void show_to_members(const catga_local_transport *transport,
                            const catga_local_consumer *consumer, catga_backlog_function *show,
                            void *user)
{
    const catga_local_group *group = members_of(transport->broker, consumer);
    catga_consumer_backlog backlog = backlog_of(consumer);
    const catga_subscription *member = group == NULL ? NULL : atomic_load(&group->members);

    for (; member != NULL; member = member->next) {
        backlog.user = member->user;
        if (atomic_load(&member->stage) == CATGA_LOCAL_ACTIVE && member->transport == transport)
            show(user, &backlog);
    }
}

void catga_local_backlogs(catga_transport *transport, catga_backlog_function *show, void *user)
{
    catga_local *broker = catga_local_of(transport)->broker;

    pthread_mutex_lock(&broker->changing);
    pthread_mutex_lock(&broker->store.lock);
    for (const catga_local_consumer *consumer = atomic_load(&broker->store.consumers);
         consumer != NULL; consumer = consumer->next)
        show_to_members(catga_local_of(transport), consumer, show, user);
    pthread_mutex_unlock(&broker->store.lock);
    pthread_mutex_unlock(&broker->changing);
}

/* ---- Deleting ---- */

static void delete_consumers_of(catga_local_store *store, const catga_local_stream *stream)
{
    catga_local_consumer *kept = NULL;
    catga_local_consumer *next;

    for (catga_local_consumer *at = atomic_load(&store->consumers); at != NULL; at = next) {
        next = at->next;
        if (at->stream == stream) {
            free_consumer(at);
            continue;
        }
        at->next = kept;
        kept = at;
    }
    atomic_store(&store->consumers, kept);
}

catga_status catga_local_remove_stream(catga_transport *transport, const char *name,
                                       catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_local_store *store = &broker->store;

    (void)problem;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.DELETE.%s", name))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&store->lock);
    catga_local_stream *stream = catga_local_find_stream(store, name);
    if (stream != NULL) {
        delete_consumers_of(store, stream);
        catga_local_forget_stream(store, stream);
    }
    pthread_mutex_unlock(&store->lock);
    return stream == NULL ? CATGA_NOT_FOUND : CATGA_OK;
}

/* ---- Idleness ---- */

/* Returns true if no message is to be delivered now, and all delivered ones are settled. */
static bool is_idle(const catga_local_consumer *consumer, int64_t now)
{
    for (size_t i = consumer->first; i < consumer->stream->count; i++) {
        if (is_for(consumer, i) && is_new(consumer, i))
            return false;
        if (is_new(consumer, i))
            continue;
        const progress *at = &consumer->messages[i];
        if (at->stage == OUT && !(at->pauses && at->due_ns > now))
            return false;
    }
    return true;
}

bool catga_local_consumers_idle(catga_local *broker)
{
    catga_local_store *store = &broker->store;
    bool idle = true;

    pthread_mutex_lock(&store->lock);
    int64_t now = catga_local_store_now(store);
    for (const catga_local_consumer *consumer = atomic_load(&store->consumers);
         consumer != NULL && idle; consumer = consumer->next) {
        const catga_local_group *group = members_of(broker, consumer);
        bool has_members = group != NULL && catga_local_count_members(group) != 0;
        idle = !has_members || is_idle(consumer, now);
    }
    pthread_mutex_unlock(&store->lock);
    return idle;
}

/* ---- The end ---- */

void catga_local_consumers_end(catga_local_store *store)
{
    for (catga_local_consumer *consumer = atomic_load(&store->consumers); consumer != NULL;) {
        catga_local_consumer *next = consumer->next;
        free_consumer(consumer);
        consumer = next;
    }
}
