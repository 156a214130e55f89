/*
 * Writes a verified table as one line of JSON, directly from its bytes. Members have the order of
 * their ids. An absent scalar is written as its default; an absent optional, string, vector, struct
 * or table is omitted. An enum is a name, or a number if it is unknown; flags are names with spaces
 * between. Decimals are exact, timestamps RFC 3339, durations seconds ("1.5s"), uuids text, bytes
 * base64, NaN and infinities strings. The type of a union precedes it, in a member of its own. A
 * union of an unknown type is omitted; in a vector, its type is NONE.
 */
#include "base/text.h"
#include "codec/json_names.h"
#include "codec/struct.h"
#include "codec/value_type.h"

typedef struct printer {
    sink out;
    catga_json_names names;
} printer;

static void print_table(printer *p, const catga_table *type, const uint8_t *table);

/* ---- Scalars ---- */

static void print_quoted(sink *out, const char *text)
{
    sink_character(out, '"');
    sink_text(out, text);
    sink_character(out, '"');
}

static void print_integer(sink *out, unsigned kind, int64_t value)
{
    if (kind == CATGA_KIND_u64)
        sink_unsigned(out, (uint64_t)value);
    else
        sink_signed(out, value);
}

/* Writes the names of the set bits, all of them known, in the schema's order. */
static void print_flags(sink *out, const catga_enum *type, int64_t value)
{
    bool first = true;

    sink_character(out, '"');
    for (uint32_t i = 0; i < type->count; i++) {
        if ((value & type->values[i].value.i) == 0)
            continue;
        if (!first)
            sink_character(out, ' ');
        sink_text(out, type->values[i].name);
        first = false;
    }
    sink_character(out, '"');
}

/* Writes an enum. A value of a newer schema has no name here, and is written as a number. */
static void print_enum(sink *out, value_type shown, int64_t value)
{
    const catga_enum *type = shown.type;
    const char *name = catga_enum_name(type, value);
    int64_t known = 0;

    for (uint32_t i = 0; type->flags && i < type->count; i++)
        known |= type->values[i].value.i;
    if (type->flags && value != 0 && (value & ~known) == 0)
        print_flags(out, type, value);
    else if (name != NULL && !type->flags)
        print_quoted(out, name);
    else
        print_integer(out, shown.kind, value);
}

/* Writes an integer in the form of its type. */
static void print_integer_as(sink *out, value_type shown, int64_t value)
{
    char text[CATGA_TIMESTAMP_TEXT];

    if (shown.format == CATGA_FORMAT_decimal)
        sink_text(out, catga_decimal_text(value, shown.digits, text));
    else if (shown.format == CATGA_FORMAT_timestamp)
        print_quoted(out, catga_timestamp_text(value, text));
    else if (shown.format == CATGA_FORMAT_duration)
        print_quoted(out, catga_duration_text(value, text));
    else if (shown.format == CATGA_FORMAT_enum)
        print_enum(out, shown, value);
    else
        print_integer(out, shown.kind, value);
}

static void print_scalar(sink *out, value_type shown, const uint8_t *at)
{
    if (shown.kind == CATGA_KIND_bool)
        sink_text(out, catga_load_bool(at) ? "true" : "false");
    else if (shown.kind == CATGA_KIND_f32)
        sink_floating(out, (double)catga_load_f32(at), 9);
    else if (shown.kind == CATGA_KIND_f64)
        sink_floating(out, catga_load_f64(at), 17);
    else
        print_integer_as(out, shown, value_load_integer(at, shown.kind));
}

/* Writes the default of an absent field. */
static void print_default(sink *out, value_type shown, catga_value value)
{
    if (shown.kind == CATGA_KIND_bool)
        sink_text(out, value.i != 0 ? "true" : "false");
    else if (shown.kind == CATGA_KIND_f32 || shown.kind == CATGA_KIND_f64)
        sink_floating(out, value.f, shown.kind == CATGA_KIND_f32 ? 9 : 17);
    else
        print_integer_as(out, shown, value.i);
}

