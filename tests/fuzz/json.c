/*
 * Fuzzes the reader of JSON. The first byte chooses a table, the treatment of unknown members and
 * the form of names; the rest is the text. An accepted text with allowed values is encoded and
 * printed. The printed text must be accepted and give the same bytes.
 */
#include "fuzz.h"

/* The schema may reject valid JSON. */
static uint8_t *encode(const catga_table *type, const void *plain, size_t *length)
{
    size_t bound = catga_size_bound(type, plain);
    uint8_t *bytes = fuzz_memory(bound);
    catga_problem problem;
    catga_status status = catga_encode(type, plain, bytes, bound, length, &problem);

    if (status == CATGA_OK)
        return bytes;
    CHECK(status == CATGA_INVALID_MESSAGE && problem.text[0] != '\0');
    free(bytes);
    return NULL;
}

static void round_trip(const catga_table *type, catga_json_names names, const uint8_t *bytes,
                       size_t length)
{
    size_t again_length;
    char *text = fuzz_print(type, names, fuzz_verify(type, bytes, length));
    fuzz_plain again = fuzz_parse(type, names, text, strlen(text), CATGA_REFUSE_UNKNOWN);

    CHECK(again.plain != NULL);
    uint8_t *again_bytes = fuzz_encode(type, again.plain, &again_length);
    CHECK(again_bytes != NULL && length == again_length && memcmp(bytes, again_bytes, length) == 0);
    free(again_bytes);
    fuzz_free(again);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const catga_table *type = fuzz_tables[data[0] % 16 % FUZZ_TABLES];
    catga_unknown unknown = data[0] & 16 ? CATGA_SKIP_UNKNOWN : CATGA_REFUSE_UNKNOWN;
    catga_json_names names = data[0] & 32 ? CATGA_CAMEL_NAMES : CATGA_SCHEMA_NAMES;
    size_t length = size - 1;
    char *text = fuzz_memory(length); /* the memory ends with the text */
    memcpy(text, data + 1, length);
    fuzz_plain parsed = fuzz_parse(type, names, text, length, unknown);
    free(text);
    if (parsed.plain == NULL)
        return 0;
    uint8_t *bytes = encode(type, parsed.plain, &length);
    if (bytes != NULL)
        round_trip(type, names, bytes, length);
    free(bytes);
    fuzz_free(parsed);
    return 0;
}
