/*
 * The handling of a stored event, from its delivery to its end: a state machine without input,
 * output, clock or memory of its own. Its driver, the runtime or a simulator, reports what happened
 * and does what the machine says, in that order: no action may be left out.
 *
 * Attempts. An attempt is a run of the handler that started. A handler gets one attempt and at most
 * `retries` further ones. The pause between two is the schema's, doubled each time, or what the
 * handler asked for. A delivery is no attempt: an event that never reached its handler has had
 * none.
 *
 * The record. Replicas share one record of an event that failed, was redelivered or ended. They
 * change it by compare and set. A first delivery runs without the record, so an event that
 * succeeds costs nothing. Before a redelivered event runs, its record is read, and says that
 * another attempt has started. An event that cannot be recorded does not run now: it is redelivered
 * later.
 *
 * The end. An event ends when its last attempt failed, when its handler rejected it, or when it is
 * no valid message. The record says so first, and from then on no replica runs the event. With
 * `dead_letter` it is then stored as a dead letter, and only then settled.
 *
 * Claims. A claimed event runs under its claim. The claim is the record, if it counts attempts;
 * else it is taken before the record is read.
 *
 * An event that kills the processes that run it ends after CATGA_LOST_ATTEMPTS attempts beyond
 * those that a failing handler gets.
 */
#ifndef CATGA_HANDLING_H
#define CATGA_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

enum { CATGA_LOST_ATTEMPTS = 16 };

/* How often an answer about the record may be missing until the event is redelivered instead. */
enum { CATGA_RECORD_TROUBLES = 2 };

/* Settings of the schema. */
typedef struct catga_handling_rules {
    uint32_t retries;
    uint32_t backoff_ms;         /* 0: none */
    uint32_t backoff_longest_ms; /* at least backoff_ms */
    bool dead_letter;
    bool claimed; /* the event is claimed before it runs */
} catga_handling_rules;

/* Why an event ended. */
typedef enum catga_handling_cause {
    CATGA_CAUSE_NONE,
    CATGA_CAUSE_BAD_MESSAGE,
    CATGA_CAUSE_REJECTED,
    CATGA_CAUSE_ATTEMPTS, /* its last attempt failed */
    CATGA_CAUSE_LOST,     /* no attempt came back */
    CATGA_CAUSE_RECORDED  /* as its record says */
} catga_handling_cause;

/* The record as it was read. */
typedef struct catga_attempts {
    uint64_t revision; /* 0: there is no record */
    uint32_t started;
    bool ended;
    bool ours; /* written by this delivery */
} catga_attempts;

typedef enum catga_handling_event {
    CATGA_HANDLING_WRITTEN,     /* the record was written, as revision `value` */
    CATGA_HANDLING_CONFLICT,    /* it was not: it has another revision */
    CATGA_HANDLING_UNAVAILABLE, /* it was not, and cannot be now */
    CATGA_HANDLING_UNKNOWN,     /* it may be written or not; or it was not read */
    CATGA_HANDLING_CLAIMED, /* the claim was taken for the `value`th time; 0: it does not count */
    CATGA_HANDLING_ENDED,   /* the claim says that the event has ended, after `value` attempts */
    CATGA_HANDLING_DONE_BEFORE, /* the claim says that the event was handled */
    CATGA_HANDLING_HELD,        /* the claim was not taken: redelivery after `value` milliseconds */
    CATGA_HANDLING_SUCCEEDED,   /* the handler succeeded */
    CATGA_HANDLING_FAILED,      /* it failed, or asked for a retry without saying when */
    CATGA_HANDLING_POSTPONED,   /* it asked for a retry after `value` milliseconds */
    CATGA_HANDLING_REJECTED,    /* it rejected the event */
    CATGA_HANDLING_STORED,      /* the dead letter is stored */
    CATGA_HANDLING_NOT_STORED,  /* it is not, or that is not known */
    CATGA_HANDLING_HANDED_BACK  /* after the run: this process cannot keep the event any longer */
} catga_handling_event;

typedef enum catga_handling_action {
    CATGA_HANDLING_CLAIM, /* take the claim */
    CATGA_HANDLING_READ,  /* read the record */
    CATGA_HANDLING_WRITE, /* write `attempt`, and that the event has ended if there is a cause,
                             over `revision` */
    CATGA_HANDLING_RUN,   /* call the handler */
    CATGA_HANDLING_DEAD_LETTER, /* store the event as a dead letter */
    CATGA_HANDLING_DONE,        /* settle: done */
    CATGA_HANDLING_RETRY,       /* settle: redeliver after `delay_ms` */
    CATGA_HANDLING_GIVE_UP,     /* settle: given up; without a dead letter it is kept nowhere */
    CATGA_HANDLING_NOTHING      /* the event does not fit: a fault of the driver */
} catga_handling_action;

typedef enum catga_handling_phase {
    CATGA_HANDLING_NEW,
    CATGA_HANDLING_CLAIMING,
    CATGA_HANDLING_READING,
    CATGA_HANDLING_STARTING, /* the record is to say that the attempt starts */
    CATGA_HANDLING_RUNNING,
    CATGA_HANDLING_RETRACTING, /* it may say so, but the attempt does not start: it is to say less
                                */
    CATGA_HANDLING_NOTING,     /* it is to say that an attempt was made, which failed */
    CATGA_HANDLING_ENDING,     /* it is to say that the event has ended */
    CATGA_HANDLING_STORING,
    CATGA_HANDLING_SETTLED
} catga_handling_phase;

typedef struct catga_handling {
    catga_handling_rules rules;
    catga_handling_phase phase;
    catga_handling_cause cause;
    uint32_t deliveries;
    uint32_t attempt;  /* from 1; of an event that has ended, how many have started */
    uint64_t revision; /* of the record, as far as it is known */
    uint32_t troubles_left;
    bool recorded;    /* the record, or the claim, knows of this attempt */
    bool unsure;      /* the record may have been written, and another have written it since */
    int64_t delay_ms; /* of RETRY */
} catga_handling;

void catga_handling_init(catga_handling *handling, const catga_handling_rules *rules);

/* The first event. `deliveries`: how often the event was delivered, with this time. */
catga_handling_action catga_handling_received(catga_handling *handling, uint32_t deliveries,
                                              bool valid);

/* After READ: the record as it was read. */
catga_handling_action catga_handling_read(catga_handling *handling, const catga_attempts *record);

/* All other events. */
catga_handling_action catga_handling_step(catga_handling *handling, catga_handling_event event,
                                          int64_t value);

/* Returns whether the handler may still run, or runs. */
static inline bool catga_handling_may_run(const catga_handling *handling)
{
    return handling->phase <= CATGA_HANDLING_RUNNING;
}

/* Returns whether the record does not yet say what it must, so that the event should not be let go.
 */
static inline bool catga_handling_must_record(const catga_handling *handling)
{
    return handling->phase == CATGA_HANDLING_ENDING || handling->phase == CATGA_HANDLING_RETRACTING;
}

/* Returns whether the handler has run, or will not run, and the event is not settled. */
static inline bool catga_handling_is_behind_run(const catga_handling *handling)
{
    return handling->phase > CATGA_HANDLING_RUNNING && handling->phase < CATGA_HANDLING_SETTLED;
}

#endif
