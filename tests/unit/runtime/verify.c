/* catga_verify: accepted and rejected buffers. An accepted buffer can be read, whatever its bytes
 * are. */
#include "codec.h"

#include <math.h>
#include <time.h>

static const catga_table *const order = &test_codec_order_descriptor;
static const catga_table *const node = &test_codec_node_descriptor;

enum { BUFFER_SIZE = 1024 };

/* Slots of the fields of Order and Line, in the order of the schema. */
enum { ORDER_ID = 4, LINES = 6, NOTE = 8, TAGS = 10, POINT = 12, TOTAL = 14, DATA = 16, BEST = 18 };
enum { PRODUCT_ID = 4, QUANTITY = 6, WEIGHTS = 8, RATIO = 10 };

/* A valid order, and the positions of its parts. */
typedef struct sample {
    uint8_t bytes[BUFFER_SIZE];
    size_t length;
    uint8_t *root;
} sample;

static sample *begin(sample *s)
{
    test_codec_order plain = codec_order();
    const uint8_t *root;

    s->length = codec_encode(order, &plain, s->bytes, sizeof s->bytes);
    assert_int_equal(catga_verify(order, s->bytes, s->length, &root, NULL), CATGA_OK);
    s->root = s->bytes + (root - s->bytes);
    return s;
}

static uint8_t *field_of(sample *s, const uint8_t *table, uint16_t slot)
{
    const uint8_t *at = catga_find(table, slot);

    assert_non_null(at);
    return s->bytes + (at - s->bytes);
}

static uint8_t *behind(sample *s, const uint8_t *table, uint16_t slot)
{
    uint8_t *at = field_of(s, table, slot);

    return at + catga_load_u32(at);
}

static uint8_t *line_of(sample *s, uint32_t index)
{
    uint8_t *at = behind(s, s->root, LINES) + 4 + 4 * index;

    return at + catga_load_u32(at);
}

static uint8_t *vtable_of(sample *s, const uint8_t *table)
{
    return s->bytes + (table - catga_load_i32(table) - s->bytes);
}

