/*
 * Reads JSON directly into the native struct of a table, without a tree. The reader accepts the
 * output of json_write.c and more: members in any order; null for an absent value; 64-bit integers,
 * decimals and enums as strings or numbers; the type of a union after its value. It refuses
 * duplicate members, unknown ones unless they are skipped, and values outside their type. The
 * encoder checks the schema's rules: required, lengths and ranges.
 */
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_values.h"
#include "codec/native_struct.h"
#include "codec/problem.h"
#include "codec/struct.h"
#include "codec/value_type.h"

#include <inttypes.h>
#include <stdio.h>

/* Longest member name that may contain escapes. */
enum { NAME_TEXT = 256, LARGEST_TABLE = 32768, LARGEST_STRUCT = UINT16_MAX };

typedef struct parser {
    json_reader in;
    const char *text; /* beginning of the text */
    catga_arena *arena;
    catga_unknown unknown;
    catga_problem *problem;
} parser;

static bool parse_table(parser *p, const catga_table *type, uint8_t *native);

static bool refuse(parser *p, const char *reason)
{
    return json_refuse(&p->in, reason);
}

/* Sets the reason and position of the error, unless they are set. */
static void explain(parser *p)
{
    char reason[CATGA_PROBLEM_TEXT];
    size_t line = 1;
    size_t column = 1;

    if (p->problem->text[0] != '\0')
        return;
    for (const char *at = p->text; at < p->in.at; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    snprintf(reason, sizeof reason, "%s (line %zu, column %zu)", p->in.reason, line, column);
    catga_problem_state(p->problem, reason);
}

/* Prepends the name of a field to the error. Returns false. */
static bool failed_in(parser *p, const char *name)
{
    explain(p);
    catga_problem_in_field(p->problem, name);
    return false;
}

/* ---- Strings ---- */

/* Reads a string and decodes it into the arena. */
static bool parse_text(parser *p, catga_string *text)
{
    catga_string raw;
    bool escaped;

    if (!json_string(&p->in, &raw, &escaped))
        return false;
    *text = native_text(p->arena, raw.data, raw.length);
    if (text->data == NULL)
        return refuse(p, "out of memory");
    if (!escaped)
        return true;
    char *writable = (char *)p->arena->data + p->arena->used - raw.length - 1;
    text->length = json_decode(raw, writable);
    writable[text->length] = '\0';
    return true;
}

/* Reads a short string without escapes, such as any scalar in quotes. */
static bool parse_token(parser *p, catga_string *text)
{
    bool escaped;

    return json_string(&p->in, text, &escaped) &&
           (!escaped || refuse(p, "escapes where there need be none"));
}

/* Reads a number, or a string that contains one. */
static bool parse_digits(parser *p, catga_string *text)
{
    return json_peek(&p->in) == '"' ? parse_token(p, text) : json_number(&p->in, text);
}

/* ---- Scalars ---- */

static bool parse_bool(parser *p, uint8_t *native)
{
    bool truth = json_take_word(&p->in, "true");

    if (!truth && !json_take_word(&p->in, "false"))
        return refuse(p, "expected true or false");
    *native = truth;
    return true;
}

/*
 * Decodes a member name. A name that is longer than any valid one is returned as it is. `text` has
 * NAME_TEXT bytes.
 */
static catga_string resolve(catga_string raw, bool escaped, char *text)
{
    catga_string name = raw;

    if (escaped && raw.length <= NAME_TEXT) {
        name.data = text;
        name.length = json_decode(raw, text);
    }
    return name;
}

/* Reads the value of an enumerator's name, in quotes or between spaces within quotes. */
static bool enumerator_value(const catga_enum *type, catga_string raw, bool escaped, int64_t *value)
{
    char text[NAME_TEXT];
    catga_string name = resolve(raw, escaped, text);

    for (uint32_t i = 0; i < type->count; i++) {
        if (!catga_string_equal(catga_str(type->values[i].name), name))
            continue;
        *value = type->values[i].value.i;
        return true;
    }
    return false;
}

/* Reads flag names with spaces between; no name is 0. */
static bool flags_value(const catga_enum *type, catga_string text, bool escaped, int64_t *value)
{
    *value = 0;
    while (text.length != 0) {
        const char *space = memchr(text.data, ' ', text.length);
        size_t length = space == NULL ? text.length : (size_t)(space - text.data);
        int64_t bit;
        if (!enumerator_value(type, (catga_string){text.data, length}, escaped, &bit))
            return false;
        *value |= bit;
        length += space == NULL ? 0 : 1;
        text.data += length;
        text.length -= length;
    }
    return true;
}

static bool enum_value(const catga_enum *type, catga_string text, bool escaped, int64_t *value)
{
    return type->flags ? flags_value(type, text, escaped, value)
                       : enumerator_value(type, text, escaped, value);
}

static bool fits(unsigned kind, int64_t value)
{
    switch (kind) {
    case CATGA_KIND_i8:
        return value >= INT8_MIN && value <= INT8_MAX;
    case CATGA_KIND_i16:
        return value >= INT16_MIN && value <= INT16_MAX;
    case CATGA_KIND_i32:
        return value >= INT32_MIN && value <= INT32_MAX;
    case CATGA_KIND_u8:
        return value >= 0 && value <= UINT8_MAX;
    case CATGA_KIND_u16:
        return value >= 0 && value <= UINT16_MAX;
    case CATGA_KIND_u32:
        return value >= 0 && value <= UINT32_MAX;
    default:
        return true;
    }
}

static bool parse_number(parser *p, unsigned kind, int64_t *value)
{
    catga_string text;

    if (!parse_digits(p, &text))
        return false;
    if (kind == CATGA_KIND_u64) {
        uint64_t bits;
        if (!value_unsigned(text, &bits))
            return refuse(p, "not an integer of its type");
        *value = (int64_t)bits;
        return true;
    }
    return (value_signed(text, value) && fits(kind, *value)) ||
           refuse(p, "not an integer of its type");
}

static bool parse_enum(parser *p, value_type wanted, int64_t *value)
{
    catga_string text;
    bool escaped;

    if (json_peek(&p->in) != '"')
        return parse_number(p, wanted.kind, value);
    return json_string(&p->in, &text, &escaped) &&
           (enum_value(wanted.type, text, escaped, value) || refuse(p, "not a name of its enum"));
}

static bool parse_integer(parser *p, value_type wanted, int64_t *value)
{
    catga_string text;

    switch (wanted.format) {
    case CATGA_FORMAT_enum:
        return parse_enum(p, wanted, value);
    case CATGA_FORMAT_decimal:
        return parse_digits(p, &text) && (catga_decimal_parse(text, wanted.digits, value) ||
                                          refuse(p, "not a decimal of its size"));
    case CATGA_FORMAT_timestamp:
        return parse_token(p, &text) &&
               (catga_timestamp_parse(text, value) || refuse(p, "not a timestamp"));
    case CATGA_FORMAT_duration:
        return parse_token(p, &text) &&
               (catga_duration_parse(text, value) || refuse(p, "not a duration"));
    default:
        return parse_number(p, wanted.kind, value);
    }
}

static bool floating_word(catga_string text, double *value)
{
    bool negative = catga_string_equal(text, catga_str("-Infinity"));

    if (catga_string_equal(text, catga_str("NaN")))
        *value = __builtin_nan("");
    else if (negative || catga_string_equal(text, catga_str("Infinity")))
        *value = negative ? -__builtin_inf() : __builtin_inf();
    else
        return false;
    return true;
}

/* Reads a number. A float is rounded once, from the text, not from the nearest double. */
static bool floating_number(catga_string text, unsigned kind, double *value)
{
    float single;

    if (kind == CATGA_KIND_f64)
        return value_floating(text, value);
    if (!value_single(text, &single))
        return false;
    *value = (double)single;
    return true;
}

static bool parse_floating(parser *p, unsigned kind, uint8_t *native)
{
    catga_string text;
    double value;

    if (json_peek(&p->in) == '"') {
        if (!parse_token(p, &text) || !floating_word(text, &value))
            return refuse(p, "expected a number");
    } else if (!json_number(&p->in, &text) || !floating_number(text, kind, &value)) {
        return refuse(p, "a number too large");
    }
    float single = (float)value;
    if (kind == CATGA_KIND_f64)
        memcpy(native, &value, sizeof value);
    else
        memcpy(native, &single, sizeof single);
    return true;
}

static bool parse_scalar(parser *p, value_type wanted, uint8_t *native)
{
    int64_t value;

    if (wanted.kind == CATGA_KIND_bool)
        return parse_bool(p, native);
    if (wanted.kind == CATGA_KIND_f32 || wanted.kind == CATGA_KIND_f64)
        return parse_floating(p, wanted.kind, native);
    if (!parse_integer(p, wanted, &value))
        return false;
    native_set_integer(native, wanted.kind, value);
    return true;
}

/* ---- Members ---- */

/*
 * Returns the index of a member in the descriptors of a table or struct, or their count. `first` is
 * the name of the first descriptor; `size` is the size of a descriptor. Members mostly have the
 * schema's order, so the search begins after the last found member.
 */
static size_t find_name(const char *const *first, size_t size, size_t count, catga_string name,
                        size_t *hint)
{
    for (size_t i = 0; i < count; i++) {
        size_t index = *hint + i < count ? *hint + i : *hint + i - count;
        const char *const *candidate = (const void *)((const char *)first + index * size);
        if (catga_string_equal(catga_str(*candidate), name)) {
            *hint = index + 1;
            return index;
        }
    }
    return count;
}

/*
 * Skips or refuses an unknown member. The error shows the beginning of its name, in whole
 * characters.
 */
static bool parse_unknown(parser *p, catga_string name)
{
    char text[NAME_TEXT / 4];

    if (p->unknown == CATGA_SKIP_UNKNOWN)
        return json_skip(&p->in);
    if (name.length >= sizeof text)
        name.length = sizeof text - 1;
    while (!catga_is_utf8((const uint8_t *)name.data, name.length))
        name.length--;
    refuse(p, "unknown member");
    memcpy(text, name.data, name.length);
    text[name.length] = '\0';
    return failed_in(p, text);
}

/* Notes that a field was read. Returns false if it was read before. */
static bool note(uint64_t *seen, size_t index)
{
    uint64_t bit = (uint64_t)1 << index % 64;
    bool before = (seen[index / 64] & bit) != 0;

    seen[index / 64] |= bit;
    return !before;
}

/* ---- Structs ---- */

static bool parse_struct(parser *p, const catga_struct *type, uint8_t *native);

static bool parse_uuid(parser *p, uint8_t *native)
{
    catga_string text;
    catga_uuid uuid;

    if (!parse_token(p, &text))
        return false;
    if (!catga_uuid_parse(text, &uuid))
        return refuse(p, "not a uuid");
    memcpy(native, &uuid, sizeof uuid);
    return true;
}

static bool parse_inline(parser *p, value_type wanted, uint8_t *native)
{
    if (wanted.kind != CATGA_KIND_struct)
        return parse_scalar(p, wanted, native);
    return wanted.format == CATGA_FORMAT_uuid ? parse_uuid(p, native)
                                              : parse_struct(p, wanted.type, native);
}

static bool parse_member(parser *p, const catga_member *member, uint8_t *native)
{
    value_type wanted = value_type_of_member(member);
    size_t size = member->kind == CATGA_KIND_struct ? ((const catga_struct *)member->type)->size
                                                    : catga_scalar_size(member->kind);
    bool first = true;
    size_t i = 0;

    if (member->count == 0)
        return parse_inline(p, wanted, native);
    if (!json_open(&p->in, '['))
        return false;
    while (json_next(&p->in, ']', &first)) {
        if (i == member->count)
            return refuse(p, "too many elements");
        if (!parse_inline(p, wanted, native + i++ * size))
            return false;
    }
    return p->in.reason == NULL && (i == member->count || refuse(p, "too few elements"));
}

/* Reads the name of a member; `text` is room for a name with escapes. */
static bool read_name(parser *p, char text[NAME_TEXT], catga_string *name)
{
    catga_string raw;
    bool escaped;

    if (!json_name(&p->in, &raw, &escaped))
        return false;
    *name = resolve(raw, escaped, text);
    return true;
}

static bool parse_struct_member(parser *p, const catga_struct *type, size_t *hint, uint64_t *seen,
                                uint8_t *native)
{
    char text[NAME_TEXT];
    catga_string name;

    if (!read_name(p, text, &name))
        return false;
    size_t index =
        find_name(&type->members->name, sizeof *type->members, type->member_count, name, hint);
    if (index == type->member_count)
        return parse_unknown(p, name);
    const catga_member *member = &type->members[index];
    if (!note(seen, index))
        refuse(p, "twice");
    else if (parse_member(p, member, native + member->offset))
        return true;
    return failed_in(p, member->name);
}

/* A struct cannot represent an absent member. */
static bool has_every_member(parser *p, const catga_struct *type, const uint64_t *seen)
{
    for (size_t i = 0; i < type->member_count; i++) {
        if ((seen[i / 64] >> i % 64 & 1) != 0)
            continue;
        refuse(p, "missing: a struct has each of its members");
        return failed_in(p, type->members[i].name);
    }
    return true;
}

static bool parse_struct(parser *p, const catga_struct *type, uint8_t *native)
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

/* ---- Referenced parts ---- */

static bool parse_string(parser *p, uint8_t *native)
{
    catga_string text;

    if (!parse_text(p, &text))
        return false;
    memcpy(native, &text, sizeof text);
    return true;
}

static bool parse_object(parser *p, value_type wanted, uint8_t *native)
{
    bool is_table = wanted.kind == CATGA_KIND_table;
    size_t size = is_table ? ((const catga_table *)wanted.type)->native_size
                           : ((const catga_struct *)wanted.type)->size;
    uint8_t *object = native_take_object(p->arena, wanted.kind, wanted.type);

    if (object == NULL)
        return refuse(p, "out of memory");
    memset(object, 0, size);
    native_set_pointer(native, object);
    return is_table ? parse_table(p, wanted.type, object) : parse_inline(p, wanted, object);
}

static bool parse_bytes(parser *p, uint8_t *native)
{
    catga_string text;
    bool escaped;
    size_t length;

    if (!json_string(&p->in, &text, &escaped))
        return false;
    if (escaped || !value_base64_length(text, &length))
        return refuse(p, "not base64");
    uint8_t *bytes = native_take(p->arena, length + 1, 1);
    if (bytes == NULL)
        return refuse(p, "out of memory");
    native_set_slice(native, bytes, length);
    return value_base64(text, bytes) || refuse(p, "not base64");
}

static bool parse_alternative(parser *p, const catga_union *type, uint8_t tag, uint8_t *native)
{
    uint8_t *value = native + offsetof(catga_native_union, value);

    *native = tag;
    if (tag == 0)
        return json_take_word(&p->in, "null") || refuse(p, "a value without a type");
    const catga_alternative *alternative = &type->alternatives[tag - 1];
    if (alternative->kind == CATGA_KIND_string)
        return parse_string(p, value);
    return parse_object(
        p, (value_type){alternative->kind, CATGA_FORMAT_plain, 0, alternative->type}, value);
}

static bool parse_element(parser *p, const catga_field *field, uint8_t *native)
{
    if (field->element == CATGA_KIND_string)
        return parse_string(p, native);
    if (field->element == CATGA_KIND_table)
        return parse_table(p, field->type, native);
    return parse_inline(p, value_type_of_element(field), native);
}

static bool failed_at(parser *p, size_t index)
{
    explain(p);
    catga_problem_in_element(p->problem, "", index);
    return false;
}

/*
 * Allocates an array for its elements. Returns NULL without memory. Elements after the first
 * invalid one are not counted; the reader stops there too.
 */
static uint8_t *take_elements(parser *p, const catga_field *field, size_t *count, uint8_t *native)
{
    json_peek(&p->in);
    *count = json_count(&p->in);
    uint8_t *data = native_take_elements(p->arena, field, *count);
    if (data == NULL) {
        refuse(p, "out of memory");
        return NULL;
    }
    memset(data, 0, *count * native_element_size(field));
    native_set_slice(native, data, *count);
    return data;
}

static bool parse_vector(parser *p, const catga_field *field, uint8_t *native)
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
            return failed_at(p, i);
    return p->in.reason == NULL;
}

