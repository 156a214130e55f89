/*
 * Fuzzes the verifier. An accepted buffer is read completely: printed and unpacked. It is encoded
 * again, and its text is parsed and encoded. Both results must be valid and print as the same text.
 */
#include "fuzz.h"

/* Returns the table that the identifier names, or any. */
static const catga_table *choose(const uint8_t *data)
{
    for (size_t i = 0; i < FUZZ_TABLES; i++)
        if (memcmp(data + 4, fuzz_tables[i]->identifier, 4) == 0)
            return fuzz_tables[i];
    return fuzz_tables[data[4] % FUZZ_TABLES];
}

/* Encodes a native struct; the result must print as `text`. */
static void expect_same(const catga_table *type, const void *plain, const char *text)
{
    size_t length;
    uint8_t *bytes = fuzz_encode(type, plain, &length);

    if (bytes == NULL)
        return;
    char *again = fuzz_print(type, CATGA_SCHEMA_NAMES, fuzz_verify(type, bytes, length));
    CHECK(strcmp(text, again) == 0);
    free(again);
    free(bytes);
}

static void read_everything(const catga_table *type, const uint8_t *root)
{
    char *text = fuzz_print(type, CATGA_SCHEMA_NAMES, root);
    fuzz_plain unpacked = fuzz_unpack(type, root);

    expect_same(type, unpacked.plain, text);
    fuzz_free(unpacked);
    fuzz_plain parsed =
        fuzz_parse(type, CATGA_SCHEMA_NAMES, text, strlen(text), CATGA_REFUSE_UNKNOWN);
    CHECK(parsed.plain != NULL);
    expect_same(type, parsed.plain, text);
    fuzz_free(parsed);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    catga_problem problem;
    const uint8_t *root;

    if (size < 8)
        return 0;
    const catga_table *type = choose(data);
    size_t base = data[5] % 8; /* any alignment */
    uint8_t *memory = fuzz_memory(base + size);
    memcpy(memory + base, data, size);
    memcpy(memory + base + 4, type->identifier, 4);
    if (catga_verify(type, memory + base, size, &root, &problem) == CATGA_OK)
        read_everything(type, root);
    else
        CHECK(root == NULL && problem.text[0] != '\0');
    free(memory);
    return 0;
}
