#include "subscription.h"

#include "base/clock.h"
#include "base/pattern.h"
#include "consumer.h"
#include "message.h"
#include "receiver.h"
#include "send.h"
#include "transport/validate.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* How long `confirmed` waits for the server. */
#define CONFIRM_WAIT (2 * CATGA_SECOND)

/* ---- Messages ---- */

static void drop(catga_subscription *subscription, catga_incoming *message)
{
    catga_redis_transport *redis = subscription->owner;

    catga_redis_release(message);
    atomic_fetch_add(&redis->dropped, 1);
    if (!atomic_exchange(&subscription->overflowing, true))
        redis->listener.on_event(redis->listener.user, CATGA_CONNECTION_OVERFLOW,
                                 subscription->subject);
}

void catga_redis_deliver(catga_subscription *subscription, catga_incoming *message)
{
    catga_admission_queue *queue = subscription->queue;

    if (atomic_load_explicit(&subscription->overflowing, memory_order_relaxed) &&
        atomic_load(&queue->load) <= queue->options.limit / 2)
        atomic_store(&subscription->overflowing, false);
    if (catga_admission_queue_admit(queue, message, subscription->receive, subscription->user,
                                    catga_clock_now()))
        return;
    if (subscription->refuse != NULL)
        subscription->refuse(subscription->user, message);
    else
        drop(subscription, message);
}

static void discard(void *user, catga_incoming *message)
{
    (void)user;
    catga_redis_release(message);
}

catga_admission_queue *catga_redis_queue_new(catga_redis_transport *redis,
                                             catga_admission_options options)
{
    if (options.workers == 0)
        options.workers = 1;
    if (options.byte_limit == 0)
        options.byte_limit = SIZE_MAX;
    if (options.discard == NULL)
        options.discard = discard;
    options.emptied = catga_redis_wake;
    options.owner = redis;
    return catga_admission_queue_new(&options);
}

/* ---- Begin and end ---- */

static void subscription_free(catga_subscription *subscription)
{
    if (subscription->queue != NULL && !subscription->beside)
        catga_admission_queue_free(subscription->queue);
    free(subscription->subject);
    free(subscription->group);
    free(subscription->head);
    free(subscription->routes);
    free(subscription->list);
    free(subscription->route);
    free(subscription);
}

/* Returns the length of the tokens before the first wildcard of a pattern. */
static size_t head_length(const char *pattern)
{
    const char *wildcard = strpbrk(pattern, "*>");

    return wildcard <= pattern ? 0 : (size_t)(wildcard - pattern) - 1;
}

/* Sets the key of the routes, and the member of a subscriber in them. */
static void set_routes(catga_subscription *subscription, const char *list)
{
    const catga_redis_transport *redis = subscription->owner;
    const char *subject = subscription->subject;
    bool is_pattern = catga_pattern_is(subject);

    subscription->head = strndup(subject, is_pattern ? head_length(subject) : 0);
    if (subscription->head == NULL ||
        asprintf(&subscription->routes, "%s%s",
                 is_pattern ? CATGA_REDIS_PATTERNS : CATGA_REDIS_ROUTES,
                 is_pattern ? subscription->head : subject) < 0)
        subscription->routes = NULL;
    if (asprintf(&subscription->route, "%s %s.%" PRIu64 "%s%s", list, redis->inbox,
                 subscription->id, is_pattern ? " " : "", is_pattern ? subject : "") < 0)
        subscription->route = NULL;
}

static bool set_names(catga_subscription *subscription, const catga_subscription_options *options)
{
    char list[CATGA_REDIS_KEY];

    if (options->queue_group == NULL)
        snprintf(list, sizeof list, "%s", subscription->owner->inbox);
    else
        snprintf(list, sizeof list, "catga:queue:%s:%s", options->subject, options->queue_group);
    subscription->subject = strdup(options->subject);
    subscription->group = options->queue_group == NULL ? NULL : strdup(options->queue_group);
    subscription->list = strdup(list);
    if (subscription->subject == NULL || subscription->list == NULL ||
        (subscription->group == NULL) != (options->queue_group == NULL))
        return false;
    set_routes(subscription, list);
    return subscription->routes != NULL && subscription->route != NULL;
}

static bool set_queue(catga_subscription *subscription, const catga_subscription_options *options)
{
    const catga_admission_options queue = {.workers = options->workers,
                                           .limit = options->pending,
                                           .byte_limit = options->pending_bytes,
                                           .user = subscription};

    subscription->beside = options->beside != NULL;
    subscription->queue = options->beside != NULL
                              ? options->beside->queue
                              : catga_redis_queue_new(subscription->owner, queue);
    return subscription->queue != NULL;
}