/* Reads the name or number of an alternative of the union in `field`. */
static bool parse_tag(json_reader *in, const catga_field *field, uint8_t *tag)
{
    const catga_union *type = field->type;
    parser tags = {*in, NULL, NULL, CATGA_REFUSE_UNKNOWN, NULL};
    int64_t value;

    if (!parse_enum(&tags, (value_type){CATGA_KIND_u8, CATGA_FORMAT_enum, 0, field[-1].type},
                    &value) ||
        value > (int64_t)type->count)
        return false;
    *in = tags.in;
    *tag = (uint8_t)value;
    return true;
}

/* Reads an element of a vector of unions; `types` is before its type. */
static bool parse_typed(parser *p, const catga_field *field, json_reader *types, bool *first,
                        uint8_t *native)
{
    uint8_t tag;

    if (!json_next(types, ']', first) || !parse_tag(types, field, &tag))
        return refuse(p, "a value without a type");
    return parse_alternative(p, field->type, tag, native);
}

/* Reads a vector of unions; `types` is at the array of their types. */
static bool parse_unions(parser *p, const catga_field *field, json_reader types, uint8_t *native)
{
    size_t count;
    bool first = true;
    bool first_type = true;
    uint8_t *data = take_elements(p, field, &count, native);

    if (data == NULL || !json_open(&p->in, '['))
        return false;
    if (!json_open(&types, '['))
        return refuse(p, "a value without a type");
    for (size_t i = 0; json_next(&p->in, ']', &first); i++) {
        uint8_t *element = data + i * native_element_size(field);
        if (i == count ? !json_skip(&p->in) : !parse_typed(p, field, &types, &first_type, element))
            return failed_at(p, i);
    }
    if (p->in.reason == NULL && json_next(&types, ']', &first_type))
        return refuse(p, "a type without a value");
    return p->in.reason == NULL;
}

