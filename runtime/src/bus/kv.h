/* Records that replicas share: read, and written by compare and set. The calling thread waits. */
#ifndef CATGA_KV_H
#define CATGA_KV_H

#include "bus/bus_state.h"

/*
 * Writes a record over that revision; 0: there is none yet. CATGA_OK: it is written, as *revision.
 * CATGA_REFUSED: the record has another revision. Otherwise catga_kv_is_unchanged says whether the
 * write may have happened, and *problem says why.
 */
catga_status catga_kv_write(catga_bus_state *state, catga_kv_key key, const catga_outgoing *record,
                            uint64_t over, uint64_t *revision, catga_problem *problem);

/* Reads a record. CATGA_OK: *record is to be released; there is none when *revision is 0. */
catga_status catga_kv_read(catga_bus_state *state, catga_kv_key key, catga_incoming *record,
                           uint64_t *revision);

/* Returns whether a write that failed with `status` has certainly changed nothing. */
bool catga_kv_is_unchanged(catga_status status);

#endif
