/* view_data.c -- structs, tables, fields: their names in C, and how they lie on the wire. */
#include <inttypes.h>
#include <stdlib.h>

#include "literal.h"
#include "mangle.h"
#include "viewer.h"

/* ---- What a type is called ------------------------------------------------------------------- */

/* The declaration that a type, or a vector's element, refers to; NULL for the others. */
static const model_origin *declared(const model_type *type)
{
    const model_type *subject = type->kind == TYPE_VECTOR ? type->element : type;
    if (subject->kind == TYPE_ENUM)
        return &subject->enumeration->origin;
    if (subject->kind == TYPE_STRUCT)
        return &subject->structure->origin;
    if (subject->kind == TYPE_TABLE)
        return &subject->table->origin;
    return NULL;
}

static slice descriptor_of(viewer *v, const model_type *type)
{
    const model_origin *origin = declared(type);
    return origin == NULL ? SLICE("NULL") : view_descriptor(v, origin);
}

/* Of CATGA_KIND_. Those that are refused before this have no kind. */
static slice kind_of(const model_type *type)
{
    switch (type->kind) {
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
        return scalar_word(type->scalar);
    case TYPE_STRUCT:
        return SLICE("struct");
    case TYPE_TABLE:
        return SLICE("table");
    case TYPE_STRING:
        return SLICE("string");
    case TYPE_BYTES:
    case TYPE_VECTOR:
        return SLICE("vector");
    case TYPE_UUID:
    case TYPE_UNION:
    case TYPE_ARRAY:
        break;
    }
    return SLICE("");
}

/* Of CATGA_FORMAT_. */
static slice format_of(const model_type *type)
{
    const model_type *subject = type->kind == TYPE_VECTOR ? type->element : type;
    switch (subject->kind) {
    case TYPE_DECIMAL:
        return SLICE("decimal");
    case TYPE_TIMESTAMP:
        return SLICE("timestamp");
    case TYPE_DURATION:
        return SLICE("duration");
    case TYPE_ENUM:
        return SLICE("enum");
    case TYPE_BYTES:
        return SLICE("bytes");
    case TYPE_SCALAR:
    case TYPE_UUID:
    case TYPE_STRUCT:
    case TYPE_TABLE:
    case TYPE_UNION:
    case TYPE_STRING:
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        break;
    }
    return SLICE("plain");
}

static int64_t digits_of(const model_type *type)
{
    const model_type *subject = type->kind == TYPE_VECTOR ? type->element : type;
    return subject->kind == TYPE_DECIMAL ? subject->decimal_places : 0;
}

/* A scalar or struct as it stands by itself in C. */
static slice c_type_of(viewer *v, const model_type *type)
{
    const model_origin *origin = declared(type);
    return origin == NULL ? view_c_scalar(type->scalar) : view_type_name(v, origin);
}

/* A type in FlatBuffers. */
static slice fbs_type_of(viewer *v, const model_type *type)
{
    const model_origin *origin = declared(type);
    if (type->kind == TYPE_VECTOR) {
        slice element = fbs_type_of(v, type->element);
        return VIEW_JOIN(v, SLICE("["), element, SLICE("]"));
    }
    if (type->kind == TYPE_STRING)
        return SLICE("string");
    if (type->kind == TYPE_BYTES)
        return SLICE("[ubyte]");
    if (origin != NULL)
        return view_fbs_reference(v, origin);
    return view_fbs_scalar(type->scalar);
}

/* ---- Notes: what C and FlatBuffers cannot say ------------------------------------------------ */

static void begin_note(buffer *note)
{
    if (note->length > 0)
        buffer_append_text(note, ", ");
}

static void note_type(const model_type *type, buffer *note)
{
    const model_type *subject = type->kind == TYPE_VECTOR ? type->element : type;
    if (subject->kind == TYPE_DECIMAL) {
        begin_note(note);
        buffer_append_text(note, "decimal(");
        buffer_append_integer(note, subject->decimal_places);
        buffer_append_char(note, ')');
    } else if (subject->kind == TYPE_TIMESTAMP) {
        begin_note(note);
        buffer_append_text(note, "timestamp: nanoseconds since 1970 UTC");
    } else if (subject->kind == TYPE_DURATION) {
        begin_note(note);
        buffer_append_text(note, "duration: nanoseconds");
    }
}

