/* Generates unique ids; see message_id.h. */
#include "bus/message_id.h"

#include <stdlib.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

typedef struct sip_state {
    uint64_t v[4];
} sip_state;

static uint64_t rotate(uint64_t value, unsigned bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(sip_state *s, int rounds)
{
    uint64_t *v = s->v;

    for (int i = 0; i < rounds; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void sip_word(sip_state *s, uint64_t word)
{
    s->v[3] ^= word;
    sip_rounds(s, 2);
    s->v[0] ^= word;
}

static uint64_t sip_result(sip_state *s)
{
    sip_rounds(s, 4);
    return s->v[0] ^ s->v[1] ^ s->v[2] ^ s->v[3];
}

/* Computes SipHash-2-4-128 of the eight bytes of `input`. */
static void sip_hash(const uint64_t key[2], uint64_t input, uint64_t hash[2])
{
    sip_state s = {{key[0] ^ UINT64_C(0x736f6d6570736575),
                    key[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
                    key[0] ^ UINT64_C(0x6c7967656e657261), key[1] ^ UINT64_C(0x7465646279746573)}};

    sip_word(&s, input);
    sip_word(&s, UINT64_C(8) << 56);
    s.v[2] ^= 0xee;
    hash[0] = sip_result(&s);
    s.v[1] ^= 0xdd;
    hash[1] = sip_result(&s);
}

void catga_message_ids_begin(catga_message_ids *ids)
{
    arc4random_buf(ids->key, sizeof ids->key);
    atomic_init(&ids->count, 0);
}

void catga_message_id_bits(catga_message_ids *ids, uint64_t bits[2])
{
    sip_hash(ids->key, atomic_fetch_add_explicit(&ids->count, 1, memory_order_relaxed), bits);
}

void catga_message_id_next(catga_message_ids *ids, char text[CATGA_MESSAGE_ID_SIZE])
{
    uint64_t hash[2];

    catga_message_id_bits(ids, hash);
    for (unsigned i = 0; i < 11; i++) {
        text[i] = alphabet[hash[0] >> (6 * i) & 63];
        text[11 + i] = alphabet[hash[1] >> (6 * i) & 63];
    }
    text[CATGA_MESSAGE_ID_SIZE - 1] = '\0';
}
