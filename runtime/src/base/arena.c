/* Makes arenas larger; declared in gen.h. */
#include <catga/gen.h>

#include <stdlib.h>

enum { SMALLEST = 4096 };

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Each attempt reads a message from its begin, so an arena grows fast. */
catga_status catga_arena_grow(catga_arena *arena, size_t most)
{
    size_t capacity = larger(SMALLEST, larger(4 * arena->capacity, arena->used));
    bool may_grow = arena->capacity < most && arena->used <= most;

    if (capacity > most && may_grow)
        capacity = most;
    free(arena->data);
    *arena = (catga_arena){.capacity = capacity};
    if (capacity > most)
        return CATGA_TOO_LARGE;
    arena->data = malloc(capacity);
    return arena->data == NULL ? CATGA_NO_MEMORY : CATGA_OK;
}
