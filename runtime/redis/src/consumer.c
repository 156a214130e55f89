/* The thread takes as many messages as the workers finish soon: new ones with a blocking command,
 * and in between, with a script, delayed ones and those of replicas that have died. */
#include "consumer.h"

#include "base/clock.h"
#include "base/signals.h"
#include "batch.h"
#include "delivery/demand.h"
#include "entry_id.h"
#include "held.h"
#include "sigpipe.h"
#include "streams.h"
#include "subscription.h"
#include "transport/backoff.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

/* Longest wait for new messages: while some are held, which may be settled with a delay; else. */
#define BLOCK_BUSY (20 * CATGA_MILLISECOND)
#define BLOCK_IDLE (500 * CATGA_MILLISECOND)
#define GRACE      CATGA_SECOND

/* Pause while another message is held, and only one may be. */
#define HELD_PAUSE (5 * CATGA_MILLISECOND)

/* Longest pause between two looks for messages to claim, at most a quarter of the ack wait. */
#define TAKE_INTERVAL (500 * CATGA_MILLISECOND)

/* Pause between two measurements of the backlog. */
#define MEASURE_INTERVAL CATGA_SECOND

/* Held messages should be finished within this time, and within an eighth of the ack wait. */
#define HORIZON (50 * CATGA_MILLISECOND)

/* Pause without room, and without a connection. */
#define ROOM_PAUSE    (100 * CATGA_MILLISECOND)
#define OFFLINE_PAUSE (20 * CATGA_MILLISECOND)

/* Messages of one reply. */
enum { BATCH = 256, NUMBER = 24, PENDING_MAX = 4096 };

struct catga_redis_consumer {
    catga_redis_transport *owner;
    catga_redis_link link;
    pthread_t thread;
    bool has_thread;
    catga_tick tick;
    bool has_tick;
    char *stream;
    char *group;
    char *subject;
    char key[CATGA_REDIS_KEY];
    char later[CATGA_REDIS_KEY];  /* messages that wait, by the end of their delay */
    char groups[CATGA_REDIS_KEY]; /* groups that are deleted when nobody uses them */
    char ack_wait[NUMBER];        /* milliseconds */
    int64_t ack_wait_ns;
    int64_t unused_ns;
    unsigned unacknowledged;
    size_t pending_bytes;
    catga_admission_queue *queue; /* of the subscription */
    catga_receive_function *receive;
    void *user;
    catga_redis_held held;
    catga_redis_batch *acks;
    catga_demand demand;
    sem_t room;
    atomic_bool waits_for_room;
    atomic_uint low; /* held messages from which on more are read */
    atomic_bool stopping;
    atomic_bool ended;
    _Atomic(int64_t) next_take_ns;
    _Atomic(uint64_t) pending; /* delivered and not settled, of all replicas */
    _Atomic(int64_t) lag;      /* never delivered; -1: unknown */
    int64_t measured_ns;
    bool refused;    /* the server answered with an error that a new connection does not end */
    int64_t created; /* when the stream was created, on the server's clock */
};

/* ---- Settling ---- */

/* Acknowledgements that wait together share an XACK. */
static catga_status send_ack(catga_redis_consumer *consumer, const char *id)
{
    static const catga_redis_batch_kind ack = {.script = CATGA_REDIS_SCRIPTS, .parts = 1};
    catga_redis_command *item = catga_redis_command_parts(catga_redis_pools_of(consumer->owner),
                                                          catga_redis_part_size(strlen(id)));

    if (item != NULL)
        catga_redis_command_text(item, id);
    return catga_redis_batch_send(consumer->acks, &ack, item);
}

