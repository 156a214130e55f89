/* Structs with @align: on the wire, in C, alone, in tables, in vectors and in unions. */
#include "aligned.catga.h"

#include <roundtrip.h>

_Static_assert(sizeof(trip_aligned_vector) == 16 && _Alignof(trip_aligned_vector) == 16,
               "the vector");
_Static_assert(sizeof(trip_aligned_byte) == 8 && _Alignof(trip_aligned_byte) == 8, "the byte");
_Static_assert(sizeof(trip_aligned_pair) == 48 && _Alignof(trip_aligned_pair) == 16, "the pair");

static const trip_aligned_vector eye = {1, 2, 3};
static const trip_aligned_vector points[] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
static const trip_aligned_byte one_byte = {5};
static const trip_aligned_byte two_bytes[] = {{6}, {7}};
static const trip_aligned_pair pair = {1, {2, 3, 4}, {{5}, {6}}};
static const trip_aligned_pair pairs[] = {{1, {2, 3, 4}, {{5}, {6}}},
                                          {7, {8, 9, 10}, {{11}, {12}}}};
static trip_aligned_named named;
static trip_aligned_shape shapes[3];
static trip_aligned_child children[4];

static trip_aligned_scene scene(const char *name)
{
    trip_aligned_scene plain = TRIP_ALIGNED_SCENE_INIT;

    named.text = catga_str("n");
    shapes[0].type = TRIP_ALIGNED_SHAPE_VECTOR;
    shapes[0].vector = &points[1];
    shapes[1].type = TRIP_ALIGNED_SHAPE_NAMED;
    shapes[1].named = &named;
    shapes[2].type = TRIP_ALIGNED_SHAPE_BYTE;
    shapes[2].byte = &one_byte;
    for (size_t i = 0; i < 4; i++) {
        children[i].flag = (uint8_t)i;
        children[i].at = i % 2 == 0 ? &points[i / 2] : NULL;
        children[i].text = catga_str(&"text"[i]);
    }
    plain.name = catga_str(name);
    plain.eye = &eye;
    plain.flag = 3;
    plain.pair = &pair;
    plain.time = UINT64_MAX;
    plain.points.data = points;
    plain.points.length = 3;
    plain.byte = &one_byte;
    plain.bytes.data = two_bytes;
    plain.bytes.length = 2;
    plain.shape = shapes[0];
    plain.shapes.data = shapes;
    plain.shapes.length = 3;
    plain.pairs.data = pairs;
    plain.pairs.length = 2;
    plain.children.data = children;
    plain.children.length = 4;
    return plain;
}

static void check_scene(const uint8_t *table)
{
    trip_aligned_scene_view view = {table};
    trip_aligned_vector vector;
    trip_aligned_pair read;

    assert_true(trip_aligned_scene_get_eye(view, &vector) && vector.z == 3);
    assert_true(trip_aligned_scene_get_pair(view, &read) && read.first.y == 3 &&
                read.bytes[1].a == 6);
    assert_int_equal(trip_aligned_scene_get_points(view).length, 3);
    vector = trip_aligned_vector_at(trip_aligned_scene_get_points(view), 2);
    assert_true(vector.x == 7 && vector.z == 9);
    vector = trip_aligned_shape_as_vector(trip_aligned_scene_get_shape(view));
    assert_true(vector.y == 5);
    read = trip_aligned_pair_at(trip_aligned_scene_get_pairs(view), 1);
    assert_true(read.first.z == 10 && read.bytes[1].a == 12);
    assert_int_equal(trip_aligned_byte_at(trip_aligned_scene_get_bytes(view), 1).a, 7);
    assert_true(trip_aligned_child_get_at(
        trip_aligned_child_at(trip_aligned_scene_get_children(view), 2), &vector));
    assert_true(vector.x == 4);
}

/* Names of each length move the following bytes. */
static void there_and_back(void **state)
{
    (void)state;
    for (size_t length = 0; length <= 16; length++) {
        char name[17] = "";
        memset(name, 'x', length);
        const trip_aligned_scene plain = scene(name);
        roundtrip(&trip_aligned_scene_descriptor, &plain, check_scene);
    }
}

static void check_nothing(const uint8_t *table)
{
    (void)table;
}

static void some_fields_only(void **state)
{
    trip_aligned_scene plain = TRIP_ALIGNED_SCENE_INIT;
    trip_aligned_child child = {1, &eye, {NULL, 0}};

    (void)state;
    plain.byte = &one_byte;
    roundtrip(&trip_aligned_scene_descriptor, &plain, check_nothing);
    plain.pair = &pair;
    roundtrip(&trip_aligned_scene_descriptor, &plain, check_nothing);
    roundtrip(&trip_aligned_child_descriptor, &child, check_nothing);
    child.at = NULL;
    roundtrip(&trip_aligned_child_descriptor, &child, check_nothing);
}

