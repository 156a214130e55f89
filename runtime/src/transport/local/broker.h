/* The state of a server inside this process: attached buses, subscriptions, messages under way, and
 * stored messages. README.md describes its structure, its files and its locks. */
#ifndef CATGA_LOCAL_BROKER_H
#define CATGA_LOCAL_BROKER_H

#include "base/pool.h"
#include "base/process.h"
#include "base/ring.h"
#include "base/ticker.h"

#include <catga/catga.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum {
    CATGA_LOCAL_BUCKETS = 256,
    CATGA_LOCAL_QUEUE = 65536,
    CATGA_LOCAL_MAX_PAYLOAD = 1048576, /* until it is changed */
    CATGA_LOCAL_REFUSED = 32,          /* refused subjects */
    CATGA_LOCAL_SMALL = 1024,
    CATGA_LOCAL_MEDIUM = 65536
};

typedef struct catga_local_transport catga_local_transport;
typedef struct catga_local_subject catga_local_subject;
typedef struct catga_local_stream catga_local_stream;
typedef struct catga_local_consumer catga_local_consumer;
typedef struct catga_local_bucket catga_local_bucket;
typedef struct catga_reader catga_reader;

/* Limits of the server (limits.h). */
typedef struct catga_local_limits {
    atomic_size_t max_payload;
    atomic_bool restricted; /* a subject has been refused: `refused` must be searched */
    pthread_mutex_t lock;   /* guards the rest */
    char *refused[CATGA_LOCAL_REFUSED];
} catga_local_limits;

/* Streams, consumers and buckets, under one lock (store.h). No function that may wait is called
 * under it. */
typedef struct catga_local_store {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a message was stored, or readers are to look for one */
    catga_local_stream *streams;
    uint64_t incarnations; /* streams that were created */
    catga_reader *readers;
    _Atomic(catga_local_consumer *) consumers;
    catga_local_bucket *buckets;
    int64_t advanced_ns;                 /* by catga_local_advance */
    int64_t date_ns;                     /* from the monotonic clock to the time since 1970 */
    unsigned faults[CATGA_LOCAL_FAULTS]; /* messages until the fault; 0: no fault */
    atomic_bool faulty;                  /* a fault has been injected: faults[] must be checked */
    atomic_bool woken;                   /* the thread is to look for due messages */
} catga_local_store;

struct catga_local {
    catga_process process; /* that opened it: a forked child has no thread that delivers */
    atomic_bool connected;
    atomic_bool stopping;
    pthread_mutex_t changing; /* recursive: a listener may subscribe */
    catga_local_transport *transports;
    _Atomic(catga_local_subject *) subjects[CATGA_LOCAL_BUCKETS];
    _Atomic(catga_local_subject *) patterns; /* those with wildcards */
    catga_ring queue;
    sem_t queued; /* once per item in the queue, and once to stop */
    pthread_t thread;
    catga_pool small;
    catga_pool medium;
    catga_local_limits limits;
    catga_local_store store;
    catga_ticker ticker; /* of consumers */
};

#endif