/* Claims the message once more, which ends its idle time and does not count as a delivery. */
static catga_status send_progress(catga_redis_consumer *consumer, const char *id)
{
    catga_redis_transport *redis = consumer->owner;

    size_t size =
        strlen(consumer->key) + strlen(consumer->group) + strlen(redis->name) + strlen(id);
    catga_redis_command *command = catga_redis_command_new(catga_redis_pools_of(redis), 7,
                                                           size + 7 * catga_redis_part_size(8));

    if (command == NULL)
        return CATGA_NO_MEMORY;
    catga_redis_command_text(command, "XCLAIM");
    catga_redis_command_text(command, consumer->key);
    catga_redis_command_text(command, consumer->group);
    catga_redis_command_text(command, redis->name);
    catga_redis_command_text(command, "0");
    catga_redis_command_text(command, id);
    catga_redis_command_text(command, "JUSTID");
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

static catga_status send_retry(catga_redis_consumer *consumer, const char *id, int64_t delay_ns)
{
    catga_redis_transport *redis = consumer->owner;
    size_t size = strlen(consumer->key) + strlen(consumer->later) + strlen(consumer->group) +
                  strlen(redis->name) + strlen(id);
    catga_redis_command *command = catga_redis_pipeline_script(
        &redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_RETRY, 2, 4,
        size + 6 * catga_redis_part_size(NUMBER));

    if (command == NULL)
        return CATGA_NO_MEMORY;
    catga_redis_command_text(command, consumer->key);
    catga_redis_command_text(command, consumer->later);
    catga_redis_command_text(command, consumer->group);
    catga_redis_command_text(command, redis->name);
    catga_redis_command_text(command, id);
    catga_redis_command_number(command, delay_ns / CATGA_MILLISECOND);
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

/* Has the thread look for delayed messages by `time`. */
static void take_by(catga_redis_consumer *consumer, int64_t time)
{
    int64_t next = atomic_load(&consumer->next_take_ns);

    while (time < next && !atomic_compare_exchange_weak(&consumer->next_take_ns, &next, time))
        continue;
}

/* Counts a pending message less. TAKE corrects the number. */
static void uncount(catga_redis_consumer *consumer)
{
    uint64_t pending = atomic_load(&consumer->pending);

    while (pending > 0 && !atomic_compare_exchange_weak(&consumer->pending, &pending, pending - 1))
        continue;
}

catga_status catga_redis_settle(catga_transport *transport, const catga_incoming *message,
                                catga_settlement settlement, int64_t delay_ns)
{
    const catga_redis_message *native = message->native;
    catga_redis_consumer *consumer = native->consumer;
    catga_status status;

    (void)transport;
    if (settlement != CATGA_SETTLE_PROGRESS && message->slot != NULL)
        catga_admission_slot_settle(message->slot);
    switch (settlement) {
    case CATGA_SETTLE_PROGRESS:
        return send_progress(consumer, native->id);
    case CATGA_SETTLE_RETRY:
        status = send_retry(consumer, native->id, delay_ns);
        take_by(consumer, catga_clock_after(catga_clock_now(), delay_ns));
        return status;
    case CATGA_SETTLE_DONE:
    case CATGA_SETTLE_GIVE_UP:
        break;
    }
    uncount(consumer); /* before the server may count it: too many is safer than too few */
    status = send_ack(consumer, native->id);
    if (status == CATGA_OK)
        catga_redis_held_remove(&consumer->held, message->sequence);
    else
        atomic_fetch_add(&consumer->pending, 1);
    return status;
}

/* ---- The group ---- */

static catga_status create_group(catga_redis_control *control, const char *key, const char *group,
                                 const char *begin, catga_problem *problem)
{
    const char *parts[] = {"XGROUP", "CREATE", key, group, begin, "MKSTREAM"};
    redisReply *reply;
    catga_status status = catga_redis_control_run(control, 6, parts, &reply, problem);

    freeReplyObject(reply);
    return status == CATGA_REFUSED && strstr(problem->text, "BUSYGROUP") != NULL ? CATGA_OK
                                                                                 : status;
}

/* Returns when the stream was created, on the server's clock; 0: it is missing; -1: the connection
 * is of no use. */
static int64_t created_at(catga_redis_consumer *consumer)
{
    char key[CATGA_REDIS_KEY + sizeof ":settings"];
    const char *parts[] = {"HGET", key, "created"};

    snprintf(key, sizeof key, "%s:settings", consumer->key);
    redisReply *reply = catga_redis_link_call(&consumer->link, 3, parts, NULL);
    int64_t created = reply == NULL ? -1 : 0;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        created = strtonum(reply->str, 0, INT64_MAX, NULL);
    freeReplyObject(reply);
    return created;
}

/* Recreates a group that is missing: where this replica was, or at the beginning of a recreated
 * stream. Returns false if the connection is of no use. */
static bool recreate(catga_redis_consumer *consumer)
{
    catga_redis_transport *redis = consumer->owner;
    char begin[CATGA_REDIS_ID_SIZE] = "0";
    char text[CATGA_REDIS_KEY * 2];
    const char *parts[] = {"XGROUP", "CREATE", consumer->key, consumer->group, begin, "MKSTREAM"};
    int64_t created = created_at(consumer);

    if (created < 0)
        return false;
    if (created != 0 && created == consumer->created)
        catga_redis_id_write(begin, catga_redis_held_position(&consumer->held));
    else
        catga_redis_held_reset(&consumer->held);
    consumer->created = created;
    redisReply *reply = catga_redis_link_call(&consumer->link, 6, parts, NULL);
    bool made = reply != NULL && reply->type == REDIS_REPLY_STATUS;
    bool present = made || catga_redis_is_error(reply, "BUSYGROUP");
    freeReplyObject(reply);
    snprintf(text, sizeof text, "consumer %s of stream %s", consumer->group, consumer->stream);
    if (made)
        redis->listener.on_event(redis->listener.user, CATGA_STORAGE_RESTORED, text);
    return present;
}

static bool is_missing(const redisReply *reply)
{
    return catga_redis_is_error(reply, "NOGROUP") || catga_redis_is_error(reply, "UNBLOCKED") ||
           (reply != NULL && reply->type == REDIS_REPLY_ERROR &&
            strstr(reply->str, "NOGROUP") != NULL);
}

/* ---- Receiving ---- */

static void hand_back(void *user, catga_incoming *message)
{
    const catga_redis_consumer *consumer = user;

    (void)catga_redis_settle(&consumer->owner->transport, message, CATGA_SETTLE_RETRY, 0);
    catga_redis_release(message);
}

static void admit(catga_redis_consumer *consumer, catga_incoming *message, unsigned deliveries,
                  int64_t waited_ns)
{
    catga_redis_message *native = message->native;

    native->consumer = consumer;
    message->deliveries = deliveries;
    message->waited_ns = waited_ns;
    catga_redis_held_add(&consumer->held, message->sequence);
    if (!catga_redis_subject_matches(consumer->subject, message->subject)) {
        (void)catga_redis_settle(&consumer->owner->transport, message, CATGA_SETTLE_DONE, 0);
        catga_redis_release(message);
        return;
    }
    if (atomic_load(&consumer->stopping) ||
        !catga_admission_queue_admit(consumer->queue, message, consumer->receive, consumer->user,
                                     catga_clock_now()))
        hand_back(consumer, message);
}

/* Settles an entry that is no message of ours: nobody can handle it. */
static void skip(catga_redis_consumer *consumer, const redisReply *id)
{
    catga_redis_transport *redis = consumer->owner;
    char text[CATGA_REDIS_KEY];

    if (id->type != REDIS_REPLY_STRING)
        return;
    snprintf(text, sizeof text, "entry %.40s of stream %.200s: it is no message, and is skipped",
             id->str, consumer->stream);
    redis->listener.on_event(redis->listener.user, CATGA_STORAGE_UNUSABLE, text);
    uncount(consumer);
    (void)send_ack(consumer, id->str);
}

/* Receives an entry. Without memory it stays pending: it is claimed after the ack wait. */
static void receive(catga_redis_consumer *consumer, const redisReply *id, const redisReply *fields,
                    unsigned deliveries, int64_t waited_ns)
{
    catga_incoming message;
    uint64_t number;

    catga_status status = catga_redis_stored_read(consumer->owner, id, fields, &message);
    if (status == CATGA_OK)
        admit(consumer, &message, deliveries, waited_ns);
    else if (status == CATGA_BAD_MESSAGE)
        skip(consumer, id);
    else if (catga_redis_id_read(id->str, &number))
        catga_redis_held_add(&consumer->held, number); /* a lost group begins before it */
}

/* Returns how long the messages of a reply may have waited in this process, which may have been
 * suspended. */
static int64_t waited_since(int64_t sent_ns, int64_t block_ns)
{
    int64_t late_ns = catga_clock_now() - sent_ns - block_ns;

    return late_ns > 0 ? late_ns : 0;
}

/* Receives the reply of XREADGROUP. Returns false if it is none. */
static bool receive_new(catga_redis_consumer *consumer, const redisReply *reply, int64_t waited_ns)
{
    if (reply->type == REDIS_REPLY_NIL)
        return true;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 ||
        reply->element[0]->type != REDIS_REPLY_ARRAY || reply->element[0]->elements != 2)
        return false;
    const redisReply *entries = reply->element[0]->element[1];
    if (entries->type != REDIS_REPLY_ARRAY)
        return false;
    atomic_fetch_add(&consumer->pending, entries->elements);
    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *entry = entries->element[i];
        if (entry->type != REDIS_REPLY_ARRAY || entry->elements != 2)
            return false;
        receive(consumer, entry->element[0], entry->element[1], 1, waited_ns);
    }
    return true;
}

