#include "receiver.h"

#include "base/clock.h"
#include "base/signals.h"
#include "message.h"
#include "send.h"
#include "sigpipe.h"
#include "streams.h"
#include "subscription.h"
#include "transport/backoff.h"

#include <stdio.h>
#include <stdlib.h>

/* Longest wait of a blocking command, and how much later its reply may come. */
#define BLOCK_S "1"
#define BLOCK   CATGA_SECOND
#define GRACE   CATGA_SECOND

/* Messages of one reply. */
#define COUNT "64"

/* Pause between looks at the subscriptions without a connection. */
#define OFFLINE_PAUSE (20 * CATGA_MILLISECOND)

struct catga_redis_receiver {
    catga_redis_transport *owner;
    catga_redis_link link;
    pthread_t thread;

    /* Of the thread. */
    unsigned changes;                   /* of the subscriptions, when they were copied */
    catga_subscription **subscriptions; /* that are not ended */
    const char **parts;                 /* of the command */
    size_t count;
    size_t capacity;
    unsigned turn; /* the list that is looked at first */
};

/* ---- Subscriptions ---- */

static bool grow(catga_redis_receiver *receiver, size_t count)
{
    if (count <= receiver->capacity)
        return true;
    size_t capacity = count + 16;
    void *subscriptions =
        reallocarray(receiver->subscriptions, capacity, sizeof receiver->subscriptions[0]);
    if (subscriptions != NULL)
        receiver->subscriptions = subscriptions;
    void *parts = reallocarray(receiver->parts, capacity + 8, sizeof receiver->parts[0]);
    if (parts != NULL)
        receiver->parts = parts;
    if (subscriptions == NULL || parts == NULL)
        return false;
    receiver->capacity = capacity;
    return true;
}

/* Copies the list of subscriptions if it has changed. Without memory it is tried again. */
static void look(catga_redis_receiver *receiver)
{
    catga_redis_transport *redis = receiver->owner;
    size_t count = 0;

    if (atomic_load(&redis->changes) == receiver->changes)
        return;
    pthread_mutex_lock(&redis->lock);
    for (const catga_subscription *at = redis->subscriptions; at != NULL; at = at->next)
        count++;
    if (grow(receiver, count)) {
        receiver->count = 0;
        receiver->changes = atomic_load(&redis->changes);
        for (catga_subscription *at = redis->subscriptions; at != NULL; at = at->next)
            if (at->consumer == NULL && atomic_load(&at->stage) != CATGA_REDIS_ENDED)
                receiver->subscriptions[receiver->count++] = at;
    }
    pthread_mutex_unlock(&redis->lock);
}

/* ---- Messages ---- */

/* Returns false for a message that is dropped without memory, and for none of ours. */
static bool read_message(catga_redis_receiver *receiver, const redisReply *bytes,
                         catga_incoming *message)
{
    catga_status status =
        catga_redis_message_read(receiver->owner, bytes->str, bytes->len, message);

    if (status == CATGA_NO_MEMORY)
        atomic_fetch_add(&receiver->owner->dropped, 1);
    return status == CATGA_OK;
}

static void to_group(catga_redis_receiver *receiver, const redisReply *list,
                     catga_incoming *message)
{
    for (size_t i = 0; i < receiver->count; i++) {
        if (strcmp(receiver->subscriptions[i]->list, list->str) == 0) {
            catga_redis_deliver(receiver->subscriptions[i], message);
            return;
        }
    }
    catga_redis_release(message);
}

/* Passes an event to each subscriber of this process; all but the last get a copy. */
static void to_each(catga_redis_receiver *receiver, const redisReply *bytes,
                    catga_incoming *message)
{
    catga_subscription *last = NULL;

    for (size_t i = 0; i < receiver->count; i++) {
        catga_subscription *at = receiver->subscriptions[i];
        catga_incoming copy;
        if (at->group != NULL || !catga_redis_subject_matches(at->subject, message->subject))
            continue;
        if (last != NULL && read_message(receiver, bytes, &copy))
            catga_redis_deliver(last, &copy);
        last = at;
    }
    if (last != NULL)
        catga_redis_deliver(last, message);
    else
        catga_redis_release(message);
}

