/* Unions, flags, fixed arrays and uuids in JSON: accepted texts, rejected texts, and the error
 * texts. */
#include "codec.h"

static const catga_table *const choices = &test_codec_choices_descriptor;

static uint64_t memory[1 << 12];

/* Parses a message that begins with the required members, from memory that ends with the text. */
static catga_status parse(const char *members, test_codec_choices *plain, catga_arena *arena,
                          catga_problem *problem)
{
    char text[1024];
    int length = snprintf(text, sizeof text, "{\"must_type\":\"words\",\"must\":\"m\"%s%s",
                          members[0] == '}' ? "" : ",", members);

    assert_true(length > 0 && (size_t)length < sizeof text);
    char *exact = malloc((size_t)length);
    assert_non_null(exact);
    memcpy(exact, text, (size_t)length);
    catga_status status = catga_json_read(choices, exact, (size_t)length, CATGA_REFUSE_UNKNOWN,
                                          plain, arena, problem);
    free(exact);
    return status;
}

static test_codec_choices accept(const char *members)
{
    catga_arena arena = {memory, sizeof memory, 0};
    catga_problem problem;
    test_codec_choices plain;
    char text[1000];

    snprintf(text, sizeof text, "%s}", members);
    if (parse(text, &plain, &arena, &problem) != CATGA_OK)
        fail_msg("%s: %s", members, problem.text);
    return plain;
}

/* `text` is the beginning of the expected error. */
static void refuse_unfinished(const char *members, const char *text)
{
    catga_arena arena = {memory, sizeof memory, 0};
    catga_problem problem;
    test_codec_choices plain;

    if (parse(members, &plain, &arena, &problem) != CATGA_BAD_MESSAGE)
        fail_msg("%s was accepted", members);
    if (strncmp(problem.text, text, strlen(text)) != 0)
        fail_msg("%s: %s", members, problem.text);
}

static void refuse(const char *members, const char *text)
{
    char whole[1000];

    snprintf(whole, sizeof whole, "%s}", members);
    refuse_unfinished(whole, text);
}

static void expect_text(catga_string found, const char *wanted)
{
    assert_true(catga_string_equal(found, catga_str(wanted)));
}

/* ---- Unions ---- */

static void by_name_and_number(void **state)
{
    (void)state;
    test_codec_choices plain = accept("\"choice_type\":\"words\",\"choice\":\"w\"");
    assert_int_equal(plain.choice.type, TEST_CODEC_CHOICE_WORDS);
    expect_text(plain.choice.words, "w");
    plain = accept("\"choice_type\":2,\"choice\":\"w\"");
    assert_int_equal(plain.choice.type, TEST_CODEC_CHOICE_WORDS);
    refuse("\"choice_type\":\"2\",\"choice\":\"w\"", "choice: not a type of the union (line 1,");
}

static void the_type_may_come_behind(void **state)
{
    (void)state;
    test_codec_choices plain =
        accept("\"choice\":{\"x\":1,\"y\":2},\"rights\":\"Read\",\"choice_type\":\"at\"");
    assert_int_equal(plain.choice.type, TEST_CODEC_CHOICE_AT);
    assert_true(plain.choice.at->y == 2);
    plain = accept(
        "\"choices\":[\"w\",null,{\"product_id\":\"p\"}],\"choices_type\":[\"words\",\"NONE\",1]");
    assert_int_equal(plain.choices.length, 3);
    expect_text(plain.choices.data[0].words, "w");
    assert_int_equal(plain.choices.data[1].type, 0);
    expect_text(plain.choices.data[2].line->product_id, "p");
    plain = accept("\"choice\":\"w\",\"choice_\\u0074ype\":\"words\"");
    expect_text(plain.choice.words, "w");
}

static void absent(void **state)
{
    (void)state;
    assert_int_equal(accept("").choice.type, 0);
    assert_int_equal(accept("\"choice\":null").choice.type, 0);
    assert_int_equal(accept("\"choice_type\":\"NONE\",\"choice\":null").choice.type, 0);
    assert_int_equal(accept("\"choice_type\":0,\"choice\":null").choice.type, 0);
    assert_null(accept("\"choices\":null").choices.data);
    assert_non_null(accept("\"choices_type\":[],\"choices\":[]").choices.data);
    refuse("\"choice_type\":\"NONE\",\"choice\":\"w\"", "choice: a value without a type (line 1,");
    refuse("\"choice_type\":\"words\",\"choice\":null", "choice: expected a string (line 1,");
}