/* Receives the reply of TAKE. Returns false if it is none. */
static bool receive_taken(catga_redis_consumer *consumer, const redisReply *reply, int64_t sent_ns)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2 || reply->elements % 3 != 2 ||
        reply->element[0]->type != REDIS_REPLY_INTEGER ||
        reply->element[1]->type != REDIS_REPLY_INTEGER)
        return false;
    int64_t next_ms = reply->element[0]->integer;
    int64_t interval_ns =
        consumer->ack_wait_ns / 4 < TAKE_INTERVAL ? consumer->ack_wait_ns / 4 : TAKE_INTERVAL;
    if (next_ms >= 0 && next_ms < interval_ns / CATGA_MILLISECOND)
        interval_ns = next_ms * CATGA_MILLISECOND;
    take_by(consumer, sent_ns + interval_ns);
    atomic_store(&consumer->pending, (uint64_t)reply->element[1]->integer);
    for (size_t i = 2; i < reply->elements; i += 3) {
        const redisReply *count = reply->element[i + 1];
        unsigned deliveries =
            count->type == REDIS_REPLY_INTEGER && count->integer > 0 && count->integer < INT32_MAX
                ? (unsigned)count->integer
                : 1;
        receive(consumer, reply->element[i], reply->element[i + 2], deliveries,
                waited_since(sent_ns, 0));
    }
    return true;
}

