/*
 * Reads the info of an object. Two passes over the text: the first checks it and counts pairs, the
 * second copies texts and pairs to one block of memory.
 */
#include "codec/json.h"
#include "codec/json_values.h"
#include "objects/info_json.h"
#include "objects/object_names.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct info_reader {
    json_reader json;
    catga_object_info *info;
    catga_object_pair *headers; /* room for them; NULL in the first pass */
    catga_object_pair *metadata;
    char *text; /* next free byte of the block */
    const char *member;
} info_reader;

typedef struct member_rule {
    const char *name;
    bool (*read)(info_reader *in, void *to);
    size_t offset; /* of the field in catga_object_info */
} member_rule;

/* ---- Values ---- */

static bool read_text(info_reader *in, void *to)
{
    catga_string raw;
    bool escaped;
    catga_string *text = to;

    if (!json_string(&in->json, &raw, &escaped))
        return false;
    if (in->text == NULL)
        return true;
    *text = (catga_string){in->text, json_decode(raw, in->text)};
    in->text += text->length;
    return true;
}

/* Reads a whole number below 2^63: no client can store more bytes. */
static bool read_number(info_reader *in, void *to)
{
    catga_string text;
    uint64_t *number = to;

    if (!json_number(&in->json, &text))
        return false;
    return (value_unsigned(text, number) && *number <= INT64_MAX) ||
           json_refuse(&in->json, "expected a whole number from 0 to 9223372036854775807");
}

static bool read_flag(info_reader *in, void *to)
{
    bool is_true = json_take_word(&in->json, "true");

    *(bool *)to = is_true;
    return is_true || json_take_word(&in->json, "false") ||
           json_refuse(&in->json, "expected true or false");
}

/* ---- Objects ---- */

static bool read_member(info_reader *in, const member_rule *rules, size_t count)
{
    char decoded[JSON_NAME_TEXT];
    catga_string name;
    bool escaped;

    if (!json_name(&in->json, &name, &escaped))
        return false;
    if (escaped)
        name = json_resolve(name, decoded);
    if (json_take_word(&in->json, "null"))
        return true;
    for (size_t i = 0; i < count; i++) {
        if (!catga_string_equal(name, catga_str(rules[i].name)))
            continue;
        in->member = rules[i].name;
        return rules[i].read(in, (char *)in->info + rules[i].offset);
    }
    return json_skip(&in->json);
}

static bool read_members(info_reader *in, const member_rule *rules, size_t count)
{
    bool first = true;

    if (!json_open(&in->json, '{'))
        return false;
    while (json_next(&in->json, '}', &first))
        if (!read_member(in, rules, count))
            return false;
    return in->json.reason == NULL;
}

#define MEMBERS(rules) rules, sizeof(rules) / sizeof((rules)[0])

/* ---- Pairs ---- */

static bool add_pair(info_reader *in, catga_object_pair *to, size_t *count, catga_string name)
{
    catga_object_pair pair = {name, {NULL, 0}};

    if (!read_text(in, &pair.value))
        return false;
    if (to != NULL)
        to[*count] = pair;
    ++*count;
    return true;
}

/* Reads a value, or an array of values: each becomes a pair. */
static bool read_values(info_reader *in, catga_object_pair *to, size_t *count, catga_string name)
{
    bool first = true;

    if (json_peek(&in->json) != '[')
        return add_pair(in, to, count, name);
    if (!json_open(&in->json, '['))
        return false;
    while (json_next(&in->json, ']', &first))
        if (!add_pair(in, to, count, name))
            return false;
    return in->json.reason == NULL;
}

static bool read_pairs(info_reader *in, catga_object_pair *to, size_t *count)
{
    bool first = true;
    catga_string name = {NULL, 0};

    if (!json_open(&in->json, '{'))
        return false;
    while (json_next(&in->json, '}', &first)) {
        if (!read_text(in, &name) || !json_expect(&in->json, ':') ||
            !read_values(in, to, count, name))
            return false;
    }
    return in->json.reason == NULL;
}

static bool read_headers(info_reader *in, void *to)
{
    (void)to;
    return read_pairs(in, in->headers, &in->info->header_count);
}

static bool read_metadata(info_reader *in, void *to)
{
    (void)to;
    return read_pairs(in, in->metadata, &in->info->metadata_count);
}

