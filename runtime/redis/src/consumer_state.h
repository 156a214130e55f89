/* The state of a consumer. settle.c settles its messages, group.c sees to its group, entries.c
 * receives its messages, reader.c has its thread, and consumer.c begins and ends it. */
#ifndef CATGA_REDIS_CONSUMER_STATE_H
#define CATGA_REDIS_CONSUMER_STATE_H

#include "base/clock.h"
#include "batch.h"
#include "delivery/demand.h"
#include "held.h"
#include "message.h"
#include "transport/admission_queue.h"

/* Longest pause between two looks for messages to claim, at most a quarter of the ack wait. */
#define CATGA_REDIS_TAKE_INTERVAL (500 * CATGA_MILLISECOND)

/* Messages of one reply; size of a number's text. */
enum { CATGA_REDIS_READ_BATCH = 256, CATGA_REDIS_NUMBER = 24 };

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
    char later[CATGA_REDIS_KEY];       /* messages that wait, by the end of their delay */
    char groups[CATGA_REDIS_KEY];      /* groups that are deleted when nobody uses them */
    char ack_wait[CATGA_REDIS_NUMBER]; /* milliseconds */
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

#endif
