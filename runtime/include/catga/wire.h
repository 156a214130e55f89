/*
 * wire.h: loads and stores scalars. They are little-endian, at any address: each access goes
 * through memcpy, which compilers turn into one instruction. CATGA_TEST_BYTE_SWAP builds the
 * runtime as if for the other byte order, which shows that no access bypasses these functions.
 */
#ifndef CATGA_WIRE_H
#define CATGA_WIRE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define CATGA_HOST_IS_LITTLE 0
#else
#define CATGA_HOST_IS_LITTLE 1
#endif

#ifdef CATGA_TEST_BYTE_SWAP
#define CATGA_SWAPPED CATGA_HOST_IS_LITTLE
#else
#define CATGA_SWAPPED (!CATGA_HOST_IS_LITTLE)
#endif

#ifdef __cplusplus
extern "C" {
#endif

static inline uint8_t catga_order_8(uint8_t bits)
{
    return bits;
}

static inline uint16_t catga_order_16(uint16_t bits)
{
    return CATGA_SWAPPED ? __builtin_bswap16(bits) : bits;
}

static inline uint32_t catga_order_32(uint32_t bits)
{
    return CATGA_SWAPPED ? __builtin_bswap32(bits) : bits;
}

static inline uint64_t catga_order_64(uint64_t bits)
{
    return CATGA_SWAPPED ? __builtin_bswap64(bits) : bits;
}

/* For each scalar type: catga_load_u32(at), catga_store_u32(at, value) and catga_same_u32(a, b),
 * which compares bits. */
#define CATGA_WIRE(name, type, width)                                                              \
    static inline type catga_load_##name(const uint8_t *at)                                        \
    {                                                                                              \
        uint##width##_t bits;                                                                      \
        type value;                                                                                \
        memcpy(&bits, at, sizeof bits);                                                            \
        bits = catga_order_##width(bits);                                                          \
        memcpy(&value, &bits, sizeof value);                                                       \
        return value;                                                                              \
    }                                                                                              \
    static inline void catga_store_##name(uint8_t *at, type value)                                 \
    {                                                                                              \
        uint##width##_t bits;                                                                      \
        memcpy(&bits, &value, sizeof bits);                                                        \
        bits = catga_order_##width(bits);                                                          \
        memcpy(at, &bits, sizeof bits);                                                            \
    }                                                                                              \
    static inline bool catga_same_##name(type a, type b)                                           \
    {                                                                                              \
        return memcmp(&a, &b, sizeof a) == 0;                                                      \
    }

CATGA_WIRE(i8, int8_t, 8)
CATGA_WIRE(i16, int16_t, 16)
CATGA_WIRE(i32, int32_t, 32)
CATGA_WIRE(i64, int64_t, 64)
CATGA_WIRE(u8, uint8_t, 8)
CATGA_WIRE(u16, uint16_t, 16)
CATGA_WIRE(u32, uint32_t, 32)
CATGA_WIRE(u64, uint64_t, 64)
CATGA_WIRE(f32, float, 32)
CATGA_WIRE(f64, double, 64)
#undef CATGA_WIRE

/* Stores two adjacent numbers with one instruction. */
static inline void catga_store_two_u16(uint8_t *at, uint16_t first, uint16_t second)
{
    uint32_t low = catga_order_16(CATGA_HOST_IS_LITTLE ? first : second);
    uint32_t high = catga_order_16(CATGA_HOST_IS_LITTLE ? second : first);
    uint32_t both = low | high << 16;

    memcpy(at, &both, sizeof both);
}

/* Returns true for any byte but 0. Copying another value than 0 or 1 into a bool is undefined. */
static inline bool catga_load_bool(const uint8_t *at)
{
    return *at != 0;
}

static inline void catga_store_bool(uint8_t *at, bool value)
{
    *at = value ? 1 : 0;
}

static inline bool catga_same_bool(bool a, bool b)
{
    return a == b;
}

#ifdef __cplusplus
}
#endif

#endif
