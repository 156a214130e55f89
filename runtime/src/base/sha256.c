/* SHA-256; see sha256.h. */
#include "base/sha256.h"

#include <string.h>

static uint32_t load(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store(uint8_t *bytes, uint32_t word)
{
    bytes[0] = (uint8_t)(word >> 24);
    bytes[1] = (uint8_t)(word >> 16);
    bytes[2] = (uint8_t)(word >> 8);
    bytes[3] = (uint8_t)word;
}

void catga_sha256_begin(catga_sha256 *hash)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

    memcpy(hash->state, initial, sizeof initial);
    hash->length = 0;
    hash->blocks = NULL;
}

/* Less content is hashed before the fastest function is found. */
enum { MUCH_CONTENT = 4096 };

static void add_blocks(catga_sha256 *hash, const uint8_t *bytes, size_t blocks)
{
    if (hash->blocks == NULL && hash->length >= MUCH_CONTENT)
        hash->blocks = catga_sha256_fastest();
    if (hash->blocks == NULL)
        catga_sha256_blocks_portable(hash->state, bytes, blocks);
    else
        hash->blocks(hash->state, bytes, blocks);
}

void catga_sha256_add(catga_sha256 *hash, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    size_t filled = hash->length % CATGA_SHA256_BLOCK;

    hash->length += length;
    if (filled != 0) {
        size_t room = CATGA_SHA256_BLOCK - filled;
        size_t count = length < room ? length : room;
        memcpy(hash->block + filled, from, count);
        if (count < room)
            return;
        add_blocks(hash, hash->block, 1);
        from += count;
        length -= count;
    }
    size_t blocks = length / CATGA_SHA256_BLOCK;
    if (blocks != 0)
        add_blocks(hash, from, blocks);
    length -= blocks * CATGA_SHA256_BLOCK;
    if (length != 0)
        memcpy(hash->block, from + blocks * CATGA_SHA256_BLOCK, length);
}

void catga_sha256_end(catga_sha256 *hash, uint8_t digest[CATGA_SHA256_SIZE])
{
    static const uint8_t padding[CATGA_SHA256_BLOCK] = {0x80};
    uint64_t bits = hash->length * 8;
    size_t filled = hash->length % CATGA_SHA256_BLOCK;
    uint8_t length[8];

    store(length, (uint32_t)(bits >> 32));
    store(length + 4, (uint32_t)bits);
    catga_sha256_add(hash, padding, filled < 56 ? 56 - filled : 120 - filled);
    catga_sha256_add(hash, length, sizeof length);
    for (size_t i = 0; i < 8; i++)
        store(digest + 4 * i, hash->state[i]);
}

/* ---- Blocks ---- */

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

static void expand(uint32_t words[64], const uint8_t *bytes)
{
    for (size_t i = 0; i < 16; i++)
        words[i] = load(bytes + 4 * i);
    for (size_t i = 16; i < 64; i++) {
        uint32_t early = words[i - 15];
        uint32_t late = words[i - 2];
        words[i] = words[i - 16] + (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) +
                   words[i - 7] + (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
    }
}

static void hash_words(uint32_t state[8], const uint32_t words[64])
{
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];

    for (size_t i = 0; i < 64; i++) {
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                         words[i] + constants[i];
        uint32_t second =
            (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    const uint32_t sum[8] = {a, b, c, d, e, f, g, h};
    for (size_t i = 0; i < 8; i++)
        state[i] += sum[i];
}

void catga_sha256_blocks_portable(uint32_t state[8], const uint8_t *bytes, size_t blocks)
{
    uint32_t words[64];

    for (; blocks > 0; blocks--, bytes += CATGA_SHA256_BLOCK) {
        expand(words, bytes);
        hash_words(state, words);
    }
}

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>

#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

static int has_sha(void)
{
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;

    return __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") &&
           __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}

WITH_SHA static inline __m128i load_vector(const void *from)
{
    return _mm_loadu_si128(from);
}

/* The instructions want the state as ABEF and CDGH. */
WITH_SHA static void pack(const uint32_t state[8], __m128i packed[2])
{
    __m128i cdab = _mm_shuffle_epi32(load_vector(state), 0xb1);
    __m128i efgh = _mm_shuffle_epi32(load_vector(state + 4), 0x1b);

    packed[0] = _mm_alignr_epi8(cdab, efgh, 8);
    packed[1] = _mm_blend_epi16(efgh, cdab, 0xf0);
}

WITH_SHA static void unpack(const __m128i packed[2], uint32_t state[8])
{
    __m128i feba = _mm_shuffle_epi32(packed[0], 0x1b);
    __m128i dchg = _mm_shuffle_epi32(packed[1], 0xb1);

    _mm_storeu_si128((void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Replaces the oldest of four groups of words by the next group. */
WITH_SHA static inline void extend(__m128i *oldest, __m128i second, __m128i third, __m128i newest)
{
    __m128i partial =
        _mm_add_epi32(_mm_sha256msg1_epu32(*oldest, second), _mm_alignr_epi8(newest, third, 4));

    *oldest = _mm_sha256msg2_epu32(partial, newest);
}

/* Four rounds. */
WITH_SHA static inline void mix_four(__m128i s[2], __m128i words, const uint32_t *constant)
{
    __m128i sum = _mm_add_epi32(words, load_vector(constant));

    s[1] = _mm_sha256rnds2_epu32(s[1], s[0], sum);
    s[0] = _mm_sha256rnds2_epu32(s[0], s[1], _mm_shuffle_epi32(sum, 0x0e));
}

WITH_SHA static void hash_block(__m128i state[2], const uint8_t *bytes)
{
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i s[2] = {state[0], state[1]};
    __m128i words[4];

    for (size_t i = 0; i < 4; i++)
        words[i] = _mm_shuffle_epi8(load_vector(bytes + 16 * i), order);
    for (size_t i = 0; i < 16; i += 4) {
        mix_four(s, words[0], constants + 4 * i);
        mix_four(s, words[1], constants + 4 * i + 4);
        mix_four(s, words[2], constants + 4 * i + 8);
        mix_four(s, words[3], constants + 4 * i + 12);
        if (i == 12)
            break;
        extend(&words[0], words[1], words[2], words[3]);
        extend(&words[1], words[2], words[3], words[0]);
        extend(&words[2], words[3], words[0], words[1]);
        extend(&words[3], words[0], words[1], words[2]);
    }
    state[0] = _mm_add_epi32(state[0], s[0]);
    state[1] = _mm_add_epi32(state[1], s[1]);
}

WITH_SHA static void hash_with_sha(uint32_t state[8], const uint8_t *bytes, size_t blocks)
{
    __m128i packed[2];

    pack(state, packed);
    for (; blocks > 0; blocks--, bytes += CATGA_SHA256_BLOCK)
        hash_block(packed, bytes);
    unpack(packed, state);
}

catga_sha256_blocks_function *catga_sha256_fastest(void)
{
    return has_sha() ? hash_with_sha : catga_sha256_blocks_portable;
}

#else

catga_sha256_blocks_function *catga_sha256_fastest(void)
{
    return catga_sha256_blocks_portable;
}

#endif
