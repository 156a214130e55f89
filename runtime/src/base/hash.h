/* A hash of 128 bits, the same on every machine. Accidental collisions do not occur in practice.
 * The hash is not cryptographic: collisions can be constructed. */
#ifndef CATGA_HASH_H
#define CATGA_HASH_H

#include <stddef.h>
#include <stdint.h>

typedef struct catga_hash {
    uint64_t high;
    uint64_t low;
} catga_hash;

/* `data` may be NULL when `length` is 0. */
catga_hash catga_hash_of(const void *data, size_t length);

#endif
