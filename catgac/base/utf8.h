/* utf8.h -- reading UTF-8, and how many columns of a terminal a character takes. */
#ifndef CATGAC_UTF8_H
#define CATGAC_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

/* True for every byte of a character but its first. */
static inline bool utf8_continues(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Reads the character at the start of `rest`: returns its length in bytes, or 0 when the bytes are
 * not UTF-8 (overlong, surrogate, past U+10FFFF, cut off) or there are none. */
size_t utf8_read(slice rest, uint32_t *character);

/* Takes the first character off `*rest`, which is not empty, and returns what is shown for it: itself, or
 * a blank for a tab, or U+FFFD for what is no character, a control, or something that ends or reorders a
 * line when it is shown. */
slice utf8_take_shown(slice *rest);

/* Appends a text as it is shown: on one line, and nothing in it moves a terminal. */
void utf8_append_shown(buffer *out, slice text);

/* 0 for combining marks, 2 for wide East Asian characters and emoji, else 1. */
unsigned utf8_columns(uint32_t character);

#endif