static void expect_refused(const catga_table *type, const uint8_t *bytes, size_t length,
                           const char *text)
{
    catga_problem problem = {"untouched"};
    const uint8_t *root = bytes;
    uint8_t *exact = malloc(length == 0 ? 1 : length);

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    assert_int_equal(catga_verify(type, exact, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_null(root);
    assert_int_equal(catga_verify(type, exact, length, &root, NULL), CATGA_BAD_MESSAGE);
    free(exact);
    if (text != NULL)
        assert_string_equal(problem.text, text);
    else
        assert_true(problem.text[0] != '\0');
}

static void expect_accepted(const catga_table *type, const uint8_t *bytes, size_t length)
{
    catga_problem problem;
    const uint8_t *root;

    if (catga_verify(type, bytes, length, &root, &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    assert_string_equal(problem.text, "");
    codec_read_all(type, root);
}

static void refuse(sample *s, const char *text)
{
    expect_refused(order, s->bytes, s->length, text);
}

/* ---- Whole buffers ---- */

static void too_short(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    for (size_t length = 0; length < 12; length++)
        expect_refused(order, s.bytes, length, "too short");
}

/* Offsets cannot exceed 2^31. A larger buffer is rejected unread, and no bit of its length is lost.
 * */
static void too_long(void **state)
{
    static const uint64_t lengths[] = {INT32_MAX, UINT32_MAX, UINT64_C(1) << 32,
                                       UINT64_C(1) << 32 | 512, SIZE_MAX - 1};
    sample s;

    (void)state;
    begin(&s);
    for (size_t i = 0; i < CODEC_COUNT(lengths); i++) {
        catga_problem problem;
        const uint8_t *root;
        assert_int_equal(catga_verify(order, s.bytes, (size_t)lengths[i] + 1, &root, &problem),
                         CATGA_BAD_MESSAGE);
        assert_string_equal(problem.text, "too long");
    }
}

/* Every truncated buffer is rejected: its last part is a NUL or an element. */
static void truncated(void **state)
{
    sample s;
    const uint8_t *root;

    (void)state;
    begin(&s);
    for (size_t length = 0; length < s.length; length++) {
        uint8_t *exact = malloc(length == 0 ? 1 : length);
        assert_non_null(exact);
        memcpy(exact, s.bytes, length);
        if (catga_verify(order, exact, length, &root, NULL) == CATGA_OK) {
            assert_true(length + 4 > s.length); /* only padding is cut off */
            codec_read_all(order, root);
        }
        free(exact);
    }
}

static void of_another_type(void **state)
{
    sample s;
    uint8_t other[64];
    char text[CATGA_PROBLEM_TEXT];
    const char *wanted = test_codec_order_descriptor.identifier;
    const char *found = test_codec_noticed_descriptor.identifier;
    test_codec_noticed plain = TEST_CODEC_NOTICED_INIT;

    (void)state;
    size_t length = codec_encode(&test_codec_noticed_descriptor, &plain, other, sizeof other);
    snprintf(text, sizeof text, "not a test.codec.Order: the identifier is \"%.4s\", not \"%.4s\"",
             found, wanted);
    expect_refused(order, other, length, text);
    begin(&s);
    memcpy(s.bytes + 4, "\n\0\xff ", 4);
    snprintf(text, sizeof text, "not a test.codec.Order: the identifier is \"??? \", not \"%.4s\"",
             wanted);
    refuse(&s, text);
}

static void root_offset(void **state)
{
    static const uint32_t offsets[] = {0,          1,          2,          3,         13,
                                       0x7ffffffc, 0x80000000, 0xfffffffc, UINT32_MAX};
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(offsets); i++) {
        catga_store_u32(begin(&s)->bytes, offsets[i]);
        refuse(&s, "an offset that leads outside");
    }
    catga_store_u32(begin(&s)->bytes, (uint32_t)(s.length + 3) & ~3u);
    refuse(&s, "an offset that leads outside");
}

/* ---- Tables ---- */

static void vtable_place(void **state)
{
    static const int32_t offsets[] = {INT32_MIN, INT32_MAX, -1000000, 1000000, -4000, 12, 11};
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(offsets); i++) {
        catga_store_i32(begin(&s)->root, offsets[i]);
        refuse(&s, "a vtable that lies outside");
    }
    begin(&s);
    catga_store_i32(s.root, catga_load_i32(s.root) - 1); /* odd */
    refuse(&s, NULL);
}

static void vtable_size(void **state)
{
    static const uint16_t sizes[] = {0, 1, 2, 3, 5, 21, 0xfffe, 0xffff};
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(sizes); i++) {
        begin(&s);
        catga_store_u16(vtable_of(&s, s.root), sizes[i]);
        refuse(&s, "a vtable that ends outside");
    }
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root), 4); /* shorter: no field is present */
    refuse(&s, "order_id: required, but absent");
}

/* Tables of older and newer senders: fields that they lack are absent, and unknown fields are
 * ignored. */
static void short_vtable(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root), 14); /* ends after `point` */
    expect_accepted(order, s.bytes, s.length);
    catga_store_u16(vtable_of(&s, s.root), 12);
    refuse(&s, "point: required, but absent");
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root), 28); /* the following bytes count as further fields */
    expect_accepted(order, s.bytes, s.length);
}

static void table_size(void **state)
{
    static const uint16_t sizes[] = {0, 1, 2, 3, 0xffff, 0xfffc};
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(sizes); i++) {
        begin(&s);
        catga_store_u16(vtable_of(&s, s.root) + 2, sizes[i]);
        refuse(&s, "a table that ends outside");
    }
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root) + 2, 4);
    refuse(&s, "order_id: not inside its table");
}

static void slots(void **state)
{
    sample s;

    (void)state;
    for (uint16_t value = 1; value < 4; value++) {
        begin(&s);
        catga_store_u16(vtable_of(&s, s.root) + NOTE, value);
        refuse(&s, "note: not inside its table");
    }
    begin(&s);
    uint16_t size = catga_load_u16(vtable_of(&s, s.root) + 2);
    catga_store_u16(vtable_of(&s, s.root) + NOTE, size);
    refuse(&s, "note: not inside its table");
    catga_store_u16(vtable_of(&s, s.root) + NOTE, (uint16_t)(size - 2));
    refuse(&s, "note: not inside its table");
    catga_store_u16(vtable_of(&s, s.root) + NOTE, 0xffff);
    refuse(&s, "note: not inside its table");
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root) + POINT, (uint16_t)(size - 12));
    refuse(&s, "point: not inside its table");
    begin(&s);
    uint8_t *total = vtable_of(&s, s.root) + TOTAL;
    catga_store_u16(total, (uint16_t)(catga_load_u16(total) ^ 4)); /* misaligned */
    refuse(&s, "total: not inside its table");
}

