/* Fills native structs by walking field tables; shared by unpacking and JSON reading. Memory
 * comes from the caller's arena. When the arena is used up, counting continues, so that the
 * caller learns the required size. */
#ifndef CATGA_NATIVE_STRUCT_H
#define CATGA_NATIVE_STRUCT_H

#include <catga/gen.h>

/* Allocates `count` elements of `size`, aligned to 8 bytes. Returns NULL if the arena is used
 * up. */
void *native_take(catga_arena *arena, size_t count, size_t size);

/* Allocate a table or struct, or the elements of a vector, aligned for their type: a struct with
 * @align(16) needs more than 8 bytes. An empty vector gets memory for one element. */
void *native_take_object(catga_arena *arena, unsigned kind, const void *type);
void *native_take_elements(catga_arena *arena, const catga_field *field, size_t count);

/* Returns true if all allocations fitted. */
bool native_fits(const catga_arena *arena);

/* Copies text into the arena; absent if the arena is used up. An empty text is present. */
catga_string native_text(catga_arena *arena, const char *text, size_t length);

/* Sets every field of a native struct to its default: scalars as in the schema, others absent. */
void native_clear(const catga_table *type, uint8_t *native);

/* Returns the address of a scalar field; an optional field becomes present. */
uint8_t *native_scalar(const catga_field *field, uint8_t *native);

/* Returns the size of a vector's element in memory. */
size_t native_element_size(const catga_field *field);

/* Sets a slice: a catga_string, a catga_bytes or a vector. */
void native_set_slice(uint8_t *at, const void *data, size_t length);

/* Sets a pointer. */
void native_set_pointer(uint8_t *at, const void *object);

/* Store a number as a scalar of `kind`, in which it fits. */
void native_set_integer(uint8_t *at, unsigned kind, int64_t value);
void native_set_floating(uint8_t *at, unsigned kind, double value);

#endif
