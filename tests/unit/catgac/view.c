/* The view: names and values as they are spelt in a generated file. */
#include "generate/view/view.h"

#include "compile.h"
#include "generate/literal.h"
#include "generate/output_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
    compilation c;
    const view_module *module;
} fixture;

static void open_fixture(fixture *t, const char *text)
{
    compile(&t->c, slice_of(text));
    if (t->c.facts == NULL)
        fail_msg("%s", t->c.said);
    t->module = view_of(&t->c.memory, t->c.facts->modules[0], false, true)->module;
}

static void close_fixture(fixture *t)
{
    compilation_close(&t->c);
}

static void assert_slice(slice actual, const char *expected)
{
    char text[512];

    assert_true(actual.length < sizeof text);
    memcpy(text, actual.data, actual.length);
    text[actual.length] = '\0';
    assert_string_equal(text, expected);
}

static const view_table *table_at(const fixture *t, size_t index)
{
    assert_true(index < t->module->tables.count);
    return t->module->tables.items[index];
}

static const view_field *field_at(const view_table *table, size_t index)
{
    assert_true(index < table->fields.count);
    return table->fields.items[index];
}

#define HEAD "namespace shop.orders; version 1;\n"

/* ---- Names ----------------------------------------------------------------------------------- */

static void a_module_has_its_names(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, "/// The shop.\n" HEAD);
    assert_slice(t.module->file, "t.catga");
    assert_slice(t.module->header, "t.catga.h");
    assert_slice(t.module->name, "shop.orders");
    const char prefix[] = "CATGA_T_CATGA_";
    assert_memory_equal(t.module->guard.data, prefix, sizeof prefix - 1);
    assert_int_equal(t.module->version, 1);
    assert_int_equal(t.module->doc.count, 1);
    assert_slice(t.module->doc.items[0], "The shop.");
    close_fixture(&t);
}

/* Each of these is another file, though some have the path of another. */
static void files_that_differ_have_guards_that_differ(void **state)
{
    (void)state;
    const model_module modules[] = {
        {.path = SLICE("a/b.catga"), .namespace = SLICE("n")},
        {.path = SLICE("a_b.catga"), .namespace = SLICE("n")},
        {.path = SLICE("a.b.catga"), .namespace = SLICE("n")},
        {.path = SLICE("A/b.catga"), .namespace = SLICE("n")},
        {.path = SLICE("a-b.catga"), .namespace = SLICE("n")},
        {.path = SLICE("a/b"), .namespace = SLICE("n")},
        {.path = SLICE("a/b.catga.catga"), .namespace = SLICE("n")},
        {.path = SLICE("a/b.catga"), .namespace = SLICE("m")},
        {.path = SLICE("a/b.catga"), .namespace = SLICE("n"), .version = 1},
        {.path = SLICE("a/b.catga"), .namespace = SLICE("n"), .version = 2},
        {.path = SLICE("b.catga"), .namespace = SLICE("n.a")},
    };
    enum { COUNT = sizeof modules / sizeof modules[0] };
    compilation c;
    compilation_open(&c);
    slice guards[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        guards[i] = view_of(&c.memory, &modules[i], false, true)->module->guard;
        for (size_t j = 0; j < i; j++)
            assert_false(slice_equal(guards[i], guards[j]));
    }
    compilation_close(&c);
}

static void a_schema_path_becomes_output_paths(void **state)
{
    (void)state;
    static const struct {
        const char *schema;
        const char *output;
    } cases[] = {
        {"orders.catga", "orders.h"},   {"shop/orders.catga", "shop/orders.h"},
        {"a.catga.catga", "a.catga.h"}, {"orders", "orders.h"},
        {".catga", ".catga.h"},         {"orders.CATGA", "orders.CATGA.h"},
    };
    arena memory;
    arena_open(&memory, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_slice(output_path(&memory, slice_of(cases[i].schema), SLICE(".h")), cases[i].output);
    arena_close(&memory);
}

static void a_declaration_has_its_names(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, HEAD "table HTTPServer2 { customerName: string; class: u8; }\n");
    const view_table *table = table_at(&t, 0);
    assert_slice(table->name, "shop.orders.HTTPServer2");
    assert_slice(table->type, "shop_orders_http_server2");
    assert_slice(table->macro, "SHOP_ORDERS_HTTP_SERVER2");
    assert_slice(field_at(table, 0)->member, "customer_name");
    assert_slice(field_at(table, 1)->member, "class_");
    assert_slice(field_at(table, 1)->snake, "class");
    assert_slice(field_at(table, 1)->name, "class");
    close_fixture(&t);
}

