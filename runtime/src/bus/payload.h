/*
 * The bytes of a message on their way out: on the stack when they are few, else in a buffer of the
 * bus, which is as large as the server allows now. The limit may change with each reconnect, and
 * while the connection stands.
 */
#ifndef CATGA_PAYLOAD_H
#define CATGA_PAYLOAD_H

#include "bus/core.h"

enum { CATGA_PAYLOAD_STACK = 4096 };

typedef struct catga_payload {
    const uint8_t *data;
    size_t length;
    struct catga_payload_buffer *large; /* from core->payloads, or NULL */
    uint8_t stack[CATGA_PAYLOAD_STACK];
} catga_payload;

/*
 * Encodes `input`; a NULL table gives no bytes. CATGA_INVALID_MESSAGE with *problem,
 * CATGA_TOO_LARGE, CATGA_NO_MEMORY; there is nothing to free then.
 */
catga_status catga_payload_encode(catga_payload *payload, catga_core *core,
                                  const catga_table *table, const void *input,
                                  catga_problem *problem);

/* Frees the buffer; allowed again. */
void catga_payload_free(catga_payload *payload, catga_core *core);

#endif