/* ---- Tables ---- */

/* Moves *value to the value of member `name`. Returns false if there is no such member. */
static bool find_member(json_reader members, const char *name, json_reader *value)
{
    char text[NAME_TEXT];
    catga_string raw;
    bool escaped;
    bool first = true;

    while (json_next(&members, '}', &first)) {
        if (!json_name(&members, &raw, &escaped))
            return false;
        if (catga_string_equal(resolve(raw, escaped, text), catga_str(name))) {
            *value = members;
            return true;
        }
        if (!json_skip(&members))
            return false;
    }
    return false;
}

/* Reads a union or a vector of unions; the member with its type may come first or later. */
static bool parse_union(parser *p, const catga_field *field, json_reader members, uint8_t *native)
{
    json_reader types;
    uint8_t tag;

    if (!find_member(members, field[-1].name, &types))
        return json_take_word(&p->in, "null") || refuse(p, "a value without a type");
    if (field->kind == CATGA_KIND_vector)
        return parse_unions(p, field, types, native);
    return parse_tag(&types, field, &tag) ? parse_alternative(p, field->type, tag, native)
                                          : refuse(p, "not a type of the union");
}

/* Reads a field; `members` is at the first member of the table. */
static bool parse_field(parser *p, const catga_field *field, json_reader members, uint8_t *native)
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
        return parse_scalar(p, wanted, native_scalar(field, native));
    return parse_object(p, wanted, member);
}