/* ---- Names ---- */

/* Writes the name of a member, and the colon. */
static void print_name(printer *p, const char *name, bool is_own)
{
    sink_character(&p->out, '"');
    sink_name(&p->out, p->names, name, is_own);
    sink_text(&p->out, "\":");
}

/* ---- Structs ---- */

static void print_struct(printer *p, const catga_struct *type, const uint8_t *at);

static void print_uuid(sink *out, const uint8_t *at)
{
    catga_uuid uuid;
    char text[CATGA_UUID_TEXT];

    memcpy(&uuid, at, sizeof uuid);
    print_quoted(out, catga_uuid_text(uuid, text));
}

static void print_inline(printer *p, value_type shown, const uint8_t *at)
{
    if (shown.kind != CATGA_KIND_struct)
        print_scalar(&p->out, shown, at);
    else if (shown.format == CATGA_FORMAT_uuid)
        print_uuid(&p->out, at);
    else
        print_struct(p, shown.type, at);
}

static size_t inline_size(value_type shown)
{
    return shown.kind == CATGA_KIND_struct ? ((const catga_struct *)shown.type)->size
                                           : catga_scalar_size(shown.kind);
}

static void print_member(printer *p, const catga_member *member, const uint8_t *at)
{
    value_type shown = value_type_of_member(member);

    if (member->count == 0) {
        print_inline(p, shown, at);
        return;
    }
    sink_character(&p->out, '[');
    for (size_t i = 0; i < member->count; i++) {
        if (i != 0)
            sink_character(&p->out, ',');
        print_inline(p, shown, at + i * inline_size(shown));
    }
    sink_character(&p->out, ']');
}

static void print_struct(printer *p, const catga_struct *type, const uint8_t *at)
{
    char separator = '{';

    for (const catga_member *member = type->members; member < type->members + type->member_count;
         member++) {
        sink_character(&p->out, separator);
        print_name(p, member->name, member->own_name);
        print_member(p, member, at + member->offset);
        separator = ',';
    }
    sink_character(&p->out, '}');
}

/* ---- Vectors and tables ---- */

static void print_string(sink *out, const uint8_t *at)
{
    catga_string text = catga_string_of(at);

    sink_json_string(out, text.data, text.length);
}

static size_t element_size(const catga_field *field)
{
    return field->element <= CATGA_KIND_struct ? inline_size(value_type_of_element(field)) : 4;
}

/* Writes the type of an element of a vector of unions. */
static void print_tag(sink *out, const catga_field *field, uint8_t tag)
{
    const catga_enum *types = field->type;

    print_quoted(out, types->values[tag < types->count ? tag : 0].name);
}

static void print_element(printer *p, const catga_field *field, const uint8_t *at)
{
    if (field->flags & CATGA_TAGS)
        print_tag(&p->out, field, *at);
    else if (field->element == CATGA_KIND_string)
        print_string(&p->out, catga_follow(at));
    else if (field->element == CATGA_KIND_table)
        print_table(p, field->type, catga_follow(at));
    else
        print_inline(p, value_type_of_element(field), at);
}

/* Prints the value of a union: null if it is empty or only a newer schema knows it. */
static void print_alternative(printer *p, const catga_union *type, uint8_t tag, const uint8_t *slot)
{
    if (tag == 0 || tag > type->count) {
        sink_text(&p->out, "null");
        return;
    }
    const catga_alternative *alternative = &type->alternatives[tag - 1];
    if (alternative->kind == CATGA_KIND_string)
        print_string(&p->out, catga_follow(slot));
    else if (alternative->kind == CATGA_KIND_table)
        print_table(p, alternative->type, catga_follow(slot));
    else
        print_inline(p, (value_type){CATGA_KIND_struct, 0, 0, alternative->type},
                     catga_follow(slot));
}

