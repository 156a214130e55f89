/*
 * progress.h: the calls of one round that keeps many in flight: how many are still to be sent, and
 * how many answers are still to come. Callbacks of any thread send the next call; the thread that
 * began the round waits.
 */
#ifndef SIDE_PROGRESS_H
#define SIDE_PROGRESS_H

#include "../bench.h"

#include <pthread.h>
#include <stdatomic.h>

#define PROGRESS_INIT                                                                              \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER                        \
    }

typedef struct progress {
    atomic_size_t to_send;
    atomic_size_t to_come;
    atomic_uint_fast64_t all_sent; /* time at which the last call was taken */
    pthread_mutex_t lock;
    pthread_cond_t done;
} progress;

static inline void progress_begin(progress *p, size_t calls)
{
    atomic_store(&p->to_send, calls);
    atomic_store(&p->to_come, calls);
}

/* Returns whether the caller is to send another call. */
static inline bool progress_take(progress *p)
{
    size_t left = atomic_load_explicit(&p->to_send, memory_order_relaxed);

    while (left > 0) {
        if (!atomic_compare_exchange_weak(&p->to_send, &left, left - 1))
            continue;
        if (left == 1)
            atomic_store(&p->all_sent, bench_now());
        return true;
    }
    return false;
}

static inline void progress_note_answer(progress *p)
{
    if (atomic_fetch_sub(&p->to_come, 1) != 1)
        return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->done);
    pthread_mutex_unlock(&p->lock);
}

static inline void progress_await(progress *p)
{
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->to_come) > 0)
        pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

#endif
