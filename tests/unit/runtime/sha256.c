/* SHA-256: the examples of its standard, and the same digest by the instructions of the processor
 * and without them. */
#include "base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hex_of(catga_sha256 *hash, char text[65])
{
    uint8_t digest[CATGA_SHA256_SIZE];

    catga_sha256_end(hash, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
}

static void assert_digest(const char *text, size_t times, const char *digest)
{
    char hex[65];
    catga_sha256 hash;

    catga_sha256_begin(&hash);
    for (size_t i = 0; i < times; i++)
        catga_sha256_add(&hash, text, strlen(text));
    hex_of(&hash, hex);
    assert_string_equal(hex, digest);
}

/* FIPS 180-4 and its examples. */
static void examples_of_the_standard(void **state)
{
    (void)state;
    assert_digest("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_digest("abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_digest("aaaaaaaaaa", 100000,
                  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void add_pieces(catga_sha256 *hash, const uint8_t *content, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t piece = (size_t)random() % 150;
        if (piece > length - at)
            piece = length - at;
        catga_sha256_add(hash, content + at, piece);
        at += piece;
    }
}

/* The content may come in pieces of any size. Much content is hashed by two functions. */
static void pieces_do_not_matter(void **state)
{
    uint8_t content[10000];
    char whole[65];
    char pieces[65];
    catga_sha256 hash;

    (void)state;
    srandom(1);
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)random();
    for (size_t length = 0; length <= sizeof content; length += length < 1000 ? 1 : 37) {
        catga_sha256_begin(&hash);
        catga_sha256_add(&hash, content, length);
        hex_of(&hash, whole);
        catga_sha256_begin(&hash);
        add_pieces(&hash, content, length);
        hex_of(&hash, pieces);
        assert_string_equal(whole, pieces);
    }
}

static void instructions_agree_with_portable_code(void **state)
{
    uint8_t content[64 * CATGA_SHA256_BLOCK + 1];

    (void)state;
    srandom(2);
    for (size_t i = 0; i < sizeof content; i++)
        content[i] = (uint8_t)random();
    for (size_t blocks = 0; blocks <= 64; blocks++) {
        uint32_t fast[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        uint32_t portable[8] = {1, 2, 3, 4, 5, 6, 7, 8};
        catga_sha256_fastest()(fast, content + 1, blocks);
        catga_sha256_blocks_portable(portable, content + 1, blocks);
        assert_memory_equal(fast, portable, sizeof fast);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_the_standard),
        cmocka_unit_test(pieces_do_not_matter),
        cmocka_unit_test(instructions_agree_with_portable_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
