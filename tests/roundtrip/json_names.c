/* JSON has the names of @json, and no others; C and the wire have those of the schema. */
#include "json_names.catga.h"

#include <roundtrip.h>

static const char expected[] =
    "{\"hit_type\":\"reading\",\"hit\":{\"lëvel\":\"level high\",\"rights?\":\"r w\",\"bounding "
    "box\":{\"min_\":1,\"max\":2}},"
    "\"hits_type\":[\"box\",\"text\"],\"hits\":[{\"min_\":1,\"max\":2},\"here\"],\"*/ first\":7}";

static const tests_json_names_box box = {1, 2};
static tests_json_names_reading reading;
static tests_json_names_found more[2];

static tests_json_names_search search(void)
{
    tests_json_names_search plain = TESTS_JSON_NAMES_SEARCH_INIT;

    reading.level = TESTS_JSON_NAMES_LEVEL_HIGH;
    reading.rights = TESTS_JSON_NAMES_RIGHT_READ | TESTS_JSON_NAMES_RIGHT_WRITE;
    reading.box = &box;
    more[0].type = TESTS_JSON_NAMES_FOUND_AT;
    more[0].at = &box;
    more[1].type = TESTS_JSON_NAMES_FOUND_TEXT;
    more[1].text = catga_str("here");
    plain.found.type = TESTS_JSON_NAMES_FOUND_READING;
    plain.found.reading = &reading;
    plain.more.data = more;
    plain.more.length = 2;
    plain.first = 7;
    return plain;
}

static void check_search(const uint8_t *table)
{
    char text[512];
    tests_json_names_search_view view = {table};

    assert_int_equal(tests_json_names_search_get_first(view), 7);
    assert_true(tests_json_names_search_print(view, text, sizeof text) < sizeof text);
    assert_string_equal(text, expected);
}

static void there_and_back(void **state)
{
    const tests_json_names_search plain = search();

    (void)state;
    roundtrip(&tests_json_names_search_descriptor, &plain, check_search);
}

static catga_status parse(const char *text, catga_problem *problem)
{
    static uint64_t memory[64];
    catga_arena arena = {memory, sizeof memory, 0};
    tests_json_names_search plain;

    return tests_json_names_search_parse(text, strlen(text), CATGA_REFUSE_UNKNOWN, &plain, &arena,
                                         problem);
}

static void the_name_in_the_schema_is_unknown(void **state)
{
    catga_problem problem;

    (void)state;
    assert_int_equal(parse("{\"*/ first\":1}", &problem), CATGA_OK);
    assert_int_equal(parse("{\"\\u002a/ first\":1}", &problem), CATGA_OK);
    assert_true(parse("{\"first\":1}", &problem) != CATGA_OK);
    assert_true(parse("{\"found_type\":\"text\",\"found\":\"a\"}", &problem) != CATGA_OK);
    assert_true(parse("{\"hit_type\":\"Reading\",\"hit\":{}}", &problem) != CATGA_OK);
    assert_true(parse("{\"hit_type\":\"reading\",\"hit\":{\"lëvel\":\"High\"}}", &problem) !=
                CATGA_OK);
    assert_true(parse("{\"hit_type\":\"reading\",\"hit\":{\"bounding box\":{\"min\":1,\"max\":2}}}",
                      &problem) != CATGA_OK);
}

/* Other writers escape non-ASCII characters. */
static void names_may_be_escaped(void **state)
{
    catga_problem problem;

    (void)state;
    assert_int_equal(
        parse("{\"hit_type\":\"re\\u0061ding\",\"hit\":{\"l\\u00ebvel\":\"l\\u00EBvel low\"}}",
              &problem),
        CATGA_OK);
    assert_int_equal(
        parse("{\"hit_type\":\"reading\",\"hit\":{\"rights?\":\"r \\u0077\"}}", &problem),
        CATGA_OK);
    assert_int_equal(parse("{\"hits_type\":[\"te\\u0078t\"],\"hits\":[\"a\"]}", &problem),
                     CATGA_OK);
    assert_true(parse("{\"hit_type\":\"reading\",\"hit\":{\"rights?\":\"r\\u0020w\"}}", &problem) !=
                CATGA_OK);
    assert_true(parse("{\"hit_type\":\"reading\",\"hit\":{\"l\\u00ebvel\":\"l\\u00ecvel low\"}}",
                      &problem) != CATGA_OK);
}

static void an_enum_has_its_names_in_json(void **state)
{
    (void)state;
    assert_string_equal(tests_json_names_level_name(TESTS_JSON_NAMES_LEVEL_HIGH), "level high");
    assert_string_equal(tests_json_names_right_name(TESTS_JSON_NAMES_RIGHT_WRITE), "w");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(the_name_in_the_schema_is_unknown),
        cmocka_unit_test(names_may_be_escaped),
        cmocka_unit_test(an_enum_has_its_names_in_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
