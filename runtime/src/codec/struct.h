/*
 * struct.h: structs between memory and wire. Both lie by the same rules, so that a copy is often all; padding in memory
 * may hold anything and is written as zeros, and a bool that comes may hold anything and is read as false or true.
 */
#ifndef CATGA_STRUCT_H
#define CATGA_STRUCT_H

#include <catga/gen.h>

/* The size of a scalar, in bytes; `kind` is a scalar's catga_kind. */
size_t catga_scalar_size(unsigned kind);

/* Copies scalars between memory and wire, in either direction. */
void catga_copy_scalars(uint8_t *to, const void *from, size_t count, size_t size);

#endif