static bool is_mark(catga_string subject, uint64_t *id)
{
    size_t begin = sizeof CATGA_REDIS_MARK - 1;

    if (subject.length <= begin || memcmp(subject.data, CATGA_REDIS_MARK, begin) != 0)
        return false;
    *id = strtoull(subject.data + begin, NULL, 10);
    return true;
}

static void from_inbox(catga_redis_receiver *receiver, const redisReply *bytes,
                       catga_incoming *message)
{
    catga_redis_transport *redis = receiver->owner;
    uint64_t number;

    if (catga_redis_inbox_token(redis, message->subject, &number)) {
        redis->listener.on_reply(redis->listener.user, number, message);
    } else if (is_mark(message->subject, &number)) {
        catga_redis_note_mark(redis, number);
        catga_redis_release(message);
    } else {
        to_each(receiver, bytes, message);
    }
}

static void deliver(catga_redis_receiver *receiver, const redisReply *list, const redisReply *bytes)
{
    catga_redis_transport *redis = receiver->owner;
    catga_incoming message;

    if (bytes->type != REDIS_REPLY_STRING || !read_message(receiver, bytes, &message))
        return; /* a wake-up, or no message of ours */
    if (strcmp(list->str, redis->inbox) == 0)
        from_inbox(receiver, bytes, &message);
    else
        to_group(receiver, list, &message);
}

/* Delivers the reply of BLMPOP or LMPOP: a list and its messages. Returns their number; -1: it is
 * no such reply, and the connection is of no use. */
static int deliver_all(catga_redis_receiver *receiver, const redisReply *reply)
{
    if (reply == NULL)
        return -1;
    if (reply->type == REDIS_REPLY_ERROR)
        catga_redis_report(receiver->owner, "reading of messages", reply);
    if (reply->type == REDIS_REPLY_NIL)
        return 0;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[0]->type != REDIS_REPLY_STRING ||
        reply->element[1]->type != REDIS_REPLY_ARRAY)
        return -1;
    const redisReply *messages = reply->element[1];
    for (size_t i = 0; i < messages->elements; i++)
        deliver(receiver, reply->element[0], messages->element[i]);
    return (int)messages->elements;
}

/* ---- Ending subscriptions ---- */

/* Takes the messages that the server has for a queue group whose member leaves. */
static bool take_rest(catga_redis_receiver *receiver, const catga_subscription *subscription)
{
    const char *parts[] = {"LMPOP", "1", subscription->list, "LEFT", "COUNT", COUNT};
    int count = 1;

    while (count > 0) {
        redisReply *reply = catga_redis_link_call(&receiver->link, 6, parts, NULL);
        count = deliver_all(receiver, reply);
        freeReplyObject(reply);
    }
    return count == 0;
}

static void forget(catga_redis_receiver *receiver, size_t index)
{
    catga_redis_transport *redis = receiver->owner;
    catga_subscription *subscription = receiver->subscriptions[index];

    receiver->subscriptions[index] = receiver->subscriptions[--receiver->count];
    pthread_mutex_lock(&redis->lock);
    atomic_store(&subscription->stage, CATGA_REDIS_ENDED);
    pthread_cond_broadcast(&redis->changed);
    pthread_mutex_unlock(&redis->lock);
}

/* Returns whether another subscription of this process reads the same list. */
static bool is_shared(const catga_redis_receiver *receiver, const catga_subscription *subscription)
{
    for (size_t i = 0; i < receiver->count; i++) {
        const catga_subscription *at = receiver->subscriptions[i];
        if (at != subscription && strcmp(at->list, subscription->list) == 0)
            return true;
    }
    return false;
}

/* Ends subscriptions that leave. Without a connection nothing more comes for them. Returns false if
 * the connection is lost. */
static bool end_left(catga_redis_receiver *receiver, bool online)
{
    bool good = true;

    for (size_t i = receiver->count; i-- > 0 && good;) {
        catga_subscription *at = receiver->subscriptions[i];
        int stage = atomic_load(&at->stage);
        if (stage == CATGA_REDIS_JOINED || (stage == CATGA_REDIS_LEAVING && online))
            continue;
        if (online && at->group != NULL && !is_shared(receiver, at))
            good = take_rest(receiver, at);
        if (good)
            forget(receiver, i);
    }
    return good;
}

/* ---- The thread ---- */

