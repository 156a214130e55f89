/* text.c -- see text.h. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* ---- Slices ---------------------------------------------------------------------------------- */

slice slice_of(const char *text)
{
    return (slice){text, strlen(text)};
}

bool slice_equal(slice left, slice right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

static char small_letter(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

bool slice_equal_in_any_case(slice left, slice right)
{
    if (left.length != right.length)
        return false;
    for (size_t i = 0; i < left.length; i++) {
        if (small_letter(left.data[i]) != small_letter(right.data[i]))
            return false;
    }
    return true;
}

bool slice_is(slice piece, const char *text)
{
    return slice_equal(piece, slice_of(text));
}

bool slice_starts_with(slice piece, const char *prefix)
{
    size_t length = strlen(prefix);

    return piece.length >= length && memcmp(piece.data, prefix, length) == 0;
}

slice slice_copy(arena *memory, slice piece)
{
    char *copy = arena_array(memory, piece.length + 1, 1);

    if (piece.length > 0)
        memcpy(copy, piece.data, piece.length);
    return (slice){copy, piece.length};
}

/* ---- Buffer ---------------------------------------------------------------------------------- */

enum { BUFFER_FIRST_CAPACITY = 256 };

buffer buffer_in(arena *memory)
{
    return (buffer){.memory = memory};
}

/* Reserves `capacity` bytes, in place if possible, so that a large text is not copied
 * repeatedly. */
static char *enlarged(const buffer *out, size_t capacity)
{
    char *data =
        out->data == NULL ? NULL : arena_grow(out->memory, out->data, out->capacity, capacity);
    if (data != NULL)
        return data;
    data = arena_array(out->memory, capacity, 1);
    if (out->length > 0)
        memcpy(data, out->data, out->length);
    return data;
}

static void enlarge(buffer *out, size_t more)
{
    if (more > SIZE_MAX / 4 || out->length > SIZE_MAX / 4)
        arena_give_up(out->memory);
    size_t needed = out->length + more + 1;
    size_t capacity = out->capacity == 0 ? BUFFER_FIRST_CAPACITY : out->capacity;
    while (capacity < needed)
        capacity *= 2;
    out->data = enlarged(out, capacity);
    out->capacity = capacity;
}

/* Reserves `more` bytes and a NUL. The length is less than the capacity, unless both are 0. */
static inline void buffer_reserve(buffer *out, size_t more)
{
    if (more >= out->capacity - out->length)
        enlarge(out, more);
}

void buffer_append(buffer *out, slice piece)
{
    buffer_reserve(out, piece.length);
    if (piece.length > 0)
        memcpy(out->data + out->length, piece.data, piece.length);
    out->length += piece.length;
    out->data[out->length] = '\0';
}

void buffer_append_text(buffer *out, const char *text)
{
    buffer_append(out, slice_of(text));
}

void buffer_append_char(buffer *out, char character)
{
    buffer_append(out, (slice){&character, 1});
}

void buffer_append_integer(buffer *out, int64_t number)
{
    char digits[24];
    char *end = digits + sizeof digits;
    char *first = end;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        *--first = '-';
    buffer_append(out, (slice){first, (size_t)(end - first)});
}

void buffer_append_repeated(buffer *out, char character, size_t count)
{
    buffer_reserve(out, count);
    memset(out->data + out->length, character, count);
    out->length += count;
    out->data[out->length] = '\0';
}

/* Formats into the free space; if the text does not fit, grows and formats again. */
void buffer_vprintf(buffer *out, const char *format, va_list arguments)
{
    va_list again;

    va_copy(again, arguments);
    size_t room = out->capacity - out->length;
    char *end = room == 0 ? NULL : out->data + out->length;
    int length = vsnprintf(end, room, format, arguments);
    if (length > 0 && (size_t)length >= room) {
        buffer_reserve(out, (size_t)length);
        vsnprintf(out->data + out->length, (size_t)length + 1, format, again);
    }
    out->length += length > 0 ? (size_t)length : 0;
    va_end(again);
}

void buffer_printf(buffer *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(out, format, arguments);
    va_end(arguments);
}

void buffer_clear(buffer *out)
{
    out->length = 0;
    if (out->data != NULL)
        out->data[0] = '\0';
}

slice buffer_slice(const buffer *out)
{
    return out->data == NULL ? SLICE("") : (slice){out->data, out->length};
}

/* ---- Table ----------------------------------------------------------------------------------- */

struct text_table_entry {
    slice key;
    void *value;
    uint32_t hash;
    uint32_t generation;
};

enum { TABLE_FIRST_CAPACITY = 64 };

/* Hashes eight bytes per step: one or two steps for most names. */
static uint32_t hash_of(slice key)
{
    const uint64_t factor = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = key.length * factor;
    const char *data = key.data;
    size_t left = key.length;

    while (left > 0) {
        uint64_t word = 0;
        size_t step = left < sizeof word ? left : sizeof word;
        memcpy(&word, data, step);
        hash = (hash ^ word) * factor;
        hash ^= hash >> 29;
        data += step;
        left -= step;
    }
    return (uint32_t)(hash >> 32);
}

text_table text_table_in(arena *memory)
{
    return (text_table){.memory = memory, .generation = 1};
}

void text_table_clear(text_table *table)
{
    table->generation++;
    table->count = 0;
}

/* Returns the entry of `key`, or the free entry for it. The table is never full. */
static struct text_table_entry *entry_of(const text_table *table, slice key, uint32_t hash)
{
    size_t mask = table->capacity - 1;

    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct text_table_entry *entry = &table->entries[at];
        if (entry->generation != table->generation)
            return entry;
        if (entry->hash == hash && slice_equal(entry->key, key))
            return entry;
    }
}

static void table_grow(text_table *table)
{
    text_table larger = *table;

    larger.capacity = table->capacity == 0 ? TABLE_FIRST_CAPACITY : table->capacity * 2;
    larger.entries = ARENA_ARRAY(table->memory, larger.capacity, struct text_table_entry);
    for (size_t i = 0; i < table->capacity; i++) {
        const struct text_table_entry *entry = &table->entries[i];
        if (entry->generation == table->generation)
            *entry_of(&larger, entry->key, entry->hash) = *entry;
    }
    *table = larger;
}

void *text_table_find(const text_table *table, slice key)
{
    if (table->count == 0)
        return NULL;
    const struct text_table_entry *entry = entry_of(table, key, hash_of(key));
    return entry->generation == table->generation ? entry->value : NULL;
}

void *text_table_insert(text_table *table, slice key, void *value)
{
    if ((table->count + 1) * 4 > table->capacity * 3)
        table_grow(table);
    uint32_t hash = hash_of(key);
    struct text_table_entry *entry = entry_of(table, key, hash);
    if (entry->generation == table->generation)
        return entry->value;
    *entry = (struct text_table_entry){key, value, hash, table->generation};
    table->count++;
    return NULL;
}

/* ---- Interned names -------------------------------------------------------------------------- */

interner interner_in(arena *memory)
{
    return (interner){text_table_in(memory)};
}

slice intern(interner *names, slice name)
{
    const slice *known = text_table_find(&names->names, name);

    if (known != NULL)
        return *known;
    slice *kept = ARENA_NEW(names->names.memory, slice);
    *kept = slice_copy(names->names.memory, name);
    text_table_insert(&names->names, *kept, kept);
    return *kept;
}
