/*
 * The rules of retrying a call. A pure state machine: no I/O, clock, thread or memory. Its driver,
 * a waiting thread, the timer thread or a simulator, reports events and does each action.
 *
 * There is a first try and at most `retries` retries, all within the deadline. The pause between a
 * failed try and the next doubles from the first pause to the longest, each times 0.5 to 1.5. A try
 * is followed by a retry
 *
 *   - if it certainly ran no handler: no responders, not connected, overloaded, draining, too late;
 *   - if the call is repeatable (a query, or a message stored under its id) and the try's share of
 * the time passed without an answer, or its connection was lost.
 *
 * If a try is told that an earlier one is running, a repeatable call is sent again after a pause of
 * 50, 100, 200, 400, 400 ... ms, varied in the same way. That does not use up a retry.
 *
 * The result says that nothing ran only if no try ran. If a try was lost and may have run, the
 * result is CATGA_TIMEOUT.
 */
#ifndef CATGA_RETRY_H
#define CATGA_RETRY_H

#include <catga/catga.h>

typedef enum catga_retry_event {
    CATGA_RETRY_BEGIN,   /* first event, once */
    CATGA_RETRY_RESULT,  /* an answer arrived, with its status */
    CATGA_RETRY_REFUSED, /* the try did not run or was not sent, with its status */
    CATGA_RETRY_LOST,    /* the connection of the try was lost */
    CATGA_RETRY_TIME     /* `until` has come */
} catga_retry_event;

typedef enum catga_retry_action {
    CATGA_RETRY_SEND,  /* send the request; then wait for an event until `until` */
    CATGA_RETRY_WAIT,  /* wait for an event until `until` */
    CATGA_RETRY_FINISH /* the outcome is `result`; no event follows */
} catga_retry_action;

typedef enum catga_retry_phase {
    CATGA_RETRY_NEW,
    CATGA_RETRY_ANSWERING, /* a try is pending */
    CATGA_RETRY_PAUSING,   /* between two tries */
    CATGA_RETRY_FINISHED
} catga_retry_phase;

/* Pauses in milliseconds, before variation. */
typedef struct catga_pauses {
    uint32_t next;
    uint32_t longest;
} catga_pauses;

typedef struct catga_retry_plan {
    bool is_repeatable;
    uint32_t retries;
    catga_pauses pauses; /* all zero: from 50 ms to 5 s */
    int64_t deadline;    /* on the clock of `now` */
} catga_retry_plan;

typedef struct catga_retry {
    int64_t deadline; /* on the clock of `now` */
    int64_t until;    /* time of CATGA_RETRY_TIME */
    uint64_t random;  /* not 0; determines the pauses */
    uint32_t tries;   /* number of tries so far */
    uint32_t retries_left;
    catga_pauses pauses;    /* between tries */
    catga_pauses questions; /* while an earlier try is running */
    bool repeatable;
    bool is_single; /* CATGA_IN_PROGRESS ends the call; set after init */
    bool in_doubt;  /* a lost try may have run */
    catga_retry_phase phase;
    catga_status result;
} catga_retry;

void catga_retry_init(catga_retry *retry, const catga_retry_plan *plan, uint64_t random);

/*
 * Applies an event. `status` belongs to CATGA_RETRY_RESULT and CATGA_RETRY_REFUSED. Only BEGIN and
 * TIME lead to SEND.
 */
catga_retry_action catga_retry_step(catga_retry *retry, catga_retry_event event,
                                    catga_status status, int64_t now);

#endif
