/* Names of members in lowerCamelCase: printed texts, accepted and rejected names, and error texts.
 */
#include "codec.h"

static const catga_table *const words = &test_codec_words_descriptor;

static uint64_t memory[1 << 12];

/* Parses from memory that ends with the text. */
static catga_status parse(catga_json_names names, const char *text, test_codec_words *plain,
                          catga_problem *problem)
{
    catga_arena arena = {memory, sizeof memory, 0};
    size_t length = strlen(text);
    char *exact = malloc(length);

    assert_non_null(exact);
    memcpy(exact, text, length);
    catga_status status = catga_json_read_as(words, names, exact, length, CATGA_REFUSE_UNKNOWN,
                                             plain, &arena, problem);
    free(exact);
    return status;
}

static test_codec_words accept(const char *text)
{
    test_codec_words plain;
    catga_problem problem;

    if (parse(CATGA_CAMEL_NAMES, text, &plain, &problem) != CATGA_OK)
        fail_msg("%s: %s", text, problem.text);
    return plain;
}

/* `wanted` is the beginning of the error. */
static void refuse_as(catga_json_names names, const char *text, const char *wanted)
{
    test_codec_words plain;
    catga_problem problem;

    assert_int_equal(parse(names, text, &plain, &problem), CATGA_BAD_MESSAGE);
    if (strncmp(problem.text, wanted, strlen(wanted)) != 0)
        fail_msg("%s: %s", text, problem.text);
}

static void refuse(const char *text, const char *wanted)
{
    refuse_as(CATGA_CAMEL_NAMES, text, wanted);
}

/* Returns the text of a native struct. */
static const char *print(catga_json_names names, const test_codec_words *plain)
{
    static char text[CODEC_TEXT];
    uint8_t bytes[4096];
    const uint8_t *root;
    size_t length = codec_encode(words, plain, bytes, sizeof bytes);

    assert_int_equal(catga_verify(words, bytes, length, &root, NULL), CATGA_OK);
    assert_true(catga_json_write_as(words, names, root, text, sizeof text) < sizeof text);
    return text;
}

static const char camel[] =
    "{\"productId\":\"p\",\"unitPrice2\":1.50,\"inStock\":\"In_stock\","
    "\"firstCorner\":{\"minX\":1,\"maxX\":2,\"own_y\":3},"
    "\"innerWords\":{\"unitPrice2\":0.00,\"inStock\":\"Sold_out\",\"own_name\":0},"
    "\"allWords\":[{\"unitPrice2\":0.00,\"inStock\":\"Sold_out\",\"own_name\":4}],"
    "\"paidByType\":\"by_card\","
    "\"paidBy\":{\"productId\":\"q\",\"quantity\":1,\"ratio\":0},"
    "\"allPaidType\":[\"free_text\",\"at_corner\"],"
    "\"allPaid\":[\"t\",{\"minX\":4,\"maxX\":5,\"own_y\":6}],"
    "\"own_name\":7,\"own_paid_type\":\"free_text\",\"own_paid\":\"o\"}";

static const char schema[] =
    "{\"product_id\":\"p\",\"unit_price_2\":1.50,\"in_stock\":\"In_stock\","
    "\"first_corner\":{\"min_x\":1,\"max_x\":2,\"own_y\":3},"
    "\"inner_words\":{\"unit_price_2\":0.00,\"in_stock\":\"Sold_out\",\"own_name\":0},"
    "\"all_words\":[{\"unit_price_2\":0.00,\"in_stock\":\"Sold_out\",\"own_name\":4}],"
    "\"paid_by_type\":\"by_card\","
    "\"paid_by\":{\"product_id\":\"q\",\"quantity\":1,\"ratio\":0},"
    "\"all_paid_type\":[\"free_text\",\"at_corner\"],"
    "\"all_paid\":[\"t\",{\"min_x\":4,\"max_x\":5,\"own_y\":6}],"
    "\"own_name\":7,\"own_paid_type\":\"free_text\",\"own_paid\":\"o\"}";

