/* The admission queue of a handler: waiting messages, and the worker threads that run the handler.
 * Both transports use it. A free worker takes the oldest waiting message. Messages beyond the
 * limits of number and bytes are not admitted.
 *
 * An admitted message occupies a slot until its receiver has returned and released it. Stored
 * messages are kept alive meanwhile: periodic calls of catga_admission_queue_keep_alive send an
 * in-progress ack for every message that has been held for a while, whether it waits, runs, or is
 * kept by its receiver. A stored message without such an ack for too long, because the process was
 * suspended, does not run: the server gives it to another replica.
 *
 * Threads: any thread admits and releases; messages that one thread admits stay in order, if there
 * is one worker. No lock; the memory is allocated once.
 */
#ifndef CATGA_ADMISSION_QUEUE_H
#define CATGA_ADMISSION_QUEUE_H

#include "base/ring.h"
#include "transport/transport.h"

#include <pthread.h>
#include <semaphore.h>

typedef struct catga_admission_queue catga_admission_queue;

/* An admitted message. */
typedef struct catga_admission_slot {
    catga_incoming message;
    catga_admission_queue *queue;
    catga_receive_function *receive;
    void *receiver;
    int64_t came_ns;           /* arrival in this process */
    _Atomic(int64_t) alive_ns; /* of a stored message: the last in-progress ack */
    atomic_int phase;          /* of keeping it alive */
    atomic_uint references;    /* references: one of the receiver, one of the message */
    atomic_uint next;          /* free slot, from 1 */
} catga_admission_slot;

typedef struct catga_admission_options {
    unsigned workers;  /* threads */
    unsigned limit;    /* limit of waiting messages */
    size_t byte_limit; /* limit of bytes that wait or run; one message is always admitted */
    int64_t alive_ns;  /* of stored messages: the server's ack_wait; else 0 */

    /* Called by any thread; `user` must outlive the queue. */
    bool (*keep)(void *user,
                 const catga_incoming *message); /* sends an in-progress ack; false on failure */
    void (*discard)(void *user,
                    catga_incoming *message); /* releases a message that another replica has */
    void (*freed)(void *user);                /* the load is less; NULL: not of interest */
    void *user;

    /* Called by a worker: at its begin; when no message waits, and now and then while some do, to
     * write what its runs have sent; and at its end. NULL: that is written at once. `owner` as
     * below. */
    void (*begins)(void *owner);
    void (*rest)(void *owner);
    void (*ends)(void *owner);

    /* Called when nothing is held any more; `owner` outlives the queue. */
    void (*emptied)(void *owner);
    void *owner;
} catga_admission_options;

struct catga_admission_queue {
    catga_admission_options options;
    catga_ring waiting; /* of slots */
    catga_admission_slot *slots;
    unsigned slot_count;
    atomic_uint fresh;         /* slots that have been used */
    atomic_uint_fast64_t free; /* the first free slot, from 1; above it a count of changes */
    atomic_uint held;          /* slots in use */
    atomic_uint load;          /* messages that wait or run: held, and not kept by their receiver */
    atomic_size_t bytes;       /* in them */
    atomic_uint users;         /* threads and slots that still need this structure */
    atomic_uint runs;          /* ended runs and their total duration, since last taken */
    atomic_int_fast64_t run_ns;
    atomic_int quick;    /* how regularly runs were quick lately */
    sem_t permits;       /* one per worker */
    atomic_bool claimed; /* the thread that receives messages waits for a permit */
    uint64_t at_claim;   /* messages that waited at the claim */
    sem_t filled;        /* posted for each message that waits, and to end */
    atomic_bool ending;
    unsigned thread_count;
    pthread_t threads[];
};

/* Returns NULL without memory or threads. */
catga_admission_queue *catga_admission_queue_new(const catga_admission_options *options);

/* Frees the queue. Nothing is held, and no thread admits. */
void catga_admission_queue_free(catga_admission_queue *queue);

/* Takes ownership of the message and has a worker call `receive`. Returns false if there is no
 * room. At `now` the message has been in the process for message->waited_ns. Its memory is valid
 * until its release. */
bool catga_admission_queue_admit(catga_admission_queue *queue, const catga_incoming *message,
                                 catga_receive_function *receive, void *receiver, int64_t now);

/* Returns whether a message should run in the thread that received it: the handler has one worker
 * and has been quick for long. `behind` is the number of following messages. */
bool catga_admission_queue_is_quick(const catga_admission_queue *queue, unsigned behind);

/* Has the calling thread run the handler next: reserves its worker. Waits shortly for a run to end.
 * Returns false if the worker does not finish. The thread is the one that admits; it runs the
 * handler afterwards, while another may admit. */
bool catga_admission_queue_claim(catga_admission_queue *queue, int64_t now);

/* After a claim: calls `receive` in this thread for the messages that waited at the claim, then for
 * `count` messages. *now is the time before, and afterwards. Releases the worker. */
void catga_admission_queue_run_here(catga_admission_queue *queue, catga_incoming *messages,
                                    int count, catga_receive_function *receive, void *receiver,
                                    int64_t *now);

/* Calls `receive` in this thread as soon as a worker is free. Returns false if that is not
 * before `deadline_ns` (0: no deadline). */
bool catga_admission_queue_run_in_sender(catga_admission_queue *queue, catga_incoming *message,
                                         catga_receive_function *receive, void *receiver,
                                         int64_t deadline_ns);

/* Frees the slot of a message; called by its release. The message is not used any more. */
void catga_admission_slot_release(catga_admission_slot *slot);

/* Stops keeping a message alive, before it is settled. */
void catga_admission_slot_settle(catga_admission_slot *slot);

/* Sends an in-progress ack for each message held for more than a quarter of ack_wait. */
void catga_admission_queue_keep_alive(catga_admission_queue *queue, int64_t now);

/* Removes waiting stored messages, and passes each to `function`, which releases it. */
void catga_admission_queue_return_stored(catga_admission_queue *queue,
                                         void (*function)(void *user, catga_incoming *message),
                                         void *user);

/* Returns the runs that have ended since the last call. */
unsigned catga_admission_queue_take_runs(catga_admission_queue *queue, int64_t *run_ns);

static inline bool catga_admission_queue_is_empty(const catga_admission_queue *queue)
{
    return atomic_load(&queue->users) == 0;
}

#endif
