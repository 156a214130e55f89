/* text.h -- text: slices, a growing buffer, a table with text keys, interned names.
 *
 * A slice does not own its bytes and need not end in NUL. An interned slice ends in NUL, and two
 * interned slices of one table are equal exactly when their `data` pointers are equal.
 */
#ifndef CATGAC_TEXT_H
#define CATGAC_TEXT_H

#include "base/arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CATGAC_PRINTF(format_index, first_argument)                                                \
    __attribute__((format(printf, format_index, first_argument)))

typedef struct slice {
    const char *data;
    size_t length;
} slice;

/* A slice of a string literal. */
#define SLICE(literal) ((slice){(literal), sizeof literal - 1})

/* For printf("%.*s", SLICE_PRINT(name)). */
#define SLICE_PRINT(piece) (int)(piece).length, (piece).data

slice slice_of(const char *text);
bool slice_equal(slice left, slice right);
bool slice_equal_in_any_case(slice left, slice right);
bool slice_is(slice piece, const char *text);
bool slice_starts_with(slice piece, const char *prefix);
slice slice_copy(arena *memory, slice piece);

/* A text that grows in an arena. `data` ends in NUL after the first append. */
typedef struct buffer {
    arena *memory;
    char *data;
    size_t length;
    size_t capacity;
} buffer;

buffer buffer_in(arena *memory);
void buffer_append(buffer *out, slice piece);
void buffer_append_text(buffer *out, const char *text);
void buffer_append_char(buffer *out, char character);
void buffer_append_integer(buffer *out, int64_t number);
void buffer_append_repeated(buffer *out, char character, size_t count);
void buffer_printf(buffer *out, const char *format, ...) CATGAC_PRINTF(2, 3);
void buffer_vprintf(buffer *out, const char *format, va_list arguments) CATGAC_PRINTF(2, 0);
void buffer_clear(buffer *out);
slice buffer_slice(const buffer *out);

/* A hash table from text to pointer, with open addressing. Clearing it is cheap, so that many
 * scopes can share one table. */
typedef struct text_table {
    arena *memory;
    struct text_table_entry *entries;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
    uint32_t generation; /* entries of an older generation are free */
} text_table;

text_table text_table_in(arena *memory);
void text_table_clear(text_table *table);

/* Returns the value of `key`, or NULL. */
void *text_table_find(const text_table *table, slice key);

/* Inserts `value` (not NULL) under `key` and returns NULL. If the key exists, changes nothing
 * and returns its value. The bytes of `key` must outlive the table. */
void *text_table_insert(text_table *table, slice key, void *value);

/* A set of names, each stored once. */
typedef struct interner {
    text_table names;
} interner;

interner interner_in(arena *memory);
slice intern(interner *names, slice name);

#endif
