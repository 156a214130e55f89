#include "entries.h"

#include "consumer_state.h"
#include "entry_id.h"
#include "settle.h"
#include "streams.h"

#include <stdio.h>

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
        catga_redis_hand_back(consumer, message);
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
    catga_redis_settle_entry(consumer, id->str);
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

bool catga_redis_receive_new(catga_redis_consumer *consumer, const redisReply *reply,
                             int64_t sent_ns, int64_t block_ns)
{
    int64_t waited_ns = waited_since(sent_ns, block_ns);

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

bool catga_redis_receive_taken(catga_redis_consumer *consumer, const redisReply *reply,
                               int64_t sent_ns)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2 || reply->elements % 3 != 2 ||
        reply->element[0]->type != REDIS_REPLY_INTEGER ||
        reply->element[1]->type != REDIS_REPLY_INTEGER)
        return false;
    int64_t next_ms = reply->element[0]->integer;
    int64_t interval_ns = consumer->ack_wait_ns / 4 < CATGA_REDIS_TAKE_INTERVAL
                              ? consumer->ack_wait_ns / 4
                              : CATGA_REDIS_TAKE_INTERVAL;
    if (next_ms >= 0 && next_ms < interval_ns / CATGA_MILLISECOND)
        interval_ns = next_ms * CATGA_MILLISECOND;
    catga_redis_take_by(consumer, sent_ns + interval_ns);
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