static void names_that_flatc_reserves_get_an_underscore(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, "namespace a.class.b; version 1;\n"
                     "enum Color: u8 { Red } enum EnumNamesColor: u8 { Red }\n"
                     "table Order {} table CreateOrder {} table CreateOrderDirect {}\n"
                     "table OrderBuilder {} table Create {} table CreateThing {}\n"
                     "table uint { self: uint; }\n");
    assert_slice(t.module->fbs, "a.class_.b");
    static const char *const expected[] = {"Order",         "CreateOrder_", "CreateOrderDirect_",
                                           "OrderBuilder_", "Create",       "CreateThing",
                                           "uint_"};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        assert_slice(table_at(&t, i)->fbs, expected[i]);
    assert_slice(field_at(table_at(&t, 6), 0)->fbs_type, "uint_");
    const view_enumeration *second = t.module->enums.items[1];
    assert_slice(second->fbs, "EnumNamesColor_");
    close_fixture(&t);
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static void each_kind_of_field_is_read_and_written_its_way(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *c_type;
        const char *result;
        const char *initial;
        const char *get;
        const char *put;
        const char *verify;
        const char *fbs;
    } kinds[] = {
        {"u8", "uint8_t", "uint8_t", "0", "u8", "u8", "u8", "ubyte"},
        {"bool", "bool", "bool", "false", "bool", "bool", "bool", "bool"},
        {"f32", "float", "float", "0.0f", "f32", "f32", "f32", "float"},
        {"decimal(2)", "int64_t", "int64_t", "0", "i64", "i64", "i64", "long"},
        {"timestamp", "int64_t", "int64_t", "0", "i64", "i64", "i64", "long"},
        {"E", "n_e", "n_e", "0", "i16", "i16", "i16", "E"},
        {"u8?", "catga_optional_u8", "catga_optional_u8", "{false, 0}", "optional_u8",
         "optional_u8", "present", "ubyte"},
        {"bool?", "catga_optional_bool", "catga_optional_bool", "{false, false}", "optional_bool",
         "optional_bool", "present", "bool"},
        {"string", "catga_string", "catga_string", "{NULL, 0}", "string", "optional_text", "string",
         "string"},
        {"bytes", "catga_bytes", "catga_bytes", "{NULL, 0}", "bytes", "scalars", "vector",
         "[ubyte]"},
        {"S", "const n_s *", "n_s", "NULL", "struct", "struct", "present", "S"},
        {"T", "const n_t *", "n_t_view", "NULL", "table", "child", "child", "T"},
        {"[u16]", "catga_u16_slice", "catga_u16_vector", "{NULL, 0}", "u16_vector", "scalars",
         "vector", "[ushort]"},
        {"[E]", "catga_i16_slice", "catga_i16_vector", "{NULL, 0}", "i16_vector", "scalars",
         "vector", "[E]"},
        {"[string]", "catga_string_slice", "catga_string_vector", "{NULL, 0}", "string_vector",
         "strings", "strings", "[string]"},
        {"[S]", "n_s_slice", "n_s_vector", "{NULL, 0}", "struct_vector", "structs", "vector",
         "[S]"},
        {"[T]", "n_t_slice", "n_t_vector", "{NULL, 0}", "table_vector", "children", "children",
         "[T]"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "namespace n; version 1;\n"
                 "enum E: i16 { A } struct S { x: u8; } table T { f: %s; }\n",
                 kinds[i].type);
        fixture t;
        open_fixture(&t, text);
        const view_field *field = field_at(table_at(&t, 0), 0);
        assert_slice(field->type, kinds[i].c_type);
        assert_slice(field->result, kinds[i].result);
        assert_slice(field->initial, kinds[i].initial);
        assert_slice(field->get, kinds[i].get);
        assert_slice(field->put, kinds[i].put);
        assert_slice(field->verify, kinds[i].verify);
        assert_slice(field->fbs_type, kinds[i].fbs);
        assert_int_equal(field->is_scalar + field->is_optional + field->is_slice +
                             field->is_struct + field->is_table,
                         1);
        close_fixture(&t);
    }
}