static void note_default(viewer *v, const model_field *field, buffer *note)
{
    const model_value *value = &field->default_value;
    if (value->kind == VALUE_NONE || (value->as_unsigned == 0 && field->type.kind != TYPE_ENUM) ||
        (value->kind == VALUE_BOOL && !value->as_bool))
        return;
    begin_note(note);
    buffer_append_text(note, "default ");
    buffer_append(note, literal_shown(v->memory, &field->type, value));
}

static void note_range(viewer *v, const model_field *field, buffer *note)
{
    bool has_minimum = field->minimum.kind != VALUE_NONE;
    bool has_maximum = field->maximum.kind != VALUE_NONE;
    if (!has_minimum && !has_maximum)
        return;
    begin_note(note);
    if (has_minimum) {
        buffer_append_text(note, has_maximum ? "from " : "at least ");
        buffer_append(note, literal_shown(v->memory, &field->type, &field->minimum));
    }
    if (has_maximum) {
        buffer_append_text(note, has_minimum ? " to " : "at most ");
        buffer_append(note, literal_shown(v->memory, &field->type, &field->maximum));
    }
}

static slice note_of(viewer *v, const model_field *field)
{
    buffer *note = view_scratch(v);
    if (field->required)
        buffer_append_text(note, "required");
    if (field->has_max_length) {
        begin_note(note);
        buffer_append_text(note, "at most ");
        buffer_append_integer(note, field->max_length);
        buffer_append_text(note, field->type.kind == TYPE_VECTOR ? " elements" : " bytes");
    }
    note_type(&field->type, note);
    note_default(v, field, note);
    note_range(v, field, note);
    return note->length == 0 ? SLICE("") : view_keep(v);
}

/* ---- Structs --------------------------------------------------------------------------------- */

static void view_member_of(viewer *v, const model_field *field, view_member *made)
{
    made->name = field->origin.name;
    made->member = mangle_member(v->memory, field->origin.name);
    made->type = c_type_of(v, &field->type);
    made->kind = kind_of(&field->type);
    made->descriptor = descriptor_of(v, &field->type);
    made->format = format_of(&field->type);
    made->digits = digits_of(&field->type);
    made->fbs_type = fbs_type_of(v, &field->type);
    made->note = note_of(v, field);
    made->doc = view_doc(&field->origin.doc);
}

static uint32_t content_size(const model_struct *structure)
{
    uint32_t size = 0;
    for (size_t i = 0; i < structure->field_count; i++)
        size += type_inline_size(&structure->fields[i].type);
    return size;
}

/* No padding, here and in the structs inside. */
static bool is_packed(const model_struct *structure)
{
    for (size_t i = 0; i < structure->field_count; i++) {
        const model_type *type = &structure->fields[i].type;
        if (type->kind == TYPE_STRUCT && !is_packed(type->structure))
            return false;
    }
    return content_size(structure) == structure->size;
}

/* Any bytes are a value: a bool must be looked at. */
static bool is_direct(const model_struct *structure)
{
    for (size_t i = 0; i < structure->field_count; i++) {
        const model_type *type = &structure->fields[i].type;
        if (type->kind == TYPE_STRUCT ? !is_direct(type->structure)
                                      : type_is_scalar(type) && type->scalar == SCALAR_BOOL)
            return false;
    }
    return true;
}

static slice word_of(bool flag)
{
    return flag ? SLICE("true") : SLICE("false");
}

