/*
 * Tables with more fields than a word has bits, described by hand: 300 of one byte in Wide, 64
 * strings in Texts, and vectors of both in Holder. Other senders share the vtables of such tables,
 * and omit most fields.
 */
#include "codec.h"

enum { WIDTH = 300, TEXTS = 64, NAME = 8, VTABLE = 4 + 2 * WIDTH };

static char names[WIDTH][NAME];
static catga_field wide_fields[WIDTH];
static uint16_t wide_vtable[2 + WIDTH + 8];
static uint16_t wide_layout[WIDTH];
static catga_field texts_fields[TEXTS];
static uint16_t texts_vtable[2 + TEXTS];
static catga_table wide;
static catga_table texts;

/* ---- Descriptors as catgac would generate them ---- */

static uint8_t *put_wide(catga_writer *out, uint8_t *at, uint8_t *slot, const catga_table *type,
                         const void *input)
{
    const uint8_t *values = input;
    uint64_t present[(WIDTH + 63) / 64] = {0};
    uint8_t *table = catga_begin_table(out, at, slot, wide_vtable, 4);

    if (table == NULL)
        return NULL;
    for (size_t id = 0; id < WIDTH; id++)
        present[id / 64] |= catga_put_u8(table + wide_vtable[2 + id], values[id], 0) << id % 64;
    return catga_end_wide_table(out, table, type, present);
}

static bool check_wide(catga_verifier *check, uint32_t at, const catga_table *type,
                       catga_shape *known)
{
    catga_frame table;

    return catga_verify_open(check, at, type, known, &table);
}

static bool check_all_texts(catga_verifier *check, uint32_t at, const catga_table *type,
                            catga_shape *known)
{
    catga_frame table;

    if (!catga_verify_open(check, at, type, known, &table))
        return false;
    for (size_t id = 0; id < TEXTS; id++)
        if (!catga_verify_string(check, table, &texts_fields[id]))
            return false;
    return true;
}

static const catga_field holder_fields[] = {
    {"wides",
     &wide,
     NULL,
     CATGA_UNBOUNDED,
     0,
     4,
     4,
     4,
     CATGA_KIND_vector,
     CATGA_KIND_table,
     0,
     0,
     0,
     {0, 0}},
    {"texts",
     &texts,
     NULL,
     CATGA_UNBOUNDED,
     sizeof(catga_bytes),
     6,
     4,
     4,
     CATGA_KIND_vector,
     CATGA_KIND_table,
     0,
     0,
     0,
     {0, 0}},
};
static const uint16_t holder_vtable[2 + 8] = {8, 12, 4, 8};
static const uint16_t holder_layout[] = {0, 1};

typedef struct holder_plain {
    catga_bytes wides;
    catga_bytes texts;
} holder_plain;

static uint8_t *put_holder(catga_writer *out, uint8_t *at, uint8_t *slot, const catga_table *type,
                           const void *input)
{
    const holder_plain *in = input;
    uint8_t *table = catga_begin_table(out, at, slot, holder_vtable, 4);

    if (table == NULL)
        return NULL;
    at = catga_end_table(out, table, type, holder_vtable, 1, catga_has(in->wides.data));
    catga_offsets places = catga_offsets_of(out, holder_vtable);
    return catga_put_children(out, at, table, places, &holder_fields[0], put_wide, WIDTH,
                              in->wides.data, in->wides.length);
}

static bool check_holder(catga_verifier *check, uint32_t at, const catga_table *type,
                         catga_shape *known)
{
    catga_frame table;

    return catga_verify_open(check, at, type, known, &table) &&
           catga_verify_children(check, table, &holder_fields[0], check_wide) &&
           catga_verify_children(check, table, &holder_fields[1], check_all_texts);
}

static const catga_table holder = {
    "test.Holder",
    holder_fields,
    holder_vtable,
    holder_layout,
    put_holder,
    catga_encode_any,
    check_holder,
    3,
    sizeof(holder_plain),
    2,
    4,
    1,
    {'H', 'o', 'l', 'd'},
};

