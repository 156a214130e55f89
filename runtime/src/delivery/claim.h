/*
 * The rules of a claim: which attempt may handle a message that is handled once. A pure state
 * machine: no I/O, clock, thread or memory. Its driver (runtime, simulator or test) does each
 * action and reports the result as an event.
 *
 * Record: all replicas share one record for each message, and change it by compare and set. A write
 * names the revision that it replaces, and fails if that is not the latest. The record says that
 * the message is claimed, and by which attempt; that it is done; or that it is free again.
 *
 * Rules: a handler runs only after its attempt has written the claim. Its outcome is written over
 * that revision, so at most one of all attempts that ran is recorded as done. A claim lasts while
 * its owner lives; an attempt that finds the claim asks the owner. An owner loses the claim when it
 * answers that the attempt does not run, or when it is silent as owner_liveness.h defines it.
 *
 * A rejected message is claimed again only by an attempt that reopens it, to replay its dead
 * letter.
 *
 * A claim counts attempts. If the owner answers that the attempt does not run, and has not freed
 * the claim, the attempt presumably never began, and does not count. The attempt of a silent owner
 * counts.
 *
 * If the answer to a write is lost, the record is read to find out.
 */
#ifndef CATGA_CLAIM_H
#define CATGA_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

typedef enum catga_record_state {
    CATGA_RECORD_NONE, /* there is no record */
    CATGA_RECORD_TAKEN,
    CATGA_RECORD_FREE, /* an attempt failed */
    CATGA_RECORD_DONE,
    CATGA_RECORD_ENDED /* the message was rejected */
} catga_record_state;

/* A record as it was read. */
typedef struct catga_claim_record {
    catga_record_state state;
    bool ours;         /* written by this attempt */
    uint64_t revision; /* 0 without a record */
    uint32_t attempts; /* attempts so far, including the owner's; 0 without a record */
} catga_claim_record;

typedef enum catga_claiming_event {
    CATGA_CLAIMING_BEGIN,     /* first event, once */
    CATGA_CLAIMING_WRITTEN,   /* the record is written, with `revision` */
    CATGA_CLAIMING_CONFLICT,  /* the record is not written: it has another revision */
    CATGA_CLAIMING_UNCERTAIN, /* the outcome of the action is unknown; some time has passed */
    CATGA_CLAIMING_AWAY,      /* as UNCERTAIN, for a mark that may wait for the store */
    CATGA_CLAIMING_READ,      /* the record was read */
    CATGA_CLAIMING_WORKS,     /* the owner answers that the attempt runs */
    CATGA_CLAIMING_IDLE,      /* the owner answers that the attempt does not run */
    CATGA_CLAIMING_SILENT,    /* the owner has been silent for the lease */
    CATGA_CLAIMING_UNSURE,    /* the owner has not answered, but is not silent for the lease */
    CATGA_CLAIMING_SUCCEEDED, /* the handler succeeded: mark the claim as done */
    CATGA_CLAIMING_FAILED,    /* the handler failed: another attempt may run */
    CATGA_CLAIMING_GAVE_UP    /* the message is rejected: mark the claim as ended */
} catga_claiming_event;

typedef enum catga_claiming_action {
    CATGA_CLAIMING_WRITE, /* write `writes` with `attempt` over `revision` */
    CATGA_CLAIMING_LOOK, /* read the record; after a handler and a CONFLICT or READ, with a pause */
    CATGA_CLAIMING_ASK,  /* ask the owner of the record that was read */
    CATGA_CLAIMING_RUN,  /* run the handler: this is attempt `attempt` */
    CATGA_CLAIMING_SKIP, /* do not run the handler: the record that was read is done or ended */
    CATGA_CLAIMING_HELD, /* another attempt holds the claim: retry after `delay_ms` */
    CATGA_CLAIMING_GIVE_UP, /* the state is unknown: the handler has not run, or its mark is not
                               written */
    CATGA_CLAIMING_KEPT,    /* the outcome of the handler is recorded */
    CATGA_CLAIMING_LOST,    /* the outcome is not recorded: another attempt has the claim */
    CATGA_CLAIMING_NOTHING  /* error of the driver: the event is not allowed now */
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
    uint32_t troubles_left; /* lost answers that are still tolerated */
    uint32_t disputes_left; /* unexpected records that are still tolerated */
    catga_claiming_phase phase;
    bool reopens; /* claims a rejected message; set after init */
    bool marking; /* the handler has returned */
    catga_record_state writes;
    uint64_t revision; /* latest known revision of the record */
    uint32_t attempt;  /* number of this attempt, from 1 */
    int64_t delay_ms;  /* only of HELD */
} catga_claiming;

/*
 * Numbers of tolerated lost answers: before the handler, and after it if time is short. Numbers of
 * tolerated unexpected records: many after the handler, because a lagging server returns old
 * records until it learns of a new leader.
 */
enum {
    CATGA_CLAIM_TROUBLES = 8,
    CATGA_CLAIM_MARK_TROUBLES = 20,
    CATGA_CLAIM_DISPUTES = 8,
    CATGA_CLAIM_MARK_DISPUTES = 300
};

void catga_claiming_init(catga_claiming *claiming, uint32_t lease_ms);

/* Applies an event other than READ. `revision` belongs to WRITTEN. */
catga_claiming_action catga_claiming_step(catga_claiming *claiming, catga_claiming_event event,
                                          uint64_t revision);

/* Applies the event READ. */
catga_claiming_action catga_claiming_read(catga_claiming *claiming,
                                          const catga_claim_record *record);

#endif
