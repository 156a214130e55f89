/* hash.c -- see hash.h. */
#include "generate/hash.h"

#define HASH_FACTOR UINT32_C(0x01000193)

void hash_add(uint32_t *hash, slice text)
{
    for (size_t i = 0; i < text.length; i++)
        *hash = (*hash ^ (unsigned char)text.data[i]) * HASH_FACTOR;
    *hash *= HASH_FACTOR;
}

void hash_add_number(uint32_t *hash, uint32_t number)
{
    *hash = (*hash ^ number) * HASH_FACTOR;
}
