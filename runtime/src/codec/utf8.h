/* utf8.h: whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef CATGA_UTF8_H
#define CATGA_UTF8_H

#include <catga/wire.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Byte by byte. */
bool catga_is_utf8_slowly(const uint8_t *text, size_t length);

static inline uint64_t catga_load_word(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* A mask of the last `count` (below 8) bytes of a word, in the order of memory. */
static inline uint64_t catga_last_bytes(size_t count)
{
    return CATGA_HOST_IS_LITTLE ? ~(UINT64_MAX >> (8 * count)) : ~(UINT64_MAX << (8 * count));
}

/*
 * Whether text is ASCII, as most is: eight bytes at a time. The 8 bytes before `text` must be readable, as those of a
 * string in a buffer are: text of less than 8 bytes is seen through the word that ends with it.
 */
static inline bool catga_is_ascii(const uint8_t *text, size_t length)
{
    const uint64_t high_bits = 0x8080808080808080u;
    uint64_t seen = catga_load_word(text + length - 8);
    if (length < 8)
        return (seen & high_bits & catga_last_bytes(length)) == 0;
    for (size_t i = 0; i + 8 < length; i += 8)
        seen |= catga_load_word(text + i);
    return (seen & high_bits) == 0;
}

#endif
