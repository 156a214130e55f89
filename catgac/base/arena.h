/* arena.h -- all memory of one compilation, released at once.
 *
 * Blocks are zeroed and aligned for any type. Only the function named `try` returns NULL. The
 * others jump to `exhausted` when the limit is reached or the system has no memory; the driver sets
 * it with setjmp() before the first pass. In sanitizer builds every block is a malloc of its own,
 * so that overruns are detected.
 */
#ifndef CATGAC_ARENA_H
#define CATGAC_ARENA_H

#include <setjmp.h>
#include <stddef.h>

typedef struct arena {
    struct arena_block *newest;
    size_t used;  /* bytes requested from the system */
    size_t limit; /* upper limit of `requested` */
    jmp_buf exhausted;
} arena;

void arena_open(arena *memory, size_t limit);
void arena_close(arena *memory);

/* Returns `count` zeroed elements of `size` bytes; the product is checked. */
void *arena_array(arena *memory, size_t count, size_t size);

/* Does the same, but returns NULL instead of jumping, for callers that must release something. */
void *arena_try_array(arena *memory, size_t count, size_t size);

/* Enlarges the newest allocation from `size` to `new_size` bytes and returns its address, which
 * may be new. The added bytes are not zeroed. Returns NULL and changes nothing if `block` is not
 * the newest allocation or cannot grow. */
void *arena_grow(arena *memory, void *last, size_t size, size_t new_size);

/* A point up to which an arena is in use. */
typedef struct arena_mark {
    struct arena_block *newest;
    size_t used; /* of that block */
} arena_mark;

arena_mark arena_mark_of(const arena *memory);

/* Frees all allocations made since the mark. Older allocations must not have grown since then. */
void arena_release(arena *memory, arena_mark mark);

/* Jumps to `exhausted`; does not return. */
_Noreturn void arena_give_up(arena *memory);

#define ARENA_NEW(memory, type)          ((type *)arena_array((memory), 1, sizeof(type)))
#define ARENA_ARRAY(memory, count, type) ((type *)arena_array((memory), (count), sizeof(type)))

#endif
