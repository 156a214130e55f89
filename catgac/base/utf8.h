/* utf8.h -- decodes UTF-8, and measures the width of characters on a terminal. */
#ifndef CATGAC_UTF8_H
#define CATGAC_UTF8_H

#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* Returns true for a continuation byte. */
static inline bool utf8_continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Decodes the first character of `rest`. Returns its length in bytes, or 0 if `rest` is empty or
 * not UTF-8 (overlong, surrogate, above U+10FFFF, truncated). */
size_t utf8_read(slice rest, uint32_t *character);

/* Removes the first character of `*rest`, which must not be empty, and returns its text as
 * shown: a blank for a tab; U+FFFD for invalid bytes, control characters, line separators and
 * bidirectional formatting; else the character itself. */
slice utf8_take_shown(slice *rest);

/* Appends a text as shown: on one line, without control characters. */
void utf8_append_shown(buffer *out, slice text);

/* 0 for combining marks, 2 for wide East Asian characters and emoji, else 1. */
unsigned utf8_columns(uint32_t character);

#endif