/* ---- The info ---- */

#define FIELD(field) offsetof(catga_object_info, field)

static bool read_link(info_reader *in, void *to)
{
    static const member_rule members[] = {
        {"bucket", read_text, FIELD(link_store)},
        {"name", read_text, FIELD(link_name)},
    };

    (void)to;
    return read_members(in, MEMBERS(members));
}

static bool read_options(info_reader *in, void *to)
{
    static const member_rule members[] = {
        {"max_chunk_size", read_number, FIELD(chunk_bytes)},
        {"link", read_link, 0},
    };

    (void)to;
    return read_members(in, MEMBERS(members));
}

static bool read_all(info_reader *in)
{
    static const member_rule members[] = {
        {"name", read_text, FIELD(name)},       {"description", read_text, FIELD(description)},
        {"bucket", read_text, FIELD(store)},    {"nuid", read_text, FIELD(upload)},
        {"digest", read_text, FIELD(digest)},   {"size", read_number, FIELD(size)},
        {"chunks", read_number, FIELD(chunks)}, {"deleted", read_flag, FIELD(deleted)},
        {"headers", read_headers, 0},           {"metadata", read_metadata, 0},
        {"options", read_options, 0},
    };

    if (!read_members(in, MEMBERS(members)))
        return false;
    in->member = "the end";
    return json_peek(&in->json) == '\0' && in->json.at == in->json.end
               ? true
               : json_refuse(&in->json, "characters after the object");
}

static catga_status refuse(catga_problem *problem, const char *member, const char *reason)
{
    snprintf(problem->text, sizeof problem->text, "the info of the object: %s%s%s",
             member == NULL ? "" : member, member == NULL ? "" : ": ", reason);
    return CATGA_BAD_MESSAGE;
}

static catga_status pass(info_reader *in, catga_bytes json, catga_problem *problem)
{
    in->json =
        (json_reader){.at = (const char *)json.data, .end = (const char *)json.data + json.length};
    if (!read_all(in))
        return refuse(problem, in->member, in->json.reason);
    return CATGA_OK;
}

/* Checks the texts from which subjects are made, and the members on which reading depends. */
static catga_status check(const catga_object_info *info, catga_problem *problem)
{
    bool is_link = info->link_store.data != NULL;

    if (!catga_is_object_name(info->name))
        return refuse(problem, "name", "not 1 to 384 bytes of UTF-8");
    if (is_link && !catga_is_object_store(info->link_store))
        return refuse(problem, "options.link.bucket", "not a name of an object store");
    if (is_link && info->link_name.data != NULL && info->link_name.length != 0 &&
        !catga_is_object_name(info->link_name))
        return refuse(problem, "options.link.name", "not 1 to 384 bytes of UTF-8");
    if (is_link || info->deleted)
        return CATGA_OK;
    if (!catga_is_object_upload(info->upload))
        return refuse(problem, "nuid", "not a token of a subject");
    if (info->size == 0 ? info->chunks != 0 : info->chunks == 0 || info->chunks > info->size)
        return refuse(problem, "chunks", "do not agree with size");
    return CATGA_OK;
}

catga_status catga_object_info_read(catga_bytes json, catga_object_info *info,
                                    catga_problem *problem)
{
    catga_object_info counted = {0};
    info_reader in = {.info = &counted};
    catga_status status = pass(&in, json, problem);

    *info = (catga_object_info){0};
    if (status != CATGA_OK)
        return status;
    size_t pairs = counted.header_count + counted.metadata_count;
    catga_object_pair *memory = malloc(pairs * sizeof *memory + json.length);
    if (memory == NULL)
        return CATGA_NO_MEMORY;
    in = (info_reader){.info = info,
                       .headers = memory,
                       .metadata = memory + counted.header_count,
                       .text = (char *)(memory + pairs)};
    info->memory = memory;
    info->headers = in.headers;
    info->metadata = in.metadata;
    status = pass(&in, json, problem);
    if (status == CATGA_OK)
        status = check(info, problem);
    if (status != CATGA_OK)
        catga_object_info_free(info);
    return status;
}

void catga_object_info_free(catga_object_info *info)
{
    if (info == NULL)
        return;
    free(info->memory);
    *info = (catga_object_info){0};
}