static void types_that_are_not(void **state)
{
    static const char *const wrong[] = {"\"Nope\"", "6",       "-1", "256", "true", "null",
                                        "\"\"",     "\"Lin\"", "[]", "{}",  "1.5",  "\"words"};
    char text[200];

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++) {
        snprintf(text, sizeof text, "\"choice\":\"w\",\"choice_type\":%s", wrong[i]);
        refuse(text, "choice: not a type of the union (line 1,");
        snprintf(text, sizeof text, "\"choices\":[\"w\"],\"choices_type\":[%s]", wrong[i]);
        refuse(text, "choices[0]: a value without a type (line 1,");
    }
}

static void values_without_a_type(void **state)
{
    static const char text[] = "choice: a value without a type (line 1, column 42)";

    (void)state;
    refuse("\"choice\":\"w\"", text);
    refuse("\"choice\":\"w\",\"rights\":\"Read\"", text);
    /* A type after invalid JSON does not count. */
    refuse("\"choice\":\"w\",5:1,\"choice_type\":\"words\"", text);
    refuse("\"choice\":\"w\" \"choice_type\":\"words\"", text);
    refuse("\"choice\":wor,\"choice_type\":\"words\"", text);
    refuse_unfinished("\"choice\":\"w\"", text);
    refuse("\"choices\":[]", "choices: a value without a type (line 1,");
    refuse("\"choices\":[\"w\"],\"choices_type\":\"words\"",
           "choices: a value without a type (line 1,");
}

static void vectors(void **state)
{
    catga_arena small = {memory, 8, 0}; /* enough for the required members */
    test_codec_choices plain;
    catga_problem problem;

    (void)state;
    refuse("\"choices_type\":[\"words\"],\"choices\":\"w\"", "choices: expected an array (line 1,");
    refuse("\"choices_type\":[\"words\"],\"choices\":[\"w\",\"v\"]",
           "choices[1]: a value without a type (line 1,");
    refuse("\"choices_type\":[\"words\",\"words\"],\"choices\":[\"w\"]",
           "choices: a type without a value (line 1,");
    refuse("\"choices\":[\"w\",\"v\"],\"choices_type\":[\"words\" \"words\"]",
           "choices[1]: a value without a type (line 1,");
    refuse("\"choices_type\":[\"words\",\"at\"],\"choices\":[\"w\",{\"x\":true}]",
           "choices[1].x: expected a number (line 1,");
    refuse("\"choices_type\":[\"words\",\"words\"],\"choices\":[\"w\",\"v]",
           "choices[1]: a string without its closing quote (line 1,");
    refuse("\"choices_type\":[\"words\",\"words\"],\"choices\":[\"w\" \"v\"]",
           "choices: expected ',' or ']' (line 1,");
    assert_int_equal(
        parse("\"choices_type\":[\"words\"],\"choices\":[\"w\"]}", &plain, &small, &problem),
        CATGA_TOO_LARGE);
}

/* Types alone are not a union without values. */
static void types_without_values(void **state)
{
    (void)state;
    assert_int_equal(accept("\"choice_type\":\"words\"").choice.type, 0);
    assert_null(accept("\"choices_type\":[\"words\"]").choices.data);
    refuse("\"choice_type\":\"words\",\"choice_type\":\"words\"", "choice_type: twice (line 1,");
    refuse("\"choice_type\":wor", "choice_type: expected a number (line 1,");
}

/* Deprecated members may still be sent; their values are skipped. */
static void deprecated(void **state)
{
    (void)state;
    accept("\"former\":{\"any\":[1,null]},\"former_type\":7");
    accept("\"former\":null");
    refuse("\"former\":1,\"former\":1", "former: twice (line 1,");
    refuse("\"former\":nil", "former: expected a value (line 1,");
}

/* ---- Flags ---- */

static void flags(void **state)
{
    (void)state;
    assert_int_equal(accept("").rights, TEST_CODEC_RIGHT_READ | TEST_CODEC_RIGHT_OWN);
    assert_int_equal(accept("\"rights\":\"Own Write\"").rights,
                     TEST_CODEC_RIGHT_WRITE | TEST_CODEC_RIGHT_OWN);
    assert_int_equal(accept("\"rights\":\"Write Write\"").rights, TEST_CODEC_RIGHT_WRITE);
    assert_int_equal(accept("\"rights\":\"\"").rights, 0);
    assert_int_equal(accept("\"rights\":65535").rights, 65535);
    test_codec_choices plain = accept("\"allowed\":[\"Read\",0,\"Read Own\"]");
    assert_int_equal(plain.allowed.length, 3);
    assert_int_equal(plain.allowed.data[2], TEST_CODEC_RIGHT_READ | TEST_CODEC_RIGHT_OWN);
    refuse("\"rights\":\"Read Nope\"", "rights: not a name of its enum (line 1,");
    refuse("\"rights\":\"Read  Own\"", "rights: not a name of its enum (line 1,");
    refuse("\"rights\":\" Read\"", "rights: not a name of its enum (line 1,");
    refuse("\"rights\":\"read\"", "rights: not a name of its enum (line 1,");
    refuse("\"rights\":65536", "rights: not an integer of its type (line 1,");
    refuse("\"rights\":[\"Read\"]", "rights: expected a number (line 1,");
}