static void view_struct(viewer *v, const model_struct *structure, view_structure *made)
{
    const model_origin *origin = &structure->origin;
    made->name = view_full_name(v, origin);
    made->type = view_type_name(v, origin);
    made->fbs = view_fbs_name(v, origin);
    made->member_count = (int64_t)structure->field_count;
    made->size = structure->size;
    made->alignment = structure->alignment;
    made->packed = word_of(is_packed(structure));
    made->direct = word_of(is_direct(structure));
    made->doc = view_doc(&origin->doc);
    view_member *members = VIEW_LIST(v, structure->field_count, view_member, &made->members);
    for (size_t i = 0; i < structure->field_count; i++)
        view_member_of(v, &structure->fields[i], &members[i]);
}

void view_structs(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_structure *structs = VIEW_LIST(v, module->struct_count, view_structure, &made->structs);
    for (size_t i = 0; i < module->struct_count; i++)
        view_struct(v, &module->structs[i], &structs[i]);
}

/* ---- Fields: how C reads and writes them ----------------------------------------------------- */

static void spell_scalar(viewer *v, const model_field *field, view_field *made)
{
    made->is_scalar = true;
    made->type = c_type_of(v, &field->type);
    made->result = made->type;
    made->initial = literal_c(v->memory, &field->default_value, field->type.scalar);
    made->get = scalar_word(field->type.scalar);
    made->put = made->get;
    made->check = made->get;
}

static void spell_optional(viewer *v, const model_field *field, view_field *made)
{
    made->is_optional = true;
    made->is_plain = true;
    made->get = VIEW_JOIN(v, SLICE("optional_"), scalar_word(field->type.scalar));
    made->type = VIEW_JOIN(v, SLICE("catga_"), made->get);
    made->result = made->type;
    made->initial =
        field->type.scalar == SCALAR_BOOL ? SLICE("{false, false}") : SLICE("{false, 0}");
    made->put = made->get;
    made->check = scalar_word(field->type.scalar);
}

static void spell_string(view_field *made)
{
    made->is_slice = true;
    made->is_text = true;
    made->type = SLICE("catga_string");
    made->result = made->type;
    made->initial = SLICE("{NULL, 0}");
    made->is_plain = true;
    made->get = SLICE("string");
    made->put = made->get;
    made->check = made->get;
}

static void spell_bytes(view_field *made)
{
    made->is_slice = true;
    made->is_plain = true;
    made->type = SLICE("catga_bytes");
    made->result = made->type;
    made->initial = SLICE("{NULL, 0}");
    made->element = SLICE("CATGA_KIND_u8");
    made->get = SLICE("bytes");
    made->put = SLICE("scalars");
    made->check = SLICE("vector");
}

/* What is read through a pointer: a struct or another table. */
static void spell_inner(viewer *v, const model_field *field, view_field *made)
{
    slice type = view_type_name(v, declared(&field->type));
    made->is_struct = field->type.kind == TYPE_STRUCT;
    made->is_table = !made->is_struct;
    made->type = VIEW_JOIN(v, SLICE("const "), type, SLICE(" *"));
    made->result = made->is_table ? VIEW_JOIN(v, type, SLICE("_view")) : type;
    made->initial = SLICE("NULL");
    made->get = made->is_table ? SLICE("table") : SLICE("struct");
    made->put = made->is_table ? SLICE("child") : SLICE("struct");
    made->check = made->put;
}

/* What is done with a vector depends on its elements. */
static void spell_vector_calls(const model_type *element, view_field *made)
{
    switch (element->kind) {
    case TYPE_STRING:
        made->put = SLICE("strings");
        made->check = SLICE("strings");
        break;
    case TYPE_STRUCT:
        made->put = SLICE("structs");
        made->check = SLICE("vector");
        break;
    case TYPE_TABLE:
        made->put = SLICE("children");
        made->check = SLICE("children");
        break;
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
    case TYPE_UUID:
    case TYPE_UNION:
    case TYPE_BYTES:
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        made->put = SLICE("scalars");
        made->check = SLICE("vector");
        break;
    }
}