static size_t encode(uint8_t *bytes, size_t capacity)
{
    const trip_aligned_scene plain = scene("odd");
    size_t length = 0;

    assert_int_equal(trip_aligned_scene_encode(&plain, bytes, capacity, &length, NULL), CATGA_OK);
    return length;
}

static size_t offset_of(const uint8_t *bytes, const void *part)
{
    return (size_t)((const uint8_t *)part - bytes);
}

static void each_struct_is_aligned(void **state)
{
    uint8_t bytes[2048];
    size_t length = encode(bytes, sizeof bytes);
    trip_aligned_scene_view view;

    (void)state;
    assert_int_equal(trip_aligned_scene_open(bytes, length, &view, NULL), CATGA_OK);
    assert_int_equal(offset_of(bytes, catga_find(view.table, 6)) % 16, 0);
    assert_int_equal(offset_of(bytes, catga_find(view.table, 10)) % 16, 0);
    assert_int_equal(offset_of(bytes, trip_aligned_scene_get_points(view).data) % 16, 0);
    assert_int_equal(offset_of(bytes, trip_aligned_scene_get_pairs(view).data) % 16, 0);
    assert_int_equal(offset_of(bytes, trip_aligned_scene_get_shape(view).value) % 16, 0);
    assert_int_equal(offset_of(bytes, trip_aligned_scene_get_bytes(view).data) % 8, 0);
}

/* Bytes that are moved by 8 are not aligned to 16 any more. */
static void misaligned_structs_are_rejected(void **state)
{
    uint8_t bytes[2048 + 8];
    catga_problem problem;
    trip_aligned_scene_view view;
    size_t length = encode(bytes + 8, 2048);

    (void)state;
    if (CATGA_SWAPPED)
        skip();
    memcpy(bytes, bytes + 8, 8);
    bytes[0] = (uint8_t)(bytes[0] + 8);
    assert_int_equal(trip_aligned_scene_open(bytes, length + 8, &view, &problem),
                     CATGA_BAD_MESSAGE);
    assert_non_null(strstr(problem.text, "not inside its table"));
}

/* Memory from malloc is aligned for these structs. */
static void plain_structs_are_aligned(void **state)
{
    static _Alignas(16) uint8_t memory[4096];
    uint8_t bytes[2048];
    catga_arena arena = {memory, sizeof memory, 0};
    size_t length = encode(bytes, sizeof bytes);
    trip_aligned_scene_view view;
    trip_aligned_scene plain;

    (void)state;
    assert_int_equal(trip_aligned_scene_open(bytes, length, &view, NULL), CATGA_OK);
    for (size_t begin = 0; begin < 16; begin++) {
        arena.used = begin;
        assert_int_equal(trip_aligned_scene_unpack(view, &plain, &arena), CATGA_OK);
        assert_int_equal((uintptr_t)plain.eye % 16, 0);
        assert_int_equal((uintptr_t)plain.pair % 16, 0);
        assert_int_equal((uintptr_t)plain.points.data % 16, 0);
        assert_int_equal((uintptr_t)plain.shape.vector % 16, 0);
        assert_true(plain.points.data[2].z == 9);
    }
}

static void the_largest_size_is_enough(void **state)
{
    uint8_t bytes[TRIP_ALIGNED_BOUNDED_MAX_SIZE];
    trip_aligned_bounded plain = TRIP_ALIGNED_BOUNDED_INIT;
    size_t length = 0;

    (void)state;
    plain.a = 1;
    plain.eye = &eye;
    plain.points.data = points;
    plain.points.length = 3;
    plain.shape.type = TRIP_ALIGNED_ENDING_VECTOR;
    plain.shape.vector = &points[0];
    plain.byte = 2;
    plain.text = catga_str("12345");
    assert_int_equal(trip_aligned_bounded_size_bound(&plain), TRIP_ALIGNED_BOUNDED_MAX_SIZE);
    for (size_t i = 0; i <= 5; i++) {
        plain.text.length = i;
        assert_int_equal(trip_aligned_bounded_encode(
                             &plain, bytes, trip_aligned_bounded_size_bound(&plain), &length, NULL),
                         CATGA_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(some_fields_only),
        cmocka_unit_test(each_struct_is_aligned),
        cmocka_unit_test(misaligned_structs_are_rejected),
        cmocka_unit_test(plain_structs_are_aligned),
        cmocka_unit_test(the_largest_size_is_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
