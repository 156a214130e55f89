/* Texts of a path or a query string: accepted and rejected texts of each type, and errors. */
#include "codec.h"

#include <math.h>

static const catga_table *const kinds = &test_codec_kinds_descriptor;
static const catga_table *const choices = &test_codec_choices_descriptor;
static const catga_table *const words = &test_codec_words_descriptor;

static uint64_t memory[1 << 12];

static const catga_field *field_of(const catga_table *type, const char *name)
{
    const catga_field *field = catga_find_named_field(type, CATGA_SCHEMA_NAMES, catga_str(name));

    assert_non_null(field);
    return field;
}

/* Reads texts from memory that ends with each text. */
static catga_status read_texts(const catga_table *type, const char *name, const char *const *texts,
                               size_t count, void *plain, catga_problem *problem)
{
    catga_arena arena = {memory, sizeof memory, 0};
    catga_string values[8];

    assert_true(count <= CODEC_COUNT(values));
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(texts[i]);
        char *exact = malloc(length == 0 ? 1 : length);
        assert_non_null(exact);
        values[i] = (catga_string){memcpy(exact, texts[i], length), length};
    }
    catga_status status =
        catga_text_read(field_of(type, name), values, count, plain, &arena, problem);
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)values[i].data);
    return status;
}

static test_codec_kinds accept(const char *name, const char *text)
{
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    catga_problem problem;

    if (read_texts(kinds, name, &text, 1, &plain, &problem) != CATGA_OK)
        fail_msg("%s: %s", text, problem.text);
    assert_string_equal(problem.text, "");
    return plain;
}

static test_codec_choices choose(const char *name, const char *text)
{
    test_codec_choices plain = TEST_CODEC_CHOICES_INIT;
    catga_problem problem;

    if (read_texts(choices, name, &text, 1, &plain, &problem) != CATGA_OK)
        fail_msg("%s: %s", text, problem.text);
    return plain;
}

static void refuse_in(const catga_table *type, const char *name, const char *text,
                      const char *wanted)
{
    static uint64_t plain[128];
    catga_problem problem;

    assert_true(type->native_size <= sizeof plain);
    if (read_texts(type, name, &text, 1, plain, &problem) != CATGA_BAD_MESSAGE)
        fail_msg("%s: %s is accepted", name, text);
    assert_string_equal(problem.text, wanted);
    assert_int_equal(read_texts(type, name, &text, 1, plain, NULL), CATGA_BAD_MESSAGE);
}

static void refuse(const char *name, const char *text, const char *reason)
{
    char wanted[CATGA_PROBLEM_TEXT];

    snprintf(wanted, sizeof wanted, "%s: %s", name, reason);
    refuse_in(kinds, name, text, wanted);
}

static void words_of_bool(void **state)
{
    static const char *const wrong[] = {"", "1", "True", "TRUE", "yes", "true ", "\"true\"", "on"};

    (void)state;
    assert_true(accept("flag", "true").flag);
    assert_false(accept("flag", "false").flag);
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse("flag", wrong[i], "expected true or false");
}

static void integers(void **state)
{
    static const char *const wrong[] = {"",   "-",  "+1", "01",  "1.5", "0x1", "1 ",    " 1",
                                        "1_", "1,", "a",  "128", "1e3", "NaN", "\"1\"", "null"};

    (void)state;
    assert_int_equal(accept("signed_8", "-128").signed_8, -128);
    assert_int_equal(accept("signed_8", "1e2").signed_8, 100);
    assert_int_equal(accept("signed_16", "32767").signed_16, 32767);
    assert_int_equal(accept("signed_32", "-2147483648").signed_32, INT32_MIN);
    assert_true(accept("signed_64", "-9223372036854775808").signed_64 == INT64_MIN);
    assert_int_equal(accept("unsigned_8", "255").unsigned_8, 255);
    assert_int_equal(accept("unsigned_16", "65535").unsigned_16, 65535);
    assert_true(accept("unsigned_32", "4294967295").unsigned_32 == UINT32_MAX);
    assert_true(accept("unsigned_64", "18446744073709551615").unsigned_64 == UINT64_MAX);
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse("signed_8", wrong[i], "not an integer of its type");
    refuse("unsigned_8", "-1", "not an integer of its type");
    refuse("unsigned_64", "18446744073709551616", "not an integer of its type");
    refuse("unsigned_64", "-1", "not an integer of its type");
}

static void floating(void **state)
{
    static const char *const wrong[] = {"",   "nan", "inf", "+1",   ".5",    "1.",
                                        "1e", "0x1", "1 ",  "NaN ", "1e999", "Infinity0"};

    (void)state;
    assert_true(accept("twice", "0.1").twice == 0.1);
    assert_true(accept("twice", "-1e-3").twice == -1e-3);
    assert_true(accept("single", "16777217").single == 16777216.0f);
    assert_true(isnan(accept("single", "NaN").single));
    assert_true(accept("twice", "Infinity").twice == (double)INFINITY);
    assert_true(accept("single", "-Infinity").single == -INFINITY);
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse("twice", wrong[i], "not a number, or too large");
    refuse("single", "1e39", "not a number, or too large");
}