static void notes_say_what_types_cannot(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        const char *note;
    } cases[] = {
        {"f: string;", ""},
        {"f: string @required @max(64);", "required, at most 64 bytes"},
        {"f: [u8] @max(3);", "at most 3 elements"},
        {"f: u32 = 7;", "default 7"},
        {"f: u32 @range(0..9);", "from 0 to 9"},
        {"f: i8 = 2 @range(1..);", "default 2, at least 1"},
        {"f: i8 @range(..1);", "at most 1"},
        {"f: decimal(2) = -0.05;", "decimal(2), default -0.05"},
        {"f: [decimal(0)];", "decimal(0)"},
        {"f: timestamp;", "timestamp: nanoseconds since 1970 UTC"},
        {"f: duration = 2us;", "duration: nanoseconds, default 2000 ns"},
        {"f: E = B;", "default B"},
        {"f: E;", "default A"},
        {"f: bool = true;", "default true"},
        {"f: bool;", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, "namespace n; version 1; enum E: u8 { A, B } table T { %s }",
                 cases[i].field);
        fixture t;
        open_fixture(&t, text);
        assert_slice(field_at(table_at(&t, 0), 0)->note, cases[i].note);
        close_fixture(&t);
    }
}

static void ranges_are_checked_only_where_values_can_exceed_them(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, HEAD "table T {\n"
                          "  a: u8 @range(0..9); b: u8 = 1 @range(1..255); c: u8 @range(0..255);\n"
                          "  d: f32 @range(..1.5); e: i64 @range(..5); f: u8? @range(1..2);\n"
                          "  g: u8 = 1 @range(1..2) @deprecated;\n"
                          "}\n");
    const view_table *table = table_at(&t, 0);
    const view_range *range = field_at(table, 0)->range;
    assert_false(range->has_lower);
    assert_true(range->has_higher);
    assert_slice(range->lowest, "0");
    assert_slice(range->highest, "9");
    range = field_at(table, 1)->range;
    assert_true(range->has_lower);
    assert_false(range->has_higher);
    assert_null(field_at(table, 2)->range);
    assert_slice(field_at(table, 2)->range_descriptor, "NULL");
    range = field_at(table, 3)->range;
    assert_true(range->has_lower); /* NaN and infinity are not valid limits of a range */
    assert_slice(range->lowest, "(-3.4028235e+38f)");
    assert_slice(range->highest, "1.5f");
    range = field_at(table, 4)->range;
    assert_slice(range->lowest, "INT64_MIN");
    assert_slice(range->lowest_value, "{INT64_MIN, 0}");
    assert_non_null(field_at(table, 5)->range);
    assert_null(field_at(table, 6)->range);
    assert_int_equal(table->ranged.count, 5);
    close_fixture(&t);
}

/* ---- Layout of a table ------------------------------------------------------------------------
 * */

static void large_fields_come_first(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, HEAD "struct S { a: u32; b: u32; c: u32; }\n"
                          "table T { a: u8; b: i64; c: u16; d: S; e: string; f: f64; g: bool; }\n");
    const view_table *table = table_at(&t, 0);
    assert_slice(table->layout, "1, 5, 3, 4, 2, 0, 6");
    assert_slice(table->vtable, "18, 40, 38, 4, 36, 20, 32, 12, 39, 0");
    assert_slice(table->all, "0x7f");
    assert_int_equal(table->alignment, 8);
    assert_int_equal(field_at(table, 3)->offset, 20);
    assert_int_equal(field_at(table, 3)->slot, 10);
    close_fixture(&t);
}

static void deprecated_fields_keep_their_slot_only(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, HEAD "table T { a: u8; b: i64 @deprecated; c: string; }\n");
    const view_table *table = table_at(&t, 0);
    assert_int_equal(table->fields.count, 3);
    assert_int_equal(table->members.count, 2);
    assert_slice(table->layout, "2, 0, 1");
    assert_slice(table->vtable, "10, 9, 8, 0, 4, 0, 0, 0, 0, 0");
    assert_slice(table->all, "0x5");
    assert_int_equal(table->alignment, 4);
    assert_slice(field_at(table, 1)->flags, "CATGA_DEPRECATED");
    close_fixture(&t);
}

static void an_empty_table_has_a_vtable(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, HEAD "table T { }\n");
    assert_slice(table_at(&t, 0)->vtable, "4, 4, 0, 0, 0, 0, 0, 0, 0, 0");
    assert_slice(table_at(&t, 0)->all, "0x0");
    close_fixture(&t);
}

