/* Round trips of flags, arrays of fixed length and uuids, also as JSON. */
#include "sets.catga.h"

#include <roundtrip.h>

static const catga_uuid id = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255}};
static const catga_uuid other = {{0xff, 0xee, 0xdd}};

static const trip_sets_body body = {
    {1.5f, -2.5f, 0.0f},
    {true, false, true, false, true},
    {TRIP_SETS_SIDE_LEFT, TRIP_SETS_SIDE_RIGHT},
    {{1, 2.5}, {-1, -2.5}},
    {199, -1},
    {TRIP_SETS_RIGHT_READ, TRIP_SETS_RIGHT_OWN | TRIP_SETS_RIGHT_WRITE, 0},
    {{{9, 8, 7}}, {{6}}},
    {{5, 4}},
    77,
};

static void assert_uuid(catga_uuid found, catga_uuid wanted)
{
    assert_memory_equal(found.bytes, wanted.bytes, sizeof wanted.bytes);
}

static void check_body(trip_sets_body read)
{
    assert_true(read.at[0] == 1.5f && read.at[1] == -2.5f && read.at[2] == 0.0f);
    assert_true(read.on[0] && !read.on[1] && read.on[4]);
    assert_int_equal(read.sides[0], TRIP_SETS_SIDE_LEFT);
    assert_int_equal(read.points[1].x, -1);
    assert_true(read.points[1].y == -2.5);
    assert_int_equal(read.prices[1], -1);
    assert_int_equal(read.rights[1], TRIP_SETS_RIGHT_OWN | TRIP_SETS_RIGHT_WRITE);
    assert_uuid(read.ids[1], body.ids[1]);
    assert_uuid(read.id, body.id);
    assert_int_equal(read.last, 77);
}

static void check_full(const uint8_t *table)
{
    trip_sets_sets_view view = {table};
    trip_sets_body read;
    catga_uuid found;

    assert_int_equal(trip_sets_sets_get_rights(view), TRIP_SETS_RIGHT_OWN);
    assert_int_equal(trip_sets_sets_get_none(view), 0);
    assert_true(trip_sets_sets_get_wide(view) == TRIP_SETS_WIDE_HIGH);
    assert_true(trip_sets_sets_get_maybe(view).present);
    assert_int_equal(catga_u8_at(trip_sets_sets_get_many(view), 1), 3);
    assert_true(trip_sets_sets_get_body(view, &read));
    check_body(read);
    assert_int_equal(trip_sets_sets_get_bodies(view).length, 2);
    check_body(trip_sets_body_at(trip_sets_sets_get_bodies(view), 1));
    assert_int_equal(trip_sets_plain_at(trip_sets_sets_get_plains(view), 0).at[3], 4);
    assert_true(trip_sets_sets_get_id(view, &found));
    assert_uuid(found, id);
    assert_false(trip_sets_sets_get_other(view, &found));
    assert_int_equal(found.bytes[15], 0);
    catga_uuid_vector ids = trip_sets_sets_get_ids(view);
    assert_int_equal(ids.length, 2);
    assert_uuid(catga_uuid_at(ids, 1), other);
    assert_int_equal(catga_uuid_at(ids, 2).bytes[0], 0);
}

static trip_sets_sets make(void)
{
    static const catga_uuid ids[] = {{{1}}, {{0xff, 0xee, 0xdd}}};
    static const trip_sets_right many[] = {0, 3, 255};
    static const trip_sets_plain plains[] = {{{1, 2, 3, 4}, {{9}}}};
    static trip_sets_body bodies[2];
    trip_sets_sets plain = TRIP_SETS_SETS_INIT;

    bodies[0] = body;
    bodies[1] = body;
    plain.rights = TRIP_SETS_RIGHT_OWN;
    plain.maybe.present = true;
    plain.many.data = many;
    plain.many.length = 3;
    plain.body = &body;
    plain.bodies.data = bodies;
    plain.bodies.length = 2;
    plain.plains.data = plains;
    plain.plains.length = 1;
    plain.id = &id;
    plain.ids.data = ids;
    plain.ids.length = 2;
    return plain;
}

static void full(void **state)
{
    trip_sets_sets plain = make();

    (void)state;
    roundtrip(&trip_sets_sets_descriptor, &plain, check_full);
}

static void as_text(void **state)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    char text[2048];
    trip_sets_sets plain = make();
    const uint8_t *root;

    (void)state;
    plain.bodies.data = NULL;
    plain.bodies.length = 0;
    plain.plains.data = NULL;
    plain.plains.length = 0;
    size_t length = roundtrip_encode(&trip_sets_sets_descriptor, &plain, bytes);
    assert_int_equal(catga_verify(&trip_sets_sets_descriptor, bytes, length, &root, NULL),
                     CATGA_OK);
    catga_json_write(&trip_sets_sets_descriptor, root, text, sizeof text);
    assert_string_equal(
        text,
        "{\"rights\":\"Own\",\"none\":0,\"wide\":\"High\",\"maybe\":0,\"many\":[0,\"Read "
        "Write\",255],"
        "\"body\":{\"at\":[1.5,-2.5,0],\"on\":[true,false,true,false,true],"
        "\"sides\":[\"Left\",\"Right\"],\"points\":[{\"x\":1,\"y\":2.5},{\"x\":-1,\"y\":-2.5}],"
        "\"prices\":[1.99,-0.01],\"rights\":[\"Read\",\"Write Own\",0],"
        "\"ids\":[\"09080700-0000-0000-0000-000000000000\",\"06000000-0000-0000-0000-"
        "000000000000\"],"
        "\"id\":\"05040000-0000-0000-0000-000000000000\",\"last\":77},"
        "\"id\":\"01020304-0506-0708-090a-0b0c0d0e0fff\","
        "\"ids\":[\"01000000-0000-0000-0000-000000000000\",\"ffeedd00-0000-0000-0000-"
        "000000000000\"]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(full), cmocka_unit_test(as_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
