/* Values that we write, read through the C++ accessors of FlatBuffers; values that C++ writes, read through ours. */
#include "sides.h"

#include "codec_generated.h"
#include "orders.catga.h"
#include "orders_generated.h"

#include <string>

namespace shop_cpp = shop::orders;
namespace codec_cpp = test::codec;

static byte_vector ours(const catga_table *type, const void *plain)
{
    byte_vector bytes(catga_size_bound(type, plain));
    bytes.resize(codec_encode(type, plain, bytes.data(), bytes.size()));
    return bytes;
}

/* The root as C++ sees it, once its verifier has accepted it. */
template <typename Table> static const Table *open(const byte_vector &bytes, const catga_table *type)
{
    flatbuffers::Verifier verifier(bytes.data(), bytes.size());
    assert_true(verifier.VerifyBuffer<Table>(std::string(type->identifier, 4).c_str()));
    return flatbuffers::GetRoot<Table>(bytes.data());
}

template <typename Native> static byte_vector theirs(const catga_table *type, const Native &values)
{
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(Native::TableType::Pack(builder, &values), std::string(type->identifier, 4).c_str());
    return byte_vector(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
}

/* The root as we see it. */
template <typename View>
static View open(const byte_vector &bytes, catga_status (*open_view)(const void *, size_t, View *, catga_problem *))
{
    View view;
    catga_problem problem;
    if (open_view(bytes.data(), bytes.size(), &view, &problem) != CATGA_OK)
        fail_msg("%s", problem.text);
    return view;
}

static void expect_text(const flatbuffers::String *theirs, const char *text)
{
    assert_non_null(theirs);
    assert_string_equal(theirs->c_str(), text);
}

static void expect_text(catga_string ours, const char *text)
{
    assert_int_equal(ours.length, strlen(text));
    assert_memory_equal(ours.data, text, ours.length);
}

/* ---- The shop ---- */

static void our_order(void **state)
{
    shop_orders_order order = SHOP_ORDERS_ORDER_INIT;
    (void)state;
    order.order_id = catga_str("192E2976");
    order.customer_id = catga_str("CUST-001");
    order.product_id = catga_str("PROD-001");
    order.product_name = catga_str("\xe7\xac\x94\xe8\xae\xb0\xe6\x9c\xac\xe7\x94\xb5\xe8\x84\x91");
    order.quantity = 3;
    order.unit_price = 599999;
    order.total = 1799997;
    order.status = SHOP_ORDERS_ORDER_STATUS_SHIPPED;
    order.created_at = INT64_C(1760090400123456789);
    const byte_vector bytes = ours(&shop_orders_order_descriptor, &order);
    const shop_cpp::Order *read = open<shop_cpp::Order>(bytes, &shop_orders_order_descriptor);
    expect_text(read->order_id(), "192E2976");
    expect_text(read->customer_id(), "CUST-001");
    expect_text(read->product_id(), "PROD-001");
    expect_text(read->product_name(), order.product_name.data);
    assert_int_equal(read->quantity(), 3);
    assert_int_equal(read->unit_price(), 599999);
    assert_int_equal(read->total(), 1799997);
    assert_int_equal(read->status(), shop_cpp::OrderStatus_Shipped);
    assert_int_equal(read->created_at(), order.created_at);
}

static void their_command(void **state)
{
    shop_cpp::CreateOrder_T command;
    (void)state;
    command.customer_id = "CUST-002";
    command.product_id = "PROD-005";
    const byte_vector bytes = theirs(&shop_orders_create_order_descriptor, command);
    const shop_orders_create_order_view view = open(bytes, shop_orders_create_order_open);
    expect_text(shop_orders_create_order_get_customer_id(view), "CUST-002");
    expect_text(shop_orders_create_order_get_product_id(view), "PROD-005");
    assert_int_equal(shop_orders_create_order_get_quantity(view), 1); /* the schema's default */
}

/* ---- One of each kind ---- */

static const uint16_t numbers[] = {1, 2, 65535};
static const bool flags[] = {true, false};
static const uint8_t colors[] = {TEST_CODEC_COLOR_GREEN, TEST_CODEC_COLOR_BLUE};
static const int64_t prices[] = {1, -1};
static const catga_string texts[] = {{"a", 1}, {"", 0}};
static const uint8_t data[] = {0, 255};
static const test_codec_point points[] = {{1.5, -2}, {0, 1e300}};
static const test_codec_mixed mixed = {true, TEST_CODEC_COLOR_GREEN, {3, 4}, -5};

/* All values are those that expect_all_read asks for. */
static test_codec_kinds all_kinds(const test_codec_kinds *inner)
{
    test_codec_kinds kinds = TEST_CODEC_KINDS_INIT;
    kinds.flag = true;
    kinds.signed_8 = INT8_MIN;
    kinds.signed_16 = INT16_MIN;
    kinds.signed_32 = INT32_MIN;
    kinds.signed_64 = INT64_MIN;
    kinds.unsigned_8 = UINT8_MAX;
    kinds.unsigned_16 = UINT16_MAX;
    kinds.unsigned_32 = UINT32_MAX;
    kinds.unsigned_64 = UINT64_MAX;
    kinds.single = 0.1f;
    kinds.twice = 0.1;
    kinds.color = TEST_CODEC_COLOR_GREEN;
    kinds.huge = TEST_CODEC_HUGE_ALL;
    kinds.price = 599999;
    kinds.at = -1;
    kinds.took = INT64_MAX;
    kinds.text = catga_str("text");
    kinds.data = {data, CODEC_COUNT(data)};
    kinds.maybe = {true, 0};
    kinds.maybe_on = {true, false};
    kinds.point = &points[0];
    kinds.mixed = &mixed;
    kinds.inner = inner;
    kinds.numbers = {numbers, CODEC_COUNT(numbers)};
    kinds.flags = {flags, CODEC_COUNT(flags)};
    kinds.colors = {colors, CODEC_COUNT(colors)};
    kinds.prices = {prices, CODEC_COUNT(prices)};
    kinds.times = {prices, CODEC_COUNT(prices)};
    kinds.texts = {texts, CODEC_COUNT(texts)};
    kinds.points = {points, CODEC_COUNT(points)};
    kinds.inners = {inner, 1};
    return kinds;
}

template <typename Theirs, typename Ours> static void expect_vector(const Theirs *theirs, const Ours &ours)
{
    assert_non_null(theirs);
    assert_int_equal(theirs->size(), CODEC_COUNT(ours));
    for (flatbuffers::uoffset_t i = 0; i < theirs->size(); i++)
        assert_true(theirs->Get(i) == ours[i]);
}

static void expect_scalars_read(const codec_cpp::Kinds *read)
{
    assert_true(read->flag());
    assert_int_equal(read->signed_8(), INT8_MIN);
    assert_int_equal(read->signed_16(), INT16_MIN);
    assert_int_equal(read->signed_32(), INT32_MIN);
    assert_true(read->signed_64() == INT64_MIN);
    assert_int_equal(read->unsigned_8(), UINT8_MAX);
    assert_int_equal(read->unsigned_16(), UINT16_MAX);
    assert_int_equal(read->unsigned_32(), UINT32_MAX);
    assert_true(read->unsigned_64() == UINT64_MAX);
    assert_true(read->single() >= 0.1f && read->single() <= 0.1f);
    assert_true(read->twice() >= 0.1 && read->twice() <= 0.1);
    assert_true(read->color() == codec_cpp::Color_Green);
    assert_true(read->huge() == codec_cpp::Huge_All);
    assert_int_equal(read->price(), 599999);
    assert_int_equal(read->at(), -1);
    assert_true(read->took() == INT64_MAX);
    assert_true(read->maybe().has_value() && read->maybe().value() == 0);
    assert_true(read->maybe_on().has_value() && !read->maybe_on().value());
}

static void expect_the_rest_read(const codec_cpp::Kinds *read)
{
    expect_text(read->text(), "text");
    expect_vector(read->data(), data);
    assert_true(read->point()->x() >= 1.5 && read->point()->y() <= -2);
    assert_true(read->mixed()->on() && read->mixed()->color() == codec_cpp::Color_Green);
    assert_true(read->mixed()->at().y() >= 4 && read->mixed()->price() == -5);
    expect_text(read->inner()->text(), "inner");
    assert_false(read->inner()->flag() || read->inner()->maybe().has_value());
    assert_null(read->inner()->numbers());
    expect_vector(read->numbers(), numbers);
    expect_vector(read->flags(), flags);
    expect_vector(read->colors(), colors);
    expect_vector(read->prices(), prices);
    expect_vector(read->times(), prices);
    assert_int_equal(read->texts()->size(), 2);
    expect_text(read->texts()->Get(0), "a");
    expect_text(read->texts()->Get(1), "");
    assert_int_equal(read->points()->size(), 2);
    assert_true(read->points()->Get(1)->y() >= 1e300);
    assert_int_equal(read->inners()->size(), 1);
    expect_text(read->inners()->Get(0)->text(), "inner");
}

static void our_kinds(void **state)
{
    test_codec_kinds inner = TEST_CODEC_KINDS_INIT;
    (void)state;
    inner.text = catga_str("inner");
    const test_codec_kinds kinds = all_kinds(&inner);
    const byte_vector bytes = ours(&test_codec_kinds_descriptor, &kinds);
    const codec_cpp::Kinds *read = open<codec_cpp::Kinds>(bytes, &test_codec_kinds_descriptor);
    expect_scalars_read(read);
    expect_the_rest_read(read);
}

/* C++ writes what it has read from us: the bytes lie in another order, and we print the same text. */
static void their_kinds(void **state)
{
    test_codec_kinds inner = TEST_CODEC_KINDS_INIT;
    (void)state;
    inner.text = catga_str("inner");
    const test_codec_kinds kinds = all_kinds(&inner);
    const catga_table *type = &test_codec_kinds_descriptor;
    const byte_vector bytes = ours(type, &kinds);
    codec_cpp::KindsT copy;
    open<codec_cpp::Kinds>(bytes, type)->UnPackTo(&copy);
    const byte_vector again = theirs(type, copy);
    const std::string text = codec_text(type, bytes.data(), bytes.size());
    assert_string_equal(codec_text(type, again.data(), again.size()), text.c_str());
    assert_true(text.find("\"text\":\"inner\"") != std::string::npos);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_order),
        cmocka_unit_test(their_command),
        cmocka_unit_test(our_kinds),
        cmocka_unit_test(their_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
