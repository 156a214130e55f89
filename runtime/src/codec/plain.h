/*
 * plain.h: the plain structs of a schema, filled by walking field tables: what unpacking and JSON reading share. Memory comes
 * from the caller's arena; when that is used up, counting goes on, so that the caller learns what it takes.
 */
#ifndef CATGA_PLAIN_H
#define CATGA_PLAIN_H

#include <catga/gen.h>

/* Takes memory of `count` elements of `size`, aligned to 8 bytes. Returns NULL when the arena does not suffice. */
void *plain_take(catga_arena *arena, size_t count, size_t size);

/* Take memory for a table or struct, and for the elements of a vector, aligned for their type: a struct with @align(16)
 * needs more than 8 bytes. A vector without elements takes memory for one. */
void *plain_take_object(catga_arena *arena, unsigned kind, const void *type);
void *plain_take_elements(catga_arena *arena, const catga_field *field, size_t count);

/* Whether all that was taken fitted. */
bool plain_fits(const catga_arena *arena);

/* Copies text into the arena; absent when it does not suffice. An empty text is there, not absent. */
catga_string plain_text(catga_arena *arena, const char *text, size_t length);

/* Every field of a plain struct at its default: scalars as in the schema, all else absent. */
void plain_clear(const catga_table *type, uint8_t *plain);

/* Where the value of a scalar field is; an optional one becomes present. */
uint8_t *plain_scalar(const catga_field *field, uint8_t *plain);

/* The size of a vector's element in memory. */
size_t plain_element_size(const catga_field *field);

/* Sets a slice: a catga_string, a catga_bytes or a vector. */
void plain_set_slice(uint8_t *at, const void *data, size_t length);

/* Sets a pointer. */
void plain_set_pointer(uint8_t *at, const void *object);

/* Stores an integer as a scalar of `kind`, which holds it. */
void plain_set_integer(uint8_t *at, unsigned kind, int64_t value);

#endif
