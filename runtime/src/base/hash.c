/* A hash of 128 bits; see hash.h. Two lanes alternate: each takes a word, multiplies, and feeds
 * the other. */
#include "base/hash.h"

/* Odd numbers with as many ones as zeros, without a pattern. */
#define FACTOR_HIGH UINT64_C(0x9e3779b97f4a7c15)
#define FACTOR_LOW  UINT64_C(0xd6e8feb86659fd93)

enum { WORD = 8 };

/* Reads little-endian on every machine. */
static uint64_t load(const uint8_t *bytes, size_t count)
{
    uint64_t word = 0;

    for (size_t i = 0; i < count; i++)
        word |= (uint64_t)bytes[i] << 8 * i;
    return word;
}

static uint64_t mix(uint64_t value, uint64_t factor)
{
    value = (value ^ value >> 32) * factor;
    return value ^ value >> 29;
}

static void take(catga_hash *hash, uint64_t word)
{
    hash->high = mix(hash->high ^ word, FACTOR_HIGH) + hash->low;
    hash->low = mix(hash->low + word, FACTOR_LOW) ^ hash->high;
}

catga_hash catga_hash_of(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    catga_hash hash = {FACTOR_LOW, FACTOR_HIGH};
    size_t left = length;

    for (; left >= WORD; left -= WORD, bytes += WORD)
        take(&hash, load(bytes, WORD));
    take(&hash, load(bytes, left));
    take(&hash, length);
    take(&hash, 0);
    return hash;
}