static catga_subscription *subscription_new(catga_redis_transport *redis,
                                            const catga_subscription_options *options)
{
    catga_subscription *subscription = calloc(1, sizeof *subscription);

    if (subscription == NULL)
        return NULL;
    subscription->owner = redis;
    subscription->receive = options->receive;
    subscription->refuse = options->refuse;
    subscription->user = options->user;
    subscription->uncounted = options->uncounted;
    atomic_init(&subscription->is_new, true);
    pthread_mutex_lock(&redis->lock);
    subscription->id = ++redis->subscription_id;
    pthread_mutex_unlock(&redis->lock);
    if (set_names(subscription, options) && set_queue(subscription, options))
        return subscription;
    subscription_free(subscription);
    return NULL;
}

void catga_redis_add_subscription(catga_redis_transport *redis, catga_subscription *subscription)
{
    pthread_mutex_lock(&redis->lock);
    subscription->next = redis->subscriptions;
    redis->subscriptions = subscription;
    atomic_fetch_add(&redis->changes, 1);
    pthread_mutex_unlock(&redis->lock);
}

/* ---- Presence ---- */

static catga_subscription *find(catga_redis_transport *redis, uint64_t id)
{
    catga_subscription *subscription = redis->subscriptions;

    while (subscription != NULL && subscription->id != id)
        subscription = subscription->next;
    return subscription;
}

/* The server has seen a subscription. It may have left meanwhile. */
static void on_joined(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_transport *redis = owner;

    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        catga_redis_report(redis, "a subscription", reply);
    if (reply == NULL || reply->type == REDIS_REPLY_ERROR)
        return;
    pthread_mutex_lock(&redis->lock);
    catga_subscription *subscription = find(redis, command->token);
    if (subscription != NULL) {
        atomic_store(&subscription->confirmed, true);
        atomic_store(&subscription->is_new, false);
    }
    pthread_cond_broadcast(&redis->changed);
    pthread_mutex_unlock(&redis->lock);
}

static void send_join(catga_subscription *subscription)
{
    catga_redis_transport *redis = subscription->owner;
    bool is_first = subscription->group != NULL && atomic_load(&subscription->is_new);

    size_t size = strlen(subscription->routes) + strlen(subscription->list) +
                  strlen(subscription->route) + strlen(subscription->head);
    catga_redis_command *command =
        catga_redis_pipeline_script(&redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_JOIN,
                                    3, 5, size + 8 * catga_redis_part_size(0) + 48);

    if (command == NULL)
        return; /* it is sent again soon */
    catga_redis_command_text(command, subscription->routes);
    catga_redis_command_text(command, subscription->list);
    catga_redis_command_text(command, CATGA_REDIS_HEADS);
    catga_redis_command_text(command, subscription->route);
    catga_redis_command_text(command, CATGA_REDIS_PRESENCE_MS);
    catga_redis_command_text(command, CATGA_REDIS_LIFETIME_MS);
    catga_redis_command_text(command, is_first ? "1" : "0");
    catga_redis_command_text(command, subscription->head);
    command->on_reply = on_joined;
    command->token = subscription->id;
    (void)catga_redis_pipeline_send(&redis->pipeline, command);
}

static void send_leave(catga_subscription *subscription)
{
    catga_redis_transport *redis = subscription->owner;
    char mark[64];
    size_t size = strlen(subscription->routes) + strlen(subscription->route) + CATGA_REDIS_INBOX;

    snprintf(mark, sizeof mark, CATGA_REDIS_MARK "%" PRIu64 " - -\r\n\r\n", subscription->id);
    catga_redis_command *command = catga_redis_pipeline_script(
        &redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_LEAVE, 2, 3,
        size + sizeof mark + 5 * catga_redis_part_size(0) + 32);
    if (command == NULL)
        return;
    catga_redis_command_text(command, subscription->routes);
    catga_redis_command_text(command, redis->inbox);
    catga_redis_command_text(command, subscription->route);
    catga_redis_command_text(command, mark);
    catga_redis_command_text(command, CATGA_REDIS_LIFETIME_MS);
    (void)catga_redis_pipeline_send(&redis->pipeline, command);
}

void catga_redis_join_all(catga_redis_transport *redis)
{
    pthread_mutex_lock(&redis->lock);
    for (catga_subscription *at = redis->subscriptions; at != NULL; at = at->next) {
        int stage = atomic_load(&at->stage);
        if (at->consumer != NULL)
            continue;
        if (stage == CATGA_REDIS_JOINED)
            send_join(at);
        else if (stage == CATGA_REDIS_LEAVING)
            send_leave(at);
    }
    pthread_mutex_unlock(&redis->lock);
}

