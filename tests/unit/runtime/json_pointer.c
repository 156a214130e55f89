/* Paths of problems as JSON pointers: every part of a path, names that look like paths, unknown
 * parts, and errors of the reader. */
#include "codec.h"

static const catga_table *const words = &test_codec_words_descriptor;
static const catga_table *const choices = &test_codec_choices_descriptor;

static void expect(const catga_table *type, catga_json_names names, const char *problem,
                   const char *wanted)
{
    char pointer[CATGA_PROBLEM_TEXT];
    size_t length = catga_json_pointer(type, names, problem, pointer, sizeof pointer);

    assert_string_equal(pointer, wanted);
    assert_int_equal(length, strlen(wanted));
}

static void in_words(const char *problem, const char *wanted)
{
    expect(words, CATGA_CAMEL_NAMES, problem, wanted);
}

static void fields_and_elements(void **state)
{
    (void)state;
    in_words("product_id: longer than 64", "/productId");
    in_words("unit_price_2: not a decimal of its size (line 1, column 4)", "/unitPrice2");
    in_words("all_words[12].inner_words.product_id: twice", "/allWords/12/innerWords/productId");
    in_words("all_words[0]: nested deeper than 64", "/allWords/0");
    in_words("first_corner.min_x: missing: a struct has each of its members", "/firstCorner/minX");
    in_words("first_corner.own_y: expected a number", "/firstCorner/own_y");
    in_words("product_id", "/productId");
    expect(words, CATGA_SCHEMA_NAMES, "all_words[1].first_corner.min_x: twice",
           "/all_words/1/first_corner/min_x");
}

static void unions(void **state)
{
    (void)state;
    in_words("paid_by: not a type of the union", "/paidBy");
    in_words("paid_by_type: twice", "/paidByType");
    in_words("paid_by.quantity: not in 1..1000", "/paidBy/quantity");
    in_words("paid_by.max_x: expected a number", "/paidBy/maxX");
    in_words("paid_by.paid_by.all_words[2].in_stock: x", "/paidBy/paidBy/allWords/2/inStock");
    in_words("all_paid[3].min_x: twice", "/allPaid/3/minX");
    in_words("own_paid_type: twice", "/own_paid_type");
    in_words("paid_by.missing: unknown member", "/paidBy");
    expect(choices, CATGA_CAMEL_NAMES, "choices[1].points[1].x: expected a number",
           "/choices/1/points/1/x");
    expect(choices, CATGA_CAMEL_NAMES, "arrays.points: too few elements", "/arrays/points");
}

/* A name of @json is taken whole, the longest first, and escaped. */
static void names_that_look_like_paths(void **state)
{
    (void)state;
    in_words("own_name: twice", "/own_name");
    in_words("a/b~: twice", "/a~1b~0");
    in_words("a/b~.product_id: twice", "/a~1b~0/productId");
    in_words("a/b~.c[0]:d.product_id: twice", "/a~1b~0.c[0]:d/productId");
    in_words("a/b~.c[0]:d: twice", "/a~1b~0.c[0]:d");
    expect(words, CATGA_SCHEMA_NAMES, "a/b~.product_id: twice", "/a~1b~0/product_id");
}

static void unknown_parts_end_the_pointer(void **state)
{
    static const char *const whole[] = {
        "",
        "missing: unknown member",
        "...inner_words.product_id: twice",
        "product: unknown member",
        "product_id2: unknown member",
        "text behind the end",
        "[0]: x",
        ".product_id: x",
        "product_id is text",
        "all_wordsX[0]: x",
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(whole); i++)
        in_words(whole[i], "");
    in_words("all_words[1].missing: unknown member", "/allWords/1");
    in_words("first_corner.missing.product_id: x", "/firstCorner");
    in_words("product_id.product_id: x", "/productId");
    in_words("all_words[]: x", "/allWords");
    in_words("all_words[1: x", "/allWords");
    in_words("all_words[-1].product_id: x", "/allWords");
    in_words("all_words[1]product_id: x", "/allWords/1");
    in_words("inner_words.: x", "/innerWords");
}

static void every_capacity(void **state)
{
    static const char whole[] = "/allWords/1/a~1b~0/productId";
    char pointer[sizeof whole + 1];

    (void)state;
    for (size_t capacity = 0; capacity <= sizeof whole; capacity++) {
        memset(pointer, '#', sizeof pointer);
        assert_int_equal(catga_json_pointer(words, CATGA_CAMEL_NAMES,
                                            "all_words[1].a/b~.product_id: twice", pointer,
                                            capacity),
                         sizeof whole - 1);
        if (capacity != 0) {
            assert_memory_equal(pointer, whole, capacity - 1);
            assert_int_equal(pointer[capacity - 1], '\0');
        }
        assert_int_equal(pointer[capacity], '#');
    }
}

/* The pointer of an error of the reader leads to the wrong value of the text that was read. */
static void errors_of_the_reader(void **state)
{
    static const struct {
        const char *text;
        const char *pointer;
    } all[] = {
        {"{\"productId\":1}", "/productId"},
        {"{\"allWords\":[{},{\"allWords\":[{\"inStock\":\"x\"}]}]}",
         "/allWords/1/allWords/0/inStock"},
        {"{\"allPaidType\":[4],\"allPaid\":[{\"firstCorner\":{\"minX\":true}}]}",
         "/allPaid/0/firstCorner/minX"},
        {"{\"paidByType\":1,\"paidBy\":{\"weights\":[1,2,null]}}", "/paidBy/weights/2"},
        {"{\"a/b~\":{\"unitPrice2\":[]}}", "/a~1b~0/unitPrice2"},
        {"{\"innerWords\":{\"x\":1}}", "/innerWords"},
        {"{} {}", ""},
    };
    static uint64_t memory[256];
    test_codec_words plain;
    catga_problem problem;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(all); i++) {
        catga_arena arena = {memory, sizeof memory, 0};
        assert_int_equal(catga_json_read_as(words, CATGA_CAMEL_NAMES, all[i].text,
                                            strlen(all[i].text), CATGA_REFUSE_UNKNOWN, &plain,
                                            &arena, &problem),
                         CATGA_BAD_MESSAGE);
        in_words(problem.text, all[i].pointer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_and_elements),
        cmocka_unit_test(unions),
        cmocka_unit_test(names_that_look_like_paths),
        cmocka_unit_test(unknown_parts_end_the_pointer),
        cmocka_unit_test(every_capacity),
        cmocka_unit_test(errors_of_the_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
