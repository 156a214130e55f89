/* Makes an arena larger; see arena.h. */
#include "arena.h"

#include <stdlib.h>

enum { SMALLEST = 4096, LARGEST = 1 << 28 };

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Each attempt reads a message from its begin, so an arena grows fast. */
catga_status http_arena_grow(catga_arena *arena)
{
    size_t capacity = larger(SMALLEST, larger(4 * arena->capacity, arena->used));

    free(arena->data);
    *arena = (catga_arena){.capacity = capacity};
    if (capacity > LARGEST)
        return CATGA_TOO_LARGE;
    arena->data = malloc(capacity);
    return arena->data == NULL ? CATGA_NO_MEMORY : CATGA_OK;
}