/* With more than eight fields, the first eight are in their usual slots, and the rest is absent. */
static void beginning_of_a_full_vtable(void **state)
{
    static const char all[] =
        "{\"flag\":true,\"signed_8\":1,\"signed_16\":1,\"signed_32\":1,\"signed_64\":1,\"unsigned_"
        "8\":1,"
        "\"unsigned_16\":1,\"unsigned_32\":1,\"unsigned_64\":1,\"single\":1,\"twice\":1,\"color\":"
        "\"Blue\","
        "\"huge\":1,\"price\":1,\"at\":\"1970-01-01T00:00:01Z\",\"took\":\"1s\",\"text\":\"\","
        "\"data\":\"\","
        "\"maybe\":0,\"maybe_on\":false,\"point\":{\"x\":1,\"y\":1},\"mixed\":{\"on\":true,"
        "\"color\":1,"
        "\"at\":{\"x\":1,\"y\":1},\"price\":1},\"inner\":{},\"numbers\":[],\"flags\":[],\"colors\":"
        "[],"
        "\"prices\":[],\"times\":[],\"texts\":[],\"points\":[],\"inners\":[]}";
    static uint64_t memory[1024];
    static uint8_t bytes[BUFFER_SIZE];
    const catga_table *kinds = &test_codec_kinds_descriptor;
    catga_arena arena = {memory, sizeof memory, 0};
    test_codec_kinds plain;
    const uint8_t *root;

    (void)state;
    assert_int_equal(
        catga_json_read(kinds, all, strlen(all), CATGA_REFUSE_UNKNOWN, &plain, &arena, NULL),
        CATGA_OK);
    size_t length = codec_encode(kinds, &plain, bytes, sizeof bytes);
    assert_int_equal(catga_verify(kinds, bytes, length, &root, NULL), CATGA_OK);
    uint8_t *vtable = bytes + (root - catga_load_i32(root) - bytes);
    for (uint32_t i = 0; i < 2 + 31; i++)
        assert_int_equal(catga_load_u16(vtable + 2 * i), kinds->vtable[i]);
    for (uint16_t count = 0; count <= 31; count++) {
        catga_store_u16(vtable, (uint16_t)(4 + 2 * count));
        expect_accepted(kinds, bytes, length);
        assert_int_equal(catga_find(root, 4 + 2 * 8) != NULL, count > 8);
    }
}

static void offsets_of_fields(void **state)
{
    static const uint32_t offsets[] = {0,          1,          2,          0x7ffffffc, 0x80000000,
                                       0xfffffff0, 0xfffffffc, UINT32_MAX, 0x00100000};

    static const struct {
        uint16_t slot;
        const char *text;
    } fields[] = {
        {ORDER_ID, "order_id: an offset that leads outside"},
        {LINES, "lines: an offset that leads outside"},
        {NOTE, "note: an offset that leads outside"},
        {TAGS, "tags: an offset that leads outside"},
        {DATA, "data: an offset that leads outside"},
        {BEST, "best: an offset that leads outside"},
    };
    sample s;
    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(offsets); i++)
        for (size_t k = 0; k < CODEC_COUNT(fields); k++) {
            begin(&s);
            catga_store_u32(field_of(&s, s.root, fields[k].slot), offsets[i]);
            refuse(&s, fields[k].text);
        }
}

static void offsets_of_elements(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    catga_store_u32(behind(&s, s.root, LINES) + 4 + 4 * 2, 0x1000);
    refuse(&s, "lines[2]: an offset that leads outside");
    begin(&s);
    catga_store_u32(behind(&s, s.root, TAGS) + 4 + 4, 0);
    refuse(&s, "tags[1]: an offset that leads outside");
}