static void enums_and_flags(void **state)
{
    (void)state;
    assert_int_equal(accept("color", "Green").color, TEST_CODEC_COLOR_GREEN);
    assert_int_equal(accept("color", "4").color, TEST_CODEC_COLOR_GREEN);
    assert_int_equal(accept("color", "77").color, 77);
    assert_true(accept("huge", "All").huge == UINT64_MAX);
    assert_true(accept("huge", "18446744073709551615").huge == UINT64_MAX);
    refuse("color", "", "not a name or number of its enum");
    refuse("color", "green", "not a name or number of its enum");
    refuse("color", "256", "not a name or number of its enum");
    refuse("color", "Red Green", "not a name or number of its enum");
    assert_int_equal(choose("rights", "Read Write").rights, 3);
    assert_int_equal(choose("rights", "Own").rights, 1 << 15);
    assert_int_equal(choose("rights", "").rights, 0);
    assert_int_equal(choose("rights", "3").rights, 3);
    refuse_in(choices, "rights", "Read,Write", "rights: not a name or number of its enum");
    refuse_in(choices, "rights", "Read  Write", "rights: not a name or number of its enum");
}

static void other_numbers(void **state)
{
    (void)state;
    assert_int_equal(accept("price", "5999.99").price, 599999);
    refuse("price", "1.001", "not a decimal of its size");
    refuse("price", "", "not a decimal of its size");
    assert_true(accept("at", "1970-01-01T00:00:01.5Z").at == 1500000000);
    refuse("at", "1970-01-01", "not a timestamp");
    refuse("at", "1", "not a timestamp");
    assert_true(accept("took", "1.5s").took == 1500000000);
    refuse("took", "1.5", "not a duration");
    assert_int_equal(accept("maybe", "7").maybe.value, 7);
    assert_true(accept("maybe", "7").maybe.present);
    assert_true(accept("maybe_on", "false").maybe_on.present);
    refuse("maybe", "", "not an integer of its type");
}

static void strings(void **state)
{
    catga_arena arena = {memory, sizeof memory, 0};
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    const catga_string with_nul = {"a\0b", 3};
    const catga_string absent = {NULL, 0};

    (void)state;
    plain = accept("text", "gr\xc3\xbc\xc3\x9f \"\\n\"");
    assert_string_equal(plain.text.data, "gr\xc3\xbc\xc3\x9f \"\\n\"");
    assert_int_equal(plain.text.length, 11);
    plain = accept("text", "");
    assert_non_null(plain.text.data);
    assert_int_equal(plain.text.length, 0);
    refuse("text", "\xc3", "not UTF-8");
    refuse("text", "\xed\xa0\x80", "not UTF-8");
    assert_int_equal(catga_text_read(field_of(kinds, "text"), &with_nul, 1, &plain, &arena, NULL),
                     CATGA_OK);
    assert_true(catga_string_equal(plain.text, with_nul));
    assert_int_equal(catga_text_read(field_of(kinds, "text"), &absent, 1, &plain, &arena, NULL),
                     CATGA_OK);
    assert_non_null(plain.text.data);
    assert_int_equal(catga_text_read(field_of(kinds, "color"), &(catga_string){"Red\0", 4}, 1,
                                     &plain, &arena, NULL),
                     CATGA_BAD_MESSAGE);
    assert_int_equal(catga_text_read(field_of(kinds, "signed_8"), &(catga_string){"1\0", 2}, 1,
                                     &plain, &arena, NULL),
                     CATGA_BAD_MESSAGE);
}

static void bytes(void **state)
{
    static const uint8_t wanted[] = {0xfb, 0xff, 0xfe};

    (void)state;
    assert_memory_equal(accept("data", "+//+").data.data, wanted, 3);
    assert_memory_equal(accept("data", "-__-").data.data, wanted, 3);
    assert_int_equal(accept("data", "-_8").data.length, 2);
    assert_int_equal(accept("data", "-_8=").data.length, 2);
    assert_int_equal(accept("data", "").data.length, 0);
    assert_non_null(accept("data", "").data.data);
    refuse("data", "a", "not base64");
    refuse("data", "a b=", "not base64");
    refuse("data", "ab!=", "not base64");
}

