/* A table with an @identifier has those bytes; `_open` checks them, and `_open_any` does not. */
#include "identifiers.catga.h"

#include <roundtrip.h>

static void check_model(const uint8_t *table)
{
    tests_identifiers_model_view view = {table};

    assert_int_equal(tests_identifiers_model_get_version(view), 3);
}

static tests_identifiers_model model(void)
{
    tests_identifiers_model plain = TESTS_IDENTIFIERS_MODEL_INIT;

    plain.version = 3;
    plain.name = catga_str("flow");
    return plain;
}

static void there_and_back(void **state)
{
    const tests_identifiers_model plain = model();

    (void)state;
    roundtrip(&tests_identifiers_model_descriptor, &plain, check_model);
}

static size_t encode(uint8_t bytes[128])
{
    const tests_identifiers_model plain = model();
    size_t length = 0;

    assert_int_equal(tests_identifiers_model_encode(&plain, bytes, 128, &length, NULL), CATGA_OK);
    return length;
}

static void the_identifier_is_written_and_checked(void **state)
{
    uint8_t bytes[128];
    tests_identifiers_model_view view;
    catga_problem problem;
    size_t length = encode(bytes);

    (void)state;
    assert_memory_equal(bytes + 4, "TFL3", 4);
    assert_int_equal(tests_identifiers_model_open(bytes, length, &view, NULL), CATGA_OK);
    memcpy(bytes + 4, "TFL2", 4);
    assert_int_equal(tests_identifiers_model_open(bytes, length, &view, &problem),
                     CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text,
                        "not a tests.identifiers.Model: the identifier is \"TFL2\", not \"TFL3\"");
}

static void any_identifier_is_accepted(void **state)
{
    uint8_t bytes[128];
    tests_identifiers_model_view view;
    catga_problem problem;
    size_t length = encode(bytes);

    (void)state;
    memset(bytes + 4, 0, 4);
    assert_int_equal(tests_identifiers_model_open_any(bytes, length, &view, NULL), CATGA_OK);
    assert_int_equal(tests_identifiers_model_get_version(view), 3);
    assert_true(catga_string_equal(tests_identifiers_model_get_name(view), catga_str("flow")));
    for (size_t cut = 0; cut + 4 < length; cut++) /* a buffer ends with up to 3 bytes of padding */
        assert_int_equal(tests_identifiers_model_open_any(bytes, cut, &view, &problem),
                         CATGA_BAD_MESSAGE);
}

/* flatc writes a root without file_identifier in this way: the vtable begins in place of the
 * identifier. */
static void no_identifier_is_accepted(void **state)
{
    static const uint8_t bytes[] = {12, 0, 0, 0, 6, 0, 5, 0, 4, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0};
    static const uint8_t smallest[] = {8, 0, 0, 0, 4, 0, 4, 0, 4, 0, 0, 0};
    static const uint8_t vtable_in_root_offset[] = {12, 0, 0,  0, 6, 0, 5, 0, 4, 0,
                                                    0,  0, 10, 0, 0, 0, 7, 0, 0, 0};
    tests_identifiers_plain_view view;

    (void)state;
    if (CATGA_SWAPPED)
        skip();
    assert_int_equal(tests_identifiers_plain_open_any(bytes, sizeof bytes, &view, NULL), CATGA_OK);
    assert_int_equal(tests_identifiers_plain_get_a(view), 7);
    assert_int_equal(tests_identifiers_plain_open(bytes, sizeof bytes, &view, NULL),
                     CATGA_BAD_MESSAGE);
    assert_int_equal(tests_identifiers_plain_open_any(smallest, sizeof smallest, &view, NULL),
                     CATGA_OK);
    assert_int_equal(tests_identifiers_plain_get_a(view), 0);
    assert_int_equal(tests_identifiers_plain_open_any(vtable_in_root_offset,
                                                      sizeof vtable_in_root_offset, &view, NULL),
                     CATGA_BAD_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(the_identifier_is_written_and_checked),
        cmocka_unit_test(any_identifier_is_accepted),
        cmocka_unit_test(no_identifier_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