static void required(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root) + LINES, 0);
    refuse(&s, "lines: required, but absent");
    begin(&s);
    catga_store_u16(vtable_of(&s, s.root) + POINT, 0);
    refuse(&s, "point: required, but absent");
    begin(&s);
    catga_store_u16(vtable_of(&s, line_of(&s, 0)) + PRODUCT_ID, 0);
    refuse(&s, "lines[0].product_id: required, but absent");
}

/* ---- Targets of offsets ---- */

static void strings(void **state)
{
    sample s;

    (void)state;
    for (uint32_t less = 0; less < 8; less++) {
        begin(&s);
        catga_store_u32(behind(&s, s.root, NOTE), UINT32_MAX - less);
        refuse(&s, "note: a string that ends outside");
    }
    begin(&s);
    uint8_t *note = behind(&s, s.root, NOTE);
    catga_store_u32(note, (uint32_t)(s.bytes + s.length - note - 4)); /* no room for its NUL */
    refuse(&s, "note: a string that ends outside");
    begin(&s);
    note[4 + catga_load_u32(note)] = 'x';
    refuse(&s, "note: a string without its NUL");
    begin(&s);
    note[4] = 0;
    expect_accepted(order, s.bytes, s.length); /* a NUL inside is a character */
}

static void not_utf8(void **state)
{
    static const char *const wrong[] = {
        "\x80",
        "\xc0\x80",
        "\xc1\xbf",
        "\xe0\x80\x80",
        "\xed\xa0\x80",
        "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xc3"
        "a",
        "\xe2\x82"
        "a",
    };
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        for (size_t at = 0; at < 12; at++) {
            begin(&s);
            memcpy(behind(&s, s.root, NOTE) + 4 + at, wrong[i], strlen(wrong[i]));
            refuse(&s, "note: not UTF-8");
        }
    begin(&s);
    uint8_t *tag = behind(&s, s.root, TAGS) + 4 + 4 * 2;
    tag += catga_load_u32(tag);
    tag[9] = 0xc3; /* ends in the middle of a character */
    refuse(&s, "tags[2]: not UTF-8");
}

/* An invalid length of a string is found before its bytes are read. */
static void longer_than_max(void **state)
{
    static uint8_t bytes[16384];
    static const test_codec_point point = {0, 0};
    test_codec_line lines[101];
    char text[64];

    (void)state;
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < CODEC_COUNT(lines); i++) {
        test_codec_line line = TEST_CODEC_LINE_INIT;
        line.product_id = catga_str("x");
        lines[i] = line;
    }
    lines[3].product_id.data = text;
    lines[3].product_id.length = sizeof text;
    test_codec_order plain = TEST_CODEC_ORDER_INIT;
    plain.order_id = catga_str("x");
    plain.point = &point;
    plain.lines.data = lines;
    plain.lines.length = 100;
    size_t length = codec_encode(order, &plain, bytes, sizeof bytes);
    expect_accepted(order, bytes, length);
    for (size_t at = 0; at + 64 < length; at += 4) /* one byte longer: its NUL becomes a character
                                                    */
        if (catga_load_u32(bytes + at) == 64 && bytes[at + 4] == 'a') {
            catga_store_u32(bytes + at, 65);
            bytes[at + 4 + 64] = 'a';
        }
    expect_refused(order, bytes, length, "lines[3].product_id: longer than 64");
}

static void too_many_elements(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    catga_store_u32(behind(&s, s.root, TAGS), 11);
    refuse(&s, "tags: more elements than 10");
    begin(&s);
    uint8_t *data = behind(&s, s.root, DATA);
    catga_store_u32(data, (uint32_t)(s.bytes + s.length - data - 4 + 1));
    refuse(&s, "data: a vector that ends outside");
    static const uint32_t lengths[] = {UINT32_MAX, 0x80000000, 0x40000000, 0x40000001, 0x20000000};
    for (size_t i = 0; i < CODEC_COUNT(lengths); i++) {
        begin(&s);
        catga_store_u32(behind(&s, s.root, LINES), lengths[i]);
        refuse(&s, "lines: a vector that ends outside");
        begin(&s);
        catga_store_u32(behind(&s, line_of(&s, 0), WEIGHTS), lengths[i]);
        refuse(&s, "lines[0].weights: a vector that ends outside");
    }
}