static void structs_say_whether_bytes_are_values(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        const char *packed;
        const char *direct;
    } cases[] = {
        {"a: u8; b: u8;", "true", "true"},   {"a: u8; b: u16;", "false", "true"},
        {"a: u16; b: u8;", "false", "true"}, {"a: bool; b: u8;", "true", "false"},
        {"a: Padded;", "false", "true"},     {"a: Flag;", "true", "false"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "namespace n; version 1; struct Padded { x: u8; y: u16; } struct Flag { x: bool; }"
                 "struct S { %s }",
                 cases[i].members);
        fixture t;
        open_fixture(&t, text);
        const view_structure *structure = t.module->structs.items[2];
        assert_slice(structure->packed, cases[i].packed);
        assert_slice(structure->direct, cases[i].direct);
        close_fixture(&t);
    }
}

/* ---- Messages and services ------------------------------------------------------------------- */

static void messages_say_how_they_travel(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t,
                 "namespace a.b; version 2; table R { } errors E { Bad = 1; }\n"
                 "@timeout(1500us) @retry(2) command Do -> R throws E { }\n"
                 "query Ask -> R { }\n"
                 "event Done { }\n"
                 "service S { handle Do; handle Ask; publish Done; on Done broadcast as seen; }\n");
    const view_message *command = t.module->messages.items[0];
    assert_slice(command->subject, "catga.commands.a.b.v2.Do");
    assert_slice(command->errors, "&a_b_e_descriptor");
    assert_int_equal(command->timeout_ms, 2);
    assert_int_equal(command->retries, 2);
    const view_message *query = t.module->messages.items[1];
    assert_slice(query->errors, "NULL");
    assert_slice(query->result, "a_b_r");
    const view_message *event = t.module->messages.items[2];
    assert_true(event->is_event);
    assert_int_equal(t.module->replies.count, 1);

    const view_service *service = t.module->services.items[0];
    assert_slice(service->group, "S");
    assert_int_equal(service->handler_count, 3);
    const view_handler *seen = service->handlers.items[2];
    assert_slice(seen->name, "seen");
    assert_slice(seen->sharing, "CATGA_BROADCAST");
    assert_slice(seen->parameter, "event");
    assert_int_equal(service->publications.count, 1);
    close_fixture(&t);
}

/* ---- Values ---------------------------------------------------------------------------------- */

static void values_are_printed_for_c(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        const char *value;
        const char *c;
    } cases[] = {
        {"i8", "-128", "(-128)"},
        {"i32", "-2147483648", "INT32_MIN"},
        {"i32", "2147483647", "2147483647"},
        {"u32", "2147483648", "UINT32_C(2147483648)"},
        {"i64", "-2147483648", "(-INT64_C(2147483648))"},
        {"i64", "-9223372036854775808", "INT64_MIN"},
        {"i64", "9223372036854775807", "INT64_C(9223372036854775807)"},
        {"u64", "4294967295", "UINT32_C(4294967295)"},
        {"u64", "18446744073709551615", "UINT64_C(18446744073709551615)"},
        {"f32", "0.1", "0.1f"},
        {"f32", "3", "3.0f"},
        {"f64", "-0.1", "(-0.1)"},
        {"f64", "1e-300", "1e-300"},
        {"f64", "5e-324", "5e-324"},
        {"f64", "0.30000000000000004", "0.30000000000000004"},
        {"f64", "1e22", "1e+22"},
        {"bool", "false", "false"},
        {"decimal(3)", "-1.5", "(-1500)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        snprintf(text, sizeof text, HEAD "const X: %s = %s;\n", cases[i].type, cases[i].value);
        fixture t;
        open_fixture(&t, text);
        assert_slice(((const view_constant *)t.module->constants.items[0])->number, cases[i].c);
        close_fixture(&t);
    }
}

/* ---- The tables of names --------------------------------------------------------------------- */

static const char *manual;

/* Every name below a record type must be in the manual as `record.name`. The two names that a
 * template begins with stand alone. */
