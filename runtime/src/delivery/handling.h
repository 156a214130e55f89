/*
 * The rules of handling a stored event, from its delivery to its end. A pure state machine: no I/O,
 * clock, thread or memory. Its driver, the runtime or a simulator, reports events and does each
 * action, in order and without omission.
 *
 * Attempts: an attempt is a run of the handler that started. A handler gets one attempt and at most
 * `retries` more. The pause between two is the schema's, doubled each time, or the one that the
 * handler requested. A delivery is not an attempt: an event that never reached its handler has had
 * none.
 *
 * Record: replicas share one record of an event that failed, was redelivered or ended. They change
 * it by compare and set. A first delivery runs without a record, so an event that succeeds costs
 * nothing. Before a redelivered event runs, its record is read, and written with one more attempt.
 * An event that cannot be recorded does not run: it is redelivered later.
 *
 * End: an event ends when its last attempt failed, when its handler rejected it, or when it is not
 * a valid message. The record says so first; from then on no replica runs the event. With
 * `dead_letter`, the event is then stored as a dead letter, and settled only after that.
 *
 * Claims: a claimed event runs under its claim. If the claim counts attempts, it is the record;
 * else it is taken before the record is read.
 *
 * An event that kills the processes that run it ends CATGA_LOST_ATTEMPTS attempts later than one
 * whose handler fails.
 */
#ifndef CATGA_HANDLING_H
#define CATGA_HANDLING_H

#include <stdbool.h>
#include <stdint.h>

enum { CATGA_LOST_ATTEMPTS = 16 };

/* Number of missing answers about the record before the event is redelivered. */
enum { CATGA_RECORD_TROUBLES = 2 };

/* Settings of the schema. */
typedef struct catga_handling_rules {
    uint32_t retries;
    uint32_t backoff_ms;         /* 0: no pause */
    uint32_t backoff_longest_ms; /* at least backoff_ms */
    bool dead_letter;
    bool claimed; /* the event is claimed before it runs */
} catga_handling_rules;

/* Why an event ended. */
typedef enum catga_handling_cause {
    CATGA_CAUSE_NONE,
    CATGA_CAUSE_BAD_MESSAGE,
    CATGA_CAUSE_REJECTED,
    CATGA_CAUSE_ATTEMPTS, /* the last attempt failed */
    CATGA_CAUSE_LOST,     /* no attempt finished */
    CATGA_CAUSE_RECORDED  /* as recorded earlier */
} catga_handling_cause;

/* A record that was read. */
typedef struct catga_attempts {
    uint64_t revision; /* 0 without a record */
    uint32_t started;
    bool ended;
    bool ours; /* written by this delivery */
} catga_attempts;

typedef enum catga_handling_event {
    CATGA_HANDLING_WRITTEN,     /* the record is written, as revision `value` */
    CATGA_HANDLING_CONFLICT,    /* the record is not written: it has another revision */
    CATGA_HANDLING_UNAVAILABLE, /* the record is not written, and cannot be now */
    CATGA_HANDLING_UNKNOWN, /* the record was not read, or the outcome of the write is unknown */
    CATGA_HANDLING_CLAIMED, /* the claim was taken for the `value`th time; 0: it does not count */
    CATGA_HANDLING_ENDED,   /* the claim says that the event ended, after `value` attempts */
    CATGA_HANDLING_DONE_BEFORE, /* the claim says that the event was handled */
    CATGA_HANDLING_HELD,        /* the claim was not taken: redeliver after `value` milliseconds */
    CATGA_HANDLING_SUCCEEDED,   /* the handler succeeded */
    CATGA_HANDLING_FAILED,      /* the handler failed, or requested a retry without a pause */
    CATGA_HANDLING_POSTPONED,   /* the handler requested a retry after `value` milliseconds */
    CATGA_HANDLING_REJECTED,    /* the handler rejected the event */
    CATGA_HANDLING_NOT_RUN,     /* instead of RUN: redeliver after `value` milliseconds; the attempt
                                   does not start */
    CATGA_HANDLING_STORED,      /* the dead letter is stored */
    CATGA_HANDLING_NOT_STORED,  /* the dead letter is not stored, or the outcome is unknown */
    CATGA_HANDLING_HANDED_BACK  /* after the run: this process cannot hold the event any longer */
} catga_handling_event;

typedef enum catga_handling_action {
    CATGA_HANDLING_CLAIM, /* take the claim */
    CATGA_HANDLING_READ,  /* read the record */
    CATGA_HANDLING_WRITE, /* write `attempt` over `revision`; with a cause, that the event has ended
                           */
    CATGA_HANDLING_RUN,   /* call the handler */
    CATGA_HANDLING_DEAD_LETTER, /* store the event as a dead letter */
    CATGA_HANDLING_DONE,        /* settle: done */
    CATGA_HANDLING_RETRY,       /* settle: redeliver after `delay_ms` */
    CATGA_HANDLING_GIVE_UP,     /* settle: rejected; without a dead letter, the event is lost */
    CATGA_HANDLING_NOTHING      /* error of the driver: the event is not allowed now */
} catga_handling_action;

typedef enum catga_handling_phase {
    CATGA_HANDLING_NEW,
    CATGA_HANDLING_CLAIMING,
    CATGA_HANDLING_READING,
    CATGA_HANDLING_STARTING, /* records that the attempt starts */
    CATGA_HANDLING_RUNNING,
    CATGA_HANDLING_RETRACTING, /* takes back a start that may be recorded: the attempt does not
                                  start */
    CATGA_HANDLING_NOTING,     /* records a failed attempt */
    CATGA_HANDLING_ENDING,     /* records that the event has ended */
    CATGA_HANDLING_STORING,
    CATGA_HANDLING_SETTLED
} catga_handling_phase;

typedef struct catga_handling {
    catga_handling_rules rules;
    catga_handling_phase phase;
    catga_handling_cause cause;
    uint32_t deliveries;
    uint32_t attempt;  /* from 1; of an ended event, the number of started attempts */
    uint64_t revision; /* latest known revision of the record */
    uint32_t troubles_left;
    bool recorded;       /* the record or the claim contains this attempt */
    bool unsure;         /* the record may be written, and overwritten by another delivery */
    int64_t unwanted_ms; /* pause of an event that was not run on request; -1: it was not refused */
    int64_t delay_ms;    /* only of RETRY */
} catga_handling;

void catga_handling_init(catga_handling *handling, const catga_handling_rules *rules);

/* Applies the first event. `deliveries` is the number of deliveries, including this one. */
catga_handling_action catga_handling_received(catga_handling *handling, uint32_t deliveries,
                                              bool valid);

/* Applies the result of READ. */
catga_handling_action catga_handling_read(catga_handling *handling, const catga_attempts *record);

/* Applies any other event. */
catga_handling_action catga_handling_step(catga_handling *handling, catga_handling_event event,
                                          int64_t value);

/* Returns whether the handler runs or may still run. */
static inline bool catga_handling_may_run(const catga_handling *handling)
{
    return handling->phase <= CATGA_HANDLING_RUNNING;
}

/* Returns whether the record must still be written, so that the event should not be handed back. */
static inline bool catga_handling_must_record(const catga_handling *handling)
{
    return handling->phase == CATGA_HANDLING_ENDING || handling->phase == CATGA_HANDLING_RETRACTING;
}

/* Returns whether the handler has run or will not run, and the event is not settled. */
static inline bool catga_handling_is_behind_run(const catga_handling *handling)
{
    return handling->phase > CATGA_HANDLING_RUNNING && handling->phase < CATGA_HANDLING_SETTLED;
}

#endif
