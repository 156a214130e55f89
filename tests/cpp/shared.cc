/*
 * shared.cc: messages with shared parts, as stock FlatBuffers writes them. Our verifier accepts
 * them while their expansion is small, rejects all others, and never exceeds the work limit of
 * wire.md.
 */
#include "buffers.h"
#include "shared.catga.h"
#include "shared_generated.h"

#include <ctime>
#include <functional>

namespace
{

using namespace test::shared;
using Builder = flatbuffers::FlatBufferBuilder;
using Text = flatbuffers::Offset<flatbuffers::String>;

/* wire.md: 1 MiB for each message, 32 for each of its bytes. */
constexpr double work_free = 1 << 20;
constexpr double work_per_byte = 32;

struct Fields {
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Node>>> nodes;
    flatbuffers::Offset<flatbuffers::Vector<Text>> tags;
    flatbuffers::Offset<flatbuffers::Vector<uint8_t>> thing_types;
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<void>>> things;
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Label>>> labels;
    flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Wide>>> wides;
    flatbuffers::Offset<Level> level;
};

double Seconds()
{
    timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/*
 * Writes a scene, which flatc's verifier accepts; ours accepts it if `accepted`. A unit of work
 * takes less than 10 ns even under sanitizers: most units are bytes that are checked in groups.
 */
void Try(const char *what, bool accepted, const std::function<void(Builder &, Fields &)> &fill)
{
    Builder builder;
    Fields fields;

    fill(builder, fields);
    builder.Finish(CreateScene(builder, fields.nodes, fields.tags, fields.thing_types,
                               fields.things, fields.labels, fields.wides, fields.level),
                   std::string(test_shared_scene_descriptor.identifier, 4).c_str());
    const Bytes bytes(builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize());
    flatbuffers::Verifier verifier(bytes.data(), bytes.size(), 100, 1 << 30);
    CHECK(!accepted || verifier.VerifyBuffer<Scene>(nullptr));
    test_shared_scene_view view;
    catga_problem problem = {""};
    const double begun = Seconds();
    const catga_status status = test_shared_scene_open(bytes.data(), bytes.size(), &view, &problem);
    const double taken = Seconds() - begun;
    std::printf("%-60s %8zu bytes %9.1f us  %s\n", what, bytes.size(), taken * 1e6, problem.text);
    CHECK((status == CATGA_OK) == accepted);
    CHECK(accepted || std::strstr(problem.text, "parts shared too often") != nullptr);
    CHECK(taken < (work_free + work_per_byte * static_cast<double>(bytes.size())) * 10e-9);
}

/* Writes `count` nodes that share one material of `properties`. */
void Nodes(Builder &builder, Fields &fields, int count, int properties)
{
    std::vector<flatbuffers::Offset<Property>> all;
    for (int i = 0; i < properties; i++)
        all.push_back(CreatePropertyDirect(builder, ("key" + std::to_string(i)).c_str(),
                                           1.0f + static_cast<float>(i)));
    const auto material = CreateMaterialDirect(builder, "stone", "pbr", &all);
    std::vector<flatbuffers::Offset<Node>> nodes;
    for (int i = 0; i < count; i++)
        nodes.push_back(CreateNode(builder, static_cast<uint32_t>(i) + 1, material));
    fields.nodes = builder.CreateVector(nodes);
}

/* Writes `count` tags that are one text. */
void Tags(Builder &builder, Fields &fields, int count, size_t length)
{
    const std::string text(length, 'x');
    std::vector<Text> tags;
    for (int i = 0; i < count; i++)
        tags.push_back(builder.CreateSharedString(text));
    fields.tags = builder.CreateVector(tags);
}

/* Writes `count` elements of a union, all of type `type`. A NONE also has an offset, that of
 * `value`. */
void Things(Builder &builder, Fields &fields, size_t count, Any type,
            flatbuffers::Offset<void> value)
{
    fields.things = builder.CreateVector(std::vector<flatbuffers::Offset<void>>(count, value));
    fields.thing_types =
        builder.CreateVector(std::vector<uint8_t>(count, static_cast<uint8_t>(type)));
}

/* Writes `count` labels that are one label with texts that are one text. */
void Labels(Builder &builder, Fields &fields, size_t count, size_t length)
{
    const Text t = builder.CreateString(std::string(length, 'y'));

    const Page page{};
    const auto label = CreateLabel(builder, t, t, t, t, t, t, t, &page);
    fields.labels = builder.CreateVector(std::vector<flatbuffers::Offset<Label>>(count, label));
}

void Wides(Builder &builder, Fields &fields, size_t count)
{
    const Page page{};
    const auto wide = CreateWide(builder, 0, 0, 0, 0, 0, 0, 0, 0, 0, &page);
    fields.wides = builder.CreateVector(std::vector<flatbuffers::Offset<Wide>>(count, wide));
}

/* Writes `depth` levels of `width` children that are one child. */
void Levels(Builder &builder, Fields &fields, int depth, size_t width)
{
    auto level = CreateLevel(builder);

    for (int i = 0; i < depth; i++)
        level = CreateLevel(
            builder, builder.CreateVector(std::vector<flatbuffers::Offset<Level>>(width, level)));
    fields.level = level;
}

} // namespace

int main()
{
    Try("100 nodes, one material of 10", true, [](Builder &b, Fields &f) { Nodes(b, f, 100, 10); });
    Try("300 nodes, one material of 10", true, [](Builder &b, Fields &f) { Nodes(b, f, 300, 10); });
    Try("1,000 nodes, one material of 1,000", false,
        [](Builder &b, Fields &f) { Nodes(b, f, 1000, 1000); });
    Try("60 tags, one text of 500", true, [](Builder &b, Fields &f) { Tags(b, f, 60, 500); });
    Try("1,000 tags, one text of 900", true, [](Builder &b, Fields &f) { Tags(b, f, 1000, 900); });
    Try("100,000 tags, one text of 5", true, [](Builder &b, Fields &f) { Tags(b, f, 100000, 5); });
    Try("100,000 tags, one text of 64", true,
        [](Builder &b, Fields &f) { Tags(b, f, 100000, 64); });
    Try("100,000 tags, one text of 100", false,
        [](Builder &b, Fields &f) { Tags(b, f, 100000, 100); });
    Try("10,000 things, all NONE with an offset", true, [](Builder &b, Fields &f) {
        Things(b, f, 10000, Any_NONE, b.CreateString("nothing").Union());
    });
    Try("10,000 things, one block", true, [](Builder &b, Fields &f) {
        const Block block{};
        Things(b, f, 10000, Any_at, b.CreateStruct(block).Union());
    });
    Try("10,000 things, one page", false, [](Builder &b, Fields &f) {
        const Page page{};
        Things(b, f, 10000, Any_Page, b.CreateStruct(page).Union());
    });
    Try("15 labels, one of seven times one text of 64", true,
        [](Builder &b, Fields &f) { Labels(b, f, 15, 64); });
    Try("10,000 labels, one of seven times one text of 64", false,
        [](Builder &b, Fields &f) { Labels(b, f, 10000, 64); });
    Try("10,000 labels, one with a page", false,
        [](Builder &b, Fields &f) { Labels(b, f, 10000, 0); });
    Try("10,000 wides, one with a page", false, [](Builder &b, Fields &f) { Wides(b, f, 10000); });
    Try("3 levels of 16", true, [](Builder &b, Fields &f) { Levels(b, f, 3, 16); });
    Try("12 levels of 16", false, [](Builder &b, Fields &f) { Levels(b, f, 12, 16); });
    Try("60 levels of 2", false, [](Builder &b, Fields &f) { Levels(b, f, 60, 2); });
    return 0;
}
