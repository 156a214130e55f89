/*
 * buffers.h: the golden buffers of both programs. Our codec makes them from JSON; each has the
 * verifier that flatc generates for its table.
 */
#ifndef BUFFERS_H
#define BUFFERS_H

#include "codec.catga.h"
#include "codec_generated.h"
#include "one_of_everything.catga.h"
#include "one_of_everything_generated.h"
#include "orders.catga.h"
#include "orders_generated.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);           \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

using Bytes = std::vector<uint8_t>;

/* Returns whether flatc's verifier accepts bytes with `table` as their root. */
template <class Table> bool Accepts(const catga_table &table, const uint8_t *bytes, size_t length)
{
    const std::string identifier(table.identifier, 4);
    flatbuffers::Verifier verifier(bytes, length);
    return verifier.VerifyBuffer<Table>(identifier.c_str());
}

/* Writes the same values as flatc's code does: children first, in another order. */
template <class Table> Bytes Rewrite(const catga_table &table, const Bytes &bytes)
{
    const std::string identifier(table.identifier, 4);
    flatbuffers::FlatBufferBuilder builder;
    const std::unique_ptr<typename Table::NativeTableType> values(
        flatbuffers::GetRoot<Table>(bytes.data())->UnPack());
    builder.Finish(Table::Pack(builder, values.get()), identifier.c_str());
    return Bytes(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
}

struct Golden {
    const catga_table *table;
    bool (*accepts)(const catga_table &table, const uint8_t *bytes, size_t length);
    Bytes (*rewrite)(const catga_table &table, const Bytes &bytes);
    const char *json;
};

/* A buffer from our encoder. */
inline Bytes Encode(const Golden &golden)
{
    std::vector<uint64_t> memory(1 << 14);
    std::vector<uint64_t> plain(golden.table->native_size / 8 + 1);
    catga_arena arena = {memory.data(), memory.size() * 8, 0};
    catga_problem problem = {""};
    catga_status status = catga_json_read(golden.table, golden.json, std::strlen(golden.json),
                                          CATGA_REFUSE_UNKNOWN, plain.data(), &arena, &problem);
    if (status != CATGA_OK)
        std::fprintf(stderr, "%s\n", problem.text);
    CHECK(status == CATGA_OK);
    Bytes bytes(catga_size_bound(golden.table, plain.data()));
    size_t length = 0;
    status =
        catga_encode(golden.table, plain.data(), bytes.data(), bytes.size(), &length, &problem);
    if (status != CATGA_OK)
        std::fprintf(stderr, "%s\n", problem.text);
    CHECK(status == CATGA_OK);
    bytes.resize(length);
    return bytes;
}

#define BOTH(table) Accepts<table>, Rewrite<table>

enum {
    CREATE_ORDER,
    ORDER_RESULT,
    GET_ORDER,
    ORDER,
    ORDER_CREATED,
    FIELDS,
    CODEC_ORDER,
    NODE,
    KINDS,
    SPARSE,
    CHOICES,
    WIDE,
    GOLDENS
};

static const Golden goldens[GOLDENS] = {
    {&shop_orders_create_order_descriptor, BOTH(shop::orders::CreateOrder_),
     R"({"customer_id":"CUST-01","product_id":"PROD-001","quantity":3})"},
    {&shop_orders_order_result_descriptor, BOTH(shop::orders::OrderResult),
     R"({"order_id":"ORD-1","total":17999.97,"status":"Paid","created_at":"2025-10-10T10:00:00.123456789Z"})"},
    {&shop_orders_get_order_descriptor, BOTH(shop::orders::GetOrder), R"({"order_id":"ORD-1"})"},
    {&shop_orders_order_descriptor, BOTH(shop::orders::Order),
     R"({"order_id":"ORD-1","customer_id":"CUST-01","product_id":"PROD-001","product_name":"Grün","quantity":3,
         "unit_price":5999.99,"total":17999.97,"status":"Cancelled","created_at":"1969-12-31T23:59:59.999999999Z"})"},
    {&shop_orders_order_created_descriptor, BOTH(shop::orders::OrderCreated),
     R"({"order_id":"ORD-1","customer_id":"CUST-01","product_id":"PROD-001","product_name":"","quantity":4294967295,
         "total":-0.01})"},
    {&sample_everything_fields_descriptor, BOTH(sample::everything::Fields),
     R"({"flag":false,"signed_8":-128,"signed_16":5,"signed_32":7,"signed_64":9223372036854775807,"byte":100,"count":2,
         "large":1,"ratio":0.25,"share":1e300,"color":"Red","huge":"All","price":-1.25,"at":"1970-01-01T00:00:01Z",
         "took":"1.5s","text":"hello","data":"AAH/","maybe":10,"maybe_on":false,"point":{"x":1.5,"y":-2},
         "corner":{"on":true,"color":"Green","at":{"x":3,"y":4},"price":0.07},"inner":{},"numbers":[1,65535],
         "colors":["Green","Red"],"prices":[0.01,-0.02],"texts":["","a","gr\u00fc\u00df"],
         "points":[{"x":1,"y":2},{"x":3,"y":4}],"inners":[{},{}],"rights":"Read Own","allowed":["Write",0],
         "arrays":{"id":"00010203-0405-0607-0809-0a0b0c0d0eff","numbers":[1,-2.5,3],"prices":[0.01,-0.02],
                   "colors":["Green","Red"],"points":[{"x":1,"y":2},{"x":3,"y":4}],
                   "ids":["01000000-0000-0000-0000-000000000000","00000000-0000-0000-0000-000000000002"]},
         "owner":"00010203-0405-0607-0809-0a0b0c0d0eff","ids":["00010203-0405-0607-0809-0a0b0c0d0eff"],
         "choice_type":"Note","choice":{"text":"noted"},"chosen_type":"at","chosen":{"x":7,"y":8},
         "choices_type":["words","Empty","at","Note"],"choices":["in words",{},{"x":5,"y":6},{"text":"n"}],
         "chosens_type":["words","words"],"chosens":["x",""]})"},
    {&test_codec_order_descriptor, BOTH(test::codec::Order),
     R"({"order_id":"order-1","lines":[{"product_id":"anvil","quantity":3,"weights":[1.5,-2.5],"ratio":0.5},
         {"product_id":"rope"}],"note":"soon","tags":["new",""],"point":{"x":48.5,"y":9.25},"total":599999,
         "data":"AAEC/f4=","best":{"product_id":"rocket","quantity":1000,"weights":[1]}})"},
    {&test_codec_node_descriptor, BOTH(test::codec::Node),
     R"({"name":"a","next":{"name":"b","next":{}},"children":[{"name":"c"},{"children":[{}]}]})"},
    {&test_codec_kinds_descriptor, BOTH(test::codec::Kinds),
     R"({"flag":true,"unsigned_16":9,"single":1.5,"huge":"All","price":1,"text":"t","data":"AA==","maybe":0,
         "mixed":{"on":false,"color":"Blue","at":{"x":1,"y":2},"price":3},"inner":{"maybe_on":true},"numbers":[1,2,3],
         "flags":[true,false],"colors":["Blue"],"times":["1970-01-01T00:00:00Z"],"texts":["x"],
         "points":[{"x":1,"y":2}],"inners":[{"flag":true}]})"},
    {&test_codec_kinds_descriptor, BOTH(test::codec::Kinds), "{}"},
    {&test_codec_choices_descriptor, BOTH(test::codec::Choices),
     R"({"choice_type":"Line","choice":{"product_id":"rope"},"short_type":"Choices",
         "short":{"must_type":"words","must":"inner"},"choices_type":["at","words","Arrays","Line"],
         "choices":[{"x":1,"y":2},"w",{"id":"00000000-0000-0000-0000-000000000001","numbers":[1,2,3],"on":[true,false,true],
         "points":[{"x":1,"y":2},{"x":3,"y":4}],"rights":["Read",0],"last":5},{"product_id":"p"}],
         "must_type":"at","must":{"x":0.5,"y":-0.5},"rights":"Write","allowed":["Own","Read Write"],
         "ids":["00000000-0000-0000-0000-000000000001"]})"},
    {&test_codec_wide_descriptor, BOTH(test::codec::Wide),
     R"({"f0":1,"f1":"one","f2":2,"f3_type":"words","f3":"three","f4":[4],"f5":{"f69":{"f64":9}},"f6":"Read",
         "f63":"00000000-0000-0000-0000-000000000063","f64":64,"f65":"sixty-five","f66":66,
         "f67_type":"at","f67":{"x":6,"y":7},"f68":[68]})"},
};

#endif
