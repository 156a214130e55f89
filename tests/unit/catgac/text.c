/* Slices, buffers, tables of text, interned names, and the names of a schema in C. */
#include "base/text.h"

#include "base/utf8.h"
#include "model/mangle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void slices_compare_by_content(void **state)
{
    (void)state;
    assert_true(slice_equal(SLICE("abc"), slice_of("abc")));
    assert_false(slice_equal(SLICE("abc"), SLICE("ab")));
    assert_true(slice_equal((slice){NULL, 0}, SLICE("")));
    assert_true(slice_starts_with(SLICE("catga.x"), "catga."));
    assert_false(slice_starts_with(SLICE("cat"), "catga"));
}

static void a_buffer_grows_and_ends_in_nul(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, (size_t)16 << 20);
    buffer out = buffer_in(&memory);
    assert_int_equal(buffer_slice(&out).length, 0);
    for (int i = 0; i < 5000; i++)
        buffer_printf(&out, "%d,", i);
    assert_int_equal(out.data[out.length], '\0');
    assert_true(slice_starts_with(buffer_slice(&out), "0,1,2,3,"));
    buffer_clear(&out);
    buffer_append_repeated(&out, 'x', 3);
    buffer_append_char(&out, 'y');
    assert_string_equal(out.data, "xxxy");
    arena_close(&memory);
}

static void a_table_keeps_the_first_value(void **state)
{
    (void)state;
    static int values[5000];
    static char keys[5000][16];
    arena memory;
    arena_open(&memory, (size_t)16 << 20);
    text_table table = text_table_in(&memory);
    assert_null(text_table_find(&table, SLICE("absent")));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 5000; i++) {
            snprintf(keys[i], sizeof keys[i], "key%zu", i);
            assert_null(text_table_insert(&table, slice_of(keys[i]), &values[i]));
        }
        assert_ptr_equal(text_table_insert(&table, SLICE("key7"), &values[8]), &values[7]);
        for (size_t i = 0; i < 5000; i++)
            assert_ptr_equal(text_table_find(&table, slice_of(keys[i])), &values[i]);
        text_table_clear(&table);
        assert_null(text_table_find(&table, SLICE("key7")));
    }
    arena_close(&memory);
}

static void a_name_is_interned_once(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, (size_t)16 << 20);
    interner names = interner_in(&memory);
    slice first = intern(&names, (slice){"order_id;", 8});
    slice second = intern(&names, SLICE("order_id"));
    assert_ptr_equal(first.data, second.data);
    assert_string_equal(first.data, "order_id");
    assert_true(intern(&names, SLICE("order")).data != first.data);
    arena_close(&memory);
}

static void names_become_c(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"CreateOrder", "create_order"},
                                           {"HTTPServer2", "http_server2"},
                                           {"OrderV2", "order_v2"},
                                           {"customer_id", "customer_id"},
                                           {"customerId", "customer_id"},
                                           {"MAX_SIZE", "max_size"},
                                           {"V2Order", "v2_order"},
                                           {"ABC", "abc"},
                                           {"A", "a"},
                                           {"aB", "a_b"},
                                           {"XMLHttp", "xml_http"},
                                           {"Very_High", "very_high"}};
    arena memory;
    arena_open(&memory, (size_t)16 << 20);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        assert_true(slice_is(mangle_snake(&memory, slice_of(pairs[i][0])), pairs[i][1]));
    assert_true(slice_is(mangle_camel(&memory, SLICE("customer_id")), "customerId"));
    assert_true(slice_is(mangle_camel(&memory, SLICE("line_2_of_x")), "line2OfX"));
    assert_true(slice_is(mangle_camel(&memory, SLICE("Plain")), "Plain"));
    assert_true(slice_is(mangle_upper(&memory, SLICE("OrderStatus")), "ORDER_STATUS"));
    assert_true(slice_is(mangle_prefix(&memory, SLICE("shop.orders")), "shop_orders_"));
    assert_true(slice_is(mangle_upper_prefix(&memory, SLICE("shop.orders")), "SHOP_ORDERS_"));
    assert_true(slice_is(mangle_member(&memory, SLICE("class")), "class_"));
    assert_true(slice_is(mangle_member(&memory, SLICE("Int")), "int_"));
    assert_true(slice_is(mangle_member(&memory, SLICE("handle")), "handle"));
    arena_close(&memory);
}

static void utf8_is_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",         "\xC0\x80",         "\xC1\xBF",         "\xE0\x80\x80",
        "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xE4\xBA"};
    uint32_t character = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(utf8_read(slice_of(bad[i]), &character), 0);
    assert_int_equal(utf8_read(SLICE("\xE7\xAC\x94"), &character), 3);
    assert_int_equal(character, 0x7B14);
    assert_int_equal(utf8_columns(character), 2);
    assert_int_equal(utf8_columns('a'), 1);
    assert_int_equal(utf8_columns(0x0301), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_compare_by_content),
        cmocka_unit_test(a_buffer_grows_and_ends_in_nul),
        cmocka_unit_test(a_table_keeps_the_first_value),
        cmocka_unit_test(a_name_is_interned_once),
        cmocka_unit_test(names_become_c),
        cmocka_unit_test(utf8_is_read_strictly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
