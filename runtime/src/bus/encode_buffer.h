/*
 * The bytes of an outgoing message: on the stack if they are few, else in a cached buffer of the
 * bus that has the size of the server's current limit. The limit may change at any time. One thread
 * owns an encode buffer.
 */
#ifndef CATGA_ENCODE_BUFFER_H
#define CATGA_ENCODE_BUFFER_H

#include "bus/bus_state.h"

enum { CATGA_ENCODE_STACK = 4096 };

typedef struct catga_encode_buffer {
    const uint8_t *data;
    size_t length;
    struct catga_encode_block *large; /* from state->encode_blocks, or NULL */
    uint8_t stack[CATGA_ENCODE_STACK];
} catga_encode_buffer;

/*
 * Encodes `input`; a NULL table gives no bytes. The caller frees the buffer after CATGA_OK only.
 * CATGA_INVALID_MESSAGE with *problem, CATGA_TOO_LARGE, CATGA_NO_MEMORY.
 */
catga_status catga_encode_buffer_fill(catga_encode_buffer *payload, catga_bus_state *state,
                                      const catga_table *table, const void *input,
                                      catga_problem *problem);

/*
 * Writes an encoded table in another encoding. The caller frees the buffer after CATGA_OK only.
 * CATGA_TOO_LARGE, CATGA_NO_MEMORY.
 */
catga_status catga_encode_buffer_write(catga_encode_buffer *payload, catga_bus_state *state,
                                       const catga_encoding *encoding, const catga_table *table,
                                       const uint8_t *root);

/* Encodes `input` as FlatBuffers, and writes that in another encoding: see both functions. */
catga_status catga_encode_buffer_fill_foreign(catga_encode_buffer *payload, catga_bus_state *state,
                                              const catga_encoding *encoding,
                                              const catga_table *table, const void *input,
                                              catga_problem *problem);

/* Encodes `input` in the encoding of its message; NULL is FlatBuffers. */
static inline catga_status catga_encode_buffer_fill_as(catga_encode_buffer *payload,
                                                       catga_bus_state *state,
                                                       const catga_encoding *encoding,
                                                       const catga_table *table, const void *input,
                                                       catga_problem *problem)
{
    if (CATGA_UNLIKELY(encoding != NULL))
        return catga_encode_buffer_fill_foreign(payload, state, encoding, table, input, problem);
    return catga_encode_buffer_fill(payload, state, table, input, problem);
}

/* Describes encoded bytes of the caller, which it keeps; there is nothing to free. */
static inline void catga_encode_buffer_wrap(catga_encode_buffer *payload, catga_bytes encoded)
{
    payload->data = encoded.data;
    payload->length = encoded.length;
    payload->large = NULL;
}

/* Returns the memory to the bus. A second call has no effect. */
void catga_encode_buffer_free(catga_encode_buffer *payload, catga_bus_state *state);

#endif
