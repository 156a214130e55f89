/* The record of a claim in the store, as wire.md describes it: written and read, by a thread that
 * waits. */
#ifndef CATGA_CLAIM_RECORD_H
#define CATGA_CLAIM_RECORD_H

#include "bus/bus_state.h"
#include "delivery/claim.h"

#define CATGA_HEADER_CLAIM   "Catga-Claim"
#define CATGA_HEADER_OWNER   "Catga-Owner"
#define CATGA_HEADER_ATTEMPT "Catga-Attempt"
#define CATGA_HEADER_REQUEST "Catga-Request"
#define CATGA_HEADER_CAUSE   "Catga-Cause"

/* The content of a record. */
typedef struct catga_record_content {
    catga_record_state state;
    const char *attempt;      /* the name of the attempt that writes it */
    uint32_t count;           /* of attempts */
    const char *request;      /* hash of the command's bytes; empty for an event */
    const char *cause;        /* of a message that was given up; else empty */
    const catga_claim *claim; /* of a DONE: its answer goes with the record; else NULL */
} catga_record_content;

/* A record that was read. */
typedef struct catga_read_record {
    catga_bus_state *bus_state;
    bool found; /* `message` is to be released */
    catga_incoming message;
    uint64_t revision; /* 0: there is no record */
    catga_record_state state;
    uint32_t count;
    char attempt[CATGA_ATTEMPT_NAME];
} catga_read_record;

/*
 * Writes over that revision; 0: where there is none. CATGA_OK with the new *revision;
 * CATGA_REFUSED: the record has another revision; CATGA_OVERLOADED: the bucket is full, and nothing
 * is written; else it is not known whether it is written. *problem says why.
 */
catga_status catga_record_write(catga_bus_state *state, catga_kv_key key,
                                const catga_record_content *content, uint64_t over,
                                uint64_t *revision, catga_problem *problem);

/* Reads the record. To be forgotten, whatever the result. */
catga_status catga_record_read(catga_bus_state *state, catga_kv_key key, catga_read_record *record);
void catga_record_forget(catga_read_record *record);

/* Returns a header of the record; empty when there is none. */
const char *catga_record_header(const catga_read_record *record, const char *name);

#endif
