// The other side of encode, verify and read; see flatbuffers.h.

#include "flatbuffers.h"

#include "bench_generated.h"

#include <cstring>

namespace
{

flatbuffers::Offset<flatbuffers::String> Text(flatbuffers::FlatBufferBuilder &builder,
                                              const sample_text &text)
{
    return builder.CreateString(text.data, text.length);
}

void Build(flatbuffers::FlatBufferBuilder &builder, const sample_order &order)
{
    flatbuffers::Offset<bench::OrderLine> lines[SAMPLE_LINES];
    for (int i = 0; i < SAMPLE_LINES; i++) {
        const sample_line &line = order.lines[i];
        auto product_id = Text(builder, line.product_id);
        lines[i] = bench::CreateOrderLine(builder, product_id, line.quantity, line.unit_price);
    }
    auto id = Text(builder, order.id);
    auto customer_id = Text(builder, order.customer_id);
    auto vector = builder.CreateVector(lines, SAMPLE_LINES);
    builder.Finish(bench::CreateOrder(builder, id, customer_id, bench::OrderStatus_Paid,
                                      order.total, order.created_at, vector),
                   "BNCH");
}

uint64_t ReadText(const flatbuffers::String *text)
{
    return text == nullptr ? 0 : text->size() + static_cast<unsigned char>(text->data()[0]);
}

uint64_t ReadOrder(const bench::Order *order)
{
    uint64_t sum = ReadText(order->id()) + ReadText(order->customer_id()) +
                   static_cast<uint64_t>(order->status()) + static_cast<uint64_t>(order->total()) +
                   static_cast<uint64_t>(order->created_at());

    for (const auto *line : *order->lines()) {
        sum += ReadText(line->product_id()) + line->quantity() +
               static_cast<uint64_t>(line->unit_price());
    }
    return sum;
}

void Keep(const void *data)
{
    __asm__ volatile("" : : "g"(data) : "memory");
}

} // namespace

void side_encode(const sample_order *order, size_t times)
{
    static flatbuffers::FlatBufferBuilder builder(1024);
    for (size_t i = 0; i < times; i++) {
        builder.Clear();
        Build(builder, *order);
        Keep(builder.GetBufferPointer());
    }
}

size_t side_encode_to(const sample_order *order, uint8_t *buffer, size_t capacity)
{
    flatbuffers::FlatBufferBuilder builder(1024);
    Build(builder, *order);
    size_t length = builder.GetSize();
    if (length > capacity)
        return 0;
    std::memcpy(buffer, builder.GetBufferPointer(), length);
    return length;
}

bool side_verify(const uint8_t *bytes, size_t length, size_t times)
{
    bool good = true;

    for (size_t i = 0; i < times; i++) {
        flatbuffers::Verifier verifier(bytes, length);
        good = verifier.VerifyBuffer<bench::Order>(nullptr) && good;
        Keep(bytes);
    }
    return good;
}

uint64_t side_read(const uint8_t *bytes, size_t times)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < times; i++) {
        sum += ReadOrder(flatbuffers::GetRoot<bench::Order>(bytes));
        Keep(bytes);
    }
    return sum;
}