static void both_forms_print_and_read(void **state)
{
    (void)state;
    test_codec_words plain = accept(camel);
    assert_string_equal(print(CATGA_CAMEL_NAMES, &plain), camel);
    assert_string_equal(print(CATGA_SCHEMA_NAMES, &plain), schema);
    plain = accept(schema);
    assert_string_equal(print(CATGA_CAMEL_NAMES, &plain), camel);
    assert_int_equal(parse(CATGA_SCHEMA_NAMES, schema, &plain, NULL), CATGA_OK);
    assert_string_equal(print(CATGA_SCHEMA_NAMES, &plain), schema);
}

/* A text that does not fit has the same length and beginning. */
static void every_capacity(void **state)
{
    char text[sizeof camel];
    uint8_t bytes[4096];
    const uint8_t *root;

    (void)state;
    test_codec_words plain = accept(camel);
    size_t length = codec_encode(words, &plain, bytes, sizeof bytes);
    assert_int_equal(catga_verify(words, bytes, length, &root, NULL), CATGA_OK);
    for (size_t capacity = 0; capacity <= sizeof text; capacity++) {
        memset(text, '#', sizeof text);
        assert_int_equal(catga_json_write_as(words, CATGA_CAMEL_NAMES, root, text, capacity),
                         sizeof camel - 1);
        if (capacity != 0) {
            assert_memory_equal(text, camel, capacity - 1);
            assert_int_equal(text[capacity - 1], '\0');
        }
        if (capacity < sizeof text)
            assert_int_equal(text[capacity], '#');
    }
}

static void the_schema_form_has_no_other_names(void **state)
{
    (void)state;
    refuse_as(CATGA_SCHEMA_NAMES, "{\"productId\":\"p\"}", "productId: unknown member (line 1,");
    refuse_as(CATGA_SCHEMA_NAMES, "{\"first_corner\":{\"minX\":1}}",
              "first_corner.minX: unknown member");
    refuse_as(CATGA_SCHEMA_NAMES, "{\"paidByType\":\"free_text\",\"paid_by\":\"t\"}",
              "paidByType: unknown member");
}

static void other_spellings_are_unknown(void **state)
{
    static const char *const wrong[] = {
        "productid",   "ProductId",         "product_Id", "product_iD", "productI", "productIdX",
        "productId_",  "productId\\u0000",  "",           "_",          "p",        "product",
        "product__id", "product_id\\u0000", "unitPrice",  "ownName",    "ownPaid",  "unitPrice_2",
    };
    char text[100];

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++) {
        test_codec_words plain;
        snprintf(text, sizeof text, "{\"%s\":1}", wrong[i]);
        if (parse(CATGA_CAMEL_NAMES, text, &plain, NULL) != CATGA_BAD_MESSAGE)
            fail_msg("%s is accepted", wrong[i]);
    }
    refuse("{\"ownName\":1}", "ownName: unknown member");
    refuse("{\"ownPaidType\":1}", "ownPaidType: unknown member");
    refuse("{\"first_corner\":{\"ownY\":1}}", "first_corner.ownY: unknown member");
    accept("{\"product\\u0049d\":\"p\",\"unit\\u005fprice_2\":1}");
}

static void twice_in_two_spellings(void **state)
{
    (void)state;
    refuse("{\"productId\":\"p\",\"product_id\":\"p\"}", "product_id: twice (line 1,");
    refuse("{\"product_id\":\"p\",\"productId\":\"p\"}", "product_id: twice");
    refuse("{\"firstCorner\":{\"minX\":1,\"min_x\":1}}", "first_corner.min_x: twice");
    refuse("{\"paidByType\":\"free_text\",\"paid_by_type\":\"free_text\",\"paidBy\":\"t\"}",
           "paid_by_type: twice");
    refuse("{\"own_name\":1,\"own_name\":1}", "own_name: twice");
}

