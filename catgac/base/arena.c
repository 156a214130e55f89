/* arena.c -- see arena.h. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_BLOCK_PER_ALLOCATION 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_BLOCK_PER_ALLOCATION 1
#endif
#endif
#ifndef ARENA_BLOCK_PER_ALLOCATION
#define ARENA_BLOCK_PER_ALLOCATION 0
#endif

enum {
    ARENA_BLOCK_SIZE = 256 * 1024,
    ARENA_LARGE_BLOCK_SIZE = 4 * 1024 * 1024,
    ARENA_LARGEST_BLOCK_SIZE = 16 * 1024 * 1024,
    ARENA_PAGE_SIZE = 4096,
    ARENA_ALIGNMENT = alignof(max_align_t)
};

struct arena_block {
    struct arena_block *older;
    size_t capacity;
    size_t used;
    alignas(ARENA_ALIGNMENT) unsigned char bytes[];
};

void arena_open(arena *memory, size_t limit)
{
    memory->newest = NULL;
    memory->used = 0;
    memory->limit = limit;
}

void arena_close(arena *memory)
{
    struct arena_block *block = memory->newest;

    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    memory->newest = NULL;
}

_Noreturn void arena_give_up(arena *memory)
{
    longjmp(memory->exhausted, 1);
}

/* Requests huge pages: page faults take a fifth of a large compilation. The advice covers a
 * whole block, because a block with mixed advice cannot grow in place. The kernel may ignore it. */
static void prefer_large_pages(const struct arena_block *block)
{
    const uintptr_t mask = ARENA_PAGE_SIZE - 1;

    if (ARENA_BLOCK_PER_ALLOCATION || block->capacity < ARENA_LARGE_BLOCK_SIZE)
        return;
    uintptr_t begin = (uintptr_t)block & ~mask;
    uintptr_t end = ((uintptr_t)(block->bytes + block->capacity) + mask) & ~mask;
    (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

/* Doubles the total size: a larger block has more whole huge pages. */
static size_t usual_block_size(const arena *memory)
{
    if (ARENA_BLOCK_PER_ALLOCATION)
        return 0;
    if (memory->used < ARENA_BLOCK_SIZE)
        return ARENA_BLOCK_SIZE;
    return memory->used < ARENA_LARGEST_BLOCK_SIZE ? memory->used : ARENA_LARGEST_BLOCK_SIZE;
}

static bool add_block(arena *memory, size_t needed)
{
    size_t capacity = usual_block_size(memory);

    if (capacity < needed || capacity > memory->limit - memory->used)
        capacity = needed;
    if (capacity > memory->limit - memory->used)
        return false;
    struct arena_block *block = calloc(1, sizeof *block + capacity);
    if (block == NULL)
        return false;
    block->capacity = capacity;
    block->older = memory->newest;
    memory->newest = block;
    memory->used += capacity;
    prefer_large_pages(block);
    return true;
}

/* An empty array has an address of its own, too. */
static size_t rounded_size(size_t size)
{
    size_t mask = ARENA_BLOCK_PER_ALLOCATION ? 0 : (size_t)ARENA_ALIGNMENT - 1;

    return ((size == 0 ? 1 : size) + mask) & ~mask;
}

void *arena_try_array(arena *memory, size_t count, size_t size)
{
    size_t wanted;

    if (__builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX / 2)
        return NULL;
    size_t rounded = rounded_size(wanted);

    struct arena_block *block = memory->newest;
    bool fits =
        !ARENA_BLOCK_PER_ALLOCATION && block != NULL && rounded <= block->capacity - block->used;
    if (!fits && !add_block(memory, rounded))
        return NULL;
    block = memory->newest;
    void *result = block->bytes + block->used;
    block->used += rounded;
    return result;
}

void *arena_array(arena *memory, size_t count, size_t size)
{
    void *result = arena_try_array(memory, count, size);

    if (result == NULL)
        arena_give_up(memory);
    return result;
}

arena_mark arena_mark_of(const arena *memory)
{
    const struct arena_block *newest = memory->newest;

    return (arena_mark){memory->newest, newest == NULL ? 0 : newest->used};
}

void arena_release(arena *memory, arena_mark mark)
{
    while (memory->newest != mark.newest) {
        struct arena_block *block = memory->newest;
        memory->newest = block->older;
        memory->used -= block->capacity;
        free(block);
    }
    if (mark.newest == NULL)
        return;
    memset(mark.newest->bytes + mark.used, 0, mark.newest->used - mark.used);
    mark.newest->used = mark.used;
}

/* Enlarges the newest block, which holds one allocation only. */
static void *grow_block(arena *memory, size_t capacity)
{
    struct arena_block *block = memory->newest;

    if (capacity - block->capacity > memory->limit - memory->used)
        return NULL;
    struct arena_block *larger = realloc(block, sizeof *block + capacity);
    if (larger == NULL)
        return NULL;
    memory->used += capacity - larger->capacity;
    larger->capacity = capacity;
    larger->used = capacity;
    memory->newest = larger;
    prefer_large_pages(larger);
    return larger->bytes;
}

void *arena_grow(arena *memory, void *last, size_t size, size_t new_size)
{
    struct arena_block *block = memory->newest;
    size_t old_size = rounded_size(size);

    if (block == NULL || new_size > SIZE_MAX / 2 ||
        (unsigned char *)last + old_size != block->bytes + block->used)
        return NULL;
    size_t more = rounded_size(new_size) - old_size;
    if (more > block->capacity - block->used)
        return last == block->bytes ? grow_block(memory, rounded_size(new_size)) : NULL;
    block->used += more;
    return last;
}
