/* Copies structs between memory and wire. Both have the same layout, so that a copy often
 * suffices. Padding is written as zeros. A received bool with any value is read as false or
 * true. */
#ifndef CATGA_STRUCT_H
#define CATGA_STRUCT_H

#include <catga/gen.h>

/* Returns the size of a scalar kind, in bytes. */
size_t catga_scalar_size(unsigned kind);

/* Copies scalars between memory and wire, in either direction. */
void catga_copy_scalars(uint8_t *to, const void *from, size_t count, size_t size);

#endif