/* Returns the list of a queue group, or the inbox behind the last one; NULL: it is read by then. */
static const char *list_of(const catga_redis_receiver *receiver, size_t index)
{
    if (index == receiver->count)
        return receiver->owner->inbox;
    return receiver->subscriptions[index]->group == NULL ? NULL
                                                         : receiver->subscriptions[index]->list;
}

/* Pops messages of the first list that has some. The lists take turns at being the first. */
static redisReply *pop(catga_redis_receiver *receiver)
{
    const char **parts = receiver->parts;
    char number[16];
    unsigned at = 3;

    receiver->turn++;
    parts[0] = "BLMPOP";
    parts[1] = BLOCK_S;
    for (size_t i = 0; i <= receiver->count; i++) {
        const char *list = list_of(receiver, (i + receiver->turn) % (receiver->count + 1));
        if (list != NULL)
            parts[at++] = list;
    }
    snprintf(number, sizeof number, "%u", at - 3);
    parts[2] = number;
    parts[at++] = "LEFT";
    parts[at++] = "COUNT";
    parts[at++] = COUNT;
    return catga_redis_link_call(&receiver->link, at, parts, NULL);
}

static void serve(catga_redis_receiver *receiver)
{
    bool good = catga_redis_link_set_timeout(&receiver->link, BLOCK + GRACE);

    while (good && !atomic_load(&receiver->owner->stopping)) {
        look(receiver);
        if (!end_left(receiver, true))
            return;
        redisReply *reply = pop(receiver);
        good = deliver_all(receiver, reply) >= 0;
        freeReplyObject(reply);
    }
}

static void wait_offline(catga_redis_receiver *receiver, const catga_backoff *backoff)
{
    do {
        look(receiver);
        (void)end_left(receiver, false);
        nanosleep(&(struct timespec){.tv_nsec = OFFLINE_PAUSE}, NULL);
    } while (catga_clock_now() < backoff->next_ns && !atomic_load(&receiver->owner->stopping));
}

static void *run(void *argument)
{
    catga_redis_receiver *receiver = argument;
    catga_redis_transport *redis = receiver->owner;
    catga_backoff backoff;
    catga_redis_sigpipe signals;

    catga_redis_sigpipe_block(&signals);
    catga_backoff_reset(&backoff, catga_clock_now());
    while (!atomic_load(&redis->stopping)) {
        if (catga_redis_open_link(redis, &receiver->link)) {
            catga_backoff_reset(&backoff, catga_clock_now());
            serve(receiver);
            catga_redis_link_close(&receiver->link);
        }
        catga_backoff_plan(&backoff, catga_clock_now(), true);
        if (!atomic_load(&redis->stopping))
            wait_offline(receiver, &backoff);
    }
    return NULL;
}

/* An empty message in the inbox ends a blocking command. */
void catga_redis_receiver_wake(catga_redis_transport *redis)
{
    catga_redis_command *command = catga_redis_command_new(
        catga_redis_pools_of(redis), 3, 3 * catga_redis_part_size(CATGA_REDIS_INBOX));

    if (command == NULL)
        return;
    catga_redis_command_text(command, "RPUSH");
    catga_redis_command_text(command, redis->inbox);
    catga_redis_command_text(command, "");
    (void)catga_redis_pipeline_send(&redis->pipeline, command);
}

/* ---- Begin and end ---- */

static void receiver_free(catga_redis_receiver *receiver)
{
    catga_redis_link_end(&receiver->link);
    free(receiver->subscriptions);
    free(receiver->parts);
    free(receiver);
}

catga_status catga_redis_receiver_start(catga_redis_transport *redis)
{
    catga_redis_receiver *receiver = calloc(1, sizeof *receiver);

    if (receiver == NULL)
        return CATGA_NO_MEMORY;
    receiver->owner = redis;
    catga_redis_link_init(&receiver->link);
    receiver->changes = UINT32_MAX;
    if (!grow(receiver, 1) || !catga_thread_start(&receiver->thread, run, receiver)) {
        receiver_free(receiver);
        return CATGA_NO_MEMORY;
    }
    redis->receiver = receiver;
    return CATGA_OK;
}

void catga_redis_receiver_stop(catga_redis_transport *redis)
{
    catga_redis_receiver *receiver = redis->receiver;

    if (receiver == NULL)
        return;
    catga_redis_link_interrupt(&receiver->link);
    pthread_join(receiver->thread, NULL);
    redis->receiver = NULL;
    receiver_free(receiver);
}
