/* The event loop: its leader waits for the socket, reads it, has messages delivered, and writes
 * what was sent meanwhile, all in one pass.
 *
 * A quick handler runs in the leader's own thread, since passing a message to another thread takes
 * longer than such a handler. When a handler stays in the leader for longer, or waits for an answer
 * itself, the standby thread becomes the leader, and a spare thread the standby. The former leader
 * finishes its handler, and is a spare thread then.
 *
 * A guest is a thread of nats.c that delivers messages and leads while it has none. The leader
 * offers it the role, and ends. A guest runs no handler that may wait: it hands the role on
 * instead. While the guest delivers, its role counts as the run of a handler, so the standby takes
 * over from one that is kept.
 *
 * Writing. Bytes that are sent by the leader's handlers are written at the end of the pass. Another
 * thread writes its bytes itself, at once, unless the leader is about to. Bytes that nobody waits
 * for are gathered: the first ones after a tick of the standby are written at once, the others with
 * the next tick, or when there are many.
 *
 * The loop's lock is held for reading, writing and delivering, and not while a handler runs. It is
 * a semaphore: senders only try it. Under it, the lock of the transport must not be taken.
 */
#ifndef CATGA_NATS_EVENT_LOOP_H
#define CATGA_NATS_EVENT_LOOP_H

#include "transport/nats/socket.h"

#include <catga/catga.h>

#include <pthread.h>
#include <semaphore.h>

/* The result of a delivery. */
typedef enum catga_nats_delivered {
    CATGA_NATS_ALL_DELIVERED,
    CATGA_NATS_MORE_TO_DELIVER,
    CATGA_NATS_LEADER_LOST /* another thread has become the leader, and the lock is not held */
} catga_nats_delivered;

/* Delivers what was read at `now`. The leader calls it under the lock. */
typedef catga_nats_delivered catga_nats_deliver_function(void *user, int64_t now);

typedef struct catga_nats_event_loop_options {
    catga_nats_deliver_function *deliver;

    /* Called by the leader without the lock: at the end of each pass; before its first pass, and
     * after the last, if it is a thread of the loop. */
    void (*passed)(void *user);
    void (*begins)(void);
    void (*ends)(void);
    void *user;
} catga_nats_event_loop_options;

typedef struct catga_nats_event_loop {
    catga_nats_event_loop_options options;

    sem_t lock;
    catga_nats_socket *socket; /* under the lock: the one to read; NULL: none */
    uint64_t changes;          /* under the lock: counts changes of what the leader walks through */
    catga_nats_socket *dead;   /* under the lock: the leader closes it; NULL: none */
    atomic_bool write_soon;    /* a thread could not write: the holder of the lock does */
    int wake_descriptor;       /* wakes the leader */

    atomic_int busy_descriptor; /* the socket that is read or written */
    _Atomic(int64_t) busy_ns;   /* since then; 0: none is */

    atomic_uint_fast64_t run;       /* number of the run of a handler in the leader; 0: none */
    atomic_uint_fast64_t runs;      /* number of the last run */
    _Atomic(pthread_t) runner;      /* thread of the run */
    atomic_uint_fast64_t handed_on; /* the run that waits: the standby leads at once */
    atomic_uint_fast64_t offered;   /* the last run of a guest, which leads when that ends */
    _Atomic(pthread_t) guest;       /* the last guest */
    _Atomic(int64_t) offer_ns;      /* no role is offered before */

    sem_t standby;        /* wakes the standby */
    atomic_uint standbys; /* 0 or 1, or 0 for a moment */
    atomic_bool resting;  /* the standby sleeps without ticks */
    atomic_bool fresh;    /* no message was gathered since the last tick */
    sem_t spare;          /* wakes a spare thread, which is the standby then */
    atomic_uint spares;   /* spare threads that are not woken */
    atomic_uint threads;
    sem_t ended; /* posted by each thread at its end */
    atomic_bool stopping;
} catga_nats_event_loop;

