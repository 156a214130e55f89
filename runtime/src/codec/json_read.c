/*
 * Reads JSON directly into the native struct of a table, without a tree. The reader accepts the
 * output of json_write.c and more: members in any order; null for an absent value; 64-bit integers,
 * decimals and enums as strings or numbers; the type of a union after its value. It refuses
 * duplicate members, unknown ones unless they are skipped, and values outside their type. The
 * encoder checks the schema's rules: required, lengths and ranges.
 */
#include "codec/json_members.h"
#include "codec/json_names.h"
#include "codec/json_read_scalar.h"
#include "codec/json_read_struct.h"
#include "codec/native_struct.h"
#include "codec/problem.h"
#include "codec/value_text.h"

enum { LARGEST_TABLE = 32768 };

static bool parse_table(json_parser *p, const catga_table *type, uint8_t *native);

/* ---- Strings ---- */

/* Reads a string and decodes it into the arena. */
static bool parse_text(json_parser *p, catga_string *text)
{
    catga_string raw;
    bool escaped;

    if (!json_string(&p->in, &raw, &escaped))
        return false;
    *text = native_text(p->arena, raw.data, raw.length);
    if (text->data == NULL)
        return parser_refuse(p, "out of memory");
    if (!escaped)
        return true;
    char *writable = (char *)p->arena->data + p->arena->used - raw.length - 1;
    text->length = json_decode(raw, writable);
    writable[text->length] = '\0';
    return true;
}

/* ---- Referenced parts ---- */

static bool parse_string(json_parser *p, uint8_t *native)
{
    catga_string text;

    if (!parse_text(p, &text))
        return false;
    memcpy(native, &text, sizeof text);
    return true;
}

static bool parse_object(json_parser *p, value_type wanted, uint8_t *native)
{
    bool is_table = wanted.kind == CATGA_KIND_table;
    size_t size = is_table ? ((const catga_table *)wanted.type)->native_size
                           : ((const catga_struct *)wanted.type)->size;
    uint8_t *object = native_take_object(p->arena, wanted.kind, wanted.type);

    if (object == NULL)
        return parser_refuse(p, "out of memory");
    memset(object, 0, size);
    native_set_pointer(native, object);
    return is_table ? parse_table(p, wanted.type, object) : json_read_inline(p, wanted, object);
}

static bool parse_bytes(json_parser *p, uint8_t *native)
{
    catga_string text;
    bool escaped;

    if (!json_string(&p->in, &text, &escaped))
        return false;
    const char *reason = escaped ? "not base64" : value_bytes(text, p->arena, native);
    return reason == NULL || parser_refuse(p, reason);
}

static bool parse_alternative(json_parser *p, const catga_union *type, uint8_t tag, uint8_t *native)
{
    uint8_t *value = native + offsetof(catga_native_union, value);

    *native = tag;
    if (tag == 0)
        return json_take_word(&p->in, "null") || parser_refuse(p, "a value without a type");
    const catga_alternative *alternative = &type->alternatives[tag - 1];
    if (alternative->kind == CATGA_KIND_string)
        return parse_string(p, value);
    return parse_object(
        p, (value_type){alternative->kind, CATGA_FORMAT_plain, 0, alternative->type}, value);
}

static bool parse_element(json_parser *p, const catga_field *field, uint8_t *native)
{
    if (field->element == CATGA_KIND_string)
        return parse_string(p, native);
    if (field->element == CATGA_KIND_table)
        return parse_table(p, field->type, native);
    return json_read_inline(p, value_type_of_element(field), native);
}

/*
 * Allocates an array for its elements. Returns NULL without memory. Elements after the first
 * invalid one are not counted; the reader stops there too.
 */
static uint8_t *take_elements(json_parser *p, const catga_field *field, size_t *count,
                              uint8_t *native)
{
    json_peek(&p->in);
    *count = json_count(&p->in);
    if (*count > field->max) {
        parser_refuse(p, "too many elements"); /* before memory for them is taken */
        return NULL;
    }
    uint8_t *data = native_take_elements(p->arena, field, *count);
    if (data == NULL) {
        parser_refuse(p, "out of memory");
        return NULL;
    }
    memset(data, 0, *count * native_element_size(field));
    native_set_slice(native, data, *count);
    return data;
}

static bool parse_vector(json_parser *p, const catga_field *field, uint8_t *native)
{
    size_t count;
    bool first = true;

    if (field->format == CATGA_FORMAT_bytes)
        return parse_bytes(p, native);
    uint8_t *data = take_elements(p, field, &count, native);
    if (data == NULL || !json_open(&p->in, '['))
        return false;
    for (size_t i = 0; json_next(&p->in, ']', &first); i++)
        if (i == count ? !json_skip(&p->in)
                       : !parse_element(p, field, data + i * native_element_size(field)))
            return parser_failed_at(p, i);
    return p->in.reason == NULL;
}

/* Reads the name or number of an alternative of the union in `field`. */
static bool parse_tag(json_reader *in, const catga_field *field, uint8_t *tag)
{
    const catga_union *type = field->type;
    json_parser tags = {.in = *in};
    int64_t value;

    if (!json_read_enum(&tags, (value_type){CATGA_KIND_u8, CATGA_FORMAT_enum, 0, field[-1].type},
                        &value) ||
        value > (int64_t)type->count)
        return false;
    *in = tags.in;
    *tag = (uint8_t)value;
    return true;
}

/* Reads an element of a vector of unions; `types` is before its type. */
static bool parse_typed(json_parser *p, const catga_field *field, json_reader *types, bool *first,
                        uint8_t *native)
{
    uint8_t tag;

    if (!json_next(types, ']', first) || !parse_tag(types, field, &tag))
        return parser_refuse(p, "a value without a type");
    return parse_alternative(p, field->type, tag, native);
}

