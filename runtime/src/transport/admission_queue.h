/*
 * What has arrived for a handler: messages that wait, and the threads that run it. Both transports
 * use it. A free worker takes the message that has waited longest; what exceeds the limit of
 * messages or bytes is not admitted.
 *
 * A message that was admitted occupies a slot until its receiver has returned and has released it. A
 * stored message is kept alive meanwhile: catga_admission_queue_keep_alive, called again and again,
 * tells the server of every message that has been held for a while, whether it waits, runs, or is
 * kept by its receiver. A stored message of which the server heard nothing for too long, since the
 * process was stopped, belongs to another replica: it is not run.
 *
 * Threads: one at a time admits; any thread releases. No lock; the memory is allocated once.
 */
#ifndef CATGA_ADMISSION_QUEUE_H
#define CATGA_ADMISSION_QUEUE_H

#include "base/ring.h"
#include "transport/transport.h"

#include <pthread.h>
#include <semaphore.h>

typedef struct catga_admission_queue catga_admission_queue;

/* A message that was admitted. */
typedef struct catga_admission_slot {
    catga_incoming message;
    catga_admission_queue *queue;
    catga_receive_function *receive;
    void *receiver;
    int64_t came_ns;            /* when the message came to this process */
    _Atomic(int64_t) alive_ns;  /* of a stored message: the server's last sign of life of it */
    atomic_int phase;           /* of keeping it alive */
    atomic_uint references;     /* its receiver's until that returns, and the message's until its release */
    atomic_uint next;           /* free slot, from 1 */
} catga_admission_slot;

typedef struct catga_admission_options {
    unsigned workers;       /* threads */
    unsigned limit;         /* messages that may wait */
    size_t byte_limit;      /* of messages that wait or run; one is always admitted */
    int64_t alive_ns;       /* of stored messages: how long the server waits for a sign of life; else 0 */

    /* Called by any thread; `user` lives until the queue has been freed. */
    bool (*keep)(void *user, const catga_incoming *message);  /* tells the server of it; false: it cannot */
    void (*discard)(void *user, catga_incoming *message);     /* releases it: another has it */
    void (*freed)(void *user);                                /* the load is less; NULL: not of interest */
    void *user;

    /* Nothing is held any more; `owner` outlives the queue. */
    void (*emptied)(void *owner);
    void *owner;
} catga_admission_options;

struct catga_admission_queue {
    catga_admission_options options;
    catga_ring waiting; /* of slots */
    catga_admission_slot *slots;
    unsigned slot_count;
    atomic_uint fresh;                /* slots that have been used */
    atomic_uint_fast64_t free;        /* the first free slot, from 1; above it a count of changes */
    atomic_uint held;                 /* slots in use */
    atomic_uint load;                 /* messages that wait or run: held, and not kept by their receiver */
    atomic_size_t bytes;              /* in them */
    atomic_uint users;                /* threads and slots that still need this structure */
    atomic_uint runs;                 /* that have ended, and how long they took: for whoever takes the sum */
    atomic_int_fast64_t run_ns;
    atomic_uint quick;                /* runs in succession that were quick */
    sem_t permits;                    /* as many as runs are allowed at once */
    sem_t filled;                     /* posted for each message that waits, and to end */
    atomic_bool ending;
    unsigned thread_count;
    pthread_t threads[];
};

/* NULL: no memory, or no thread. */
catga_admission_queue *catga_admission_queue_new(const catga_admission_options *options);

/* When nothing is held, and nobody admits. */
void catga_admission_queue_free(catga_admission_queue *queue);

/*
 * Takes the message over and has a worker give it to `receive`; false when there is no room. At
 * `now` it has been in the process for message->waited_ns. It stays where it is until its release.
 */
bool catga_admission_queue_admit(catga_admission_queue *queue, const catga_incoming *message,
                                 catga_receive_function *receive, void *receiver, int64_t now);

/*
 * Gives the message to `receive` in this thread, when the handler has one worker, has been quick for
 * long, and nothing waits; `behind`: messages known to follow. False: it has not been taken.
 */
bool catga_admission_queue_run_here(catga_admission_queue *queue, catga_incoming *message,
                                    catga_receive_function *receive, void *receiver, int64_t now,
                                    unsigned behind);

/*
 * Gives the message to `receive` in this thread as soon as a worker could run it. False: that is not
 * before `deadline_ns`, 0 for none.
 */
bool catga_admission_queue_run_in_sender(catga_admission_queue *queue, catga_incoming *message,
                                         catga_receive_function *receive, void *receiver,
                                         int64_t deadline_ns);

/* By release, of a message that has a slot; nothing of it is used any more. */
void catga_admission_slot_release(catga_admission_slot *slot);

/* The message is about to be settled: from now on it is not kept alive. */
void catga_admission_slot_settle(catga_admission_slot *slot);

/* Keeps alive what has been held since before a quarter of the time that the server waits. */
void catga_admission_queue_keep_alive(catga_admission_queue *queue, int64_t now);

/* Takes out stored messages that wait, and gives each to `function`, which releases it. */
void catga_admission_queue_return_stored(catga_admission_queue *queue,
                                         void (*function)(void *user, catga_incoming *message),
                                         void *user);

/* The runs that have ended since this was called last. */
unsigned catga_admission_queue_take_runs(catga_admission_queue *queue, int64_t *run_ns);

static inline bool catga_admission_queue_is_empty(const catga_admission_queue *queue)
{
    return atomic_load(&queue->users) == 0;
}

#endif