static int describe(void **state)
{
    (void)state;
    wide_vtable[0] = VTABLE;
    wide_vtable[1] = 4 + WIDTH;
    texts_vtable[0] = 4 + 2 * TEXTS;
    texts_vtable[1] = 4 + 4 * TEXTS;
    for (uint16_t id = 0; id < WIDTH; id++) {
        snprintf(names[id], NAME, "f%u", id);
        wide_fields[id] = (catga_field){names[id],
                                        NULL,
                                        NULL,
                                        CATGA_UNBOUNDED,
                                        id,
                                        (uint16_t)(4 + 2 * id),
                                        1,
                                        1,
                                        CATGA_KIND_u8,
                                        0,
                                        CATGA_FORMAT_plain,
                                        0,
                                        0,
                                        {0, 0}};
        wide_vtable[2 + id] = (uint16_t)(4 + id);
        wide_layout[id] = id;
    }
    for (uint16_t id = 0; id < TEXTS; id++) {
        texts_fields[id] = (catga_field){names[id],
                                         NULL,
                                         NULL,
                                         CATGA_UNBOUNDED,
                                         (uint32_t)(id * sizeof(catga_string)),
                                         (uint16_t)(4 + 2 * id),
                                         4,
                                         4,
                                         CATGA_KIND_string,
                                         0,
                                         CATGA_FORMAT_plain,
                                         0,
                                         0,
                                         {0, 0}};
        texts_vtable[2 + id] = (uint16_t)(4 + 4 * id);
    }
    wide = (catga_table){
        "test.Wide",         wide_fields, wide_vtable, wide_layout, put_wide, catga_encode_any,
        check_wide,          0,           WIDTH,       WIDTH,       4,        0,
        {'W', 'i', 'd', 'e'}};
    texts = (catga_table){"test.Texts",
                          texts_fields,
                          texts_vtable,
                          NULL,
                          NULL,
                          NULL,
                          check_all_texts,
                          0,
                          TEXTS * sizeof(catga_string),
                          TEXTS,
                          4,
                          2,
                          {'T', 'e', 'x', 't'}};
    return 0;
}

/* ---- Our encoder ---- */

/* Some fields, none, or all; equal vtables are written once. */
static void sparse_and_full_tables_are_read_back(void **state)
{
    static uint8_t values[6][WIDTH];
    static uint8_t again[6 * WIDTH + 64];
    static uint8_t bytes[16384];
    const uint8_t *root;
    holder_plain plain = {{values[0], 6}, {NULL, 0}};
    holder_plain copy;
    catga_arena arena = {again, sizeof again, 0};

    (void)state;
    for (size_t id = 0; id < WIDTH; id++) {
        values[1][id] = id % 7 == 0;
        values[2][id] = id % 7 == 0 ? 2 : 0;
        values[4][id] = 255;
    }
    values[5][WIDTH - 1] = 1;
    size_t length = codec_encode(&holder, &plain, bytes, catga_size_bound(&holder, &plain));
    assert_true(length < 8 + 12 + 8 + 4 + 6 * 4 + 6 * (4 + WIDTH) + 4 * (VTABLE + 4));
    assert_int_equal(catga_verify(&holder, bytes, length, &root, NULL), CATGA_OK);
    assert_int_equal(catga_unpack(&holder, root, &copy, &arena), CATGA_OK);
    assert_int_equal(copy.wides.length, 6);
    assert_memory_equal(copy.wides.data, values, sizeof values);
    for (size_t capacity = 0; capacity < length; capacity++) {
        uint8_t *exact = malloc(capacity + 1);
        size_t written = 0;
        assert_non_null(exact);
        assert_int_equal(catga_encode(&holder, &plain, exact, capacity, &written, NULL),
                         CATGA_TOO_LARGE);
        free(exact);
    }
}

/* ---- Other senders ---- */

/* Builds a vtable of `count` entries, all 0 except that of `field`, which is at 4. Its table has
 * `size` bytes. */
