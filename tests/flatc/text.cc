/*
 * text.cc: stock FlatBuffers' side of the comparison: the output of `flatc --json`, from one
 * program. Unlike flatc it also prints vectors of unions. The lines of standard input are jobs of
 * three words: FBS-FILE BINARY-FILE JSON-FILE. Ends with 1 if a job failed, after all jobs.
 */
#include <flatbuffers/idl.h>
#include <flatbuffers/util.h>
#include <iostream>
#include <memory>
#include <string>

namespace
{

std::unique_ptr<flatbuffers::Parser> Load(const std::string &path)
{
    flatbuffers::IDLOptions options;
    options.strict_json = true;
    options.output_default_scalars_in_json = true;
    options.lang_to_generate = flatbuffers::IDLOptions::kBinary;
    auto parser = std::make_unique<flatbuffers::Parser>(options);
    const std::string folder = flatbuffers::StripFileName(path);
    const char *folders[] = {folder.c_str(), nullptr};
    std::string schema;
    if (!flatbuffers::LoadFile(path.c_str(), false, &schema) ||
        !parser->Parse(schema.c_str(), folders, path.c_str())) {
        std::cerr << path << ": " << parser->error_ << std::endl;
        return nullptr;
    }
    return parser;
}

bool Run(const flatbuffers::Parser &parser, const std::string &from, const std::string &to)
{
    std::string bytes;
    std::string text;
    if (flatbuffers::LoadFile(from.c_str(), true, &bytes) &&
        flatbuffers::GenerateText(parser, bytes.data(), &text) &&
        flatbuffers::SaveFile(to.c_str(), text, false))
        return true;
    std::cerr << from << ": cannot be printed" << std::endl;
    return false;
}

} // namespace

int main()
{
    std::string schema, from, to, loaded;
    std::unique_ptr<flatbuffers::Parser> parser;
    bool good = true;
    while (std::cin >> schema >> from >> to) {
        if (schema != loaded)
            parser = Load(schema);
        loaded = schema;
        good = parser != nullptr && Run(*parser, from, to) && good;
    }
    return good ? 0 : 1;
}