/* ---- Demand ---- */

static unsigned smaller(uint64_t a, uint64_t b)
{
    return (unsigned)(a < b ? a : b);
}

/* Returns the number of held messages from which on more are read: half of those that may be held,
 * so that one reply has many, and at least as many as keep the workers busy. */
static unsigned low_of(const catga_demand *demand)
{
    unsigned busy = smaller(demand->rules.workers, demand->allowed - 1);

    return demand->allowed / 2 > busy ? demand->allowed / 2 : busy;
}

/* Returns how many messages the workers can take now. */
static unsigned room_of(catga_redis_consumer *consumer)
{
    catga_admission_queue *queue = consumer->queue;
    int64_t run_ns;
    unsigned runs = catga_admission_queue_take_runs(queue, &run_ns);
    unsigned load = atomic_load(&queue->load);
    unsigned held = atomic_load(&queue->held);
    size_t bytes = atomic_load(&queue->bytes);

    catga_demand_ran(&consumer->demand, runs, run_ns);
    atomic_store(&consumer->low, low_of(&consumer->demand));
    if (load > atomic_load(&consumer->low) || held >= queue->slot_count)
        return 0;
    unsigned room = smaller(consumer->demand.allowed - load, queue->slot_count - held);
    size_t left = bytes < consumer->pending_bytes ? consumer->pending_bytes - bytes : 0;
    size_t whole = left / CATGA_REDIS_MAX_PAYLOAD;
    return smaller(smaller(room, load == 0 && whole == 0 ? 1 : whole), BATCH);
}

/* Waits until a message is released, shortly. */
static void wait_for_room(catga_redis_consumer *consumer)
{
    struct timespec end = catga_clock_timespec(catga_clock_now() + ROOM_PAUSE);

    atomic_store(&consumer->waits_for_room, true);
    if (room_of(consumer) == 0)
        (void)sem_clockwait(&consumer->room, CLOCK_MONOTONIC, &end);
    atomic_store(&consumer->waits_for_room, false);
}

static void freed(void *user)
{
    catga_redis_consumer *consumer = user;

    if (atomic_load(&consumer->waits_for_room) &&
        atomic_load(&consumer->queue->load) <= atomic_load(&consumer->low) &&
        atomic_exchange(&consumer->waits_for_room, false))
        sem_post(&consumer->room);
}

/* ---- Reading ---- */

/* Reports an error that a new connection does not end. */
static bool refuse(catga_redis_consumer *consumer, const redisReply *reply)
{
    char text[CATGA_REDIS_KEY];

    if (reply->type != REDIS_REPLY_ERROR)
        return false;
    consumer->refused = true;
    snprintf(text, sizeof text, "consumer %.255s of stream %.255s", consumer->group,
             consumer->stream);
    catga_redis_report(consumer->owner, text, reply);
    return false;
}

