#include "codec/json_read_struct.h"

#include "codec/json_members.h"
#include "codec/json_names.h"
#include "codec/json_read_scalar.h"
#include "codec/struct.h"

enum { LARGEST_STRUCT = UINT16_MAX };

static bool parse_struct(json_parser *p, const catga_struct *type, uint8_t *native);

bool json_read_inline(json_parser *p, value_type wanted, uint8_t *native)
{
    if (wanted.kind != CATGA_KIND_struct)
        return json_read_scalar(p, wanted, native);
    return wanted.format == CATGA_FORMAT_uuid ? json_read_uuid(p, native)
                                              : parse_struct(p, wanted.type, native);
}

static bool parse_member(json_parser *p, const catga_member *member, uint8_t *native)
{
    value_type wanted = value_type_of_member(member);
    size_t size = member->kind == CATGA_KIND_struct ? ((const catga_struct *)member->type)->size
                                                    : catga_scalar_size(member->kind);
    bool first = true;
    size_t i = 0;

    if (member->count == 0)
        return json_read_inline(p, wanted, native);
    if (!json_open(&p->in, '['))
        return false;
    while (json_next(&p->in, ']', &first)) {
        if (i == member->count)
            return parser_refuse(p, "too many elements");
        if (!json_read_inline(p, wanted, native + i++ * size))
            return false;
    }
    return p->in.reason == NULL && (i == member->count || parser_refuse(p, "too few elements"));
}

static bool parse_struct_member(json_parser *p, const catga_struct *type, size_t *hint,
                                uint64_t *seen, uint8_t *native)
{
    char text[JSON_NAME_TEXT];
    catga_string name;

    if (!member_name(p, text, &name))
        return false;
    size_t index = name_find(names_of_struct(type), p->names, name, hint);
    if (index == type->member_count)
        return member_unknown(p, name);
    const catga_member *member = &type->members[index];
    if (!member_note(seen, index))
        parser_refuse(p, "twice");
    else if (parse_member(p, member, native + member->offset))
        return true;
    return parser_failed_in(p, member->name);
}

/* A struct cannot represent an absent member. */
static bool has_every_member(json_parser *p, const catga_struct *type, const uint64_t *seen)
{
    for (size_t i = 0; i < type->member_count; i++) {
        if ((seen[i / 64] >> i % 64 & 1) != 0)
            continue;
        parser_refuse(p, "missing: a struct has each of its members");
        return parser_failed_in(p, type->members[i].name);
    }
    return true;
}

static bool parse_struct(json_parser *p, const catga_struct *type, uint8_t *native)
{
    uint64_t seen[LARGEST_STRUCT / 64 + 1];
    size_t hint = 0;
    bool first = true;

    memset(seen, 0, ((size_t)type->member_count + 63) / 64 * sizeof *seen);
    if (!json_open(&p->in, '{'))
        return false;
    while (json_next(&p->in, '}', &first))
        if (!parse_struct_member(p, type, &hint, seen, native))
            return false;
    return p->in.reason == NULL && has_every_member(p, type, seen);
}