/* Initialises the loop. Returns false without a descriptor. */
bool catga_nats_event_loop_init(catga_nats_event_loop *loop,
                                const catga_nats_event_loop_options *options);
void catga_nats_event_loop_end(catga_nats_event_loop *loop);

CATGA_CHECKED catga_status catga_nats_event_loop_start(catga_nats_event_loop *loop);

/* Ends the threads, when their handlers have returned. */
void catga_nats_event_loop_stop(catga_nats_event_loop *loop);

/* Has the loop read a socket, or none. When it returns, no thread uses the former one. */
void catga_nats_event_loop_set(catga_nats_event_loop *loop, catga_nats_socket *socket);

/* Has the leader close the connection of `socket`, or of any socket for NULL. */
void catga_nats_event_loop_close(catga_nats_event_loop *loop, catga_nats_socket *socket);

/* Wakes the leader for another pass. */
void catga_nats_event_loop_wake(catga_nats_event_loop *loop);

/* Takes the lock, to change what the leader uses; releases it. */
void catga_nats_event_loop_lock(catga_nats_event_loop *loop);
void catga_nats_event_loop_unlock(catga_nats_event_loop *loop);

/* ---- For the leader, while it delivers ---- */

/* Leaves the lock to run a handler. Returns the number of the run. */
uint64_t catga_nats_event_loop_leave(catga_nats_event_loop *loop);

/* Takes the lock again after the run. Returns false, without the lock, if another thread has become
 * the leader. */
bool catga_nats_event_loop_return(catga_nats_event_loop *loop, uint64_t run);

/* Writes what was sent, in the middle of a long pass. */
void catga_nats_event_loop_write(catga_nats_event_loop *loop, int64_t now);

/* Offers the role to the guest. Returns the number of the guest's run, or 0 if a guest was kept a
 * short time ago. Then the leader withdraws the offer, or departs. */
uint64_t catga_nats_event_loop_offer(catga_nats_event_loop *loop, int64_t now);

/* Returns false if the guest, or the standby, has the role already. */
bool catga_nats_event_loop_withdraw(catga_nats_event_loop *loop, uint64_t run);

/* Leaves the lock and the role to the guest. */
void catga_nats_event_loop_depart(catga_nats_event_loop *loop);

/* Leaves the lock and the role to a thread of the loop. */
void catga_nats_event_loop_hand_on(catga_nats_event_loop *loop);

/* ---- For the guest ---- */

/* Makes this thread the guest, with each message that it delivers. */
void catga_nats_event_loop_visit(catga_nats_event_loop *loop);

/* Takes the offered role, when the guest has no message left. Returns whether it leads, under the
 * lock; then it calls _lead. */
bool catga_nats_event_loop_accept(catga_nats_event_loop *loop);

/* Leads, with its own function `deliver` of `user`, until that returns CATGA_NATS_LEADER_LOST or
 * the loop stops. */
void catga_nats_event_loop_lead(catga_nats_event_loop *loop, catga_nats_deliver_function *deliver,
                                void *user);

/* ---- For senders, which have sent `length` bytes over `socket` ---- */

/* Writes the message at once, or has the leader do so soon. A thread that gathers leaves it to its
 * next flush, or to the next tick. */
void catga_nats_event_loop_sent(catga_nats_event_loop *loop, catga_nats_socket *socket,
                                size_t length);

/* The message may stay until the next tick, since nobody waits for it. */
void catga_nats_event_loop_gathered(catga_nats_event_loop *loop, catga_nats_socket *socket,
                                    size_t length);

/* Has this thread gather what it sends, until _end: a flush writes it, or the next tick, or 64 KB.
 * Calls can nest. */
void catga_nats_event_loop_gather_begin(void);
void catga_nats_event_loop_gather_end(void);

/* Writes what was gathered. */
void catga_nats_event_loop_flush(catga_nats_event_loop *loop);

/* This thread will wait for the server: writes what was gathered. If it runs a handler in the
 * leader, another thread leads now. */
void catga_nats_event_loop_wait(catga_nats_event_loop *loop);

#endif
