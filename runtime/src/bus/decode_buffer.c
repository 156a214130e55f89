/* Decodes messages of peers that do not know Catga; see decode_buffer.h. */
#include "bus/decode_buffer.h"

#include <stdio.h>
#include <stdlib.h>

enum { NATIVE_STACK = 1024, ARENA_STACK = 4096, LEAST_MEMORY = 1 << 20, FOR_EACH_BYTE = 32 };

/* A payload on its way to a native struct, on the stack of its thread. */
typedef struct draft {
    const catga_encoding *encoding;
    const catga_table *table;
    catga_bytes payload;
    catga_problem *problem;
    void *native;
    catga_arena arena; /* of the native struct's parts */
    alignas(max_align_t) uint8_t native_stack[NATIVE_STACK];
    alignas(max_align_t) uint8_t arena_stack[ARENA_STACK];
} draft;

/* ---- From the payload to a native struct ---- */

static size_t most_memory(const draft *d)
{
    size_t length = d->payload.length;

    return length < (SIZE_MAX - LEAST_MEMORY) / FOR_EACH_BYTE
               ? LEAST_MEMORY + FOR_EACH_BYTE * length
               : SIZE_MAX;
}

static catga_status read_once(draft *d)
{
    d->arena.used = 0;
    return d->encoding->read(d->table, (const char *)d->payload.data, d->payload.length, d->native,
                             &d->arena, d->problem);
}

static catga_status refuse_size(draft *d)
{
    snprintf(d->problem->text, sizeof d->problem->text,
             "too many parts: they need more than %zu bytes of memory", most_memory(d));
    return CATGA_BAD_MESSAGE;
}

/* Reads with a larger arena while it does not suffice. */
static catga_status read_in_heap(draft *d)
{
    catga_status status = CATGA_TOO_LARGE;

    d->arena = (catga_arena){.used = d->arena.used};
    while (status == CATGA_TOO_LARGE) {
        status = catga_arena_grow(&d->arena, most_memory(d));
        if (status != CATGA_OK)
            return status == CATGA_TOO_LARGE ? refuse_size(d) : status;
        status = read_once(d);
    }
    return status;
}

static bool take_native(draft *d)
{
    bool is_small = d->table->native_size <= sizeof d->native_stack;

    d->native = is_small ? d->native_stack : malloc(d->table->native_size);
    return d->native != NULL;
}

static void free_native(draft *d)
{
    if (d->native != d->native_stack)
        free(d->native);
    if (d->arena.data != d->arena_stack)
        free(d->arena.data);
}

/* ---- From the native struct to FlatBuffers ---- */

static catga_decoded *take_block(catga_bus_state *state, size_t capacity)
{
    bool is_small = capacity <= CATGA_DECODE_BLOCK;
    catga_decoded *block;

    if (capacity > SIZE_MAX - sizeof *block)
        return NULL;
    block = is_small ? catga_pool_take(&state->decoded) : malloc(sizeof *block + capacity);
    if (block != NULL)
        block->capacity = is_small ? CATGA_DECODE_BLOCK : capacity;
    return block;
}

static catga_status encode(catga_bus_state *state, draft *d, catga_decoded **decoded)
{
    catga_decoded *block = take_block(state, catga_size_bound(d->table, d->native));

    if (block == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = catga_encode(d->table, d->native, block->bytes, block->capacity,
                                       &block->length, d->problem);
    if (status == CATGA_OK) {
        *decoded = block;
        return CATGA_OK;
    }
    catga_decoded_free(state, block);
    return CATGA_BAD_MESSAGE;
}

catga_status catga_decode(catga_bus_state *state, const catga_encoding *encoding,
                          const catga_table *table, catga_bytes payload, catga_decoded **decoded,
                          catga_problem *problem)
{
    draft d; /* its stacks stay undefined */

    *decoded = NULL;
    d.encoding = encoding;
    d.table = table;
    d.payload = payload;
    d.problem = problem;
    d.arena = (catga_arena){.data = d.arena_stack, .capacity = sizeof d.arena_stack};
    problem->text[0] = '\0';
    if (!take_native(&d))
        return CATGA_NO_MEMORY;
    catga_status status = read_once(&d);
    if (status == CATGA_TOO_LARGE)
        status = read_in_heap(&d);
    if (status == CATGA_OK)
        status = encode(state, &d, decoded);
    free_native(&d);
    return status;
}

void catga_decoded_free(catga_bus_state *state, catga_decoded *decoded)
{
    if (decoded == NULL)
        return;
    if (decoded->capacity == CATGA_DECODE_BLOCK)
        catga_pool_give(&state->decoded, decoded);
    else
        free(decoded);
}