/* One element more than the schema allows: the vector then contains the following bytes. */
static void too_many_bytes(void **state)
{
    static uint8_t bytes[4096];
    static const uint8_t data[1024];
    test_codec_order plain = codec_order();
    const uint8_t *root;

    (void)state;
    plain.data.data = data;
    plain.data.length = sizeof data;
    size_t length = codec_encode(order, &plain, bytes, sizeof bytes);
    assert_int_equal(catga_verify(order, bytes, length, &root, NULL), CATGA_OK);
    uint8_t *at = bytes + (catga_get_bytes(root, DATA).data - bytes) - 4;
    assert_int_equal(catga_load_u32(at), sizeof data);
    catga_store_u32(at, sizeof data + 1);
    expect_refused(order, bytes, length, "data: longer than 1024");
}

static void misaligned_vectors(void **state)
{
    sample s;

    (void)state;
    begin(&s);
    uint8_t *at = field_of(&s, line_of(&s, 0), WEIGHTS);
    uint8_t *moved = at + catga_load_u32(at) + 4;
    catga_store_u32(at, catga_load_u32(at) + 4);
    catga_store_u32(moved, 1);
    refuse(&s, "lines[0].weights: a vector that is not aligned");
    catga_store_u32(moved, 0);
    expect_accepted(order, s.bytes, s.length);
}

static void ranges(void **state)
{
    static const float ratios[] = {-0.5f, 1.5f, -INFINITY, INFINITY, NAN, -NAN};
    static const uint32_t quantities[] = {0, 1001, UINT32_MAX};
    sample s;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(quantities); i++) {
        begin(&s);
        catga_store_u32(field_of(&s, line_of(&s, 2), QUANTITY), quantities[i]);
        refuse(&s, "lines[2].quantity: out of range");
    }
    for (size_t i = 0; i < CODEC_COUNT(ratios); i++) {
        begin(&s);
        catga_store_f32(field_of(&s, line_of(&s, 0), RATIO), ratios[i]);
        refuse(&s, "lines[0].ratio: out of range");
    }
    begin(&s);
    catga_store_i64(field_of(&s, s.root, TOTAL), -1);
    refuse(&s, "total: out of range");
    begin(&s);
    catga_store_f32(field_of(&s, behind(&s, s.root, BEST), RATIO), NAN);
    refuse(&s, "best.ratio: out of range");
}

/* ---- Depth and sharing ---- */

/* Builds a chain of `count` nodes by `next`: two vtables, then tables of 8 bytes. */
static size_t chain(uint8_t *bytes, uint32_t count)
{
    static const uint8_t vtables[] = {8, 0, 8, 0, 0, 0, 4, 0, 4, 0, 4, 0};
    uint32_t at = 8 + sizeof vtables;

    memset(bytes, 0, at + 8 * count);
    memcpy(bytes + 4, node->identifier, 4);
    memcpy(bytes + 8, vtables, sizeof vtables);
    catga_store_u32(bytes, at);
    for (uint32_t i = 0; i < count; i++, at += 8) {
        bool last = i + 1 == count;
        catga_store_i32(bytes + at, (int32_t)(at - (last ? 16 : 8)));
        catga_store_u32(bytes + at + 4, last ? 0 : 4);
    }
    return at;
}

