/* Encodes outgoing messages; see encode_buffer.h. */
#include "bus/encode_buffer.h"

#include <stdalign.h>
#include <stdlib.h>

typedef struct catga_encode_block {
    size_t capacity;
    alignas(max_align_t) uint8_t bytes[];
} catga_encode_block;

/*
 * Returns a buffer of that capacity, or NULL. Frees a cached buffer of another capacity, because
 * the server's limit has changed.
 */
static catga_encode_block *take_buffer(catga_bus_state *state, size_t capacity)
{
    catga_encode_block *buffer = catga_pool_take_kept(&state->encode_blocks);

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

static catga_status encode_large(catga_encode_buffer *payload, catga_bus_state *state,
                                 const catga_table *table, const void *input,
                                 catga_problem *problem)
{
    size_t limit = state->operations->max_payload(state->transport);

    if (limit <= sizeof payload->stack)
        return CATGA_TOO_LARGE;
    catga_encode_block *buffer = take_buffer(state, limit);
    if (buffer == NULL)
        return CATGA_NO_MEMORY;
    catga_status status =
        catga_encode(table, input, buffer->bytes, buffer->capacity, &payload->length, problem);
    if (status != CATGA_OK) {
        catga_pool_give(&state->encode_blocks, buffer);
        return status;
    }
    payload->large = buffer;
    payload->data = buffer->bytes;
    return CATGA_OK;
}

catga_status catga_encode_buffer_fill(catga_encode_buffer *payload, catga_bus_state *state,
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
    return status == CATGA_TOO_LARGE ? encode_large(payload, state, table, input, problem) : status;
}

/* ---- Other encodings ---- */

static catga_status write_large(catga_encode_buffer *payload, catga_bus_state *state,
                                const catga_encoding *encoding, const catga_table *table,
                                const uint8_t *root)
{
    size_t limit = state->operations->max_payload(state->transport);

    if (payload->length >= limit)
        return CATGA_TOO_LARGE;
    catga_encode_block *buffer = take_buffer(state, limit);
    if (buffer == NULL)
        return CATGA_NO_MEMORY;
    encoding->write(table, root, (char *)buffer->bytes, buffer->capacity);
    payload->large = buffer;
    payload->data = buffer->bytes;
    return CATGA_OK;
}

catga_status catga_encode_buffer_write(catga_encode_buffer *payload, catga_bus_state *state,
                                       const catga_encoding *encoding, const catga_table *table,
                                       const uint8_t *root)
{
    payload->data = payload->stack;
    payload->large = NULL;
    payload->length = encoding->write(table, root, (char *)payload->stack, sizeof payload->stack);
    return payload->length < sizeof payload->stack
               ? CATGA_OK
               : write_large(payload, state, encoding, table, root);
}

catga_status catga_encode_buffer_fill_foreign(catga_encode_buffer *payload, catga_bus_state *state,
                                              const catga_encoding *encoding,
                                              const catga_table *table, const void *input,
                                              catga_problem *problem)
{
    catga_encode_buffer encoded;
    catga_status status = catga_encode_buffer_fill(&encoded, state, table, input, problem);

    if (status != CATGA_OK)
        return status;
    status = catga_encode_buffer_write(payload, state, encoding, table, catga_follow(encoded.data));
    catga_encode_buffer_free(&encoded, state);
    return status;
}

void catga_encode_buffer_free(catga_encode_buffer *payload, catga_bus_state *state)
{
    if (payload->large != NULL)
        catga_pool_give(&state->encode_blocks, payload->large);
    payload->large = NULL;
}
