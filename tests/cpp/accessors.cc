/* accessors.cc: flatc's accessors read our bytes, and flatc's verifier accepts them. */
#include "buffers.h"

namespace
{

template <class Table> const Table *Root(const Bytes &bytes)
{
    return flatbuffers::GetRoot<Table>(bytes.data());
}

bool Is(const flatbuffers::String *text, const char *wanted)
{
    return text != nullptr && text->str() == wanted && std::strlen(text->c_str()) == text->size();
}

void CheckShop()
{
    const Bytes create = Encode(goldens[CREATE_ORDER]);
    auto *create_order = Root<shop::orders::CreateOrder_>(create);

    CHECK(Is(create_order->customer_id(), "CUST-01") && Is(create_order->product_id(), "PROD-001"));
    CHECK(create_order->quantity() == 3);

    const Bytes result = Encode(goldens[ORDER_RESULT]);
    auto *order_result = Root<shop::orders::OrderResult>(result);
    CHECK(Is(order_result->order_id(), "ORD-1") && order_result->total() == 1799997);
    CHECK(order_result->status() == shop::orders::OrderStatus_Paid);
    CHECK(order_result->created_at() == INT64_C(1760090400123456789));

    const Bytes get = Encode(goldens[GET_ORDER]);
    CHECK(Is(Root<shop::orders::GetOrder>(get)->order_id(), "ORD-1"));

    const Bytes kept = Encode(goldens[ORDER]);
    auto *order = Root<shop::orders::Order>(kept);
    CHECK(Is(order->order_id(), "ORD-1") && Is(order->customer_id(), "CUST-01"));
    CHECK(Is(order->product_id(), "PROD-001") && Is(order->product_name(), "Gr\xc3\xbcn"));
    CHECK(order->quantity() == 3 && order->unit_price() == 599999 && order->total() == 1799997);
    CHECK(order->status() == shop::orders::OrderStatus_Cancelled && order->created_at() == -1);

    const Bytes event = Encode(goldens[ORDER_CREATED]);
    auto *created = Root<shop::orders::OrderCreated>(event);
    CHECK(Is(created->order_id(), "ORD-1") && Is(created->customer_id(), "CUST-01"));
    CHECK(Is(created->product_id(), "PROD-001") && Is(created->product_name(), ""));
    CHECK(created->quantity() == UINT32_MAX && created->total() == -1 &&
          created->created_at() == 0);
}

void CheckEverything()
{
    using namespace sample::everything;
    const Bytes bytes = Encode(goldens[FIELDS]);
    auto *all = Root<Fields>(bytes);
    CHECK(!all->flag() && all->signed_8() == -128 && all->signed_16() == 5 &&
          all->signed_32() == 7);
    CHECK(all->signed_64() == INT64_MAX && all->byte() == 100 && all->count() == 2 &&
          all->large() == 1);
    CHECK(all->ratio() == 0.25f && all->share() == 1e300 && all->color() == Color_Red &&
          all->huge() == Huge_All);
    CHECK(all->price() == -125 && all->at() == 1000000000 && all->took() == 1500000000);
    CHECK(Is(all->text(), "hello") && all->data()->size() == 3 && all->data()->Get(2) == 255);
    CHECK(all->maybe().has_value() && *all->maybe() == 10 && all->maybe_on().has_value() &&
          !*all->maybe_on());
    CHECK(all->point()->x() == 1.5 && all->point()->y() == -2);
    CHECK(all->corner()->on() && all->corner()->color() == Color_Green &&
          all->corner()->price() == 7);
    CHECK(all->corner()->at().x() == 3 && all->corner()->at().y() == 4 && all->inner() != nullptr);
    CHECK(all->numbers()->size() == 2 && all->numbers()->Get(1) == 65535);
    CHECK(all->colors()->size() == 2 && all->colors()->Get(0) == Color_Green);
    CHECK(all->prices()->size() == 2 && all->prices()->Get(1) == -2);
    CHECK(all->texts()->size() == 3 && Is(all->texts()->Get(0), "") &&
          Is(all->texts()->Get(2), "gr\xc3\xbc\xc3\x9f"));
    CHECK(all->points()->size() == 2 && all->points()->Get(1)->x() == 3 &&
          all->points()->Get(1)->y() == 4);
    CHECK(all->inners()->size() == 2 && all->inners()->Get(1) != nullptr);
    CHECK(all->rights() == (Right_Read | Right_Own) && all->allowed()->Get(0) == Right_Write);
    CHECK(all->id() == nullptr && all->owner()->byte_15() == 255 &&
          all->ids()->Get(0)->byte_1() == 1);
}

void CheckArraysAndUnions()
{
    using namespace sample::everything;
    const Bytes bytes = Encode(goldens[FIELDS]);
    auto *all = Root<Fields>(bytes);
    const Arrays *arrays = all->arrays();
    CHECK(arrays->id().byte_15() == 255 && arrays->numbers()->Get(1) == -2.5f &&
          arrays->prices()->Get(1) == -2);
    CHECK(arrays->colors()->Get(0) == Color_Green && arrays->points()->Get(1)->y() == 4);
    CHECK(arrays->ids()->Get(0)->byte_0() == 1 && arrays->ids()->Get(1)->byte_15() == 2);
    CHECK(all->choice_type() == Choice_Note && Is(all->choice_as_Note()->text(), "noted"));
    CHECK(all->chosen_type() == Choice_at && all->chosen_as_at()->x() == 7 &&
          all->chosen_as_Note() == nullptr);
    CHECK(all->choices()->size() == 4 && all->choices_type()->Get(0) == Choice_words);
    CHECK(Is(all->choices()->GetAsString(0), "in words") &&
          all->choices_type()->Get(1) == Choice_Empty);
    CHECK(static_cast<const Point *>(all->choices()->Get(2))->y() == 6);
    CHECK(all->chosens_type()->Get(1) == Text_text && Is(all->chosens()->GetAsString(0), "x"));
}

/* A table with fields that are present but not sent. */
void CheckDefaults()
{
    using namespace sample::everything;
    const Golden least = {
        &sample_everything_fields_descriptor, BOTH(Fields),
        R"({"text":"","corner":{"on":false,"color":"Red","at":{"x":0,"y":0},"price":0},"inners":[],
            "owner":"00000000-0000-0000-0000-000000000000","chosen_type":"words","chosen":"",
            "chosens_type":[],"chosens":[]})"};
    const Bytes bytes = Encode(least);
    CHECK(least.accepts(*least.table, bytes.data(), bytes.size()));
    auto *all = Root<Fields>(bytes);
    CHECK(all->flag() && all->signed_8() == -1 && all->signed_32() == INT32_MIN &&
          all->signed_64() == 1);
    CHECK(all->count() == 1000 && all->large() == UINT64_MAX && all->ratio() == 0.5f &&
          all->color() == Color_Green);
    CHECK(all->huge() == Huge_None && !all->maybe().has_value() && !all->maybe_on().has_value());
    CHECK(all->rights() == (Right_Read | Right_Write) && all->choice_type() == Choice_NONE &&
          all->choice() == nullptr);
    CHECK(all->point() == nullptr && all->inner() == nullptr && all->texts() == nullptr &&
          all->inners()->size() == 0);
}

} // namespace

int main()
{
    for (const Golden &golden : goldens) {
        const Bytes bytes = Encode(golden);
        CHECK(golden.accepts(*golden.table, bytes.data(), bytes.size()));
    }
    CheckShop();
    CheckEverything();
    CheckArraysAndUnions();
    CheckDefaults();
    return 0;
}
