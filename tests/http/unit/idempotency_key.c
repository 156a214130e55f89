/* Keys of clients become ids of calls. */
#include "idempotency_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const catga_route post = {.method = "POST", .path = "/orders"};
static const catga_route put = {.method = "PUT", .path = "/orders"};
static const catga_route other = {.method = "POST", .path = "/orders/{id}"};

static void is_same(const char *left, const char *right)
{
    char ids[2][HTTP_IDEMPOTENCY_ID];

    assert_true(http_idempotency_id(&post, left, ids[0]));
    assert_true(http_idempotency_id(&post, right, ids[1]));
    assert_string_equal(ids[0], ids[1]);
    assert_int_equal(strspn(ids[0], "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                    "-_"),
                     22);
}

static void quotes_are_optional(void **state)
{
    (void)state;
    is_same("a-b", "\"a-b\"");
    is_same("a\"b\\", "\"a\\\"b\\\\\"");
    is_same("\"", "\"\\\"\"");
}

static void ids_belong_to_a_route(void **state)
{
    char ids[4][HTTP_IDEMPOTENCY_ID];

    (void)state;
    assert_true(http_idempotency_id(&post, "k", ids[0]));
    assert_true(http_idempotency_id(&put, "k", ids[1]));
    assert_true(http_idempotency_id(&other, "k", ids[2]));
    assert_true(http_idempotency_id(&post, "K", ids[3]));
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(ids[i], ids[j]);
}

static void invalid_keys(void **state)
{
    static const char *const keys[] = {"", "\"\"", "a\nb", "\xc3\xa4", "\"a\\\"", "\x7f"};
    char id[HTTP_IDEMPOTENCY_ID];
    char longest[257];

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_false(http_idempotency_id(&post, keys[i], id));
    memset(longest, 'a', 256);
    longest[256] = '\0';
    assert_false(http_idempotency_id(&post, longest, id));
    longest[255] = '\0';
    assert_true(http_idempotency_id(&post, longest, id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_are_optional),
        cmocka_unit_test(ids_belong_to_a_route),
        cmocka_unit_test(invalid_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
