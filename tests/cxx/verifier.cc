/*
 * Our verifier beside the C++ one of FlatBuffers, on buffers that are damaged in every way: what we accept, it accepts.
 * Where we refuse more, the reason is one of those in `stricter`.
 */
#include "sides.h"

#include "codec_generated.h"

#include <memory>
#include <string>

/* ---- Buffers to start from: as we write them, parents first, and as C++ does, children first ---- */

struct golden {
    const char *name;
    const catga_table *type;
    bool (*accepted)(const byte_vector &bytes, const char *identifier);
    byte_vector bytes;
};

/* The number of tables that C++ visits is set to more than any buffer here has. */
template <typename Table> static bool accepted(const byte_vector &bytes, const char *identifier)
{
    flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 64, 1000000);
    return verifier.VerifyBuffer<Table>(identifier);
}

static byte_vector ours(const catga_table *type, const void *plain)
{
    byte_vector bytes(catga_size_bound(type, plain));
    bytes.resize(codec_encode(type, plain, bytes.data(), bytes.size()));
    return bytes;
}

static byte_vector ours_from_text(const catga_table *type, const char *text)
{
    static uint64_t memory[1 << 12];
    std::vector<uint64_t> plain(type->plain_size / 8 + 1);
    catga_arena arena = {memory, sizeof memory, 0};
    catga_problem problem;
    if (catga_parse(type, text, strlen(text), CATGA_REFUSE_UNKNOWN, plain.data(), &arena, &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    return ours(type, plain.data());
}

/* The same values, written by the builder of C++. */
template <typename Table> static byte_vector theirs(const catga_table *type, const byte_vector &bytes)
{
    flatbuffers::FlatBufferBuilder builder;
    std::unique_ptr<typename Table::NativeTableType> values(flatbuffers::GetRoot<Table>(bytes.data())->UnPack());
    builder.Finish(Table::Pack(builder, values.get()), std::string(type->identifier, 4).c_str());
    return byte_vector(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
}

#define POINT "{\"x\": 1.5, \"y\": -2}"
#define MIXED "{\"on\": true, \"color\": \"Green\", \"at\": " POINT ", \"price\": -0.01}"
static const char kinds_text[] =
    "{\"flag\": true, \"signed_8\": -128, \"signed_16\": -1, \"signed_32\": 7, \"signed_64\": -9, \"unsigned_8\": 255,"
    "\"unsigned_16\": 65535, \"unsigned_32\": 1, \"unsigned_64\": 2, \"single\": 1.5, \"twice\": -2.5, \"color\": \"Blue\","
    "\"huge\": \"All\", \"price\": 5999.99, \"at\": \"2024-02-29T23:59:59Z\", \"took\": \"1.5s\", \"text\": \"hi\","
    "\"data\": \"AAEC\", \"maybe\": 0, \"maybe_on\": false, \"point\": " POINT ", \"mixed\": " MIXED ","
    "\"inner\": {\"flag\": true, \"text\": \"deep\"}, \"numbers\": [1, 2, 3], \"flags\": [true, false],"
    "\"colors\": [\"Red\"], \"prices\": [0.01], \"times\": [\"1970-01-01T00:00:01Z\"], \"texts\": [\"a\", \"\"],"
    "\"points\": [" POINT ", " POINT "], \"inners\": [{\"text\": \"x\"}, {}]}";
static const char node_text[] = "{\"name\": \"a\", \"next\": {\"name\": \"b\", \"next\": {}},"
                                "\"children\": [{\"children\": []}, {\"name\": \"c\"}]}";

template <typename Table> static void add(std::vector<golden> &all, const catga_table *type, const byte_vector &bytes)
{
    all.push_back({"ours", type, accepted<Table>, bytes});
    all.push_back({"theirs", type, accepted<Table>, theirs<Table>(type, bytes)});
}

static std::vector<golden> all_golden()
{
    using namespace test::codec;
    std::vector<golden> all;
    const test_codec_order order = codec_order();
    add<Order>(all, &test_codec_order_descriptor, ours(&test_codec_order_descriptor, &order));
    add<Node>(all, &test_codec_node_descriptor, ours_from_text(&test_codec_node_descriptor, node_text));
    add<Kinds>(all, &test_codec_kinds_descriptor, ours_from_text(&test_codec_kinds_descriptor, kinds_text));
    return all;
}

/* ---- Where we are stricter ---- */

static const struct {
    const char *reason; /* how it begins */
    const char *why;
} stricter[] = {
    {"out of range", "the schema's @range"},
    {"longer than", "the schema's @max"},
    {"more elements than", "the schema's @max"},
    {"not UTF-8", "C++ does not look into strings"},
    {"not inside its table", "C++ holds a field against the end of the byte_vector only"},
    {"a table that ends outside", "C++ does not look at the size of a table"},
    {"a vtable that lies outside", "C++ lets a vtable lie on the root's offset and the identifier"},
    {"a vtable that ends outside", "C++ lets a vtable be shorter than the two sizes that it begins with"},
    {"an offset that leads outside", "C++ follows an element's offset of 0"},
    {"a vector that is not aligned", "C++ aligns the length, not the elements"},
};
enum { REASONS = CODEC_COUNT(stricter) };

static size_t seen[REASONS];

/* The reason stands behind the path. */
static void note(const char *problem)
{
    const char *colon = strrchr(problem, ':');
    const char *reason = colon == NULL ? problem : colon + 2;
    for (size_t i = 0; i < REASONS; i++)
        if (strncmp(reason, stricter[i].reason, strlen(stricter[i].reason)) == 0) {
            seen[i]++;
            return;
        }
    fail_msg("refused here only, for no reason that is known: %s", problem);
}

static void compare(const golden &from, const byte_vector &bytes, const char *how)
{
    const uint8_t *root;
    catga_problem problem;
    char identifier[5] = {0, 0, 0, 0, 0};
    memcpy(identifier, from.type->identifier, 4);
    bool we = catga_verify(from.type, bytes.data(), bytes.size(), &root, &problem) == CATGA_OK;
    bool they = from.accepted(bytes, identifier);
    if (we && !they)
        fail_msg("%s, %s: accepted here, refused by C++: %s", from.type->name, from.name, how);
    if (they && !we)
        note(problem.text);
}

/* ---- Tests ---- */

static void both_accept_both(void **state)
{
    (void)state;
    for (const golden &each : all_golden()) {
        compare(each, each.bytes, "as it is");
        assert_true(each.accepted(each.bytes, std::string(each.type->identifier, 4).c_str()));
        codec_text(each.type, each.bytes.data(), each.bytes.size());
    }
}

/* More than the schema's @max: something that damage hardly gives. */
static void too_many_elements(void **state)
{
    const test_codec_order plain = codec_order();
    const catga_table *type = &test_codec_order_descriptor;
    (void)state;
    std::unique_ptr<test::codec::OrderT> order(
        flatbuffers::GetRoot<test::codec::Order>(ours(type, &plain).data())->UnPack());
    order->tags.resize(11);
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(test::codec::Order::Pack(builder, order.get()), std::string(type->identifier, 4).c_str());
    const golden from = {"theirs", type, accepted<test::codec::Order>, {}};
    compare(from, byte_vector(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()), "eleven tags");
}

static void one_byte(void **state)
{
    char how[64];
    (void)state;
    for (const golden &each : all_golden()) {
        byte_vector bytes = each.bytes;
        for (size_t at = 0; at < bytes.size(); at++)
            for (unsigned value = 0; value < 256; value++) {
                bytes[at] = (uint8_t)value;
                snprintf(how, sizeof how, "byte %zu is %u", at, value);
                compare(each, bytes, how);
                bytes[at] = each.bytes[at];
            }
    }
}

static void every_length(void **state)
{
    (void)state;
    for (const golden &each : all_golden())
        for (size_t length = 0; length < each.bytes.size(); length++)
            compare(each, byte_vector(each.bytes.begin(), each.bytes.begin() + (ptrdiff_t)length), "cut off");
}

/* One to six bytes, or a word that is small or nearly so, at random places. */
static void damage(byte_vector &bytes, uint64_t *seed)
{
    for (uint32_t count = 1 + codec_random(seed) % 6; count > 0; count--) {
        size_t at = codec_random(seed) % bytes.size();
        uint32_t value = codec_random(seed);
        if (value % 4 == 0)
            bytes[at] = (uint8_t)(value >> 8);
        else if (value % 4 == 1)
            bytes[at] = (uint8_t)(bytes[at] + (value >> 8) % 9 - 4);
        else if (at + 4 <= bytes.size())
            catga_store_u32(&bytes[at / 4 * 4], (value >> 8) % 64 * (value % 4 == 2 ? 4 : 1));
    }
}

static void many_bytes(void **state)
{
    uint64_t seed = 7;
    char how[64];
    (void)state;
    for (const golden &each : all_golden())
        for (uint64_t i = 0; i < 200000; i++) {
            byte_vector bytes = each.bytes;
            snprintf(how, sizeof how, "damaged with the random number %llu", (unsigned long long)seed);
            damage(bytes, &seed);
            compare(each, bytes, how);
        }
}

/* Each reason has been met; with CATGA_VERBOSE, how often. */
static void stricter_as_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < REASONS; i++) {
        if (getenv("CATGA_VERBOSE") != NULL)
            printf("%8zu  %-32s %s\n", seen[i], stricter[i].reason, stricter[i].why);
        if (seen[i] == 0)
            fail_msg("C++ never accepted what is refused here as '%s'", stricter[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_accept_both), cmocka_unit_test(too_many_elements), cmocka_unit_test(one_byte),
        cmocka_unit_test(every_length),     cmocka_unit_test(many_bytes),        cmocka_unit_test(stricter_as_it_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