static void print_unions(printer *p, const catga_field *field, const uint8_t *tags,
                         const uint8_t *at)
{
    size_t length = catga_load_u32(at);

    sink_character(&p->out, '[');
    for (size_t i = 0; i < length; i++) {
        if (i != 0)
            sink_character(&p->out, ',');
        print_alternative(p, field->type, tags[4 + i], at + 4 + 4 * i);
    }
    sink_character(&p->out, ']');
}

static void print_vector(printer *p, const catga_field *field, const uint8_t *at)
{
    size_t length = catga_load_u32(at);
    size_t size = element_size(field);

    if (field->format == CATGA_FORMAT_bytes) {
        sink_character(&p->out, '"');
        sink_base64(&p->out, at + 4, length);
        sink_character(&p->out, '"');
        return;
    }
    sink_character(&p->out, '[');
    for (size_t i = 0; i < length; i++) {
        if (i != 0)
            sink_character(&p->out, ',');
        print_element(p, field, at + 4 + i * size);
    }
    sink_character(&p->out, ']');
}

/* Writes the field of a union, which follows the field of its type. */
static void print_union(printer *p, const catga_field *field, const uint8_t *table,
                        const uint8_t *at)
{
    const uint8_t *tags = catga_find(table, field[-1].slot);

    if (field->kind == CATGA_KIND_vector)
        print_unions(p, field, catga_follow(tags), catga_follow(at));
    else
        print_alternative(p, field->type, *tags, at);
}

/* Writes a field at `at`, or its default if that is NULL. */
static void print_field(printer *p, const catga_field *field, const uint8_t *at)
{
    value_type shown = value_type_of_field(field);

    if (at == NULL)
        print_default(&p->out, shown, field->standard);
    else if (field->kind == CATGA_KIND_string)
        print_string(&p->out, catga_follow(at));
    else if (field->kind == CATGA_KIND_vector)
        print_vector(p, field, catga_follow(at));
    else if (field->kind == CATGA_KIND_table)
        print_table(p, field->type, catga_follow(at));
    else
        print_inline(p, shown, at);
}

/* Returns whether this schema knows the type of the union. */
static bool is_known_tag(const catga_field *field, const uint8_t *at)
{
    return at != NULL && *at != 0 && *at < ((const catga_enum *)field->type)->count;
}

static bool is_shown(const catga_field *field, const uint8_t *table, const uint8_t *at)
{
    if (field->flags & CATGA_DEPRECATED)
        return false;
    if (field->kind == CATGA_KIND_union)
        return at != NULL && is_known_tag(field - 1, catga_find(table, field[-1].slot));
    if ((field->flags & CATGA_TAGS) != 0 && field->kind != CATGA_KIND_vector)
        return is_known_tag(field, at);
    return at != NULL ||
           (field->kind < CATGA_KIND_struct && (field->flags & (CATGA_OPTIONAL | CATGA_TAGS)) == 0);
}

static bool is_union(const catga_field *field)
{
    return field->kind == CATGA_KIND_union ||
           (field->kind == CATGA_KIND_vector && field->element == CATGA_KIND_union);
}

static void print_table(printer *p, const catga_table *type, const uint8_t *table)
{
    bool first = true;

    sink_character(&p->out, '{');
    for (size_t i = 0; i < type->field_count; i++) {
        const catga_field *field = &type->fields[i];
        const uint8_t *at = catga_find(table, field->slot);
        if (!is_shown(field, table, at))
            continue;
        if (!first)
            sink_character(&p->out, ',');
        print_name(p, field->name, (field->flags & CATGA_OWN_NAME) != 0);
        if (is_union(field))
            print_union(p, field, table, at);
        else
            print_field(p, field, at);
        first = false;
    }
    sink_character(&p->out, '}');
}

size_t catga_json_write_as(const catga_table *table, catga_json_names names, const uint8_t *root,
                           char *text, size_t capacity)
{
    printer p = {{text, capacity, 0}, names};

    print_table(&p, table, root);
    sink_finish(&p.out);
    return p.out.length;
}
