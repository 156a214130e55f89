/*
 * Small tables are encoded on the fast path if possible, and otherwise field by field. Both give
 * the same bytes and the same errors, wherever the buffer ends.
 */
#include "fast_encode.catga.h"

#include <roundtrip.h>

enum { ROUNDS = 20000, ITEMS = 6, SIZE = 2048, OFTEN = 60 };

/* The same types, encoded field by field. */
static catga_field walked_fields[8];
static catga_table walked_item;
static catga_table walked_list;

static void set_up_walked(void)
{
    const catga_table *list = &trip_fast_encode_list_descriptor;

    walked_item = trip_fast_encode_item_descriptor;
    walked_item.put = catga_put_generic;
    walked_list = *list;
    walked_list.put = catga_put_generic;
    walked_list.encode = catga_encode_any;
    walked_list.fields = walked_fields;
    for (size_t i = 0; i < list->field_count; i++) {
        walked_fields[i] = list->fields[i];
        if (walked_fields[i].type == &trip_fast_encode_item_descriptor)
            walked_fields[i].type = &walked_item;
        if (walked_fields[i].type == list)
            walked_fields[i].type = &walked_list;
    }
}

static uint32_t seed = 1;

static uint32_t any(uint32_t count)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % count;
}

/* Rare errors: too long, not UTF-8, a length without data. */
static catga_string any_text(uint32_t longest, bool required)
{
    static const char ascii[] = "abcdefghijklmnopqrstuvwxyz";
    static const char other[] = "\xc3\xa9\xe2\x82\xac";
    catga_string text = {ascii, any(longest + 1)};

    if (any(OFTEN) == 0)
        text.length = longest + 1;
    if (any(OFTEN) == 0)
        text = (catga_string){other, any(2) == 0 ? 5 : 1 + any(5)};
    if (any(required ? OFTEN : 2) == 0)
        text = (catga_string){NULL, any(OFTEN) == 0};
    return text;
}

static const trip_fast_encode_spot spot = {-1, 2};

static trip_fast_encode_item any_item(void)
{
    trip_fast_encode_item item = TRIP_FAST_ENCODE_ITEM_INIT;

    item.code = any_text(20, true);
    item.note = any_text(12, false);
    item.free = any_text(25, false);
    item.count = any(OFTEN) == 0 ? 10 * any(2) : 1 + any(9);
    item.limit.present = any(2) == 0;
    item.limit.value = any(OFTEN) == 0 ? 6 : (int64_t)any(11) - 5;
    item.flag = any(2) == 0;
    item.spot = any(2) == 0 ? &spot : NULL;
    return item;
}

static trip_fast_encode_list any_list(trip_fast_encode_item items[ITEMS],
                                      const trip_fast_encode_list *rest)
{
    static const uint16_t sizes[] = {1, 2, 3};
    trip_fast_encode_list list = TRIP_FAST_ENCODE_LIST_INIT;

    for (size_t i = 0; i < ITEMS; i++)
        items[i] = any_item();
    if (any(4) != 0)
        list.items = (trip_fast_encode_item_slice){items, any(ITEMS + 1)};
    list.title = any_text(9, false);
    if (any(2) == 0)
        list.sizes = (catga_u16_slice){sizes, any(4)};
    list.first = any(2) == 0 ? items : NULL;
    list.rest = rest;
    list.at = any(3);
    list.must = any(OFTEN) == 0 ? NULL : &spot;
    return list;
}

typedef struct result {
    catga_status status;
    size_t length;
    catga_problem problem;
    uint8_t bytes[SIZE];
} result;

static result encode(const catga_table *type, const trip_fast_encode_list *list, size_t capacity)
{
    static result made;

    memset(&made, 0x5a, sizeof made);
    made.length = 0;
    made.status = catga_encode(type, list, made.bytes, capacity, &made.length, &made.problem);
    return made;
}

static void assert_same(const result *a, const result *b)
{
    assert_int_equal(a->status, b->status);
    assert_string_equal(a->problem.text, b->problem.text);
    assert_int_equal(a->length, b->length);
    assert_memory_equal(a->bytes, b->bytes, a->length);
}

static void walked(void **state)
{
    size_t accepted = 0;

    (void)state;
    for (size_t i = 0; i < ROUNDS; i++) {
        trip_fast_encode_item items[2][ITEMS];
        trip_fast_encode_list inner = any_list(items[0], NULL);
        trip_fast_encode_list list = any_list(items[1], any(2) == 0 ? &inner : NULL);
        size_t capacity = any(4) == 0 ? any(SIZE) / 4 : SIZE;
        result ours = encode(&trip_fast_encode_list_descriptor, &list, capacity);
        result theirs = encode(&walked_list, &list, capacity);
        assert_same(&ours, &theirs);
        accepted += ours.status == CATGA_OK;
    }
    assert_true(accepted > ROUNDS / 10 && accepted < ROUNDS);
}

/* The bytes are the same wherever the buffer ends. At most the size of one vtable is requested in
 * vain. */
static void capacities(void **state)
{
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        trip_fast_encode_item items[ITEMS];
        trip_fast_encode_list list = any_list(items, NULL);
        result whole = encode(&trip_fast_encode_list_descriptor, &list, SIZE);
        if (whole.status != CATGA_OK)
            continue;
        for (size_t capacity = 0; capacity < whole.length; capacity++)
            assert_int_equal(encode(&trip_fast_encode_list_descriptor, &list, capacity).status,
                             CATGA_TOO_LARGE);
        for (size_t capacity = whole.length;
             capacity <= catga_size_bound(&trip_fast_encode_list_descriptor, &list); capacity++) {
            result part = encode(&trip_fast_encode_list_descriptor, &list, capacity);
            if (part.status == CATGA_OK)
                assert_same(&part, &whole);
            else
                assert_true(part.status == CATGA_TOO_LARGE && capacity < whole.length + 24);
        }
    }
}

/* Items with and without a note alternate, and share two vtables. */
static void in_turns(void **state)
{
    trip_fast_encode_item items[ITEMS];
    trip_fast_encode_list list = TRIP_FAST_ENCODE_LIST_INIT;
    const uint8_t *vtables[ITEMS];
    const uint8_t *root;

    (void)state;
    for (size_t i = 0; i < ITEMS; i++) {
        items[i] = (trip_fast_encode_item)TRIP_FAST_ENCODE_ITEM_INIT;
        items[i].code = catga_str("code");
        items[i].note = i % 2 == 0 ? catga_str("note") : (catga_string){NULL, 0};
    }
    list.must = &spot;
    list.items = (trip_fast_encode_item_slice){items, ITEMS};
    result made = encode(&trip_fast_encode_list_descriptor, &list, SIZE);
    assert_int_equal(
        catga_verify(&trip_fast_encode_list_descriptor, made.bytes, made.length, &root, NULL),
        CATGA_OK);
    trip_fast_encode_list_view view = {root};
    for (size_t i = 0; i < ITEMS; i++) {
        const uint8_t *item =
            trip_fast_encode_item_at(trip_fast_encode_list_get_items(view), i).table;
        vtables[i] = item - catga_load_i32(item);
        assert_ptr_equal(vtables[i], vtables[i % 2]);
    }
    assert_ptr_not_equal(vtables[0], vtables[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walked),
        cmocka_unit_test(capacities),
        cmocka_unit_test(in_turns),
    };

    set_up_walked();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