static const catga_field *find_field(const catga_table *type, catga_string name, size_t *hint)
{
    size_t index =
        find_name(&type->fields->name, sizeof *type->fields, type->field_count, name, hint);
    return index < type->field_count ? &type->fields[index] : NULL;
}

static bool parse_named(parser *p, const catga_table *type, json_reader members, size_t *hint,
                        uint64_t *seen, uint8_t *native)
{
    char text[NAME_TEXT];
    catga_string name;

    if (!read_name(p, text, &name))
        return false;
    const catga_field *field = find_field(type, name, hint);
    if (field == NULL)
        return parse_unknown(p, name);
    if (!note(seen, (size_t)(field - type->fields)))
        refuse(p, "twice");
    else if (parse_field(p, field, members, native))
        return true;
    return failed_in(p, field->name);
}

static bool parse_table(parser *p, const catga_table *type, uint8_t *native)
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

catga_status catga_json_read(const catga_table *table, const char *text, size_t length,
                             catga_unknown unknown, void *native, catga_arena *arena,
                             catga_problem *problem)
{
    catga_problem ignored;

    problem = problem == NULL ? &ignored : problem;
    catga_problem_begin(problem);
    parser p = {{text, text + length, NULL, 0}, text, arena, unknown, problem};
    if (parse_table(&p, table, native) && json_peek(&p.in) == '\0' && p.in.at == p.in.end)
        return CATGA_OK;
    refuse(&p, "text behind the end");
    explain(&p);
    catga_problem_finish(problem);
    return arena->used > arena->capacity ? CATGA_TOO_LARGE : CATGA_BAD_MESSAGE;
}
