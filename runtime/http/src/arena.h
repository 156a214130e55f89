/* The memory of an unpacked message, which grows until the message has room. */
#ifndef CATGA_HTTP_ARENA_H
#define CATGA_HTTP_ARENA_H

#include <catga/catga.h>

/*
 * Empties an arena, and makes it larger: at least four times, and at least `used`, the room that
 * was needed. The first time, all else is zero. The caller frees arena->data, which is NULL after
 * CATGA_TOO_LARGE (256 MiB do not suffice) and CATGA_NO_MEMORY.
 */
catga_status http_arena_grow(catga_arena *arena);

#endif
