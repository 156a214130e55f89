/* The model of a valid schema: layout, ids, defaults, values; and limits that a schema of a few
 * lines cannot reach. */
#include "compile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HEAD "namespace shop.orders; version 2;\n"

static void must_compile(compilation *c, const char *text)
{
    compile(c, slice_of(text));
    if (c->facts == NULL)
        fail_msg("%s", c->said);
}

static void structs_are_laid_out_as_in_c(void **state)
{
    (void)state;
    struct inner {
        uint8_t a;
        uint16_t b;
    };
    struct outer {
        uint8_t a;
        struct inner b;
        double c;
        uint8_t d;
    };
    compilation c;
    must_compile(&c, HEAD "struct Outer { a: u8; b: Inner; c: f64; d: bool; }\n"
                          "struct Inner { a: u8; b: u16; }\n");
    const model_module *module = c.facts->modules[0];
    assert_int_equal(module->struct_count, 2);
    const model_struct *inner = &module->structs[0];
    const model_struct *outer = &module->structs[1];
    assert_string_equal(inner->origin.name.data, "Inner");
    assert_int_equal(inner->size, sizeof(struct inner));
    assert_int_equal(inner->fields[1].offset, offsetof(struct inner, b));
    assert_int_equal(outer->size, sizeof(struct outer));
    assert_int_equal(outer->alignment, _Alignof(struct outer));
    assert_int_equal(outer->fields[1].offset, offsetof(struct outer, b));
    assert_int_equal(outer->fields[2].offset, offsetof(struct outer, c));
    assert_int_equal(outer->fields[3].offset, offsetof(struct outer, d));
    assert_ptr_equal(outer->fields[1].type.structure, inner);
    compilation_close(&c);
}

static void fields_are_in_the_order_of_their_ids(void **state)
{
    (void)state;
    compilation c;
    must_compile(&c, HEAD "table T { c: u8 @id(2); a: u8 @id(0); b: T @id(1); }");
    const model_table *table = &c.facts->modules[0]->tables[0];
    assert_string_equal(table->fields[0].origin.name.data, "a");
    assert_string_equal(table->fields[1].origin.name.data, "b");
    assert_string_equal(table->fields[2].origin.name.data, "c");
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(table->fields[i].id, i);
    assert_ptr_equal(table->fields[1].type.table, table);
    compilation_close(&c);
}

static void defaults_and_limits_are_values(void **state)
{
    (void)state;
    compilation c;
    must_compile(&c, HEAD "const N: u32 = 10 * 100;\n"
                          "enum E: i16 { Low = -5, High }\n"
                          "table T { a: decimal(2) = 5999.99; b: E = High; c: i8 = -128;\n"
                          "  d: u32 = 1 @range(1..N); e: bool; f: f32 = 0.1; g: u8?;\n"
                          "  h: string @max(N) @required; i: duration = 1m @range(1s..);\n"
                          "  j: u64 = 0xffff_ffff_ffff_ffff; k: u8 @deprecated(\"use g\"); }");
    const model_field *fields = c.facts->modules[0]->tables[0].fields;
    assert_int_equal(fields[0].default_value.as_signed, 599999);
    assert_int_equal(fields[0].type.decimal_places, 2);
    assert_int_equal(fields[1].default_value.as_signed, -4);
    assert_string_equal(fields[1].default_member->origin.name.data, "High");
    assert_int_equal(fields[2].default_value.as_signed, -128);
    assert_int_equal(fields[3].maximum.as_unsigned, 1000);
    assert_int_equal(fields[4].default_value.kind, VALUE_BOOL);
    assert_true(fields[5].default_value.as_float == (double)0.1f);
    assert_int_equal(fields[6].default_value.kind, VALUE_NONE);
    assert_true(fields[6].type.optional);
    assert_int_equal(fields[7].max_length, 1000);
    assert_true(fields[7].required);
    assert_true(fields[8].default_value.as_signed == INT64_C(60000000000));
    assert_int_equal(fields[8].maximum.kind, VALUE_NONE);
    assert_true(fields[9].default_value.as_unsigned == UINT64_MAX);
    assert_true(slice_is(fields[10].deprecation, "use g"));
    compilation_close(&c);
}

static void messages_have_subjects_and_deadlines(void **state)
{
    (void)state;
    compilation c;
    must_compile(&c, HEAD "table R { a: u8; }\n"
                          "command Do -> R { a: u8; }\n"
                          "@timeout(250ms) @retry(7) query Get -> R { a: u8; }\n"
                          "event Done { a: u8; }\n"
                          "service Desk { handle Do; handle Get; publish Done; }\n"
                          "service Ear { on Done broadcast as class; }\n");
    const model_module *module = c.facts->modules[0];
    const model_message *messages = module->messages;
    assert_true(slice_is(messages[0].subject, "catga.commands.shop.orders.v2.Do"));
    assert_true(slice_is(messages[1].subject, "catga.queries.shop.orders.v2.Get"));
    assert_true(slice_is(messages[2].subject, "catga.events.shop.orders.v2.Done"));
    assert_true(messages[0].timeout_ns == UINT64_C(5000000000));
    assert_int_equal(messages[0].retries, 0);
    assert_true(messages[1].timeout_ns == UINT64_C(250000000));
    assert_int_equal(messages[1].retries, 7);
    assert_ptr_equal(messages[0].handled_by, &module->services[0]);
    assert_ptr_equal(messages[0].body->message, &messages[0]);
    assert_true(messages[0].result->is_result);
    assert_string_equal(module->services[0].handlers[0].name.data, "do_");
    assert_string_equal(module->services[1].subscriptions[0].name.data, "class_");
    assert_string_equal(c.said, "");
    compilation_close(&c);
}

