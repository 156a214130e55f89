/* Explanations of errors: the path, the reason, and truncation. */
#include "codec.h"

static const catga_table *const node = &test_codec_node_descriptor;

static uint64_t memory[1 << 12];

static catga_status parse_nodes(const char *text, size_t length, catga_problem *problem)
{
    test_codec_node plain;
    catga_arena arena = {memory, sizeof memory, 0};

    return catga_json_read(node, text, length, CATGA_REFUSE_UNKNOWN, &plain, &arena, problem);
}

/* Returns `depth` nested objects; the innermost one contains `inner`. */
static size_t nested(char *text, unsigned depth, const char *inner)
{
    size_t length = 0;

    for (unsigned i = 1; i < depth; i++)
        length += (size_t)sprintf(text + length, "{\"children\":[");
    length += (size_t)sprintf(text + length, "{%s}", inner);
    for (unsigned i = 1; i < depth; i++)
        length += (size_t)sprintf(text + length, "]}");
    return length;
}

/* The reason and its member stay at the end of the text, whatever the path. A text without the
 * outer names begins with "...". */
static void deep_paths_keep_their_reason(void **state)
{
    static char text[2048];
    static const char ending[] = ".children[0].name: expected a string (line 1, column ";

    (void)state;
    for (unsigned depth = 3; depth <= 60; depth++) {
        catga_problem problem;
        size_t length = nested(text, depth, "\"name\":1");
        assert_int_equal(parse_nodes(text, length, &problem), CATGA_BAD_MESSAGE);
        const char *found = strstr(problem.text, ending);
        assert_non_null(found);
        assert_int_equal(problem.text[strlen(problem.text) - 1], ')');
        if (depth < 8)
            assert_memory_equal(problem.text, "children[0].children[0].", 24);
        else if (depth > 10)
            assert_memory_equal(problem.text, "...children[0].children[0].", 27);
    }
}

/* The same for encoding. */
static void deep_paths_of_input(void **state)
{
    test_codec_node nodes[70];
    uint8_t bytes[4096];
    catga_problem problem;
    size_t length;

    (void)state;
    memset(nodes, 0, sizeof nodes);
    for (size_t i = 0; i + 1 < CODEC_COUNT(nodes); i++)
        nodes[i].next = &nodes[i + 1];
    assert_int_equal(catga_encode(node, nodes, bytes, sizeof bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_memory_equal(problem.text, "...next.next.", 13);
    assert_non_null(strstr(problem.text, ".next: nested deeper than 64"));
}

/* The name of an unknown member is cut at a whole character, and the text is terminated. */
static void unknown_names_are_cut(void **state)
{
    char text[400];

    (void)state;
    for (size_t before = 0; before < 8; before++) {
        catga_problem problem;
        size_t length = (size_t)sprintf(text, "{\"%.*s", (int)before, "aaaaaaaa");
        for (size_t i = 0; i < 60; i++)
            length += (size_t)sprintf(text + length, "\xe2\x82\xac");
        length += (size_t)sprintf(text + length, "\":1}");
        assert_int_equal(parse_nodes(text, length, &problem), CATGA_BAD_MESSAGE);
        const char *end = strstr(problem.text, ": unknown member (line 1, column ");
        assert_non_null(end);
        assert_memory_equal(end - 3, "\xe2\x82\xac", 3);
        assert_int_equal((size_t)(end - problem.text - (ptrdiff_t)before) % 3, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_paths_keep_their_reason),
        cmocka_unit_test(deep_paths_of_input),
        cmocka_unit_test(unknown_names_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