/* The type of a union has any accepted name, before or after the value. */
static void types_of_unions(void **state)
{
    static const char *const good[] = {
        "{\"paidBy\":\"t\",\"paidByType\":\"free_text\"}",
        "{\"paid_by\":\"t\",\"paidByType\":\"free_text\"}",
        "{\"paidBy\":\"t\",\"paid_by_type\":\"free_text\"}",
        "{\"paidBy\":\"t\",\"paidBy\\u0054ype\":\"free_text\"}",
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(good); i++)
        assert_int_equal(accept(good[i]).paid_by.type, TEST_CODEC_PAYMENT_FREE_TEXT);
    assert_int_equal(accept("{\"allPaid\":[\"t\"],\"allPaidType\":[2]}").all_paid.length, 1);
    refuse("{\"paidBy\":\"t\"}", "paid_by: a value without a type");
    refuse("{\"own_paid\":\"t\",\"ownPaidType\":\"free_text\"}",
           "own_paid: a value without a type");
    refuse("{\"paidBy\":\"t\",\"paidByType\":\"freeText\"}", "paid_by: not a type of the union");
    refuse("{\"inStock\":\"InStock\"}", "in_stock: not a name of its enum");
}

static void problems_have_the_names_of_the_schema(void **state)
{
    (void)state;
    refuse("{\"allWords\":[{},{\"unitPrice2\":\"x\"}]}",
           "all_words[1].unit_price_2: not a decimal of its size (line 1,");
    refuse("{\"firstCorner\":{\"minX\":1,\"own_y\":1}}",
           "first_corner.max_x: missing: a struct has each of its members");
}

static void deprecated(void **state)
{
    (void)state;
    accept("{\"oldName\":[1,2],\"productId\":\"p\"}");
    refuse("{\"oldName\":1,\"old_name\":1}", "old_name: twice");
}

static void lone_names(void **state)
{
    char text[16];

    (void)state;
    assert_int_equal(catga_json_name("unit_price_2", false, text, sizeof text), 10);
    assert_string_equal(text, "unitPrice2");
    assert_int_equal(catga_json_name("a__b_", false, text, sizeof text), 2);
    assert_string_equal(text, "aB");
    assert_int_equal(catga_json_name("a_{_Z_0", false, text, sizeof text), 4);
    assert_string_equal(text, "a{Z0"); /* only small letters have capitals */
    assert_int_equal(catga_json_name("own_name", true, text, sizeof text), 8);
    assert_string_equal(text, "own_name");
    assert_int_equal(catga_json_name("unit_price_2", false, text, 5), 10);
    assert_string_equal(text, "unit");
    assert_int_equal(catga_json_name("unit_price_2", false, NULL, 0), 10);
}

static const catga_field *find(catga_json_names names, const char *name)
{
    return catga_find_named_field(words, names, catga_str(name));
}

static void fields_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(find(CATGA_CAMEL_NAMES, "productId"), &words->fields[0]);
    assert_ptr_equal(find(CATGA_CAMEL_NAMES, "product_id"), &words->fields[0]);
    assert_ptr_equal(find(CATGA_CAMEL_NAMES, "unitPrice2"), &words->fields[1]);
    assert_ptr_equal(find(CATGA_SCHEMA_NAMES, "unit_price_2"), &words->fields[1]);
    assert_null(find(CATGA_SCHEMA_NAMES, "unitPrice2"));
    assert_null(find(CATGA_CAMEL_NAMES, "ownName"));
    assert_non_null(find(CATGA_CAMEL_NAMES, "own_name"));
    assert_null(find(CATGA_CAMEL_NAMES, "missing"));
    assert_null(catga_find_named_field(words, CATGA_CAMEL_NAMES, (catga_string){NULL, 0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_forms_print_and_read),
        cmocka_unit_test(every_capacity),
        cmocka_unit_test(the_schema_form_has_no_other_names),
        cmocka_unit_test(other_spellings_are_unknown),
        cmocka_unit_test(twice_in_two_spellings),
        cmocka_unit_test(types_of_unions),
        cmocka_unit_test(problems_have_the_names_of_the_schema),
        cmocka_unit_test(deprecated),
        cmocka_unit_test(lone_names),
        cmocka_unit_test(fields_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
