/* Blocks of sixteen bytes, which are checked at once; operators work on each byte. */
#ifndef CATGA_BLOCK_H
#define CATGA_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t catga_block __attribute__((vector_size(16)));

static inline catga_block catga_block_load(const char *bytes)
{
    catga_block block;

    memcpy(&block, bytes, sizeof block);
    return block;
}

static inline bool catga_block_is_zero(catga_block block)
{
    uint64_t halves[2];

    memcpy(halves, &block, sizeof block);
    return (halves[0] | halves[1]) == 0;
}

#endif
