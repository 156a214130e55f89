/* The buckets and threads that claims need. */
#ifndef CATGA_CLAIM_BUCKETS_H
#define CATGA_CLAIM_BUCKETS_H

#include "bus/bus_state.h"

/*
 * Creates or verifies the bucket and threads that the claims of a message need, before the message
 * is served. Logs a failure. Waits for the server. The caller holds `serving`.
 */
catga_status catga_claims_prepare(catga_bus_state *state, const catga_message *message);

/*
 * Ends the claims of this bus, before the transport is closed, when no handler runs. Returns false
 * while another bus gets an answer. The caller holds `serving`.
 */
bool catga_claims_close(catga_bus_state *state);

#endif
