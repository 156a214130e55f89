/*
 * Blocks that are kept for the next user. All have one size, or each says its own. A few are at hand
 * without asking the allocator. Taking or giving a block is an atomic exchange: there is no lock.
 */
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

/* A block of the pool's size with any content; NULL when there is no memory. */
void *catga_pool_take(catga_pool *pool);

/* A block that was given back, else NULL. */
void *catga_pool_take_kept(catga_pool *pool);

/* NULL is allowed. */
void catga_pool_give(catga_pool *pool, void *block);

/* Frees what is kept; blocks that are out must have been given back. */
void catga_pool_end(catga_pool *pool);

#endif