/* The identifier must never change: it identifies a message on the wire. The numbers come from a
 * separate computation of FNV-1a. */
static void identifiers_are_stable(void **state)
{
    (void)state;
    compilation c;
    must_compile(&c, "namespace shop.orders; version 1; table OrderResult { a: u8; }");
    assert_string_equal(c.facts->modules[0]->tables[0].identifier, "7uIM");
    compilation_close(&c);
}

static void comments_are_kept(void **state)
{
    (void)state;
    compilation c;
    must_compile(&c,
                 "/// The file.\n" HEAD "/// Two\n///\n/// lines.\ntable T {\n/// F.\na: u8; }");
    const model_module *module = c.facts->modules[0];
    assert_true(slice_is(module->doc.lines[0], "The file."));
    assert_int_equal(module->tables[0].origin.doc.line_count, 3);
    assert_true(slice_is(module->tables[0].origin.doc.lines[1], ""));
    assert_true(slice_is(module->tables[0].fields[0].origin.doc.lines[0], "F."));
    compilation_close(&c);
}

static void large_structs_and_tables_are_refused(void **state)
{
    (void)state;
    compilation c;
    buffer text;
    compilation_open(&c);
    text = buffer_in(&c.memory);
    buffer_append_text(&text, HEAD "struct S0 { a: u64; b: u64; }\n");
    for (int i = 1; i < 14; i++)
        buffer_printf(&text, "struct S%d { a: S%d; b: S%d; }\n", i, i - 1, i - 1);
    buffer_append_text(&text, "table T { a: S11; b: S11; }\ntable Many {");
    for (int i = 0; i < 33000; i++)
        buffer_printf(&text, "f%d: u8;", i);
    buffer_append_text(&text, "}\n");
    compilation inner;
    compile(&inner, buffer_slice(&text));
    assert_null(inner.facts);
    assert_says(inner.said, "this struct is larger than 65535 bytes [too-large]");
    assert_says(inner.said,
                "a table has at most 32765 fields and 65535 bytes in place [too-large]");
    if (inner.diags.error_count != 3)
        fail_msg("%s", inner.said);
    compilation_close(&inner);
    compilation_close(&c);
}

static void long_subjects_are_refused(void **state)
{
    (void)state;
    compilation c;
#define WORD "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
    compile(&c, SLICE("namespace " WORD "." WORD "." WORD "." WORD ";\n"
                      "version 1; event Name { a: u8; }"));
    assert_null(c.facts);
    assert_says(c.said, "is longer than 255 characters [subject-too-long]");
    compilation_close(&c);
}

/* Without a setting `name`, the name at the server begins with the namespace. */
static void long_names_at_a_server_are_refused(void **state)
{
    (void)state;
    compilation c;
    compile(&c, SLICE("namespace " WORD "." WORD "." WORD "." WORD ";\n"
                      "version 1; stream Orders { name: \"ORDERS\"; }"));
    assert_null(strstr(c.said, "is too long for a server"));
    compilation_close(&c);
    compile(&c, SLICE("namespace " WORD "." WORD "." WORD "." WORD ";\n"
                      "version 1; stream Orders {}"));
    assert_null(c.facts);
    assert_says(c.said, "is too long for a server: declare a shorter one with 'name' "
                        "[bad-setting]");
    compilation_close(&c);
}

/* Declarations that need each other are checked recursively. The depth must not grow with the
 * length of the file. */
static void long_chains_are_refused(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    buffer text = buffer_in(&c.memory);
    buffer_append_text(&text, HEAD);
    for (int i = 0; i < 9000; i++)
        buffer_printf(&text, "const C%d: u32 = C%d;struct S%d{a:S%d;}", i, i + 1, i, i + 1);
    buffer_append_text(&text, "const C9000: u32 = 1; struct S9000 { a: u8; }\n");
    compilation inner;
    compile(&inner, buffer_slice(&text));
    assert_null(inner.facts);
    assert_says(inner.said, "[too-deep]");
    compilation_close(&inner);
    compilation_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structs_are_laid_out_as_in_c),
        cmocka_unit_test(fields_are_in_the_order_of_their_ids),
        cmocka_unit_test(defaults_and_limits_are_values),
        cmocka_unit_test(messages_have_subjects_and_deadlines),
        cmocka_unit_test(identifiers_are_stable),
        cmocka_unit_test(comments_are_kept),
        cmocka_unit_test(large_structs_and_tables_are_refused),
        cmocka_unit_test(long_subjects_are_refused),
        cmocka_unit_test(long_names_at_a_server_are_refused),
        cmocka_unit_test(long_chains_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