/* Handles a reply that is an error. Returns false if the connection is of no use. */
static bool live_with(catga_redis_consumer *consumer, const redisReply *reply)
{
    if (!is_missing(reply))
        return refuse(consumer, reply);
    if (catga_redis_stream_is_known(consumer->owner, consumer->stream))
        return recreate(consumer);
    nanosleep(&(struct timespec){.tv_nsec = ROOM_PAUSE}, NULL); /* it was removed on purpose */
    return true;
}

static bool take(catga_redis_consumer *consumer, unsigned room)
{
    char limit[NUMBER];
    char most[NUMBER];
    const char *parts[] = {"EVALSHA",
                           consumer->link.sha[CATGA_REDIS_TAKE],
                           "2",
                           consumer->key,
                           consumer->later,
                           consumer->group,
                           consumer->owner->name,
                           consumer->ack_wait,
                           limit,
                           most};
    int64_t sent_ns = catga_clock_now();

    snprintf(limit, sizeof limit, "%u", room);
    snprintf(most, sizeof most, "%u", smaller(2 * consumer->unacknowledged + room, PENDING_MAX));
    atomic_store(&consumer->next_take_ns, CATGA_FOREVER);
    redisReply *reply = catga_redis_link_call(&consumer->link, 10, parts, NULL);
    bool good =
        reply != NULL && (receive_taken(consumer, reply, sent_ns) || live_with(consumer, reply));
    take_by(consumer, sent_ns + TAKE_INTERVAL);
    freeReplyObject(reply);
    return good;
}

static bool read_new(catga_redis_consumer *consumer, unsigned room)
{
    int64_t now = catga_clock_now();
    int64_t longest = atomic_load(&consumer->queue->load) != 0 ? BLOCK_BUSY : BLOCK_IDLE;
    int64_t until_take = atomic_load(&consumer->next_take_ns) - now;
    int64_t block_ns = until_take < longest ? until_take : longest;
    char count[NUMBER];
    char block[NUMBER];
    const char *parts[] = {
        "XREADGROUP", "GROUP", consumer->group, consumer->owner->name, "COUNT", count,
        "BLOCK",      block,   "STREAMS",       consumer->key,         ">"};

    if (block_ns < CATGA_MILLISECOND)
        block_ns = CATGA_MILLISECOND; /* 0 would be forever */
    snprintf(count, sizeof count, "%u", room);
    snprintf(block, sizeof block, "%" PRId64, block_ns / CATGA_MILLISECOND);
    redisReply *reply = catga_redis_link_call(&consumer->link, 11, parts, NULL);
    bool good = reply != NULL && (receive_new(consumer, reply, waited_since(now, block_ns)) ||
                                  live_with(consumer, reply));
    freeReplyObject(reply);
    return good;
}

/* Reads a message if no replica holds one: with a limit of one, each event is settled before the
 * next one is delivered. A script cannot block, so it is asked again soon. */
static bool read_one(catga_redis_consumer *consumer)
{
    const char *parts[] = {"EVALSHA",
                           consumer->link.sha[CATGA_REDIS_READ_ONE],
                           "1",
                           consumer->key,
                           consumer->group,
                           consumer->owner->name};
    int64_t sent_ns = catga_clock_now();
    int64_t pause_ns = 0;
    redisReply *reply = catga_redis_link_call(&consumer->link, 6, parts, NULL);

    bool good = reply != NULL;
    if (good && reply->type == REDIS_REPLY_INTEGER)
        pause_ns = HELD_PAUSE;
    else if (good && reply->type == REDIS_REPLY_NIL)
        pause_ns = BLOCK_BUSY;
    else if (good)
        good = receive_new(consumer, reply, waited_since(sent_ns, 0)) || live_with(consumer, reply);
    freeReplyObject(reply);
    nanosleep(&(struct timespec){.tv_nsec = pause_ns}, NULL);
    return good;
}

/* Returns the value of a field of XINFO GROUPS; NULL: absent. */
static const redisReply *field_of(const redisReply *group, const char *name)
{
    for (size_t i = 0; group->type == REDIS_REPLY_ARRAY && i + 1 < group->elements; i += 2)
        if (group->element[i]->type == REDIS_REPLY_STRING &&
            strcmp(group->element[i]->str, name) == 0)
            return group->element[i + 1];
    return NULL;
}

