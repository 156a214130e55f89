/* ascii.h: tests whether text is ASCII, eight bytes at a time. */
#ifndef CATGA_ASCII_H
#define CATGA_ASCII_H

#include <catga/wire.h>

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CATGA_HIGH_BITS 0x8080808080808080u

/* Returns eight bytes in the byte order of the host. */
static inline uint64_t catga_load_word(const uint8_t *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    return word;
}

/* Returns a mask of the last `count` (below 8) bytes of a word, in the order of memory. */
static inline uint64_t catga_last_bytes(size_t count)
{
    return CATGA_HOST_IS_LITTLE ? ~(UINT64_MAX >> (8 * count)) : ~(UINT64_MAX << (8 * count));
}

/*
 * Returns 0 if text is ASCII. The 8 bytes before `text` must be readable, as before any string in a
 * buffer: text of less than 8 bytes is read with the word that ends with it.
 */
CATGA_INLINE uint64_t catga_high_bits(const uint8_t *text, size_t length)
{
    uint64_t seen = catga_load_word(text + length - 8);

    if (length < 8)
        return seen & catga_last_bytes(length) & CATGA_HIGH_BITS;
    for (size_t i = 0; i + 8 < length; i += 8)
        seen |= catga_load_word(text + i);
    return seen & CATGA_HIGH_BITS;
}

#ifdef __cplusplus
}
#endif

#endif
