/* Chooses the connection for requests, answers and settlements: immediate, or buffered in bursts.
 */
#ifndef CATGA_NATS_WRITE_BATCHING_H
#define CATGA_NATS_WRITE_BATCHING_H

#include "transport/nats/link.h"

#include <semaphore.h>

/* The rate of one kind of message. */
typedef struct catga_nats_rate {
    _Atomic(int64_t) last_ns;    /* time of the last message */
    _Atomic(int64_t) average_ns; /* moving average of the gap between two messages */
    int64_t close_ns;            /* a smaller average gap is a burst */
} catga_nats_rate;

typedef struct catga_nats_batching {
    catga_nats_rate requests;
    catga_nats_rate answers;
    catga_nats_rate unawaited; /* settlements, and stored events published without waiting */
    atomic_bool gathered;      /* there are messages that the flusher has not seen */
    atomic_bool left;          /* there are messages that may stay until the next rest */
    atomic_bool flushing;      /* the flusher runs */
    sem_t work;
    pthread_t flusher;
} catga_nats_batching;

void catga_nats_batching_init(catga_nats_batching *batching);

/* Starts the flusher, when there is a buffered connection; ends it. */
void catga_nats_batching_start(catga_nats *nats);
void catga_nats_batching_stop(catga_nats *nats);

/* Returns the link for a message of that rate. */
catga_nats_link *catga_nats_batching_link(catga_nats *nats, catga_nats_rate *rate);

/* Notes that a message was sent over `link`: the flusher sends it soon. */
void catga_nats_batching_sent(catga_nats_link *link);

/* Notes a settlement instead: more of them follow while messages wait. catga_nats_batching_rest has
 * them sent when no message waits; otherwise nats.c sends them a millisecond later. */
void catga_nats_batching_left(catga_nats_link *link);
void catga_nats_batching_rest(catga_nats *nats);

#endif