static void note_group(catga_redis_consumer *consumer, const redisReply *group)
{
    const redisReply *name = field_of(group, "name");
    const redisReply *lag = field_of(group, "lag");

    if (name == NULL || name->type != REDIS_REPLY_STRING || strcmp(name->str, consumer->group) != 0)
        return;
    atomic_store(&consumer->lag,
                 lag != NULL && lag->type == REDIS_REPLY_INTEGER ? lag->integer : -1);
}

/* Notes the backlog, and that the group is in use. */
static bool measure(catga_redis_consumer *consumer, int64_t now)
{
    const char *parts[] = {"XINFO", "GROUPS", consumer->key};
    int64_t server_ms = catga_redis_clock_server_ms(&consumer->owner->clock,
                                                    catga_clock_after(now, consumer->unused_ns));

    if (now - consumer->measured_ns < MEASURE_INTERVAL)
        return true;
    consumer->measured_ns = now;
    redisReply *reply = catga_redis_link_call(&consumer->link, 3, parts, NULL);
    bool good = reply != NULL;
    for (size_t i = 0; good && reply->type == REDIS_REPLY_ARRAY && i < reply->elements; i++)
        note_group(consumer, reply->element[i]);
    freeReplyObject(reply);
    if (!good || consumer->unused_ns == 0 || server_ms == 0)
        return good;
    char until[NUMBER];
    const char *use[] = {"ZADD", consumer->groups, until, consumer->group};
    snprintf(until, sizeof until, "%" PRId64, server_ms);
    reply = catga_redis_link_call(&consumer->link, 4, use, NULL);
    good = reply != NULL;
    freeReplyObject(reply);
    return good;
}

/* Returns the room for new messages: all replicas together hold a limited number. */
static unsigned room_for_new(const catga_redis_consumer *consumer, unsigned room)
{
    uint64_t pending = atomic_load(&consumer->pending);

    return pending >= consumer->unacknowledged ? 0
                                               : smaller(room, consumer->unacknowledged - pending);
}

/* Reads once, or waits. Returns false if the connection is of no use. */
static bool step(catga_redis_consumer *consumer)
{
    int64_t now = catga_clock_now();
    unsigned room = room_of(consumer);

    if (!measure(consumer, now))
        return false;
    if (room == 0) {
        wait_for_room(consumer);
        return true;
    }
    if (now >= atomic_load(&consumer->next_take_ns))
        return take(consumer, room);
    if (consumer->unacknowledged == 1)
        return read_one(consumer);
    room = room_for_new(consumer, room);
    if (room != 0)
        return read_new(consumer, room);
    take_by(consumer, now + BLOCK_BUSY);
    wait_for_room(consumer);
    nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND}, NULL);
    return true;
}

static void serve(catga_redis_consumer *consumer)
{
    bool good = catga_redis_link_set_timeout(&consumer->link, BLOCK_IDLE + GRACE);

    atomic_store(&consumer->next_take_ns, 0);
    int64_t created = good && consumer->created == 0 ? created_at(consumer) : consumer->created;
    if (created > 0)
        consumer->created = created;
    while (good && !atomic_load(&consumer->stopping))
        good = step(consumer);
}

/* A lost connection is made again at once, one that the server gave no messages later and later. */
static void plan_next(catga_redis_consumer *consumer, catga_backoff *backoff)
{
    if (consumer->refused)
        catga_backoff_plan(backoff, catga_clock_now(), true);
    else
        catga_backoff_reset(backoff, catga_clock_now());
    consumer->refused = false;
}

static void *run(void *argument)
{
    catga_redis_consumer *consumer = argument;
    catga_redis_transport *redis = consumer->owner;
    const catga_redis_link_options options = {
        .addresses = &redis->addresses, .name = redis->name, .timeout_ns = redis->silence_ns};
    catga_backoff backoff;
    catga_problem problem; /* the pipeline reports it */
    catga_redis_sigpipe signals;

    catga_redis_sigpipe_block(&signals);
    catga_backoff_reset(&backoff, catga_clock_now());
    while (!atomic_load(&consumer->stopping)) {
        if (catga_clock_now() >= backoff.next_ns && catga_redis_pipeline_is_up(&redis->pipeline) &&
            catga_redis_link_open(&consumer->link, &options, &problem) == CATGA_OK) {
            serve(consumer);
            catga_redis_link_close(&consumer->link);
            plan_next(consumer, &backoff);
        }
        if (!atomic_load(&consumer->stopping))
            nanosleep(&(struct timespec){.tv_nsec = OFFLINE_PAUSE}, NULL);
    }
    pthread_mutex_lock(&redis->lock);
    atomic_store(&consumer->ended, true);
    pthread_cond_broadcast(&redis->changed);
    pthread_mutex_unlock(&redis->lock);
    return NULL;
}

