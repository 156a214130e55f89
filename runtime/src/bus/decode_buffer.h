/*
 * A message of a peer that does not know Catga, as FlatBuffers. One thread owns it. The memory is
 * cached by the bus if the message is small.
 */
#ifndef CATGA_DECODE_BUFFER_H
#define CATGA_DECODE_BUFFER_H

#include "bus/bus_state.h"

#include <stdalign.h>

/* Bytes of a cached block. */
enum { CATGA_DECODE_BLOCK = 4096 };

typedef struct catga_decoded {
    size_t capacity;
    size_t length;
    alignas(max_align_t) uint8_t bytes[];
} catga_decoded;

/*
 * Decodes a payload, and checks the rules of its schema. Takes memory of at most 1 MiB and 32 bytes
 * for each byte of the payload, beside the result. CATGA_OK: the caller frees *decoded.
 * CATGA_BAD_MESSAGE with *problem, CATGA_NO_MEMORY; *decoded is then NULL.
 */
catga_status catga_decode(catga_bus_state *state, const catga_encoding *encoding,
                          const catga_table *table, catga_bytes payload, catga_decoded **decoded,
                          catga_problem *problem);

/* Returns the root of the message. */
static inline const uint8_t *catga_decoded_root(const catga_decoded *decoded)
{
    return catga_follow(decoded->bytes);
}

/* Returns the memory to the bus. NULL is allowed. */
void catga_decoded_free(catga_bus_state *state, catga_decoded *decoded);

#endif