static void put_sparse_vtable(uint8_t *at, uint16_t count, uint16_t field, uint16_t size)
{
    memset(at, 0, 4 + 2 * (size_t)count);
    catga_store_u16(at, (uint16_t)(4 + 2 * count));
    catga_store_u16(at + 2, size);
    catga_store_u16(at + 4 + 2 * field, 4);
}

/* Builds a holder whose `slot` is a vector of `count` elements; *elements is the first. */
static uint32_t begin_holder(uint8_t *bytes, uint16_t slot, uint32_t count, uint32_t *elements)
{
    uint32_t at = 8;

    memcpy(bytes + 4, holder.identifier, 4);
    put_sparse_vtable(bytes + at, 2, (uint16_t)((slot - 4) / 2), 8);
    at += 8;
    catga_store_u32(bytes, at);
    catga_store_i32(bytes + at, 8);
    catga_store_u32(bytes + at + 4, 4);
    catga_store_u32(bytes + at + 8, count);
    *elements = at + 12;
    return at + 12 + 4 * count;
}

/* Every other table has another single field, so the work in them is honest. */
static void few_of_many_fields(void **state)
{
    enum { COUNT = 1000 };
    static uint8_t bytes[16 * COUNT + 2 * VTABLE + 64];
    uint32_t element;
    const uint8_t *root;
    catga_problem problem;
    (void)state;
    uint32_t at = begin_holder(bytes, 4, COUNT, &element);
    uint32_t vtables = at;
    put_sparse_vtable(bytes + at, WIDTH, WIDTH - 1, 5);
    put_sparse_vtable(bytes + at + VTABLE, WIDTH, WIDTH - 2, 5);
    at += 2 * VTABLE;
    for (uint32_t i = 0; i < COUNT; i++, at += 8, element += 4) {
        catga_store_u32(bytes + element, at - element);
        catga_store_i32(bytes + at, (int32_t)(at - vtables - i % 2 * VTABLE));
        catga_store_u32(bytes + at + 4, 7);
    }
    if (catga_verify(&holder, bytes, at, &root, &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    assert_true(catga_json_write(&holder, root, NULL, 0) > COUNT);
}

/* Builds `count` elements that are one table, all of whose fields are one text. With a large count
 * its JSON is thousands of times longer. */
static uint32_t put_one_for_all(uint8_t *bytes, uint32_t count)
{
    uint32_t element;
    uint32_t at = begin_holder(bytes, 6, count, &element);

    for (uint32_t i = 0; i < 2 + TEXTS; i++)
        catga_store_u16(bytes + at + 2 * i, texts_vtable[i]);
    uint32_t table = at + sizeof texts_vtable;
    uint32_t text = table + 4 + 4 * TEXTS;
    for (uint32_t i = 0; i < count; i++, element += 4)
        catga_store_u32(bytes + element, table - element);
    catga_store_i32(bytes + table, (int32_t)(table - at));
    for (uint32_t slot = table + 4; slot < text; slot += 4)
        catga_store_u32(bytes + slot, text - slot);
    catga_store_u32(bytes + text, 64);
    memset(bytes + text + 4, 'x', 64);
    return text + 4 + 64 + 4;
}

/* A text of 64 bytes counts in each field that has it. */
static void shared_by_all_fields(void **state)
{
    enum { COUNT = 1000 };
    static uint8_t bytes[4 * COUNT + 1024];
    const uint8_t *root;
    catga_problem problem;
    (void)state;
    uint32_t length = put_one_for_all(bytes, 100);
    assert_int_equal(catga_verify(&holder, bytes, length, &root, &problem), CATGA_OK);
    length = put_one_for_all(bytes, 300);
    assert_int_equal(catga_verify(&holder, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_non_null(strstr(problem.text, ": parts shared too often"));
    length = put_one_for_all(bytes, COUNT);
    assert_int_equal(catga_verify(&holder, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sparse_and_full_tables_are_read_back),
        cmocka_unit_test(few_of_many_fields),
        cmocka_unit_test(shared_by_all_fields),
    };

    return cmocka_run_group_tests(tests, describe, NULL);
}
