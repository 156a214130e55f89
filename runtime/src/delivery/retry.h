/*
 * When a call is tried again: a state machine without input, output, clock or memory of its own.
 * Whoever drives it, a waiting thread, the timer thread or a simulator, tells it what happened and
 * does what it says.
 *
 * The rules. One first try and at most `retries` further ones, all inside the deadline. Between a
 * failed try and the next lies a pause of 50, 100, 200 ... ms, each taken between half and one and
 * a half times as long. A try is followed by another
 *   - when it certainly did not run a handler: nobody there, not connected, overloaded, draining,
 * come too late;
 *   - if repeating does no harm (a query, or what is stored under its id), also when its share of
 *     the time passed without an answer, or the connection it was sent on was lost.
 * A try that is told that an earlier one is at work is made again after such a pause too, of 400 ms
 * at most, when repeating does no harm; it does not count.
 *
 * A result that says that nothing was run is given only when that is so of every try; when one was
 * lost, and may have run, the result is CATGA_TIMEOUT.
 */
#ifndef CATGA_RETRY_H
#define CATGA_RETRY_H

#include <catga/catga.h>

typedef enum catga_retry_event {
    CATGA_RETRY_BEGIN,   /* the first event, once */
    CATGA_RETRY_RESULT,  /* an answer came: with its status */
    CATGA_RETRY_REFUSED, /* the try did not run, or was not sent: with its status */
    CATGA_RETRY_LOST,    /* the connection was lost on which the try was sent */
    CATGA_RETRY_TIME     /* time has passed */
} catga_retry_event;

typedef enum catga_retry_action {
    CATGA_RETRY_SEND,  /* send the request; then wait for an event, until `until` */
    CATGA_RETRY_WAIT,  /* wait for an event, until `until` */
    CATGA_RETRY_FINISH /* the outcome is `result`; no further event */
} catga_retry_action;

typedef enum catga_retry_phase {
    CATGA_RETRY_NEW,
    CATGA_RETRY_ANSWERING, /* a try is on its way */
    CATGA_RETRY_PAUSING,   /* between two tries */
    CATGA_RETRY_FINISHED
} catga_retry_phase;

typedef struct catga_retry {
    int64_t deadline; /* on the clock of `now` */
    int64_t until;    /* when CATGA_RETRY_TIME is due */
    uint64_t random;  /* not 0; decides the pauses */
    uint32_t tries;   /* made so far */
    uint32_t retries_left;
    uint32_t pause_ms; /* the next pause, before it is varied */
    bool repeatable;
    bool is_single; /* ends with CATGA_IN_PROGRESS when it is told so; set after init */
    bool in_doubt;  /* a try is lost that may have run */
    catga_retry_phase phase;
    catga_status result;
} catga_retry;

void catga_retry_init(catga_retry *retry, bool repeatable, uint32_t retries, int64_t deadline,
                      uint64_t random);

/* `status` is that of CATGA_RETRY_RESULT and CATGA_RETRY_REFUSED, else ignored. SEND is answered to
 * BEGIN and TIME only. */
catga_retry_action catga_retry_step(catga_retry *retry, catga_retry_event event,
                                    catga_status status, int64_t now);

#endif
