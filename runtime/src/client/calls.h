/*
 * The calls that wait for their answer: a fixed number of slots, each with room for one call, found
 * by the token that travels with the reply subject. Claiming, answering and ending a call take a
 * few atomic operations; nothing is allocated and nothing locked.
 *
 * A slot's state is a generation, which makes tokens of earlier users of the slot invalid, and a
 * phase:
 *
 *     FREE      nobody's
 *     HELD      one thread owns the call, and with it everything in the slot
 *     SENDING   its owner is about to send a try; an event may be put in
 *     ASLEEP    its owner sleeps until an event is in
 *     WAITING   its owner has left it: an event takes the call over
 *     FILLING   an event is being put in
 *     FULL      an event is in, for the owner
 *     LEFT      an event is in, for the timer thread
 *
 * Of two events at once one is dropped. That costs nothing: an answer either ends the call or
 * starts a pause.
 *
 * Who drives a call: for a caller that waits, the caller. For a call with a callback the thread
 * that brings the event, or the timer thread, when time has passed or the event came while the try
 * was still being sent; the memory of a try is never reused while a transport may be reading it.
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

/* What a call is about; its owner's. */
typedef struct catga_request {
    const catga_message *message;
    catga_retry retry;
    catga_envelope envelope;
    int64_t began;
    bool bounded; /* by the deadline of the message on whose behalf it is made */
    /* Of a call with a callback. */
    catga_deliver_function *deliver;
    catga_function callback;
    void *user;
    catga_retained copy; /* of the payload, for further tries */
} catga_request;

/* What happened to a call. */
typedef struct catga_call_event {
    catga_retry_event kind;
    catga_status status; /* of a CATGA_RETRY_RESULT that is no answer: why the try was not sent */
    bool answered;       /* there is an answer; whoever gets the event releases it */
    catga_incoming answer;
} catga_call_event;

typedef struct catga_pending {
    atomic_uint_fast64_t state;
    atomic_int_fast64_t due; /* when the timer is to look at it, once it is WAITING or LEFT */
    catga_call_event event;  /* in phases FILLING, FULL and LEFT */
    sem_t woken;             /* posted when an event comes while the owner sleeps */
    bool prepared;           /* `woken` has been made */
    uint32_t index;
    atomic_uint_fast64_t
        key; /* what the call waits for: hash of the subject of its try, or a stream */
    catga_request request;
} catga_pending;

/* Drives a call that the callee now owns. */
typedef void catga_drive_function(void *user, catga_pending *call, const catga_call_event *event);

typedef struct catga_calls {
    catga_pending *slots;
    atomic_uint_fast64_t *used; /* a bit per slot */
    uint32_t count;
    catga_drive_function *drive;
    void *user;

    /* The timer thread, which is made for the first call with a callback. */
    pthread_mutex_t starting;
    pthread_t timer;
    atomic_bool timer_runs;
    atomic_bool timer_stops;
    atomic_int_fast64_t timer_sleeps_until;
    sem_t timer_woken;
} catga_calls;

/* `count`: 1 to 65536. CATGA_NO_MEMORY. */
catga_status catga_calls_begin(catga_calls *calls, uint32_t count, catga_drive_function *drive,
                               void *user);

/*
 * After stop_timer, when no call is under way. Allowed after a failed begin and on zeroed memory.
 */
void catga_calls_end(catga_calls *calls);

/* A call that the caller owns; NULL when as many as may be are under way. */
catga_pending *catga_calls_claim(catga_calls *calls);
void catga_calls_free(catga_calls *calls, catga_pending *call);

/* What its answers are found by, from claim to free. */
uint64_t catga_pending_token(const catga_pending *call);

/* Lets events in: the owner sends a try now, or waits. */
void catga_pending_open(catga_pending *call);

/* After open, when the try could not be sent: closes again. False when an event is already in. */
bool catga_pending_close(catga_pending *call);

/*
 * After open, for a caller that waits: takes the next event; CATGA_RETRY_TIME at `until` at the
 * latest. It owns again.
 */
void catga_pending_wait(catga_pending *call, int64_t until, catga_call_event *event);

/*
 * After open, for a call with a callback: gives it to the next event; CATGA_RETRY_TIME at `until`
 * at the latest.
 */
void catga_pending_leave(catga_calls *calls, catga_pending *call, int64_t until);

/*
 * Gives the answer to the call of `token`. False when that does not wait any more: the answer is
 * still the caller's.
 */
bool catga_calls_answer(catga_calls *calls, uint64_t token, const catga_incoming *answer);

/* Tells every call under way that the connection was lost. */
void catga_calls_lost(catga_calls *calls);

/* The hash of a subject: the key of the calls that were sent to it. */
uint64_t catga_calls_hash(const char *subject);

/* Before open: says what the call waits for. */
static inline void catga_pending_set_key(catga_pending *call, uint64_t key)
{
    atomic_store_explicit(&call->key, key, memory_order_relaxed);
}

/* Gives an event without an answer to every call that waits for `key`. */
void catga_calls_tell(catga_calls *calls, uint64_t key, const catga_call_event *event);

/* Makes the timer thread, if it is not there yet. CATGA_NO_MEMORY. */
catga_status catga_calls_start_timer(catga_calls *calls);

/*
 * Ends the timer thread: calls with callbacks are then the caller's alone, once the transport is
 * closed too.
 */
void catga_calls_stop_timer(catga_calls *calls);

/*
 * After stop_timer: owns the next call with a callback that is still under way, and takes what
 * event it has.
 */
catga_pending *catga_calls_take_any(catga_calls *calls, catga_call_event *event);

#endif
