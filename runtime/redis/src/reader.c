#include "reader.h"

#include "consumer_state.h"
#include "entries.h"
#include "group.h"
#include "settle.h"
#include "sigpipe.h"
#include "streams.h"
#include "transport/backoff.h"

#include <inttypes.h>
#include <stdio.h>

/* Longest wait for new messages: while some are held, which may be settled with a delay; else. */
#define BLOCK_BUSY (20 * CATGA_MILLISECOND)
#define BLOCK_IDLE (500 * CATGA_MILLISECOND)
#define GRACE      CATGA_SECOND

/* Pause while another message is held, and only one may be. */
#define HELD_PAUSE (5 * CATGA_MILLISECOND)

/* Pause without room, and without a connection. */
#define ROOM_PAUSE    (100 * CATGA_MILLISECOND)
#define OFFLINE_PAUSE (20 * CATGA_MILLISECOND)

/* Most pending messages that TAKE looks through. */
enum { PENDING_MAX = 4096 };

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
    return smaller(smaller(room, load == 0 && whole == 0 ? 1 : whole), CATGA_REDIS_READ_BATCH);
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

void catga_redis_note_room(void *user)
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
    if (!catga_redis_group_is_missing(reply))
        return refuse(consumer, reply);
    if (catga_redis_stream_is_known(consumer->owner, consumer->stream))
        return catga_redis_group_recreate(consumer);
    nanosleep(&(struct timespec){.tv_nsec = ROOM_PAUSE}, NULL); /* it was removed on purpose */
    return true;
}

static bool take(catga_redis_consumer *consumer, unsigned room)
{
    char limit[CATGA_REDIS_NUMBER];
    char most[CATGA_REDIS_NUMBER];
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
    bool good = reply != NULL &&
                (catga_redis_receive_taken(consumer, reply, sent_ns) || live_with(consumer, reply));
    catga_redis_take_by(consumer, sent_ns + CATGA_REDIS_TAKE_INTERVAL);
    freeReplyObject(reply);
    return good;
}

static bool read_new(catga_redis_consumer *consumer, unsigned room)
{
    int64_t now = catga_clock_now();
    int64_t longest = atomic_load(&consumer->queue->load) != 0 ? BLOCK_BUSY : BLOCK_IDLE;
    int64_t until_take = atomic_load(&consumer->next_take_ns) - now;
    int64_t block_ns = until_take < longest ? until_take : longest;
    char count[CATGA_REDIS_NUMBER];
    char block[CATGA_REDIS_NUMBER];
    const char *parts[] = {
        "XREADGROUP", "GROUP", consumer->group, consumer->owner->name, "COUNT", count,
        "BLOCK",      block,   "STREAMS",       consumer->key,         ">"};

    if (block_ns < CATGA_MILLISECOND)
        block_ns = CATGA_MILLISECOND; /* 0 would be forever */
    snprintf(count, sizeof count, "%u", room);
    snprintf(block, sizeof block, "%" PRId64, block_ns / CATGA_MILLISECOND);
    redisReply *reply = catga_redis_link_call(&consumer->link, 11, parts, NULL);
    bool good = reply != NULL && (catga_redis_receive_new(consumer, reply, now, block_ns) ||
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
        good = catga_redis_receive_new(consumer, reply, sent_ns, 0) || live_with(consumer, reply);
    freeReplyObject(reply);
    nanosleep(&(struct timespec){.tv_nsec = pause_ns}, NULL);
    return good;
}

/* ---- The thread ---- */

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

    if (!catga_redis_group_measure(consumer, now))
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
    catga_redis_take_by(consumer, now + BLOCK_BUSY);
    wait_for_room(consumer);
    nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND}, NULL);
    return true;
}

static void serve(catga_redis_consumer *consumer)
{
    bool good = catga_redis_link_set_timeout(&consumer->link, BLOCK_IDLE + GRACE);

    atomic_store(&consumer->next_take_ns, 0);
    if (good)
        catga_redis_group_note_creation(consumer);
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

void *catga_redis_reader_run(void *argument)
{
    catga_redis_consumer *consumer = argument;
    catga_redis_transport *redis = consumer->owner;
    catga_backoff backoff;
    catga_redis_sigpipe signals;

    catga_redis_sigpipe_block(&signals);
    catga_backoff_reset(&backoff, catga_clock_now());
    while (!atomic_load(&consumer->stopping)) {
        if (catga_clock_now() >= backoff.next_ns && catga_redis_open_link(redis, &consumer->link)) {
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