static void assert_described(const record_type *type)
{
    for (size_t i = 0; i < type->property_count; i++) {
        const property *of = &type->properties[i];
        char name[128];
        if (type == view_root_type)
            snprintf(name, sizeof name, "`%.*s`", SLICE_PRINT(of->name));
        else
            snprintf(name, sizeof name, "`%.*s.%.*s`", SLICE_PRINT(type->name),
                     SLICE_PRINT(of->name));
        if (strstr(manual, name) == NULL)
            fail_msg("templates/README.md does not describe %s", name);
        if (of->type != NULL)
            assert_described(of->type);
    }
}

static void the_manual_has_every_name(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    const char *root = getenv("CATGA_SOURCE");
    char path[512];
    const source *file = NULL;
    snprintf(path, sizeof path, "%s/templates/README.md", root == NULL ? "." : root);
    assert_int_equal(source_load_given(&c.sources, path, &file), SOURCE_OK);
    manual = file->text.data;
    assert_described(view_root_type);
    compilation_close(&c);
}

static void routes_are_listed_with_their_fields_and_statuses(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, "/// The shop's \\ orders.\n/// More.\n" HEAD
                     "errors Wrong { Lost = 1 @http(404); Taken = 2; }\ntable Result {}\n"
                     "query Inner -> Result {}\n"
                     "@http(PUT \"/a/{second}/{first}\", status: 202)\n"
                     "command Put -> Result throws Wrong { first: u8; other: u8; second: bool; }\n"
                     "@http(GET \"/events\") event Done {}\n");
    assert_slice(t.module->routes_table, "shop_orders_routes");
    assert_slice(t.module->routes_header, "t.routes.h");
    assert_slice(t.module->title, "The shop's \\ orders.");
    assert_int_equal(t.module->route_count, 2);
    const view_route *put = t.module->routes.items[0];
    assert_slice(put->message, "shop.orders.Put");
    assert_slice(put->type, "shop_orders_put");
    assert_slice(put->method, "PUT");
    assert_slice(put->path, "/a/{second}/{first}");
    assert_int_equal(put->status, 202);
    assert_int_equal(put->fields.count, 2);
    assert_int_equal(((const view_route_field *)put->fields.items[0])->id, 2);
    assert_int_equal(((const view_route_field *)put->fields.items[1])->id, 0);
    assert_int_equal(put->errors.count, 2);
    assert_int_equal(((const view_error *)put->errors.items[0])->http_status, 404);
    assert_int_equal(((const view_error *)put->errors.items[1])->http_status, 409);
    const view_route *done = t.module->routes.items[1];
    assert_int_equal(done->index, 1);
    assert_int_equal(done->status, 200);
    assert_int_equal(done->errors.count, 0);
    close_fixture(&t);
}

static void a_view_can_be_printed(void **state)
{
    (void)state;
    fixture t;
    open_fixture(&t, HEAD "/// It has \"quotes\".\nconst X: string = \"a\\nb\";\n");
    buffer out = buffer_in(&t.c.memory);
    record_dump(view_root_type, view_of(&t.c.memory, t.c.facts->modules[0], false, true), &out);
    assert_says(out.data, "root:\n  tool:\n    version: ");
    assert_says(out.data, "\n    constants:\n      -\n        name: shop.orders.X\n");
    assert_says(out.data, "\n        text: \"a\\012b\"\n        doc:\n          - "
                          "\"It has \\\"quotes\\\".\"\n");
    close_fixture(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_module_has_its_names),
        cmocka_unit_test(files_that_differ_have_guards_that_differ),
        cmocka_unit_test(a_schema_path_becomes_output_paths),
        cmocka_unit_test(a_declaration_has_its_names),
        cmocka_unit_test(names_that_flatc_reserves_get_an_underscore),
        cmocka_unit_test(each_kind_of_field_is_read_and_written_its_way),
        cmocka_unit_test(notes_say_what_types_cannot),
        cmocka_unit_test(ranges_are_checked_only_where_values_can_exceed_them),
        cmocka_unit_test(large_fields_come_first),
        cmocka_unit_test(deprecated_fields_keep_their_slot_only),
        cmocka_unit_test(an_empty_table_has_a_vtable),
        cmocka_unit_test(structs_say_whether_bytes_are_values),
        cmocka_unit_test(messages_say_how_they_travel),
        cmocka_unit_test(routes_are_listed_with_their_fields_and_statuses),
        cmocka_unit_test(values_are_printed_for_c),
        cmocka_unit_test(the_manual_has_every_name),
        cmocka_unit_test(a_view_can_be_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
