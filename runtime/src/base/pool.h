/* A cache of memory blocks, of one size or with their own sizes, in front of the allocator.
 * Taking and returning a block is an atomic exchange, without a lock. */
#ifndef CATGA_POOL_H
#define CATGA_POOL_H

#include <stdatomic.h>
#include <stddef.h>

#define CATGA_POOL_KEPT 32

typedef struct catga_pool {
    size_t size;
    _Atomic(void *) blocks[CATGA_POOL_KEPT];
} catga_pool;

void catga_pool_begin(catga_pool *pool, size_t size);

/* Returns a block of the pool's size with undefined content, or NULL without memory. */
void *catga_pool_take(catga_pool *pool);

/* Returns a cached block, or NULL if there is none. */
void *catga_pool_take_kept(catga_pool *pool);

/* Returns a block to the cache. NULL is allowed. */
void catga_pool_give(catga_pool *pool, void *block);

/* Frees the cached blocks. All blocks must have been returned. */
void catga_pool_end(catga_pool *pool);

#endif