/* ---- Keeping alive ---- */

static bool keep(void *user, const catga_incoming *message)
{
    catga_redis_consumer *consumer = user;
    const catga_redis_message *native = message->native;

    return send_progress(consumer, native->id) == CATGA_OK;
}

static void tick(void *user)
{
    catga_redis_consumer *consumer = user;

    catga_admission_queue_keep_alive(consumer->queue, catga_clock_now());
}

/* ---- Begin and end ---- */

static void set_names(catga_redis_consumer *consumer)
{
    snprintf(consumer->key, sizeof consumer->key, CATGA_REDIS_STREAM_BEGIN "%s", consumer->stream);
    snprintf(consumer->later, sizeof consumer->later, CATGA_REDIS_STREAM_BEGIN "%s:later:%s",
             consumer->stream, consumer->group);
    snprintf(consumer->groups, sizeof consumer->groups, CATGA_REDIS_STREAM_BEGIN "%s:groups",
             consumer->stream);
    snprintf(consumer->ack_wait, sizeof consumer->ack_wait, "%" PRId64,
             consumer->ack_wait_ns / CATGA_MILLISECOND);
}

static void set_demand(catga_redis_consumer *consumer, const catga_consumer_settings *settings)
{
    int64_t eighth_ns = settings->ack_wait_ns / 8;
    const catga_demand_rules rules = {.workers = settings->workers != 0 ? settings->workers : 1,
                                      .limit = settings->unacknowledged,
                                      .horizon_ns = eighth_ns < HORIZON ? eighth_ns : HORIZON};

    catga_demand_init(&consumer->demand, &rules);
    consumer->tick = (catga_tick){.function = tick, .user = consumer, .interval_ns = eighth_ns};
}

static bool set_acks(catga_redis_consumer *consumer)
{
    const char *head[] = {"XACK", consumer->key, consumer->group};

    consumer->acks = catga_redis_batch_new(
        &(catga_redis_batch_options){.pipeline = &consumer->owner->pipeline,
                                     .pools = catga_redis_pools_of(consumer->owner),
                                     .head = head,
                                     .head_count = 3});
    return consumer->acks != NULL;
}

static bool set_queue(catga_redis_consumer *consumer, const catga_consumer_settings *settings)
{
    const catga_admission_options options = {.workers = settings->workers,
                                             .limit = settings->unacknowledged,
                                             .alive_ns = settings->ack_wait_ns,
                                             .keep = keep,
                                             .freed = freed,
                                             .user = consumer};

    consumer->queue = catga_redis_queue_new(consumer->owner, options);
    return consumer->queue != NULL;
}

static catga_redis_consumer *consumer_new(catga_redis_transport *redis,
                                          const catga_consumer_settings *settings)
{
    catga_redis_consumer *consumer = calloc(1, sizeof *consumer);

    if (consumer == NULL)
        return NULL;
    consumer->owner = redis;
    consumer->ack_wait_ns = settings->ack_wait_ns;
    consumer->unused_ns = settings->unused_ns;
    consumer->unacknowledged = settings->unacknowledged;
    consumer->pending_bytes = settings->pending_bytes != 0 ? settings->pending_bytes : SIZE_MAX / 2;
    consumer->receive = settings->receive;
    consumer->user = settings->user;
    consumer->stream = strdup(settings->stream);
    consumer->group = strdup(settings->name);
    consumer->subject = strdup(settings->subject);
    atomic_init(&consumer->lag, -1);
    catga_redis_link_init(&consumer->link);
    sem_init(&consumer->room, 0, 0);
    set_demand(consumer, settings);
    bool complete = consumer->stream != NULL && consumer->group != NULL &&
                    consumer->subject != NULL &&
                    catga_redis_held_begin(&consumer->held, 2 * settings->unacknowledged + BATCH);
    if (complete) {
        set_names(consumer);
        complete = set_acks(consumer) && set_queue(consumer, settings);
    }
    if (complete)
        return consumer;
    catga_redis_consumer_free(consumer);
    return NULL;
}

