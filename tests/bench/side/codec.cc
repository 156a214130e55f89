// The other side of encode_wide, json_print and json_parse; see codec.h.

#include "codec.h"

#include "codec_generated.h"

#include <cstring>
#include <flatbuffers/idl.h>
#include <flatbuffers/util.h>
#include <memory>
#include <string>

namespace
{

void Keep(const void *data)
{
    __asm__ volatile("" : : "g"(data) : "memory");
}

void Build(flatbuffers::FlatBufferBuilder &builder, const record &from)
{
#define RECORD_SCALAR(type, name, value)
#define RECORD_ENUM(name, value)
#define RECORD_TEXT(name, value) auto name = builder.CreateString(from.name.data, from.name.length);
#include "../record.def"
#undef RECORD_SCALAR
#undef RECORD_ENUM
#undef RECORD_TEXT
    auto numbers = builder.CreateVector(from.numbers, RECORD_NUMBERS);
    codec::Position position(from.position.latitude, from.position.longitude,
                             from.position.altitude, from.position.accuracy);
    builder.Finish(codec::CreateRecord(builder,
#define RECORD_SCALAR(type, name, value) from.name,
#define RECORD_ENUM(name, value)         static_cast<codec::Kind>(from.name),
#define RECORD_TEXT(name, value)         name,
#include "../record.def"
#undef RECORD_SCALAR
#undef RECORD_ENUM
#undef RECORD_TEXT
                                       numbers, &position),
                   "RCRD");
}

// Returns a parser that knows the schema, and reads and writes JSON with all members on one line.
std::unique_ptr<flatbuffers::Parser> ParserOfReceipts()
{
    flatbuffers::IDLOptions options;
    options.strict_json = true;
    options.output_default_scalars_in_json = true;
    options.indent_step = -1;
    auto parser = std::make_unique<flatbuffers::Parser>(options);
    std::string schema;
    if (!flatbuffers::LoadFile(CODEC_SCHEMA, false, &schema) || !parser->Parse(schema.c_str()) ||
        !parser->SetRootType("codec.Receipt"))
        return nullptr;
    return parser;
}

} // namespace

void side_encode_record(const record *from, size_t times)
{
    static flatbuffers::FlatBufferBuilder builder(2048);
    for (size_t i = 0; i < times; i++) {
        builder.Clear();
        Build(builder, *from);
        Keep(builder.GetBufferPointer());
    }
}

size_t side_record_length(const record *from)
{
    flatbuffers::FlatBufferBuilder builder(2048);
    Build(builder, *from);
    return builder.GetSize();
}

void side_print(const uint8_t *bytes, size_t times)
{
    static const auto parser = ParserOfReceipts();

    static std::string text;
    for (size_t i = 0; i < times; i++) {
        text.clear();
        flatbuffers::GenerateText(*parser, bytes, &text);
        Keep(text.data());
    }
}

size_t side_print_to(const uint8_t *bytes, char *text, size_t capacity)
{
    auto parser = ParserOfReceipts();

    std::string made;
    if (!parser || !flatbuffers::GenerateText(*parser, bytes, &made) || made.size() >= capacity)
        return 0;
    std::memcpy(text, made.c_str(), made.size() + 1);
    return made.size();
}

bool side_parse(const char *text, size_t times)
{
    static const auto parser = ParserOfReceipts();
    bool good = true;

    for (size_t i = 0; i < times; i++) {
        good = parser->ParseJson(text) && good;
        Keep(parser->builder_.GetBufferPointer());
    }
    return good;
}
