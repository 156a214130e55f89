/* hash.h -- a 32-bit FNV-1a hash, for names that must differ. */
#ifndef CATGAC_HASH_H
#define CATGAC_HASH_H

#include "base/text.h"

#include <stdint.h>

#define HASH_START UINT32_C(0x811C9DC5)

/* Adds a text and its end. */
void hash_add(uint32_t *hash, slice text);

/* Adds a number as one unit. */
void hash_add_number(uint32_t *hash, uint32_t number);

#endif