void catga_redis_note_mark(catga_redis_transport *redis, uint64_t id)
{
    pthread_mutex_lock(&redis->lock);
    catga_subscription *subscription = find(redis, id);
    int leaving = CATGA_REDIS_LEAVING;
    if (subscription != NULL)
        (void)atomic_compare_exchange_strong(&subscription->stage, &leaving, CATGA_REDIS_MARKED);
    pthread_mutex_unlock(&redis->lock);
}

/* ---- Operations ---- */

static bool may_subscribe(const catga_subscription_options *options)
{
    const char *subject = options->subject;
    const char *group = options->queue_group;
    bool is_valid = catga_pattern_is(subject)
                        ? catga_pattern_valid(subject) && head_length(subject) > 0
                        : catga_subject_valid(subject);

    return is_valid && (group == NULL || catga_subject_valid(group)) &&
           strlen(subject) + (group == NULL ? 0 : strlen(group)) <= CATGA_REDIS_KEY - 32;
}

catga_status catga_redis_subscribe(catga_transport *transport,
                                   const catga_subscription_options *options,
                                   catga_subscription **subscription)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    *subscription = NULL;
    if (!may_subscribe(options))
        return CATGA_INVALID_ARGUMENT;
    catga_subscription *made = subscription_new(redis, options);
    if (made == NULL)
        return CATGA_NO_MEMORY;
    catga_redis_add_subscription(redis, made);
    send_join(made);
    catga_redis_receiver_wake(redis);
    *subscription = made;
    return CATGA_OK;
}

catga_status catga_redis_confirmed(catga_transport *transport, catga_subscription *subscription)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    int64_t end = catga_clock_now() + CONFIRM_WAIT;

    pthread_mutex_lock(&redis->lock);
    while (!atomic_load(&subscription->confirmed) && catga_redis_pipeline_is_up(&redis->pipeline) &&
           catga_redis_wait(redis, end))
        continue;
    pthread_mutex_unlock(&redis->lock);
    return CATGA_OK;
}

static bool is_drained(const catga_subscription *subscription)
{
    bool ended = subscription->consumer != NULL
                     ? catga_redis_consumer_ended(subscription->consumer)
                     : atomic_load(&subscription->stage) == CATGA_REDIS_ENDED;

    return ended && (subscription->beside || catga_admission_queue_is_empty(subscription->queue));
}

static void begin_drain(catga_subscription *subscription)
{
    int joined = CATGA_REDIS_JOINED;

    if (!atomic_compare_exchange_strong(&subscription->stage, &joined, CATGA_REDIS_LEAVING))
        return;
    if (subscription->consumer != NULL) {
        catga_redis_consumer_stop(subscription->consumer);
        return;
    }
    send_leave(subscription);
    catga_redis_receiver_wake(subscription->owner);
}

catga_status catga_redis_drain(catga_transport *transport, catga_subscription *subscription,
                               int timeout_ms)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    int64_t end = catga_clock_now() + timeout_ms * CATGA_MILLISECOND;

    begin_drain(subscription);
    pthread_mutex_lock(&redis->lock);
    while (!is_drained(subscription) && catga_redis_wait(redis, end))
        continue;
    bool drained = is_drained(subscription);
    pthread_mutex_unlock(&redis->lock);
    return drained ? CATGA_OK : CATGA_TIMEOUT;
}

void catga_redis_unsubscribe(catga_transport *transport, catga_subscription *subscription)
{
    catga_redis_transport *redis = catga_redis_of(transport);

    pthread_mutex_lock(&redis->lock);
    for (catga_subscription **at = &redis->subscriptions; *at != NULL; at = &(*at)->next) {
        if (*at == subscription) {
            *at = subscription->next;
            break;
        }
    }
    atomic_fetch_add(&redis->changes, 1);
    pthread_mutex_unlock(&redis->lock);
    if (subscription->consumer != NULL)
        catga_redis_consumer_free(subscription->consumer);
    subscription_free(subscription);
}

uint64_t catga_redis_in_hand(const catga_transport *transport)
{
    catga_redis_transport *redis = catga_redis_of(transport);
    uint64_t count = 0;

    pthread_mutex_lock(&redis->lock);
    for (const catga_subscription *at = redis->subscriptions; at != NULL; at = at->next)
        if (!at->beside && !at->uncounted)
            count += atomic_load(&at->queue->load);
    pthread_mutex_unlock(&redis->lock);
    return count;
}
