/* catga_verify with unions: accepted and rejected types, targets, and vectors of both. */
#include "codec.h"

static const catga_table *const choices = &test_codec_choices_descriptor;

enum { BUFFER_SIZE = 2048 };

/* Slots of the fields of Choices. */
enum { CHOICE_TYPE = 4, CHOICE = 6, CHOICES_TYPE = 12, CHOICES = 14, MUST_TYPE = 20, MUST = 22 };

/* A valid message, and the position of its table. */
typedef struct sample {
    uint8_t bytes[BUFFER_SIZE];
    size_t length;
    uint8_t *root;
} sample;

static const char whole[] =
    "{\"choice_type\":\"at\",\"choice\":{\"x\":1,\"y\":2},\"choices_type\":[\"words\",\"NONE\","
    "\"Line\",\"at\"],"
    "\"choices\":[\"in words\",null,{\"product_id\":\"rope\"},{\"x\":3,\"y\":4}],"
    "\"must_type\":\"words\",\"must\":\"at the end\"}";

static sample *begin(sample *s)
{
    static uint64_t memory[BUFFER_SIZE];
    catga_arena arena = {memory, sizeof memory, 0};
    test_codec_choices plain;
    catga_problem problem;
    const uint8_t *root;

    if (catga_json_read(choices, whole, sizeof whole - 1, CATGA_REFUSE_UNKNOWN, &plain, &arena,
                        &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    s->length = codec_encode(choices, &plain, s->bytes, sizeof s->bytes);
    assert_int_equal(catga_verify(choices, s->bytes, s->length, &root, NULL), CATGA_OK);
    s->root = s->bytes + (root - s->bytes);
    return s;
}

static uint8_t *field_of(sample *s, uint16_t slot)
{
    return s->bytes + (catga_find(s->root, slot) - s->bytes);
}

static uint8_t *behind(sample *s, uint16_t slot)
{
    uint8_t *at = field_of(s, slot);

    return at + catga_load_u32(at);
}

/* Removes a field from the table. */
static void remove_field(sample *s, uint16_t slot)
{
    uint8_t *vtable = s->root - catga_load_i32(s->root);

    catga_store_u16(vtable + slot, 0);
}

/* Verifies from memory that ends with the bytes, in both ways. */
static void refuse_bytes(const uint8_t *bytes, size_t length, const char *text)
{
    catga_problem problem;
    const uint8_t *root;
    uint8_t *exact = malloc(length);

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    assert_int_equal(catga_verify(choices, exact, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, text);
    free(exact);
}

static void refuse(const sample *s, const char *text)
{
    refuse_bytes(s->bytes, s->length, text);
}

static const char *accept(const sample *s)
{
    uint8_t *exact = malloc(s->length);

    assert_non_null(exact);
    memcpy(exact, s->bytes, s->length);
    const char *text = codec_text(choices, exact, s->length);
    const uint8_t *root;
    assert_int_equal(catga_verify(choices, exact, s->length, &root, NULL), CATGA_OK);
    codec_read_all(choices, root);
    free(exact);
    return text;
}

static void a_type_has_a_value(void **state)
{
    static const char choice_text[] = "choice: a type without a value, or a value without a type";
    static const char choices_text[] = "choices: a type without a value, or a value without a type";
    sample s;

    (void)state;
    remove_field(begin(&s), CHOICE);
    refuse(&s, choice_text);
    remove_field(begin(&s), CHOICE_TYPE);
    refuse(&s, choice_text);
    *field_of(begin(&s), CHOICE_TYPE) = 0;
    refuse(&s, choice_text);
    remove_field(begin(&s), CHOICES);
    refuse(&s, choices_text);
    remove_field(begin(&s), CHOICES_TYPE);
    refuse(&s, choices_text);
    remove_field(begin(&s), MUST);
    refuse(&s, "must: a type without a value, or a value without a type");
}

static void neither_type_nor_value(void **state)
{
    sample s;

    (void)state;
    remove_field(begin(&s), CHOICE);
    remove_field(&s, CHOICE_TYPE);
    remove_field(&s, CHOICES);
    remove_field(&s, CHOICES_TYPE);
    assert_string_equal(
        accept(&s), "{\"must_type\":\"words\",\"must\":\"at the end\",\"rights\":\"Read Own\"}");
    remove_field(begin(&s), CHOICE);
    *field_of(&s, CHOICE_TYPE) = 0; /* the type is present, and means none */
    accept(&s);
    remove_field(begin(&s), MUST);
    remove_field(&s, MUST_TYPE);
    refuse(&s, "must: required, but absent");
}

/* Offsets that no value may have, whatever its type. */
static void hostile_offsets(void **state)
{
    static const uint32_t offsets[] = {0,          0x80000000, 0xfffffffc, UINT32_MAX,
                                       0x7fffffff, 0x7ffffffc, 0x00100000};
    static const uint8_t types[] = {TEST_CODEC_CHOICE_LINE,
                                    TEST_CODEC_CHOICE_WORDS,
                                    TEST_CODEC_CHOICE_AT,
                                    TEST_CODEC_CHOICE_CHOICES,
                                    TEST_CODEC_CHOICE_ARRAYS,
                                    6,
                                    255};
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(offsets); i++)
        for (size_t k = 0; k < CODEC_COUNT(types); k++) {
            *field_of(begin(&s), CHOICE_TYPE) = types[k];
            catga_store_u32(field_of(&s, CHOICE), offsets[i]);
            refuse(&s, "choice: an offset that leads outside");
            behind(begin(&s), CHOICES_TYPE)[4 + 2] = types[k];
            catga_store_u32(behind(&s, CHOICES) + 4 + 4 * 2, offsets[i]);
            refuse(&s, "choices[2]: an offset that leads outside");
        }
}

/* A struct may end with the buffer, at the alignment of its members. */
static void structs_end_inside(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    uint8_t *slot = field_of(&s, CHOICE);
    s.length = (s.length + 7) & ~(size_t)7;
    uint32_t left = (uint32_t)(s.bytes + s.length - slot);
    catga_store_u32(slot, left - (uint32_t)sizeof(test_codec_point));
    accept(&s);
    catga_store_u32(slot, left - 8);
    refuse(&s, "choice: an offset that leads outside");
    catga_store_u32(slot, left);
    refuse(&s, "choice: an offset that leads outside");
    for (uint32_t off = 1; off < 8; off++) {
        catga_store_u32(slot, left - (uint32_t)sizeof(test_codec_point) - off);
        refuse(&s, "choice: a struct that is not aligned");
    }
}

/* An alternative of a newer schema reads as absent, and must lie inside the buffer. */
static void unknown_types(void **state)
{
    sample s;

    (void)state;
    *field_of(begin(&s), CHOICE_TYPE) = 200;
    uint8_t *slot = field_of(&s, CHOICE);
    uint32_t left = (uint32_t)(s.bytes + s.length - slot);
    assert_null(strstr(accept(&s), "\"choice\""));
    for (uint32_t offset = 1; offset < left; offset++) {
        catga_store_u32(slot, offset);
        accept(&s);
    }
    catga_store_u32(slot, left);
    refuse(&s, "choice: an offset that leads outside");
}

/* A required union of a newer sender is accepted. It reads as absent, so it cannot be sent on. */
static void unknown_and_required(void **state)
{
    static uint64_t memory[BUFFER_SIZE];
    catga_arena arena = {memory, sizeof memory, 0};
    test_codec_choices plain;
    catga_problem problem;
    const uint8_t *root;
    uint8_t again[BUFFER_SIZE];
    size_t length;
    sample s;

    (void)state;
    *field_of(begin(&s), MUST_TYPE) = 200;
    assert_null(strstr(accept(&s), "\"must"));
    assert_int_equal(catga_verify(choices, s.bytes, s.length, &root, NULL), CATGA_OK);
    assert_int_equal(catga_unpack(choices, root, &plain, &arena), CATGA_OK);
    assert_int_equal(catga_encode(choices, &plain, again, sizeof again, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_string_equal(problem.text, "must: required, but absent");
}

static void vectors(void **state)
{
    sample s;

    (void)state;
    catga_store_u32(field_of(begin(&s), CHOICES_TYPE), 1);
    refuse(&s, "choices_type: an offset that leads outside");
    catga_store_u32(behind(begin(&s), CHOICES_TYPE), UINT32_MAX);
    refuse(&s, "choices_type: a vector that ends outside");
    catga_store_u32(field_of(begin(&s), CHOICES), 2);
    refuse(&s, "choices: an offset that leads outside");
    catga_store_u32(behind(begin(&s), CHOICES), 0x40000000);
    refuse(&s, "choices: a vector that ends outside");
    catga_store_u32(behind(begin(&s), CHOICES_TYPE), 3);
    refuse(&s, "choices: not as many values as types");
    catga_store_u32(behind(begin(&s), CHOICES), 3);
    refuse(&s, "choices: not as many values as types");
    catga_store_u32(behind(begin(&s), CHOICES_TYPE), 0);
    refuse(&s, "choices: not as many values as types");
    catga_store_u32(behind(begin(&s), CHOICES), 0);
    catga_store_u32(behind(&s, CHOICES_TYPE), 0);
    accept(&s);
    behind(begin(&s), CHOICES_TYPE)[4 + 1] = TEST_CODEC_CHOICE_WORDS; /* the type 0 has no value */
    refuse(&s, "choices[1]: an offset that leads outside");
    behind(begin(&s), CHOICES_TYPE)[4 + 2] = 0; /* its value is ignored */
    catga_store_u32(behind(&s, CHOICES) + 4 + 4 * 2, 0xffffffff);
    accept(&s);
}

/* Builds a chain of `count` tables, each the choice of the previous one. This schema does not know
 * their required fields. */
static size_t chain(uint8_t *bytes, uint32_t count)
{
    enum { VTABLE = 24, FIRST = 8, LAST = FIRST + VTABLE, TABLES = LAST + VTABLE, SIZE = 16 };
    memset(bytes, 0, TABLES + SIZE * count);
    catga_store_u32(bytes, TABLES);
    memcpy(bytes + 4, choices->identifier, 4);
    for (uint32_t vtable = FIRST; vtable <= LAST; vtable += VTABLE) {
        catga_store_u16(bytes + vtable, VTABLE);
        catga_store_u16(bytes + vtable + 2, SIZE);
        catga_store_u16(bytes + vtable + MUST_TYPE, 13);
        catga_store_u16(bytes + vtable + MUST, 8);
    }
    catga_store_u16(bytes + FIRST + CHOICE_TYPE, 12);
    catga_store_u16(bytes + FIRST + CHOICE, 4);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = TABLES + SIZE * i;
        catga_store_i32(bytes + at, (int32_t)(at - (i + 1 < count ? FIRST : LAST)));
        catga_store_u32(bytes + at + 4, SIZE - 4);
        catga_store_u32(bytes + at + 8, 1);
        bytes[at + 12] = TEST_CODEC_CHOICE_CHOICES;
        bytes[at + 13] = 99;
    }
    return TABLES + SIZE * count;
}

static void depth(void **state)
{
    static sample s;
    catga_problem problem;
    const uint8_t *root;

    (void)state;
    for (uint32_t count = 1; count <= 64; count++) {
        s.length = chain(s.bytes, count);
        accept(&s);
    }
    s.length = chain(s.bytes, 65);
    assert_int_equal(catga_verify(choices, s.bytes, s.length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_non_null(strstr(problem.text, "nested deeper than 64"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_has_a_value),
        cmocka_unit_test(neither_type_nor_value),
        cmocka_unit_test(hostile_offsets),
        cmocka_unit_test(structs_end_inside),
        cmocka_unit_test(unknown_types),
        cmocka_unit_test(vectors),
        cmocka_unit_test(depth),
        cmocka_unit_test(unknown_and_required),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