static void spell_vector(viewer *v, const model_field *field, view_field *made)
{
    const model_type *element = field->type.element;
    made->is_slice = true;
    made->is_text = element->kind == TYPE_STRING;
    made->is_record_vector = element->kind == TYPE_STRUCT || element->kind == TYPE_TABLE;
    made->is_plain = !made->is_record_vector;
    slice item = made->is_record_vector ? view_type_name(v, declared(element))
                                        : VIEW_JOIN(v, SLICE("catga_"), kind_of(element));
    made->element = VIEW_JOIN(v, SLICE("CATGA_KIND_"), kind_of(element));
    made->type = VIEW_JOIN(v, item, SLICE("_slice"));
    made->result = VIEW_JOIN(v, item, SLICE("_vector"));
    made->initial = SLICE("{NULL, 0}");
    made->get = VIEW_JOIN(v, kind_of(element), SLICE("_vector"));
    spell_vector_calls(element, made);
}

static void spell(viewer *v, const model_field *field, view_field *made)
{
    switch (field->type.kind) {
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
        if (field->type.optional)
            spell_optional(v, field, made);
        else
            spell_scalar(v, field, made);
        break;
    case TYPE_STRING:
        spell_string(made);
        break;
    case TYPE_BYTES:
        spell_bytes(made);
        break;
    case TYPE_STRUCT:
    case TYPE_TABLE:
        spell_inner(v, field, made);
        break;
    case TYPE_VECTOR:
        spell_vector(v, field, made);
        break;
    case TYPE_UUID:
    case TYPE_UNION:
    case TYPE_ARRAY:
        break;
    }
}

/* ---- Fields: the rest ------------------------------------------------------------------------ */

/* A deprecated field is neither written nor read, so nothing else holds for it. */
static slice flags_of(const model_field *field)
{
    if (field->deprecated)
        return SLICE("CATGA_DEPRECATED");
    if (field->type.optional)
        return SLICE("CATGA_OPTIONAL");
    return field->required ? SLICE("CATGA_REQUIRED") : SLICE("0");
}

/* C compilers warn of comparisons that cannot fail, so it is said where they could. */
static bool is_inside(const model_value *value, const model_value *end_of_type)
{
    return value->kind == VALUE_FLOAT || value->as_unsigned != end_of_type->as_unsigned;
}

/* A field of floating point with a range is finite: its open end is the type's. A range that is as
 * wide as the type is none. */
static const view_range *range_of(viewer *v, const model_field *field)
{
    bool has_minimum = field->minimum.kind != VALUE_NONE;
    bool has_maximum = field->maximum.kind != VALUE_NONE;
    if (field->deprecated || (!has_minimum && !has_maximum))
        return NULL;
    scalar_kind scalar = field->type.scalar;
    model_value least = literal_least(scalar);
    model_value greatest = literal_greatest(scalar);
    const model_value *minimum = has_minimum ? &field->minimum : &least;
    const model_value *maximum = has_maximum ? &field->maximum : &greatest;
    if (!is_inside(minimum, &least) && !is_inside(maximum, &greatest))
        return NULL;
    view_range *made = ARENA_NEW(v->memory, view_range);
    made->lowest = literal_c(v->memory, minimum, scalar);
    made->highest = literal_c(v->memory, maximum, scalar);
    made->lowest_value = literal_wire(v->memory, minimum);
    made->highest_value = literal_wire(v->memory, maximum);
    made->has_lower = is_inside(minimum, &least);
    made->has_higher = is_inside(maximum, &greatest);
    return made;
}

/* The name of the constant that holds a field's range, for the table's array of fields. */
static slice range_descriptor_of(viewer *v, const model_table *table, const view_field *field)
{
    if (field->range == NULL)
        return SLICE("NULL");
    return VIEW_JOIN(v, SLICE("&"), view_type_name(v, &table->origin), SLICE("_"), field->snake,
                     SLICE("_range"));
}

static slice maximum_of(viewer *v, const model_field *field)
{
    if (!field->has_max_length)
        return SLICE("CATGA_UNBOUNDED");
    model_value length = {.kind = VALUE_UNSIGNED, .as_unsigned = field->max_length};
    return literal_c(v->memory, &length, SCALAR_U32);
}

/* An enum without a value for zero, and without a default, has no default that flatc accepts: such
 * a field is a plain number there. */
