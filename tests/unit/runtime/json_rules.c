/* The rules of JSON for values of any kind: values of members that a reader skips. */
#include "codec.h"
#include "codec/json.h"

/* Parses from memory that ends with the text. */
static bool is_json(const char *text, size_t length)
{
    char *exact = malloc(length == 0 ? 1 : length);

    assert_non_null(exact);
    memcpy(exact, text, length);
    json_reader in = {exact, exact + length, NULL, 0};
    bool whole = json_skip(&in) && json_peek(&in) == '\0' && in.at == in.end;
    assert_true(in.reason == NULL || !whole);
    free(exact);
    return whole;
}

static void rules(void **state)
{
    static const struct {
        bool accepted;
        const char *name;
        const char *text;
        size_t length;
    } all[] = {
#define RULE(accepted, name, text) {accepted, name, text, sizeof text - 1},
#include "json_rules.def"
#undef RULE
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(all); i++)
        if (is_json(all[i].text, all[i].length) != all[i].accepted)
            fail_msg("%s is%s accepted", all[i].name, all[i].accepted ? " not" : "");
}

/* Returns the text repeated; the caller frees it. */
static char *repeat(const char *text, size_t count)
{
    size_t length = strlen(text);
    char *all = malloc(count * length + 1);

    assert_non_null(all);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * length, text, length);
    all[count * length] = '\0';
    return all;
}

static void nested(size_t count, bool accepted)
{
    char *opening = repeat("[", count);
    char *closing = repeat("]", count);
    char *text = malloc(2 * count + 1);

    assert_non_null(text);
    memcpy(text, opening, count);
    memcpy(text + count, closing, count + 1);
    assert_int_equal(is_json(text, 2 * count), accepted);
    assert_false(is_json(opening, count));
    free(text);
    free(closing);
    free(opening);
}

static void depth(void **state)
{
    (void)state;
    nested(1, true);
    nested(JSON_MAX_DEPTH, true);
    nested(JSON_MAX_DEPTH + 1, false);
    nested(100000, false);
    char *text = repeat("[{\"\":", 50000);
    assert_false(is_json(text, strlen(text)));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
