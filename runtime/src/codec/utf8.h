/* utf8.h: whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef CATGA_UTF8_H
#define CATGA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The general case; use catga_is_utf8. */
bool catga_is_utf8_slowly(const uint8_t *text, size_t length);

static inline uint64_t catga_load_word(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Eight bytes at a time while they are ASCII, as most text is. */
static inline bool catga_is_utf8(const uint8_t *text, size_t length)
{
    const uint64_t high_bits = 0x8080808080808080u;
    uint64_t seen = 0;
    if (length >= 8) {
        for (size_t i = 0; i + 8 < length; i += 8)
            seen |= catga_load_word(text + i);
        seen |= catga_load_word(text + length - 8);
    } else {
        for (size_t i = 0; i < length; i++)
            seen |= text[i];
    }
    return (seen & high_bits) == 0 || catga_is_utf8_slowly(text, length);
}

#endif