/* ---- Fixed arrays ---- */

#define ID "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

/* Returns arrays with these numbers. */
static const char *arrays(const char *numbers)
{
    static char text[512];

    snprintf(text, sizeof text,
             "\"arrays\":{\"id\":\"" ID
             "\",\"numbers\":%s,\"on\":[true,false,true],\"points\":[{\"x\":1,\"y\":2},"
             "{\"x\":3,\"y\":4}],\"rights\":[\"Read\",0],\"last\":7}",
             numbers);
    return text;
}

static void fixed_arrays(void **state)
{
    (void)state;
    test_codec_choices plain = accept(arrays("[ 1 , -2.5,3e2]"));
    assert_true(plain.arrays->numbers[0] == 1 && plain.arrays->numbers[1] == -2.5f &&
                plain.arrays->numbers[2] == 300);
    assert_true(plain.arrays->on[0] && !plain.arrays->on[1] && plain.arrays->on[2]);
    assert_true(plain.arrays->points[1].x == 3);
    assert_int_equal(plain.arrays->rights[0], TEST_CODEC_RIGHT_READ);
    assert_int_equal(plain.arrays->last, 7);
    refuse(arrays("[1,2]"), "arrays.numbers: too few elements (line 1,");
    refuse(arrays("[]"), "arrays.numbers: too few elements (line 1,");
    refuse(arrays("[1,2,3,4]"), "arrays.numbers: too many elements (line 1,");
    refuse(arrays("1"), "arrays.numbers: expected an array (line 1,");
    refuse(arrays("null"), "arrays.numbers: expected an array (line 1,");
    refuse(arrays("[1,true,3]"), "arrays.numbers: expected a number (line 1,");
    refuse(arrays("[1,2"), "arrays.numbers: expected a number (line 1,");
    refuse(arrays("[1,2 3]"), "arrays.numbers: expected ',' or ']' (line 1,");
    refuse(arrays("[1,2,\"N\\u0061N\"]"),
           "arrays.numbers: escapes where there need be none (line 1,");
    refuse(arrays("[1,2,\"None\"]"), "arrays.numbers: expected a number (line 1,");
}

/* ---- Uuids ---- */

static void uuids(void **state)
{
    (void)state;
    assert_int_equal(accept("\"id\":\"" ID "\"").id->bytes[15], 0xc8);
    assert_int_equal(accept("\"id\":\"6BA7B810-9DAD-11D1-80B4-00C04FD430C8\"").id->bytes[0], 0x6b);
    assert_null(accept("\"id\":null").id);
    test_codec_choices plain =
        accept("\"ids\":[\"" ID "\",\"00000000-0000-0000-0000-000000000001\"]");
    assert_int_equal(plain.ids.data[1].bytes[15], 1);
    refuse("\"id\":\"\"", "id: not a uuid (line 1,");
    refuse("\"id\":\"6ba7b8109dad11d180b400c04fd430c8\"", "id: not a uuid (line 1,");
    refuse("\"id\":\"{" ID "}\"", "id: not a uuid (line 1,");
    refuse("\"id\":5", "id: expected a string (line 1,");
    refuse("\"id\":{}", "id: expected a string (line 1,");
    refuse("\"id\":\"\\u0036ba7b810-9dad-11d1-80b4-00c04fd430c8\"",
           "id: escapes where there need be none (line 1,");
    refuse("\"ids\":[\"" ID "\",null]", "ids[1]: expected a string (line 1,");
}

/* ---- Names ---- */

/* A name longer than all member names is not decoded. */
static void names(void **state)
{
    char text[600];

    (void)state;
    assert_int_equal(accept("\"\\u0072\\u0069ghts\":\"Read\"").rights, TEST_CODEC_RIGHT_READ);
    refuse("\"right\\u0000s\":\"Read\"", "right: unknown member (line 1,");
    snprintf(text, sizeof text, "\"%0300d\\u0061\":1", 7);
    refuse(
        text,
        "000000000000000000000000000000000000000000000000000000000000000: unknown member (line 1,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_name_and_number),
        cmocka_unit_test(the_type_may_come_behind),
        cmocka_unit_test(absent),
        cmocka_unit_test(types_that_are_not),
        cmocka_unit_test(values_without_a_type),
        cmocka_unit_test(vectors),
        cmocka_unit_test(types_without_values),
        cmocka_unit_test(flags),
        cmocka_unit_test(fixed_arrays),
        cmocka_unit_test(uuids),
        cmocka_unit_test(names),
        cmocka_unit_test(deprecated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
