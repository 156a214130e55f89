/*
 * The bytes of a message on their way out: on the stack when they are few, else in a buffer of the
 * bus, which is as large as the server allows now. The limit may change with each reconnect, and
 * while the connection stands.
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
 * Encodes `input`; a NULL table gives no bytes. CATGA_INVALID_MESSAGE with *problem,
 * CATGA_TOO_LARGE, CATGA_NO_MEMORY; there is nothing to free then.
 */
catga_status catga_encode_buffer_fill(catga_encode_buffer *payload, catga_bus_state *state,
                                      const catga_table *table, const void *input,
                                      catga_problem *problem);

/* Frees the buffer; allowed again. */
void catga_encode_buffer_free(catga_encode_buffer *payload, catga_bus_state *state);

#endif
