/* Subscriptions to unstored messages, and what a subscription to stored ones shares with them. */
#ifndef CATGA_REDIS_SUBSCRIPTION_H
#define CATGA_REDIS_SUBSCRIPTION_H

#include "redis_transport.h"
#include "transport/admission_queue.h"

typedef struct catga_redis_consumer catga_redis_consumer;

typedef enum catga_redis_stage {
    CATGA_REDIS_JOINED,  /* or about to be */
    CATGA_REDIS_LEAVING, /* takes what was sent to it before */
    CATGA_REDIS_MARKED,  /* the inbox has been read up to the end of its messages */
    CATGA_REDIS_ENDED    /* the receiver has forgotten it */
} catga_redis_stage;

struct catga_subscription {
    catga_subscription *next;
    catga_redis_transport *owner;
    uint64_t id;
    char *subject; /* or a pattern */
    char *group;   /* NULL: every subscriber gets every message */
    char *head;    /* of a pattern: its tokens before the first wildcard; else empty */
    char *routes;  /* key of the routes of its subject, or of its head */
    char *list;    /* key of its messages: of its group, or the inbox */
    char *route;   /* its member of the routes */
    catga_receive_function *receive;
    catga_receive_function *refuse;
    void *user;
    catga_admission_queue *queue;
    bool beside;                    /* the queue belongs to another subscription */
    bool uncounted;                 /* its messages are not in hand */
    catga_redis_consumer *consumer; /* of stored messages; else NULL */
    atomic_int stage;
    atomic_bool is_new;    /* has not joined on any connection */
    atomic_bool confirmed; /* the server has seen it */
    atomic_bool overflowing;
};

/* Makes a queue for a subscription with the options that all share. */
catga_admission_queue *catga_redis_queue_new(catga_redis_transport *redis,
                                             catga_admission_options options);

/* Adds a subscription to the list of the transport. */
void catga_redis_add_subscription(catga_redis_transport *redis, catga_subscription *subscription);

/* Sends the presence of every subscription, or the end of one that leaves. */
void catga_redis_join_all(catga_redis_transport *redis);

/* Finds the subscription whose end is marked by `id`, and notes that. */
void catga_redis_note_mark(catga_redis_transport *redis, uint64_t id);

/* Admits a message to the handler, or refuses it. */
void catga_redis_deliver(catga_subscription *subscription, catga_incoming *message);

/* Operations of transport.h. */
catga_status catga_redis_subscribe(catga_transport *transport,
                                   const catga_subscription_options *options,
                                   catga_subscription **subscription);
catga_status catga_redis_confirmed(catga_transport *transport, catga_subscription *subscription);
catga_status catga_redis_drain(catga_transport *transport, catga_subscription *subscription,
                               int timeout_ms);
void catga_redis_unsubscribe(catga_transport *transport, catga_subscription *subscription);
uint64_t catga_redis_in_hand(const catga_transport *transport);

#endif