static void uuids(void **state)
{
    static const char text[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    char again[CATGA_UUID_TEXT];

    (void)state;
    assert_string_equal(catga_uuid_text(*choose("id", text).id, again), text);
    refuse_in(choices, "id", "6ba7b810", "id: not a uuid");
    refuse_in(choices, "id", "", "id: not a uuid");
}

static void vectors(void **state)
{
    static const char *const numbers[] = {"1", "65535", "3"};
    static const char *const texts[] = {"a", "", "\xff"};
    static const char *const ids[] = {"6ba7b810-9dad-11d1-80b4-00c04fd430c8", "x"};
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    test_codec_choices chosen = TEST_CODEC_CHOICES_INIT;
    catga_problem problem;

    (void)state;
    assert_int_equal(read_texts(kinds, "numbers", numbers, 3, &plain, &problem), CATGA_OK);
    assert_int_equal(plain.numbers.length, 3);
    assert_int_equal(plain.numbers.data[1], 65535);
    assert_int_equal(read_texts(kinds, "texts", texts, 2, &plain, &problem), CATGA_OK);
    assert_string_equal(plain.texts.data[0].data, "a");
    assert_int_equal(plain.texts.data[1].length, 0);
    assert_int_equal(read_texts(kinds, "texts", texts, 3, &plain, &problem), CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, "texts[2]: not UTF-8");
    assert_int_equal(read_texts(choices, "ids", ids, 1, &chosen, &problem), CATGA_OK);
    assert_int_equal(chosen.ids.length, 1);
    assert_int_equal(chosen.ids.data[0].bytes[0], 0x6b);
    assert_int_equal(read_texts(choices, "ids", ids, 2, &chosen, &problem), CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, "ids[1]: not a uuid");
    assert_int_equal(accept("flags", "true").flags.length, 1);
    assert_int_equal(accept("colors", "Blue").colors.data[0], TEST_CODEC_COLOR_BLUE);
    assert_int_equal(accept("prices", "1.5").prices.data[0], 150);
    assert_true(accept("times", "1970-01-01T00:00:00Z").times.data[0] == 0);
    refuse_in(kinds, "numbers", "65536", "numbers[0]: not an integer of its type");
}

static void one_text_for_one_value(void **state)
{
    static const char *const two[] = {"1", "1"};
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    catga_problem problem;

    (void)state;
    assert_int_equal(read_texts(kinds, "signed_8", two, 2, &plain, &problem), CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, "signed_8: given twice");
    assert_int_equal(read_texts(kinds, "data", two, 2, &plain, &problem), CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, "data: given twice");
    plain.signed_8 = 5;
    assert_int_equal(read_texts(kinds, "signed_8", NULL, 0, &plain, &problem), CATGA_OK);
    assert_int_equal(plain.signed_8, 5);
}

static void types_without_a_text(void **state)
{
    (void)state;
    refuse("point", "1", "cannot be text");
    refuse("inner", "{}", "cannot be text");
    refuse("points", "1", "cannot be text");
    refuse("inners", "{}", "cannot be text");
    refuse_in(choices, "choice", "w", "choice: cannot be text");
    refuse_in(choices, "choice_type", "words", "choice_type: cannot be text");
    refuse_in(choices, "choices", "w", "choices: cannot be text");
    refuse_in(choices, "choices_type", "words", "choices_type: cannot be text");
    refuse_in(choices, "arrays", "1", "arrays: cannot be text");
}

static void deprecated(void **state)
{
    static const char *const text = "anything";
    test_codec_words plain = TEST_CODEC_WORDS_INIT;
    const test_codec_words before = plain;

    (void)state;
    assert_int_equal(read_texts(words, "old_name", &text, 1, &plain, NULL), CATGA_OK);
    assert_memory_equal(&plain, &before, sizeof plain);
}

/* Each value with too little memory, which AddressSanitizer watches. */
static void every_arena(void **state)
{
    static const struct {
        const catga_table *type;
        const char *name;
        const char *text;
    } all[] = {
        {&test_codec_kinds_descriptor, "text", "abcdefgh"},
        {&test_codec_kinds_descriptor, "data", "AAAAAAAA"},
        {&test_codec_kinds_descriptor, "texts", "abcdefgh"},
        {&test_codec_kinds_descriptor, "numbers", "1"},
        {&test_codec_choices_descriptor, "id", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
    };
    static uint64_t plain[128];
    catga_problem problem;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(all); i++) {
        catga_string value = catga_str(all[i].text);
        catga_status status = CATGA_TOO_LARGE;
        size_t capacity = 0;
        for (; status == CATGA_TOO_LARGE; capacity++) {
            catga_arena arena = {malloc(capacity + 1), capacity, 0};
            assert_non_null(arena.data);
            status = catga_text_read(field_of(all[i].type, all[i].name), &value, 1, plain, &arena,
                                     &problem);
            free(arena.data);
        }
        assert_int_equal(status, CATGA_OK);
        assert_true(capacity > 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_bool),
        cmocka_unit_test(integers),
        cmocka_unit_test(floating),
        cmocka_unit_test(enums_and_flags),
        cmocka_unit_test(other_numbers),
        cmocka_unit_test(strings),
        cmocka_unit_test(bytes),
        cmocka_unit_test(uuids),
        cmocka_unit_test(vectors),
        cmocka_unit_test(one_text_for_one_value),
        cmocka_unit_test(types_without_a_text),
        cmocka_unit_test(deprecated),
        cmocka_unit_test(every_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
