/* Records that replicas share: read, and written by compare and set. The calling thread waits. */
#ifndef CATGA_KV_H
#define CATGA_KV_H

#include "bus/bus_state.h"

/*
 * Writes a record over a revision; 0: there is no record yet. CATGA_OK: the record has the new
 * *revision. CATGA_REFUSED: the record has another revision. Any other status: see *problem, and
 * catga_kv_is_unchanged, which says whether the write may have happened.
 */
catga_status catga_kv_write(catga_bus_state *state, catga_kv_key key, const catga_outgoing *record,
                            uint64_t over, uint64_t *revision, catga_problem *problem);

/*
 * Reads a record. After CATGA_OK the caller releases *record; *revision is 0 if there is no record.
 */
catga_status catga_kv_read(catga_bus_state *state, catga_kv_key key, catga_incoming *record,
                           uint64_t *revision);

/* Returns whether a write that failed with `status` certainly changed nothing. */
bool catga_kv_is_unchanged(catga_status status);

#endif
