/*
 * The fast path of the verifier agrees with the verification field by field. A message is tried
 * with each byte changed to each other value, cut at each length, and with a table's vtable at each
 * position. Both verifiers accept or reject it, and name the same field.
 */
#include "fast_verify.catga.h"

#include <roundtrip.h>

static const catga_table *const box = &trip_fast_verify_box_descriptor;

/* The same types, verified field by field. */
static catga_table line_type;
static catga_table box_type;
static catga_field box_fields[4];

static int copy_types(void **state)
{
    (void)state;
    line_type = trip_fast_verify_line_descriptor;
    box_type = *box;
    line_type.verify = catga_verify_generic;
    box_type.verify = catga_verify_generic;
    assert_int_equal(box_type.field_count, 4);
    memcpy(box_fields, box_type.fields, sizeof box_fields);
    box_fields[1].type = &line_type;
    box_fields[2].type = &line_type;
    box_type.fields = box_fields;
    return 0;
}

static bool verify(const catga_table *type, const uint8_t *bytes, size_t length,
                   catga_problem *problem)
{
    const uint8_t *root;

    return catga_verify(type, bytes, length, &root, problem) == CATGA_OK;
}

/* Returns whether the bytes are valid; both verifiers must agree. */
static bool same(const uint8_t *bytes, size_t length)
{
    catga_problem fast = {0};
    catga_problem walk = {0};
    bool valid = verify(box, bytes, length, &fast);

    assert_int_equal(valid, verify(&box_type, bytes, length, &walk));
    if (!valid)
        assert_string_equal(fast.text, walk.text);
    return valid;
}

/* The id contains the vtable of a line, once at an even and once at an odd position. */
static size_t encode(uint8_t *bytes)
{
    trip_fast_verify_line lines[] = {
        {catga_str("tea"), 3, 1}, {catga_str("coffee"), 2, 2}, {catga_str("chocolates"), 9, 3}};
    trip_fast_verify_box native = {{NULL, 0}, {lines, 3}, &lines[1], 4};
    uint8_t id[40] = {0};

    for (size_t i = 0; i < 5; i++) {
        catga_store_u16(id + 2 * i, line_type.vtable[i]);
        catga_store_u16(id + 21 + 2 * i, line_type.vtable[i]);
    }
    native.id = (catga_string){(const char *)id, sizeof id};
    return roundtrip_encode(box, &native, bytes);
}

static void each_byte(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length = encode(bytes);

    (void)state;
    assert_true(same(bytes, length));
    for (size_t i = 0; i < length; i++) {
        uint8_t right = bytes[i];
        for (unsigned value = 0; value < 256; value++) {
            bytes[i] = (uint8_t)value;
            same(bytes, length);
        }
        bytes[i] = right;
    }
}

static void each_length(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length = encode(bytes);

    (void)state;
    for (size_t cut = 0; cut < length; cut++)
        same(bytes, cut);
}

/* Moves the vtable of the first line. The vtable's position is the line's position minus a number
 * stored there. */
static void each_vtable(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    size_t length = encode(bytes);

    (void)state;
    const uint8_t *root = bytes + catga_load_u32(bytes);
    const uint8_t *lines = catga_follow(catga_find(root, box_fields[1].slot));
    size_t line = (size_t)(catga_follow(lines + 4) - bytes);
    size_t valid = 0;
    for (size_t vtable = 0; vtable < length; vtable++) {
        catga_store_i32(bytes + line, (int32_t)line - (int32_t)vtable);
        valid += same(bytes, length);
    }
    assert_int_equal(valid, 2); /* its own position, and the even one in the id */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte),
        cmocka_unit_test(each_length),
        cmocka_unit_test(each_vtable),
    };

    return cmocka_run_group_tests(tests, copy_types, NULL);
}
