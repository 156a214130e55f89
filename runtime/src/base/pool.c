/* A cache of memory blocks; see pool.h. */
#include "base/pool.h"

#include <stdlib.h>

void catga_pool_begin(catga_pool *pool, size_t size)
{
    pool->size = size;
    for (size_t i = 0; i < CATGA_POOL_KEPT; i++)
        atomic_init(&pool->blocks[i], NULL);
}

void *catga_pool_take_kept(catga_pool *pool)
{
    for (size_t i = 0; i < CATGA_POOL_KEPT; i++) {
        if (atomic_load_explicit(&pool->blocks[i], memory_order_relaxed) == NULL)
            continue;
        void *block = atomic_exchange_explicit(&pool->blocks[i], NULL, memory_order_acquire);
        if (block != NULL)
            return block;
    }
    return NULL;
}

void *catga_pool_take(catga_pool *pool)
{
    void *block = catga_pool_take_kept(pool);

    return block != NULL ? block : malloc(pool->size);
}

void catga_pool_give(catga_pool *pool, void *block)
{
    for (size_t i = 0; block != NULL && i < CATGA_POOL_KEPT; i++) {
        if (atomic_load_explicit(&pool->blocks[i], memory_order_relaxed) == NULL)
            block = atomic_exchange_explicit(&pool->blocks[i], block, memory_order_acq_rel);
    }
    free(block);
}

void catga_pool_end(catga_pool *pool)
{
    for (size_t i = 0; i < CATGA_POOL_KEPT; i++)
        free(atomic_exchange_explicit(&pool->blocks[i], NULL, memory_order_acquire));
}
