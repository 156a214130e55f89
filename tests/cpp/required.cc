/*
 * required.cc: required optional scalars, as writers that flatc generates send them. FlatBuffers
 * cannot say that a scalar is required, so that the field is only optional in our .fbs file.
 * Writers in C++ send an optional scalar of 0; those in TypeScript, Java and Kotlin pass 0 as its
 * default and leave it out, unless the builder is told to force defaults.
 */
#include "required.catga.h"
#include "required_generated.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);           \
            std::exit(1);                                                                          \
        }                                                                                          \
    } while (0)

namespace
{

using test::required::Price;
using Builder = flatbuffers::FlatBufferBuilder;
using Root = flatbuffers::Offset<Price>;
using Amount = flatbuffers::Optional<int64_t>;

/* Returns the error of our verifier for a message with that root, or "". */
std::string Refused(Builder &builder, Root root)
{
    builder.Finish(root, std::string(test_required_price_descriptor.identifier, 4).c_str());
    test_required_price_view view;
    catga_problem problem = {""};
    const catga_status status =
        test_required_price_open(builder.GetBufferPointer(), builder.GetSize(), &view, &problem);
    CHECK((status == CATGA_OK) == (problem.text[0] == '\0'));
    CHECK(status != CATGA_OK || test_required_price_get_amount(view).present);
    return problem.text;
}

/* Makes the calls of a writer in TypeScript, Java or Kotlin: addField(slot, value, 0). */
Root CreateWithDefault(Builder &builder, int64_t amount)
{
    const auto start = builder.StartTable();

    builder.AddElement<int64_t>(Price::VT_AMOUNT, amount, 0);
    return Root(builder.EndTable(start));
}

} // namespace

int main()
{
    const std::string absent = "amount: required, but absent";
    Builder none, zero, some, omitted, forced;
    CHECK(Refused(none, test::required::CreatePrice(none)) == absent);
    CHECK(Refused(zero, test::required::CreatePrice(zero, Amount(0))).empty());
    CHECK(Refused(some, test::required::CreatePrice(some, Amount(5))).empty());
    CHECK(Refused(omitted, CreateWithDefault(omitted, 0)) == absent);
    forced.ForceDefaults(true);
    CHECK(Refused(forced, CreateWithDefault(forced, 0)).empty());
}