/* Reads a vector of unions; `types` is at the array of their types. */
static bool parse_unions(json_parser *p, const catga_field *field, json_reader types,
                         uint8_t *native)
{
    size_t count;
    bool first = true;
    bool first_type = true;
    uint8_t *data = take_elements(p, field, &count, native);

    if (data == NULL || !json_open(&p->in, '['))
        return false;
    if (!json_open(&types, '['))
        return parser_refuse(p, "a value without a type");
    for (size_t i = 0; json_next(&p->in, ']', &first); i++) {
        uint8_t *element = data + i * native_element_size(field);
        if (i == count ? !json_skip(&p->in) : !parse_typed(p, field, &types, &first_type, element))
            return parser_failed_at(p, i);
    }
    if (p->in.reason == NULL && json_next(&types, ']', &first_type))
        return parser_refuse(p, "a type without a value");
    return p->in.reason == NULL;
}

/* ---- Tables ---- */

/* Moves *value to the value of the member for `field`. Returns false if there is no such member. */
static bool find_member(json_reader members, catga_json_names names, const catga_field *field,
                        json_reader *value)
{
    bool is_own = (field->flags & CATGA_OWN_NAME) != 0;
    char text[JSON_NAME_TEXT];
    catga_string raw;
    bool escaped;
    bool first = true;

    while (json_next(&members, '}', &first)) {
        if (!json_name(&members, &raw, &escaped))
            return false;
        if (name_matches(names, field->name, is_own, escaped ? json_resolve(raw, text) : raw)) {
            *value = members;
            return true;
        }
        if (!json_skip(&members))
            return false;
    }
    return false;
}

/* Reads a union or a vector of unions; the member with its type may come first or later. */
static bool parse_union(json_parser *p, const catga_field *field, json_reader members,
                        uint8_t *native)
{
    json_reader types;
    uint8_t tag;

    if (!find_member(members, p->names, field - 1, &types))
        return json_take_word(&p->in, "null") || parser_refuse(p, "a value without a type");
    if (field->kind == CATGA_KIND_vector)
        return parse_unions(p, field, types, native);
    return parse_tag(&types, field, &tag) ? parse_alternative(p, field->type, tag, native)
                                          : parser_refuse(p, "not a type of the union");
}

/* Reads a field; `members` is at the first member of the table. */
static bool parse_field(json_parser *p, const catga_field *field, json_reader members,
                        uint8_t *native)
{
    value_type wanted = value_type_of_field(field);
    uint8_t *member = native + field->member;

    if (field->flags & (CATGA_DEPRECATED | CATGA_TAGS))
        return json_skip(&p->in);
    if (field->kind != CATGA_KIND_union && json_take_word(&p->in, "null"))
        return true;
    if (field->kind == CATGA_KIND_union ||
        (field->kind == CATGA_KIND_vector && field->element == CATGA_KIND_union))
        return parse_union(p, field, members, member);
    if (field->kind == CATGA_KIND_vector)
        return parse_vector(p, field, member);
    if (field->kind == CATGA_KIND_string)
        return parse_string(p, member);
    if (field->kind < CATGA_KIND_struct)
        return json_read_scalar(p, wanted, native_scalar(field, native));
    return parse_object(p, wanted, member);
}

static const catga_field *find_field(const catga_table *type, catga_json_names names,
                                     catga_string name, size_t *hint)
{
    size_t index = name_find(names_of_table(type), names, name, hint);

    return index < type->field_count ? &type->fields[index] : NULL;
}

static bool parse_named(json_parser *p, const catga_table *type, json_reader members, size_t *hint,
                        uint64_t *seen, uint8_t *native)
{
    char text[JSON_NAME_TEXT];
    catga_string name;

    if (!member_name(p, text, &name))
        return false;
    const catga_field *field = find_field(type, p->names, name, hint);
    if (field == NULL)
        return member_unknown(p, name);
    if (!member_note(seen, (size_t)(field - type->fields)))
        parser_refuse(p, "twice");
    else if (parse_field(p, field, members, native))
        return true;
    return parser_failed_in(p, field->name);
}

static bool parse_table(json_parser *p, const catga_table *type, uint8_t *native)
{
    uint64_t seen[LARGEST_TABLE / 64];
    size_t hint = 0;
    bool first = true;

    memset(seen, 0, ((size_t)type->field_count + 63) / 64 * sizeof *seen);
    native_clear(type, native);
    if (!json_open(&p->in, '{'))
        return false;
    json_reader members = p->in;
    while (json_next(&p->in, '}', &first))
        if (!parse_named(p, type, members, &hint, seen, native))
            return false;
    return p->in.reason == NULL;
}

/* ---- The whole text ---- */

catga_status catga_json_read_as(const catga_table *table, catga_json_names names, const char *text,
                                size_t length, catga_unknown unknown, void *native,
                                catga_arena *arena, catga_problem *problem)
{
    catga_problem ignored;

    problem = problem == NULL ? &ignored : problem;
    catga_problem_begin(problem);
    json_parser p = {{text, text + length, NULL, 0}, text, arena, unknown, names, problem};
    if (parse_table(&p, table, native) && json_peek(&p.in) == '\0' && p.in.at == p.in.end)
        return CATGA_OK;
    parser_refuse(&p, "text behind the end");
    parser_explain(&p);
    catga_problem_finish(problem);
    return arena->used > arena->capacity ? CATGA_TOO_LARGE : CATGA_BAD_MESSAGE;
}