static void depth(void **state)
{
    uint8_t bytes[2048];
    catga_problem problem;
    const uint8_t *root;

    (void)state;
    for (uint32_t count = 1; count <= 64; count++)
        expect_accepted(node, bytes, chain(bytes, count));
    for (uint32_t count = 65; count <= 200; count += 27) {
        size_t length = chain(bytes, count);
        assert_int_equal(catga_verify(node, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
        assert_non_null(strstr(problem.text, "nested deeper than 64"));
        assert_memory_equal(problem.text, "...next.next.", 13);
    }
}

/* Builds `levels` vectors. All `width` elements of a vector are one node, which has the next
 * vector. */
static size_t bomb(uint8_t *bytes, uint32_t levels, uint32_t width)
{
    static const uint8_t vtables[] = {10, 0, 8, 0, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 4, 0};
    uint32_t at = 8 + sizeof vtables;

    memcpy(bytes + 4, node->identifier, 4);
    memcpy(bytes + 8, vtables, sizeof vtables);
    catga_store_u32(bytes, at);
    for (uint32_t level = 0; level < levels; level++) {
        catga_store_i32(bytes + at, (int32_t)(at - 8));
        catga_store_u32(bytes + at + 4, 4);
        catga_store_u32(bytes + at + 8, width);
        at += 12;
        uint32_t child = at + 4 * width;
        for (; at < child; at += 4)
            catga_store_u32(bytes + at, child - at);
    }
    catga_store_i32(bytes + at, (int32_t)(at - 20));
    return at + 4;
}

/* Builds the same depth from vectors with one node each. */
static void depth_of_vectors(void **state)
{
    uint8_t bytes[2048];
    catga_problem problem;
    const uint8_t *root;

    (void)state;
    expect_accepted(node, bytes, bomb(bytes, 63, 1));
    size_t length = bomb(bytes, 64, 1);
    assert_int_equal(catga_verify(node, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_non_null(strstr(problem.text, "nested deeper than 64"));
    assert_memory_equal(problem.text, "...children[0].", 15);
}

/* Returns the processor time of verifying in seconds, the best of five. */
static double cost(const uint8_t *bytes, size_t length, catga_status expected)
{
    double least = 1e9;

    for (int i = 0; i < 5; i++) {
        catga_problem problem;
        const uint8_t *root;
        clock_t begun = clock();
        for (int k = 0; k < 20; k++)
            assert_int_equal(catga_verify(node, bytes, length, &root, &problem), expected);
        double seconds = (double)(clock() - begun) / CLOCKS_PER_SEC;
        if (seconds < least)
            least = seconds;
    }
    return least;
}

/* Ten levels of ten would be 10^10 tables. Rejecting them costs about as much as accepting the
 * largest message. */
static void shared_parts(void **state)
{
    uint8_t honest[1024], bytes[1024];
    catga_problem problem;
    const uint8_t *root;

    (void)state;
    for (uint32_t levels = 1; levels <= 3;
         levels++) /* honest senders share too, up to 1,111 tables */
        expect_accepted(node, honest, bomb(honest, levels, 10));
    size_t length = bomb(bytes, 10, 10);
    assert_true(length < 1024);
    assert_int_equal(catga_verify(node, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_non_null(strstr(problem.text, "parts shared too often"));
    double accepted = cost(honest, bomb(honest, 3, 10), CATGA_OK);
    assert_true(cost(bytes, length, CATGA_BAD_MESSAGE) < 50 * accepted);
}

/* The same with a chain instead of nested vectors: all elements of the one vector are the chain's
 * first node. */
static void shared_chain(void **state)
{
    enum {
        WIDTH = 3000,
        COUNT = 10,
        ROOT = 20,
        VECTOR = ROOT + 8,
        CHAIN = VECTOR + 4 + 4 * WIDTH,
        FIRST = CHAIN + 12
    };
    static const uint8_t vtable[] = {10, 0, 8, 0, 0, 0, 0, 0, 4, 0};
    static uint8_t bytes[CHAIN + 12 + 8 * COUNT];
    uint8_t behind_header[8 + 12 + 8 * COUNT];
    catga_problem problem;
    const uint8_t *root;

    (void)state;
    chain(behind_header, COUNT);
    memcpy(bytes + CHAIN, behind_header + 8, 12 + 8 * COUNT);
    catga_store_u32(bytes, ROOT);
    memcpy(bytes + 4, node->identifier, 4);
    memcpy(bytes + 8, vtable, sizeof vtable);
    catga_store_i32(bytes + ROOT, ROOT - 8);
    catga_store_u32(bytes + ROOT + 4, 4);
    for (uint32_t width = 100; width <= WIDTH; width += WIDTH - 100) {
        catga_store_u32(bytes + VECTOR, width);
        for (uint32_t i = 0, at = VECTOR + 4; i < width; i++, at += 4)
            catga_store_u32(bytes + at, FIRST - at);
        if (width == 100)
            expect_accepted(node, bytes, sizeof bytes);
    }
    assert_int_equal(catga_verify(node, bytes, sizeof bytes, &root, &problem), CATGA_BAD_MESSAGE);
    assert_non_null(strstr(problem.text, "parts shared too often"));
}

/* The same with one long text as every element of a vector. */
static void shared_text(void **state)
{
    enum { COUNT = 100 };
    static uint8_t bytes[32768];
    static char text[20000];
    catga_string texts[COUNT];
    const catga_table *kinds = &test_codec_kinds_descriptor;
    const uint8_t *root;
    test_codec_kinds plain = TEST_CODEC_KINDS_INIT;
    (void)state;
    memset(text, 'a', sizeof text);
    memset(texts, 0, sizeof texts);
    for (size_t i = 0; i < COUNT; i++)
        texts[i].data = text;
    texts[COUNT - 1].length = sizeof text;
    plain.texts.data = texts;
    plain.texts.length = COUNT;
    size_t length = codec_encode(kinds, &plain, bytes, sizeof bytes);
    assert_int_equal(catga_verify(kinds, bytes, length, &root, NULL), CATGA_OK);
    catga_string_vector read = test_codec_kinds_get_texts((test_codec_kinds_view){root});
    uint8_t *elements = bytes + (read.data - bytes);
    uint8_t *last = elements + 4 * (COUNT - 1);
    last += catga_load_u32(last);
    for (uint32_t i = 0; i < 5; i++)
        catga_store_u32(elements + 4 * i, (uint32_t)(last - (elements + 4 * i)));
    expect_accepted(kinds, bytes, length); /* honest senders share too */
    for (uint32_t i = 0; i < COUNT; i++)
        catga_store_u32(elements + 4 * i, (uint32_t)(last - (elements + 4 * i)));
    catga_problem problem;
    assert_int_equal(catga_verify(kinds, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_memory_equal(problem.text, "texts[", 6);
    assert_non_null(strstr(problem.text, "parts shared too often"));
}

/* The same with one long vector: a buffer is rejected if its text would have the square of its
 * length. */
static size_t wide_bomb(uint8_t *bytes, uint32_t width, uint32_t data_length)
{
    enum { INNERS = 64, INNER_DATA = 38, FIRST = 8, SECOND = 76, ROOT = 116, VECTOR = 124 };
    uint32_t child = VECTOR + 4 + 4 * width;
    memcpy(bytes + 4, test_codec_kinds_descriptor.identifier, 4);
    catga_store_u32(bytes, ROOT);
    catga_store_u32(bytes + FIRST, 8u << 16 | (INNERS + 2));
    catga_store_u16(bytes + FIRST + INNERS, 4);
    catga_store_u32(bytes + SECOND, 8u << 16 | (INNER_DATA + 2));
    catga_store_u16(bytes + SECOND + INNER_DATA, 4);
    catga_store_i32(bytes + ROOT, ROOT - FIRST);
    catga_store_u32(bytes + ROOT + 4, 4);
    catga_store_u32(bytes + VECTOR, width);
    for (uint32_t at = VECTOR + 4; at < child; at += 4)
        catga_store_u32(bytes + at, child - at);
    catga_store_i32(bytes + child, (int32_t)child - SECOND);
    catga_store_u32(bytes + child + 4, 4);
    catga_store_u32(bytes + child + 8, data_length);
    return child + 12 + data_length;
}

static void shared_vectors(void **state)
{
    static uint8_t bytes[20000];
    catga_problem problem;
    const uint8_t *root;
    const catga_table *kinds = &test_codec_kinds_descriptor;

    (void)state;
    expect_accepted(kinds, bytes, wide_bomb(bytes, 1, 8000));
    size_t length = wide_bomb(bytes, 2000, 8000);
    if (catga_verify(kinds, bytes, length, &root, &problem) == CATGA_OK)
        assert_true(catga_json_write(kinds, root, NULL, 0) < 256 * length);
}

/* ---- Many buffers ---- */

/* Builds a vtable with small entries and its table behind it; leaves the other bytes. */
static void shape(uint8_t *bytes, size_t length, uint64_t *seed)
{
    uint32_t entries = codec_random(seed) % 10;
    uint32_t at = 8 + (4 + 2 * entries + 3) / 4 * 4;

    if (at + 40 > length)
        return;
    catga_store_u16(bytes + 8, (uint16_t)(4 + 2 * entries));
    catga_store_u16(bytes + 10, (uint16_t)(4 + 4 * (codec_random(seed) % 10)));
    for (uint32_t i = 0; i < entries; i++)
        catga_store_u16(bytes + 12 + 2 * i, (uint16_t)(codec_random(seed) % 8 * 4));
    catga_store_u32(bytes, at);
    catga_store_i32(bytes + at, (int32_t)at - 8);
}

/* Returns small numbers, mostly multiples of four, so that some of them are valid offsets. */
static void fill(uint8_t *bytes, size_t length, uint64_t *seed)
{
    for (size_t at = 0; at + 4 <= length; at += 4) {
        uint32_t value = codec_random(seed);
        switch (codec_random(seed) % 4) {
        case 0:
            break;
        case 1:
            value = value % 32 * 4;
            break;
        case 2:
            value = (value % 16 * 4) << 16 | value % 8 * 2;
            break;
        default:
            value %= 4;
            break;
        }
        catga_store_u32(bytes + at, value);
    }
}

static void random_bytes(void **state)
{
    static const catga_table *const types[] = {
        &test_codec_order_descriptor,
        &test_codec_node_descriptor,
        &test_codec_kinds_descriptor,
        &test_codec_noticed_descriptor,
    };
    uint64_t seed = 42;
    size_t accepted = 0;
    const uint8_t *root;

    (void)state;
    for (size_t i = 0; i < 100000; i++) {
        const catga_table *type = types[i % CODEC_COUNT(types)];
        size_t length = 8 + codec_random(&seed) % 160;
        size_t base = i / 4 % 8;
        uint8_t *memory = malloc(base + length);
        assert_non_null(memory);
        uint8_t *bytes = memory + base;
        fill(bytes, length, &seed);
        shape(bytes, length, &seed);
        memcpy(bytes + 4, type->identifier, 4);
        if (catga_verify(type, bytes, length, &root, NULL) == CATGA_OK) {
            accepted++;
            codec_read_all(type, root);
        }
        free(memory);
    }
    assert_true(accepted > 100); /* otherwise the bytes are too random to prove anything */
}

static void neighbours(void **state)
{
    sample s;
    uint8_t *memory[8];
    const uint8_t *root;

    (void)state;
    begin(&s);
    for (size_t base = 0; base < 8; base++) {
        memory[base] = malloc(base + s.length);
        assert_non_null(memory[base]);
        memcpy(memory[base] + base, s.bytes, s.length);
        expect_accepted(order, memory[base] + base, s.length);
    }
    for (size_t at = 0; at < s.length; at++)
        for (unsigned change = 8; change < 8 * 256; change++) {
            size_t base = change % 8;
            uint8_t *bytes = memory[base] + base;
            bytes[at] ^= (uint8_t)(change / 8);
            if (catga_verify(order, bytes, s.length, &root, NULL) == CATGA_OK)
                codec_read_all(order, root);
            bytes[at] ^= (uint8_t)(change / 8);
        }
    for (size_t base = 0; base < 8; base++)
        free(memory[base]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_short),
        cmocka_unit_test(too_long),
        cmocka_unit_test(truncated),
        cmocka_unit_test(of_another_type),
        cmocka_unit_test(root_offset),
        cmocka_unit_test(vtable_place),
        cmocka_unit_test(vtable_size),
        cmocka_unit_test(short_vtable),
        cmocka_unit_test(table_size),
        cmocka_unit_test(slots),
        cmocka_unit_test(beginning_of_a_full_vtable),
        cmocka_unit_test(offsets_of_fields),
        cmocka_unit_test(offsets_of_elements),
        cmocka_unit_test(required),
        cmocka_unit_test(strings),
        cmocka_unit_test(not_utf8),
        cmocka_unit_test(longer_than_max),
        cmocka_unit_test(too_many_elements),
        cmocka_unit_test(too_many_bytes),
        cmocka_unit_test(misaligned_vectors),
        cmocka_unit_test(ranges),
        cmocka_unit_test(depth),
        cmocka_unit_test(depth_of_vectors),
        cmocka_unit_test(shared_parts),
        cmocka_unit_test(shared_chain),
        cmocka_unit_test(shared_text),
        cmocka_unit_test(shared_vectors),
        cmocka_unit_test(random_bytes),
        cmocka_unit_test(neighbours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
