#include "transport/local/consume.h"

#include "base/clock.h"
#include "transport/local/consumers.h"
#include "transport/local/store.h"

/* A subscription should finish its held messages within this time, and within an eighth of
 * ack_wait. */
#define HORIZON (50 * CATGA_MILLISECOND)

static bool keep(void *user, const catga_incoming *message)
{
    catga_subscription *member = user;

    return catga_local_settle(&member->transport->base, message, CATGA_SETTLE_PROGRESS, 0) ==
           CATGA_OK;
}

/* The member has room for another message. */
static void freed(void *user)
{
    catga_subscription *member = user;

    catga_local_store_wake(member->transport->broker);
}

static void tick(void *user)
{
    catga_subscription *member = user;

    catga_admission_queue_keep_alive(member->queue, catga_clock_now());
}

static void hand_back(void *user, catga_incoming *message)
{
    catga_subscription *member = user;

    (void)catga_local_settle(&member->transport->base, message, CATGA_SETTLE_RETRY, 0);
    catga_local_release(message);
}

void catga_local_hand_back(catga_subscription *member)
{
    catga_admission_queue_return_stored(member->queue, hand_back, member);
}

static bool set_consumer(catga_subscription *member, const catga_consumer_settings *settings)
{
    int64_t eighth_ns = settings->ack_wait_ns / 8;
    const catga_admission_options queue = {.workers = settings->workers,
                                           .limit = settings->unacknowledged,
                                           .alive_ns = settings->ack_wait_ns,
                                           .keep = keep,
                                           .freed = freed};
    const catga_demand_rules rules = {.workers = settings->workers != 0 ? settings->workers : 1,
                                      .limit = settings->unacknowledged,
                                      .horizon_ns = eighth_ns < HORIZON ? eighth_ns : HORIZON};

    if (!catga_local_member_set_queue(member, queue))
        return false;
    catga_demand_init(&member->demand, &rules);
    member->wanted = settings->wanted;
    member->tick = (catga_tick){.function = tick, .user = member, .interval_ns = eighth_ns};
    member->consumes = catga_ticker_add(&member->transport->broker->ticker, &member->tick);
    return member->consumes;
}

static catga_status subscribe(catga_local_transport *transport,
                              const catga_consumer_settings *settings,
                              catga_subscription **subscription)
{
    char subject[CATGA_LOCAL_CONSUMER_SUBJECT];
    const catga_subscription_options options = {.subject = subject,
                                                .queue_group = settings->name,
                                                .pending = settings->unacknowledged,
                                                .pending_bytes = settings->pending_bytes,
                                                .receive = settings->receive,
                                                .user = settings->user};
    catga_subscription *member;

    catga_local_consumer_subject(subject, settings->stream, settings->name);
    pthread_mutex_lock(&transport->broker->changing);
    member = catga_local_member_new(transport, &options);
    bool complete = member != NULL && set_consumer(member, settings);
    if (complete)
        catga_local_member_open(member);
    else if (member != NULL)
        catga_local_member_close(member);
    pthread_mutex_unlock(&transport->broker->changing);
    *subscription = complete ? member : NULL;
    return complete ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_local_fetch(catga_transport *transport, catga_subscription *subscription)
{
    (void)subscription;
    catga_local_store_wake(catga_local_of(transport)->broker);
}

catga_status catga_local_consume(catga_transport *transport,
                                 const catga_consumer_settings *settings,
                                 catga_subscription **subscription, catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;
    catga_consumer_settings used = *settings;

    *subscription = NULL;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    pthread_mutex_lock(&broker->store.lock);
    catga_status status =
        catga_local_ensure_consumer(&broker->store, settings, &used.ack_wait_ns, problem);
    pthread_mutex_unlock(&broker->store.lock);
    if (status == CATGA_OK)
        status = subscribe(catga_local_of(transport), &used, subscription);
    catga_local_store_wake(broker);
    return status;
}
