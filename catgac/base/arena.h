/* arena.h -- all memory of one compilation, released at once.
 *
 * Blocks are zeroed and aligned for any type. No function here returns NULL (but for the one
 * named `try`): when the cap is passed or the system has no more, the arena jumps to `exhausted`,
 * which the driver has set with setjmp() before the first pass. In sanitizer builds every block is
 * its own malloc, so that an overrun is seen.
 */
#ifndef CATGAC_ARENA_H
#define CATGAC_ARENA_H

#include <setjmp.h>
#include <stddef.h>

typedef struct arena {
    struct arena_block *newest;
    size_t used;  /* bytes asked of the system so far */
    size_t limit; /* the most that may be asked */
    jmp_buf exhausted;
} arena;

void arena_open(arena *memory, size_t limit);
void arena_close(arena *memory);

/* Returns `count` zeroed elements of `size` bytes; the product is checked. */
void *arena_array(arena *memory, size_t count, size_t size);

/* The same, but returns NULL where the others jump: for whoever holds something to give back. */
void *arena_try_array(arena *memory, size_t count, size_t size);

/* Enlarges what was allocated last, from `size` to `new_size` bytes, and returns where it lies now;
 * what is added is not zeroed. Returns NULL, and changes nothing, when it is not the last one or
 * cannot grow. */
void *arena_grow(arena *memory, void *last, size_t size, size_t new_size);

/* How much of an arena is taken. */
typedef struct arena_mark {
    struct arena_block *newest;
    size_t used; /* of that block */
} arena_mark;

arena_mark arena_mark_of(const arena *memory);

/* Frees all that was allocated since the mark was taken. What was allocated before must not have
 * grown in between. */
void arena_release(arena *memory, arena_mark mark);

/* Leaves through `exhausted`; does not return. */
_Noreturn void arena_give_up(arena *memory);

#define ARENA_NEW(memory, type)          ((type *)arena_array((memory), 1, sizeof(type)))
#define ARENA_ARRAY(memory, count, type) ((type *)arena_array((memory), (count), sizeof(type)))

#endif