static bool is_nameless_enum(const model_field *field)
{
    return field->type.kind == TYPE_ENUM && !field->type.optional && field->default_member == NULL;
}

static slice fbs_default_of(viewer *v, const model_field *field)
{
    if (field->type.optional)
        return SLICE("null");
    if (field->default_member != NULL)
        return field->default_member->origin.name;
    if (field->default_value.kind == VALUE_NONE)
        return SLICE("");
    return literal_plain(v->memory, &field->default_value, field->type.scalar);
}

/* Behind the id. */
static slice fbs_attributes_of(const model_field *field)
{
    if (field->deprecated)
        return field->required ? SLICE(", required, deprecated") : SLICE(", deprecated");
    return field->required ? SLICE(", required") : SLICE("");
}

static void view_fbs_field(viewer *v, const model_field *field, view_field *made)
{
    made->fbs_type = is_nameless_enum(field) ? view_fbs_scalar(field->type.scalar)
                                             : fbs_type_of(v, &field->type);
    made->fbs_default = fbs_default_of(v, field);
    made->fbs_attributes = fbs_attributes_of(field);
}

enum { FIRST_SLOT = 4, SLOT_SIZE = 2 };

static void view_field_of(viewer *v, const model_table *table, const model_field *field,
                          view_field *made)
{
    made->element = SLICE("0");
    spell(v, field, made);
    made->is_items = made->is_slice && !made->is_text;
    made->name = field->origin.name;
    made->member = mangle_member(v->memory, field->origin.name);
    made->snake = mangle_snake(v->memory, field->origin.name);
    made->kind = kind_of(&field->type);
    made->format = format_of(&field->type);
    made->flags = flags_of(field);
    made->descriptor = descriptor_of(v, &field->type);
    made->maximum = maximum_of(v, field);
    made->number = literal_c(v->memory, &field->default_value, field->type.scalar);
    made->value = literal_wire(v->memory, &field->default_value);
    made->id = field->id;
    made->slot = FIRST_SLOT + SLOT_SIZE * (int64_t)field->id;
    made->size = field->deprecated ? 0 : type_inline_size(&field->type);
    made->alignment = field->deprecated ? 1 : type_inline_alignment(&field->type);
    made->digits = digits_of(&field->type);
    made->is_deprecated = field->deprecated;
    made->range = range_of(v, field);
    made->range_descriptor = range_descriptor_of(v, table, made);
    made->note = note_of(v, field);
    made->doc = view_doc(&field->origin.doc);
    view_fbs_field(v, field, made);
}

/* ---- Tables: how a full one lies on the wire ------------------------------------------------- */

/* The offset of the table's first field: behind the offset of its vtable. */
enum { TABLE_HEADER_SIZE = 4, LARGEST_ALIGNMENT = 8, VTABLE_STEP = 8 };

/* Picks those of `from` for which the test says yes, in the same order. */
static void pick(viewer *v, const record_list *from, bool (*test)(const view_field *field),
                 record_list *picked)
{
    const void **items = ARENA_ARRAY(v->memory, from->count, const void *);
    size_t count = 0;
    for (size_t i = 0; i < from->count; i++) {
        if (test(from->items[i]))
            items[count++] = from->items[i];
    }
    *picked = (record_list){items, count};
}

static bool is_seen(const view_field *field)
{
    return !field->is_deprecated;
}

static bool lies_behind(const view_field *field)
{
    return field->is_slice || field->is_table;
}

static bool has_range(const view_field *field)
{
    return field->range != NULL;
}

static bool is_required_struct(const view_field *field)
{
    return field->is_struct && slice_is(field->flags, "CATGA_REQUIRED");
}

static bool may_be_wrong(const view_field *field)
{
    return lies_behind(field) || has_range(field) || is_required_struct(field);
}

/* The largest alignment first, so that nothing is lost between them, then by id. Sizes are
 * multiples of alignments. */
