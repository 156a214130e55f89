/* Entries of buckets, as messages of their streams. */
#ifndef CATGA_BUCKET_ENTRY_H
#define CATGA_BUCKET_ENTRY_H

#include "bus/bus_state.h"

#include <catga/kv.h>

#define CATGA_HEADER_OPERATION "KV-Operation"
#define CATGA_HEADER_ROLLUP    "Nats-Rollup"

/* Describes a stored message of a bucket, whose bytes it points to. */
catga_bucket_entry catga_bucket_entry_of(const catga_bus_state *state,
                                         const catga_incoming *message);

#endif