void catga_redis_consumer_free(catga_redis_consumer *consumer)
{
    if (consumer->has_tick)
        catga_ticker_remove(&consumer->owner->ticker, &consumer->tick);
    if (consumer->has_thread)
        pthread_join(consumer->thread, NULL);
    catga_redis_link_end(&consumer->link);
    catga_redis_held_end(&consumer->held);
    catga_redis_batch_end(consumer->acks);
    sem_destroy(&consumer->room);
    free(consumer->stream);
    free(consumer->group);
    free(consumer->subject);
    free(consumer);
}

void catga_redis_consumer_stop(catga_redis_consumer *consumer)
{
    atomic_store(&consumer->stopping, true);
    catga_redis_link_interrupt(&consumer->link);
    sem_post(&consumer->room);
    catga_admission_queue_return_stored(consumer->queue, hand_back, consumer);
}

bool catga_redis_consumer_ended(const catga_redis_consumer *consumer)
{
    return atomic_load(&consumer->ended);
}

/* ---- Operations ---- */

static catga_status start(catga_redis_consumer *consumer, catga_subscription **subscription)
{
    catga_subscription *made = calloc(1, sizeof *made);

    if (made != NULL)
        made->subject = strdup(consumer->subject);
    consumer->has_tick = made != NULL && made->subject != NULL &&
                         catga_ticker_add(&consumer->owner->ticker, &consumer->tick);
    consumer->has_thread =
        consumer->has_tick && catga_thread_start(&consumer->thread, run, consumer);
    if (!consumer->has_thread) {
        if (made != NULL)
            free(made->subject);
        free(made);
        return CATGA_NO_MEMORY;
    }
    made->owner = consumer->owner;
    made->consumer = consumer;
    made->queue = consumer->queue;
    made->user = consumer->user;
    atomic_init(&made->confirmed, true);
    catga_redis_add_subscription(consumer->owner, made);
    *subscription = made;
    return CATGA_OK;
}

/* A group of Redis gets all entries of a stream: those of other subjects would be settled here, and
 * the other programs of the group would not get them. */
static catga_status refuse_joined(const catga_consumer_settings *settings, catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text,
             "consumer %.64s: a group of Redis has no subject, so a handler cannot join that of "
             "other programs",
             settings->name);
    return CATGA_UNSUPPORTED;
}

static catga_status refuse_fetch(const catga_consumer_settings *settings, catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text,
             "consumer %.64s: events cannot be fetched over Redis: handle them with 'on'",
             settings->name);
    return CATGA_UNSUPPORTED;
}

catga_status catga_redis_consume(catga_transport *transport,
                                 const catga_consumer_settings *settings,
                                 catga_subscription **subscription, catga_problem *problem)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    *subscription = NULL;
    if (settings->joins)
        return refuse_joined(settings, problem);
    if (settings->wanted != NULL)
        return refuse_fetch(settings, problem);
    catga_redis_consumer *consumer = consumer_new(redis, settings);
    if (consumer == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = create_group(&redis->control, consumer->key, consumer->group,
                                       settings->only_new ? "$" : "0", problem);
    if (status == CATGA_OK)
        status = start(consumer, subscription);
    if (status == CATGA_OK)
        return CATGA_OK;
    catga_admission_queue *queue = consumer->queue;
    catga_redis_consumer_free(consumer);
    catga_admission_queue_free(queue);
    return status;
}

void catga_redis_backlogs(catga_transport *transport, catga_backlog_function *show, void *user)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    pthread_mutex_lock(&redis->lock);
    for (const catga_subscription *at = redis->subscriptions; at != NULL; at = at->next) {
        if (at->consumer == NULL || atomic_load(&at->stage) != CATGA_REDIS_JOINED ||
            atomic_load(&at->consumer->lag) < 0)
            continue;
        const catga_consumer_backlog backlog = {.user = at->user,
                                                .pending =
                                                    (uint64_t)atomic_load(&at->consumer->lag),
                                                .ack_pending = atomic_load(&at->consumer->pending)};
        show(user, &backlog);
    }
    pthread_mutex_unlock(&redis->lock);
}
