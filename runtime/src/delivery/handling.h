/*
 * What becomes of a stored event that has been handed to a handler: a state machine without input,
 * output, clock or memory of its own. Whoever drives it, the runtime or a simulator, tells it what
 * happened and does what it says, in that order: nothing that it says may be left out.
 *
 * The rules. A handler makes one attempt and at most `retries` further ones; an attempt is a time
 * that the event has been handed out, so one that a dead process has begun counts too. Between two
 * lies the pause of the schema, doubled each time, or what the handler asked for. An event whose
 * last attempt failed, that its handler gave up, or that is no valid message, ends: as a dead letter
 * when the schema wants that, and then it is put there and acknowledged there before this copy of
 * it goes; or else as a line of the log. It never ends while it might still have no place.
 *
 * An event that is handed out again and again, and never comes back from its handler, kills the
 * processes that try; it ends after LOST_ATTEMPTS times beyond those that a failing handler gets.
 */
#ifndef CATGA_HANDLING_H
#define CATGA_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

enum { CATGA_LOST_ATTEMPTS = 16 };

/* What the schema says. */
typedef struct catga_handling_rules {
    uint32_t retries;
    uint32_t backoff_ms;         /* 0: none */
    uint32_t backoff_longest_ms; /* at least backoff_ms */
    bool dead_letter;
} catga_handling_rules;

typedef enum catga_handling_event {
    CATGA_HANDLING_CAME,      /* the first event, once: it is a valid message */
    CATGA_HANDLING_CAME_BAD,  /* the same, but it is none */
    CATGA_HANDLING_SUCCEEDED, /* the handler is done */
    CATGA_HANDLING_FAILED,    /* the handler failed, or asked for a retry without saying when */
    CATGA_HANDLING_POSTPONED, /* the handler asked for a retry after `delay_ms` */
    CATGA_HANDLING_REJECTED,  /* the handler gave it up */
    CATGA_HANDLING_BURIED,    /* the dead letter is stored, and acknowledged */
    CATGA_HANDLING_UNBURIED   /* it is not, or that is not known */
} catga_handling_event;

typedef enum catga_handling_action {
    CATGA_HANDLING_RUN,     /* call the handler */
    CATGA_HANDLING_BURY,    /* store it as a dead letter */
    CATGA_HANDLING_DONE,    /* settle: done */
    CATGA_HANDLING_RETRY,   /* settle: to be handed out again after `delay_ms` */
    CATGA_HANDLING_GIVE_UP, /* settle: given up; when not buried, it is kept nowhere */
    CATGA_HANDLING_NOTHING  /* it has been settled, or the event does not fit: a fault of the driver */
} catga_handling_action;

/* Why an event was given up. */
typedef enum catga_handling_cause {
    CATGA_CAUSE_NONE,
    CATGA_CAUSE_BAD_MESSAGE,
    CATGA_CAUSE_REJECTED,
    CATGA_CAUSE_ATTEMPTS, /* its last attempt failed */
    CATGA_CAUSE_LOST      /* no attempt came back */
} catga_handling_cause;

typedef enum catga_handling_phase {
    CATGA_HANDLING_NEW,
    CATGA_HANDLING_RUNNING,
    CATGA_HANDLING_BURYING,
    CATGA_HANDLING_SETTLED
} catga_handling_phase;

typedef struct catga_handling {
    catga_handling_rules rules;
    uint32_t attempt; /* from 1 */
    int64_t delay_ms; /* of a RETRY */
    catga_handling_cause cause;
    catga_handling_phase phase;
} catga_handling;

/* `deliveries`: how often the event has been handed out, with this time; 0 is taken for 1. */
void catga_handling_init(catga_handling *handling, const catga_handling_rules *rules,
                         uint32_t deliveries);

/* `delay_ms`, 0 or more, is of POSTPONED, else ignored. */
catga_handling_action catga_handling_step(catga_handling *handling, catga_handling_event event,
                                          int64_t delay_ms);

#endif