static void place(viewer *v, view_field *fields, size_t count, view_table *made)
{
    const void **items = ARENA_ARRAY(v->memory, count, const void *);
    size_t placed = 0;
    int64_t offset = TABLE_HEADER_SIZE;
    made->alignment = TABLE_HEADER_SIZE;
    for (int64_t alignment = LARGEST_ALIGNMENT; alignment > 0; alignment /= 2) {
        for (size_t i = 0; i < count; i++) {
            if (fields[i].is_deprecated || fields[i].alignment != alignment)
                continue;
            fields[i].offset = offset;
            offset += fields[i].size;
            items[placed++] = &fields[i];
            if (alignment > made->alignment)
                made->alignment = alignment;
        }
    }
    made->placed = (record_list){items, placed};
}

static void append_listed(buffer *list, int64_t number)
{
    if (list->length > 0)
        buffer_append_text(list, ", ");
    buffer_append_integer(list, number);
}

/* The vtable of a full table: its size, the table's size, and where each field lies, filled up so
 * that it can be compared eight fields at a time. */
static slice vtable_of(viewer *v, const view_field *fields, size_t count)
{
    int64_t end = TABLE_HEADER_SIZE;
    for (size_t i = 0; i < count; i++)
        end += fields[i].size;
    buffer *made = view_scratch(v);
    buffer_append_integer(made, FIRST_SLOT + SLOT_SIZE * (int64_t)count);
    append_listed(made, end);
    for (size_t i = 0; i < count; i++)
        append_listed(made, fields[i].offset);
    for (size_t i = count; i == 0 || i % VTABLE_STEP != 0; i++)
        append_listed(made, 0);
    return view_keep(v);
}

static slice layout_of(viewer *v, const view_field *fields, size_t count, const record_list *placed)
{
    buffer *made = view_scratch(v);
    for (size_t i = 0; i < placed->count; i++)
        append_listed(made, ((const view_field *)placed->items[i])->id);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].is_deprecated)
            append_listed(made, fields[i].id);
    }
    return view_keep(v);
}

static slice all_of(viewer *v, const record_list *members)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < members->count; i++)
        bits |= UINT64_C(1) << ((const view_field *)members->items[i])->id;
    buffer_printf(view_scratch(v), "0x%" PRIx64, bits);
    return view_keep(v);
}

static void view_layout(viewer *v, view_field *fields, size_t count, view_table *made)
{
    pick(v, &made->fields, is_seen, &made->members);
    pick(v, &made->members, lies_behind, &made->referring);
    pick(v, &made->members, has_range, &made->ranged);
    pick(v, &made->members, is_required_struct, &made->inline_required);
    pick(v, &made->members, may_be_wrong, &made->checked);
    place(v, fields, count, made);
    made->vtable = vtable_of(v, fields, count);
    made->layout = layout_of(v, fields, count, &made->placed);
    made->all = all_of(v, &made->members);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static slice identifier_bytes_of(viewer *v, const char identifier[5])
{
    buffer_printf(view_scratch(v), "'%c', '%c', '%c', '%c'", identifier[0], identifier[1],
                  identifier[2], identifier[3]);
    return view_keep(v);
}

static void view_table_of(viewer *v, const model_table *table, view_table *made)
{
    const model_origin *origin = &table->origin;
    made->name = view_full_name(v, origin);
    made->type = view_type_name(v, origin);
    made->macro = view_macro_name(v, origin);
    made->fbs = view_fbs_name(v, origin);
    made->is_message = table->message != NULL;
    made->field_count = (int64_t)table->field_count;
    made->identifier = slice_of(table->identifier);
    made->identifier_bytes = identifier_bytes_of(v, table->identifier);
    made->doc = view_doc(&origin->doc);
    view_field *fields = VIEW_LIST(v, table->field_count, view_field, &made->fields);
    for (size_t i = 0; i < table->field_count; i++)
        view_field_of(v, table, &table->fields[i], &fields[i]);
    view_layout(v, fields, table->field_count, made);
}

void view_tables(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_table *tables = VIEW_LIST(v, module->table_count, view_table, &made->tables);
    for (size_t i = 0; i < module->table_count; i++)
        view_table_of(v, &module->tables[i], &tables[i]);
}
