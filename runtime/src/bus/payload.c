/* The bytes of a message on their way out; see payload.h. */
#include "bus/payload.h"

#include <stdalign.h>
#include <stdlib.h>

typedef struct catga_payload_buffer {
    size_t capacity;
    alignas(max_align_t) uint8_t bytes[];
} catga_payload_buffer;

/* Returns a buffer of that size; one that was kept of another size is freed: the limit changed. */
static catga_payload_buffer *take_buffer(catga_core *core, size_t capacity)
{
    catga_payload_buffer *buffer = catga_pool_take_kept(&core->payloads);

    if (buffer != NULL && buffer->capacity == capacity)
        return buffer;
    free(buffer);
    if (capacity > SIZE_MAX - sizeof *buffer)
        return NULL;
    buffer = malloc(sizeof *buffer + capacity);
    if (buffer != NULL)
        buffer->capacity = capacity;
    return buffer;
}

static catga_status encode_large(catga_payload *payload, catga_core *core, const catga_table *table,
                                 const void *input, catga_problem *problem)
{
    size_t limit = core->operations->max_payload(core->transport);
    if (limit <= sizeof payload->stack)
        return CATGA_TOO_LARGE;
    catga_payload_buffer *buffer = take_buffer(core, limit);
    if (buffer == NULL)
        return CATGA_NO_MEMORY;
    catga_status status =
        catga_encode(table, input, buffer->bytes, buffer->capacity, &payload->length, problem);
    if (status != CATGA_OK) {
        catga_pool_give(&core->payloads, buffer);
        return status;
    }
    payload->large = buffer;
    payload->data = buffer->bytes;
    return CATGA_OK;
}

catga_status catga_payload_encode(catga_payload *payload, catga_core *core,
                                  const catga_table *table, const void *input,
                                  catga_problem *problem)
{
    payload->data = payload->stack;
    payload->length = 0;
    payload->large = NULL;
    problem->text[0] = '\0';
    if (table == NULL)
        return CATGA_OK;
    catga_status status = catga_encode(table, input, payload->stack, sizeof payload->stack,
                                       &payload->length, problem);
    return status == CATGA_TOO_LARGE ? encode_large(payload, core, table, input, problem) : status;
}

void catga_payload_free(catga_payload *payload, catga_core *core)
{
    if (payload->large != NULL)
        catga_pool_give(&core->payloads, payload->large);
    payload->large = NULL;
}
