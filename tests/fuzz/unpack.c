/*
 * Fuzzes unpacking. The first two bytes are the size of an arena, the third is its offset in
 * memory; the rest is a message. Unpacking reports whether the arena sufficed, and never writes
 * outside it. A message that fits gives the same bytes as with a large arena.
 */
#include "fuzz.h"

static void unpack_into(const catga_table *type, const uint8_t *root, size_t capacity)
{
    fuzz_plain enough = fuzz_unpack(type, root);
    void *plain = fuzz_memory(type->native_size);
    catga_arena arena = {fuzz_memory(capacity), capacity, 0};
    catga_status status = catga_unpack(type, root, plain, &arena);

    CHECK((status == CATGA_OK) == (arena.used <= capacity));
    CHECK(arena.used == enough.arena.used);
    if (status == CATGA_OK) {
        size_t length;
        size_t enough_length;
        uint8_t *bytes = fuzz_encode(type, plain, &length);
        uint8_t *enough_bytes = fuzz_encode(type, enough.plain, &enough_length);
        CHECK((bytes == NULL) == (enough_bytes == NULL));
        CHECK(bytes == NULL ||
              (length == enough_length && memcmp(bytes, enough_bytes, length) == 0));
        free(bytes);
        free(enough_bytes);
    } else {
        CHECK(status == CATGA_TOO_LARGE);
    }
    free(arena.data);
    free(plain);
    fuzz_free(enough);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *root;

    if (size < 3 + 8)
        return 0;
    const catga_table *type = fuzz_tables[data[2] % FUZZ_TABLES];
    size_t length = size - 3;
    uint8_t *bytes = fuzz_memory(length);
    memcpy(bytes, data + 3, length);
    memcpy(bytes + 4, type->identifier, 4);
    if (catga_verify(type, bytes, length, &root, NULL) == CATGA_OK)
        unpack_into(type, root, data[0] | (size_t)data[1] << 8);
    free(bytes);
    return 0;
}
