/*
 * Pending calls. A fixed number of slots each hold one call. The token of a call travels in its
 * reply subject and finds the slot. Claiming, answering and ending a call take a few atomic
 * operations, without a lock or allocation.
 *
 * The state of a slot is a generation, which invalidates the tokens of earlier calls, and a phase:
 *
 *     FREE      the slot has no call
 *     HELD      one thread owns the call and everything in the slot
 *     SENDING   the owner sends a try; an event may arrive
 *     ASLEEP    the owner sleeps until an event arrives
 *     WAITING   the owner has left; the next event takes the call over
 *     FILLING   an event is being stored
 *     FULL      an event is stored, for the owner
 *     LEFT      an event is stored, for the timer thread
 *
 * If two events arrive at once, one is dropped. This is harmless: an answer either ends the call or
 * starts a pause.
 *
 * A waiting caller drives its own call. A call with a callback is driven by the thread that brings
 * an event; or by the timer thread, after a timeout or an event during sending. A slot is not
 * reused while a transport may still read it.
 */
#ifndef CATGA_CALLS_H
#define CATGA_CALLS_H

#include "base/clock.h"
#include "bus/envelope.h"
#include "client/retained.h"
#include "delivery/retry.h"
#include "transport/transport.h"

#include <catga/gen.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

typedef struct catga_bus_state catga_bus_state;
typedef struct catga_pending catga_pending;
typedef struct catga_outcome catga_outcome;

/* A kind of call to a stream, which is sent and answered in another way than messages of a schema.
 */
typedef struct catga_call_kind {
    catga_status (*send)(catga_bus_state *state, catga_pending *call);

    /* Reads outcome->answer. Returns the status of the call. */
    catga_status (*read)(catga_bus_state *state, catga_pending *call, catga_outcome *outcome);

    /* Calls the callback. */
    void (*deliver)(catga_bus_state *state, catga_outcome *outcome, catga_function callback,
                    void *user);
} catga_call_kind;

/* The content of a call, which belongs to the call's owner. */
typedef struct catga_request {
    const catga_message *message;
    catga_retry retry;
    catga_envelope envelope;
    int64_t began;
    const catga_call_kind *kind; /* NULL: a message of a schema */
    catga_stored_query query;    /* of a call that reads a stored message */
    bool bounded; /* limited by the deadline of the message on whose behalf it is made */
    /* Only of a call with a callback: */
    catga_deliver_function *deliver; /* NULL: `callback` is a catga_published_at */
    catga_function callback;
    void *user;
    catga_retained copy; /* copy of the payload, for retries */
} catga_request;

/* An event of a call. */
typedef struct catga_call_event {
    catga_retry_event kind;
    catga_status status; /* of CATGA_RETRY_RESULT without an answer: why the try was not sent */
    bool answered;       /* there is an answer, which the receiver of the event releases */
    catga_incoming answer;
} catga_call_event;

struct catga_pending {
    atomic_uint_fast64_t state;
    atomic_int_fast64_t due; /* time at which the timer thread drives a call in WAITING or LEFT */
    catga_call_event event;  /* valid in phases FILLING, FULL and LEFT */
    sem_t woken;             /* posted when an event arrives in phase ASLEEP */
    bool prepared;           /* `woken` is initialised */
    uint32_t index;
    atomic_uint_fast64_t key; /* hash of the subject of the try, or address of a stream */
    catga_request request;
};

/* Drives a call, which the function owns from now on. */
typedef void catga_drive_function(void *user, catga_pending *call, const catga_call_event *event);

typedef struct catga_calls {
    catga_pending *slots;
    atomic_uint_fast64_t *used; /* one bit per slot */
    uint32_t count;
    catga_drive_function *drive;
    void *user;

    /* The timer thread, which the first call with a callback starts: */
    pthread_mutex_t starting;
    pthread_t timer;
    atomic_bool timer_runs;
    atomic_bool timer_stops;
    atomic_int_fast64_t timer_sleeps_until;
    sem_t timer_woken;
} catga_calls;

/* Allocates `count` slots, 1 to 65536. CATGA_NO_MEMORY. */
catga_status catga_calls_begin(catga_calls *calls, uint32_t count, catga_drive_function *drive,
                               void *user);

/*
 * Frees the slots, after stop_timer, when no call is pending. Allowed after a failed begin and on
 * zeroed memory.
 */
void catga_calls_end(catga_calls *calls);

/* Claims a slot, which the caller then owns. Returns NULL if none is free. Any thread. */
catga_pending *catga_calls_claim(catga_calls *calls);
void catga_calls_free(catga_calls *calls, catga_pending *call);

/* Returns the token of a call, which is valid from claim to free. */
uint64_t catga_pending_token(const catga_pending *call);

/* Lets events arrive. The owner then sends a try, or waits. */
void catga_pending_open(catga_pending *call);

/* Ends the phase SENDING after a failed try. Returns false if an event has already arrived. */
bool catga_pending_close(catga_pending *call);

/* Returns true if an event has arrived that shows that no one got the message: the connection was
 * lost, the subject was refused, or it has no responders. Only for the owner of an open call. */
bool catga_pending_has_failed(catga_pending *call);

/* Waits for the next event, or CATGA_RETRY_TIME at `until`. The caller owns the call again. */
void catga_pending_wait(catga_pending *call, int64_t until, catga_call_event *event);

/* Leaves a call with a callback to its next event, or CATGA_RETRY_TIME at `until`. */
void catga_pending_leave(catga_calls *calls, catga_pending *call, int64_t until);

/*
 * Gives an answer to the call of `token`. Returns false if that call does not wait; the answer then
 * still belongs to the caller. Any thread.
 */
bool catga_calls_answer(catga_calls *calls, uint64_t token, const catga_incoming *answer);

/* Tells every pending call that the connection was lost. Any thread. */
void catga_calls_lost(catga_calls *calls);

/* Returns the hash of a subject: the key of the calls that were sent to it. */
uint64_t catga_calls_hash(const char *subject);

/* Sets the key, before open. */
static inline void catga_pending_set_key(catga_pending *call, uint64_t key)
{
    atomic_store_explicit(&call->key, key, memory_order_relaxed);
}

/* Gives an event without an answer to every call that waits for `key`. Any thread. */
void catga_calls_tell(catga_calls *calls, uint64_t key, const catga_call_event *event);

/* Starts the timer thread, unless it runs. CATGA_NO_MEMORY. */
catga_status catga_calls_start_timer(catga_calls *calls);

/* Ends the timer thread. Once the transport is closed too, all calls belong to the caller. */
void catga_calls_stop_timer(catga_calls *calls);

/* Takes the next pending call with a callback, and its event; or returns NULL. After stop_timer. */
catga_pending *catga_calls_take_any(catga_calls *calls, catga_call_event *event);

#endif
