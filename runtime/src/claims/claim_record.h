/*
 * The stored record of a claim, as wire.md describes it. The calling thread waits for the server.
 */
#ifndef CATGA_CLAIM_RECORD_H
#define CATGA_CLAIM_RECORD_H

#include "bus/bus_state.h"
#include "delivery/claim.h"

#define CATGA_HEADER_CLAIM   "Catga-Claim"
#define CATGA_HEADER_OWNER   "Catga-Owner"
#define CATGA_HEADER_ATTEMPT "Catga-Attempt"
#define CATGA_HEADER_REQUEST "Catga-Request"
#define CATGA_HEADER_CAUSE   "Catga-Cause"

/* The content of a record that is written. */
typedef struct catga_record_content {
    catga_record_state state;
    const char *attempt;      /* name of the attempt that writes the record */
    uint32_t count;           /* number of attempts */
    const char *request;      /* hash of the command's bytes; empty for an event */
    const char *cause;        /* why the message was rejected; else empty */
    const catga_claim *claim; /* claim with the answer to store, in state DONE; else NULL */
} catga_record_content;

/* A record that was read. */
typedef struct catga_read_record {
    catga_bus_state *bus_state;
    bool found; /* `message` must be released */
    catga_incoming message;
    uint64_t revision; /* 0 without a record */
    catga_record_state state;
    uint32_t count;
    char attempt[CATGA_ATTEMPT_NAME];
} catga_read_record;

/*
 * Writes over a revision; 0: there is no record yet. CATGA_OK: the record has the new *revision.
 * CATGA_REFUSED: the record has another revision. CATGA_OVERLOADED: the bucket is full, and nothing
 * is written. Any other status: the outcome is unknown. *problem says why.
 */
catga_status catga_record_write(catga_bus_state *state, catga_kv_key key,
                                const catga_record_content *content, uint64_t over,
                                uint64_t *revision, catga_problem *problem);

/* Reads the record. The caller releases it with catga_record_forget, whatever the result. */
catga_status catga_record_read(catga_bus_state *state, catga_kv_key key, catga_read_record *record);
void catga_record_forget(catga_read_record *record);

/* Returns a header of the record, or "". */
const char *catga_record_header(const catga_read_record *record, const char *name);

#endif
