/*
 * Who may handle a message that is to be handled once: a state machine without input, output, clock
 * or memory of its own. Whoever drives it, the runtime, a simulator or a test, does what it says
 * and tells it what came of that.
 *
 * There is one record for each message, which all replicas see, and which is changed by compare and
 * set: a write names the revision that it replaces, and fails when that is no longer the latest. It
 * says that the message is claimed and by which attempt, that it is done, or that it is free again.
 *
 * The rules. A handler runs only after its attempt has written the claim; what came of it is
 * written over that very revision, so of all attempts that may have run one at most is recorded as
 * done. A claim is let stand while its owner is there: whoever finds it asks. An owner that says it
 * does not work on it any more, or that is silent as owner_liveness.h defines it, loses it.
 *
 * A message that was given up is not claimed again, but by an attempt that reopens it: to handle
 * its dead letter.
 *
 * A claim counts attempts. One that its owner does not work on, and has not freed, was not begun,
 * as far as is known, and does not count; one whose owner is silent does.
 *
 * An answer that is lost leaves open what was written: the record is read, which tells.
 */
#ifndef CATGA_CLAIM_H
#define CATGA_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum catga_record_state {
    CATGA_RECORD_NONE, /* there is no record */
    CATGA_RECORD_TAKEN,
    CATGA_RECORD_FREE, /* an attempt has failed */
    CATGA_RECORD_DONE,
    CATGA_RECORD_ENDED /* the message was given up */
} catga_record_state;

/* A record as it was read. */
typedef struct catga_claim_record {
    catga_record_state state;
    bool ours;         /* written by this attempt */
    uint64_t revision; /* 0 of none */
    uint32_t attempts; /* begun so far, with that of the owner; 0 of none */
} catga_claim_record;

typedef enum catga_claiming_event {
    CATGA_CLAIMING_BEGIN,     /* the first event, once */
    CATGA_CLAIMING_WRITTEN,   /* what was to be written is, as `revision` */
    CATGA_CLAIMING_CONFLICT,  /* it is not: the record has another revision */
    CATGA_CLAIMING_UNCERTAIN, /* what was to be done may be done or not; some time has passed */
    CATGA_CLAIMING_AWAY,      /* the same, of a mark that has time until the store is back */
    CATGA_CLAIMING_READ,      /* the record is `record` */
    CATGA_CLAIMING_WORKS,     /* its owner works on it */
    CATGA_CLAIMING_IDLE,      /* its owner says that it does not */
    CATGA_CLAIMING_SILENT,    /* its owner has been silent for the lease */
    CATGA_CLAIMING_UNSURE,    /* its owner has not answered, and is not known to be silent */
    CATGA_CLAIMING_SUCCEEDED, /* the handler has; to be marked as done */
    CATGA_CLAIMING_FAILED,    /* the handler has; another attempt may run */
    CATGA_CLAIMING_GAVE_UP    /* the message is given up; to be marked as ended */
} catga_claiming_event;

typedef enum catga_claiming_action {
    CATGA_CLAIMING_WRITE, /* write `writes` with `attempt` if the revision is still `revision` */
    CATGA_CLAIMING_LOOK,  /* read the record; after a handler and a CONFLICT or READ, a moment later
                           */
    CATGA_CLAIMING_ASK,   /* ask the owner of the record that was read */
    CATGA_CLAIMING_RUN,   /* the claim is ours: run the handler, attempt `attempt` */
    CATGA_CLAIMING_SKIP,  /* it is done or has ended, as the record that was read says */
    CATGA_CLAIMING_HELD,  /* another holds it: come again after `delay_ms` */
    CATGA_CLAIMING_GIVE_UP, /* nobody knows: before the handler, it has not run; after, not marked
                             */
    CATGA_CLAIMING_KEPT,    /* what came of the handler is recorded */
    CATGA_CLAIMING_LOST,    /* it is not: another has taken the claim */
    CATGA_CLAIMING_NOTHING  /* the event does not fit: a fault of the driver */
} catga_claiming_action;

typedef enum catga_claiming_phase {
    CATGA_CLAIMING_NEW,
    CATGA_CLAIMING_WRITING,
    CATGA_CLAIMING_LOOKING,
    CATGA_CLAIMING_ASKING,
    CATGA_CLAIMING_RUNNING,
    CATGA_CLAIMING_ENDED
} catga_claiming_phase;

typedef struct catga_claiming {
    uint32_t lease_ms;
    uint32_t troubles_left; /* answers that may still be missing */
    uint32_t disputes_left; /* times that the record may still not be what is expected */
    catga_claiming_phase phase;
    bool reopens; /* takes the claim of a message that was given up; set after init */
    bool marking; /* the handler has returned */
    catga_record_state writes;
    uint64_t revision; /* of the record, as far as it is known */
    uint32_t attempt;  /* ours, from 1 */
    int64_t delay_ms;  /* of HELD */
} catga_claiming;

/*
 * How often an answer may be missing: before the handler runs, and after it when there is no time.
 * And how often a record may be another than expected: after the handler for long, since one of
 * several servers may lag, and say what was there before, until it hears of a new leader.
 */
enum {
    CATGA_CLAIM_TROUBLES = 8,
    CATGA_CLAIM_MARK_TROUBLES = 20,
    CATGA_CLAIM_DISPUTES = 8,
    CATGA_CLAIM_MARK_DISPUTES = 300
};

void catga_claiming_init(catga_claiming *claiming, uint32_t lease_ms);

/* `revision` is of WRITTEN; else ignored. Not for READ. */
catga_claiming_action catga_claiming_step(catga_claiming *claiming, catga_claiming_event event,
                                          uint64_t revision);

/* The event READ. */
catga_claiming_action catga_claiming_read(catga_claiming *claiming,
                                          const catga_claim_record *record);

#endif
