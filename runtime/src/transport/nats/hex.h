/* Hexadecimal digits, lower case, in subjects. */
#ifndef CATGA_NATS_HEX_H
#define CATGA_NATS_HEX_H

#include <stdbool.h>
#include <stdint.h>

/* Writes the lowest `digits` digits of `value`; returns the end. */
static inline char *catga_nats_hex_write(char *at, uint64_t value, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> shift & 15];
    return at;
}

/* Reads `digits` digits. Returns false if one of them is not a digit; reads nothing after it. */
static inline bool catga_nats_hex_read(const char *at, uint64_t *value, int digits)
{
    *value = 0;
    for (int i = 0; i < digits; i++, at++) {
        bool decimal = *at >= '0' && *at <= '9';
        if (!decimal && (*at < 'a' || *at > 'f'))
            return false;
        *value = *value << 4 | (uint64_t)(decimal ? *at - '0' : *at - 'a' + 10);
    }
    return true;
}

#endif
