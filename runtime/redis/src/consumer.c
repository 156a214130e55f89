/* Begins and ends consumers. */
#include "consumer.h"

#include "base/signals.h"
#include "consumer_state.h"
#include "group.h"
#include "reader.h"
#include "settle.h"
#include "streams.h"
#include "subscription.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* Held messages should be finished within this time, and within an eighth of the ack wait. */
#define HORIZON (50 * CATGA_MILLISECOND)

/* ---- Keeping alive ---- */

static bool keep(void *user, const catga_incoming *message)
{
    catga_redis_consumer *consumer = user;
    const catga_redis_message *native = message->native;

    return catga_redis_keep(consumer, native->id) == CATGA_OK;
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
                                             .freed = catga_redis_note_room,
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
                    catga_redis_held_begin(&consumer->held,
                                           2 * settings->unacknowledged + CATGA_REDIS_READ_BATCH);
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
    catga_admission_queue_return_stored(consumer->queue, catga_redis_hand_back, consumer);
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
    consumer->has_thread = consumer->has_tick &&
                           catga_thread_start(&consumer->thread, catga_redis_reader_run, consumer);
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
    catga_status status = catga_redis_group_create(&redis->control, consumer->key, consumer->group,
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
