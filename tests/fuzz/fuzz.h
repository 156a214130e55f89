/*
 * fuzz.h: common parts of the fuzz targets. Each file of this folder is a libFuzzer target over the
 * schema of lib/codec.catga. CHECK checks the rules, and sanitizers check the rest.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "codec.catga.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const catga_table *const fuzz_tables[] = {
    &test_codec_order_descriptor,   &test_codec_node_descriptor, &test_codec_kinds_descriptor,
    &test_codec_eight_descriptor,   &test_codec_line_descriptor, &test_codec_noticed_descriptor,
    &test_codec_choices_descriptor, &test_codec_wide_descriptor,
};
enum { FUZZ_TABLES = sizeof fuzz_tables / sizeof fuzz_tables[0] };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void *fuzz_memory(size_t size)
{
    void *memory = malloc(size == 0 ? 1 : size);

    CHECK(memory != NULL);
    return memory;
}

/* Returns the whole text of a verified table, in memory that ends with it; to be freed. */
static inline char *fuzz_print(const catga_table *type, catga_json_names names, const uint8_t *root)
{
    size_t length = catga_json_write_as(type, names, root, NULL, 0);
    char *text = fuzz_memory(length + 1);

    CHECK(catga_json_write_as(type, names, root, text, length + 1) == length);
    CHECK(strlen(text) == length);
    return text;
}

/* A native struct and all it refers to; to be freed with fuzz_free. */
typedef struct fuzz_plain {
    void *plain;
    catga_arena arena;
} fuzz_plain;

static inline fuzz_plain fuzz_unpack(const catga_table *type, const uint8_t *root)
{
    fuzz_plain result = {fuzz_memory(type->native_size), {NULL, 0, 0}};

    catga_unpack(type, root, result.plain, &result.arena); /* counts */
    result.arena.capacity = result.arena.used;
    result.arena.data = fuzz_memory(result.arena.used);
    result.arena.used = 0;
    CHECK(catga_unpack(type, root, result.plain, &result.arena) == CATGA_OK);
    CHECK(result.arena.used == result.arena.capacity);
    return result;
}

static inline void fuzz_free(fuzz_plain plain)
{
    free(plain.plain);
    free(plain.arena.data);
}

/*
 * Returns a buffer of `plain`, which was read from a valid buffer; to be freed. Returns NULL if it
 * cannot be sent on: the required union of Choices has a type of a newer schema, and was read as
 * absent.
 */
static inline uint8_t *fuzz_encode(const catga_table *type, const void *plain, size_t *length)
{
    catga_problem problem;
    size_t bound = catga_size_bound(type, plain);
    uint8_t *bytes = fuzz_memory(bound);
    catga_status status = catga_encode(type, plain, bytes, bound, length, &problem);

    if (status == CATGA_INVALID_MESSAGE &&
        strstr(problem.text, "must: required, but absent") != NULL) {
        free(bytes);
        return NULL;
    }
    if (status != CATGA_OK)
        fprintf(stderr, "%s: %s\n", catga_status_name(status), problem.text);
    CHECK(status == CATGA_OK);
    CHECK(*length <= bound);
    return bytes;
}

/* Returns the root of a buffer that must be valid. */
static inline const uint8_t *fuzz_verify(const catga_table *type, const uint8_t *bytes,
                                         size_t length)
{
    catga_problem problem;
    const uint8_t *root;

    if (catga_verify(type, bytes, length, &root, &problem) != CATGA_OK)
        fprintf(stderr, "%s\n", problem.text);
    CHECK(root != NULL);
    return root;
}

/* Reads text into a native struct, with an arena that suffices. The native struct is NULL if the
 * text is rejected. */
static inline fuzz_plain fuzz_parse(const catga_table *type, catga_json_names names,
                                    const char *text, size_t length, catga_unknown unknown)
{
    catga_problem problem;
    fuzz_plain result = {fuzz_memory(type->native_size), {NULL, 8 * length + 64, 0}};
    catga_status status = CATGA_TOO_LARGE;

    while (status == CATGA_TOO_LARGE) {
        free(result.arena.data);
        result.arena.capacity *= 4;
        result.arena.data = fuzz_memory(result.arena.capacity);
        result.arena.used = 0;
        status = catga_json_read_as(type, names, text, length, unknown, result.plain, &result.arena,
                                    &problem);
    }
    CHECK((status == CATGA_OK) == (problem.text[0] == '\0'));
    if (status != CATGA_OK) {
        fuzz_free(result);
        result.plain = NULL;
    }
    return result;
}

#endif
