/* view_types.c -- types as C, the runtime's tables and FlatBuffers call them, and what none of them
 * can say of a field. */
#include "generate/literal.h"
#include "generate/viewer.h"

const model_type *view_item(const model_type *type)
{
    return type->kind == TYPE_VECTOR || type->kind == TYPE_ARRAY ? type->element : type;
}

const model_origin *view_declared(const model_type *type)
{
    const model_type *subject = view_item(type);

    if (subject->kind == TYPE_ENUM)
        return &subject->enumeration->origin;
    if (subject->kind == TYPE_STRUCT)
        return &subject->structure->origin;
    if (subject->kind == TYPE_TABLE)
        return &subject->table->origin;
    if (subject->kind == TYPE_UNION)
        return &subject->alternatives->origin;
    return NULL;
}

slice view_type_descriptor(viewer *v, const model_type *type)
{
    const model_origin *origin = view_declared(type);

    if (view_item(type)->kind == TYPE_TAG)
        return view_tag_descriptor(v, view_item(type)->alternatives);
    if (view_item(type)->kind == TYPE_UUID)
        return SLICE("&catga_uuid_descriptor");
    return origin == NULL ? SLICE("NULL") : view_descriptor(v, origin);
}

/* Those that check refuses have none. */
slice view_kind(const model_type *type)
{
    switch (type->kind) {
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_ENUM:
    case TYPE_TAG:
        return scalar_word(type->scalar);
    case TYPE_UNION:
        return SLICE("union");
    case TYPE_STRUCT:
    case TYPE_UUID:
        return SLICE("struct");
    case TYPE_TABLE:
        return SLICE("table");
    case TYPE_STRING:
        return SLICE("string");
    case TYPE_BYTES:
    case TYPE_VECTOR:
        return SLICE("vector");
    case TYPE_ARRAY:
        break;
    }
    return SLICE("");
}

slice view_format(const model_type *type)
{
    switch (view_item(type)->kind) {
    case TYPE_DECIMAL:
        return SLICE("decimal");
    case TYPE_TIMESTAMP:
        return SLICE("timestamp");
    case TYPE_DURATION:
        return SLICE("duration");
    case TYPE_ENUM:
    case TYPE_TAG:
        return SLICE("enum");
    case TYPE_BYTES:
        return SLICE("bytes");
    case TYPE_UUID:
        return SLICE("uuid");
    case TYPE_SCALAR:
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

int64_t view_digits(const model_type *type)
{
    const model_type *subject = view_item(type);

    return subject->kind == TYPE_DECIMAL ? subject->decimal_places : 0;
}

slice view_c_type(viewer *v, const model_type *type)
{
    const model_origin *origin = view_declared(type);

    if (type->kind == TYPE_UUID)
        return SLICE("catga_uuid");
    return origin == NULL ? view_c_scalar(type->scalar) : view_type_name(v, origin);
}

slice view_written_type(viewer *v, const model_type *type)
{
    buffer text = buffer_in(v->memory);

    model_print_type(type, &text);
    return buffer_slice(&text);
}

slice view_fbs_type(viewer *v, const model_type *type)
{
    const model_origin *origin = view_declared(type);

    if (type->kind == TYPE_VECTOR) {
        slice element = view_fbs_type(v, type->element);
        return VIEW_JOIN(v, SLICE("["), element, SLICE("]"));
    }
    if (type->kind == TYPE_ARRAY) {
        slice element = view_fbs_type(v, type->element);
        buffer_append_integer(view_scratch(v), type->array_length);
        return VIEW_JOIN(v, SLICE("["), element, SLICE(":"), view_keep(v), SLICE("]"));
    }
    if (type->kind == TYPE_STRING)
        return SLICE("string");
    if (type->kind == TYPE_UUID)
        return VIEW_JOIN(v, SLICE("catga."), view_fbs_uuid(v));
    if (type->kind == TYPE_BYTES)
        return SLICE("[ubyte]");
    if (origin != NULL)
        return view_fbs_reference(v, origin);
    return view_fbs_scalar(type->scalar);
}

/* ---- Enums ----------------------------------------------------------------------------------- */

static bool fits_int(const model_value *value)
{
    if (value->kind == VALUE_SIGNED)
        return value->as_signed >= INT32_MIN && value->as_signed <= INT32_MAX;
    return value->as_unsigned <= INT32_MAX;
}

bool view_fits_int(const model_enum *enumeration)
{
    for (size_t i = 0; i < enumeration->member_count; i++) {
        if (!fits_int(&enumeration->members[i].value))
            return false;
    }
    return true;
}

/* C gives an enum without negative members an unsigned type, whatever the schema says. */
bool view_is_read_as_enum(const model_enum *enumeration)
{
    bool is_signed = scalar_class_of(enumeration->scalar) == CLASS_SIGNED;
    bool has_negative = enumeration->members[0].value.kind == VALUE_SIGNED &&
                        enumeration->members[0].value.as_signed < 0;

    return !enumeration->is_flags && view_fits_int(enumeration) &&
           scalar_size(enumeration->scalar) <= sizeof(int32_t) && is_signed == has_negative;
}

/* ---- Notes ----------------------------------------------------------------------------------- */

static void begin_note(buffer *note)
{
    if (note->length > 0)
        buffer_append_text(note, ", ");
}

static void note_type(const model_type *type, buffer *note)
{
    const model_type *subject = view_item(type);

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

/* An enum, whose value 0 has a name. */
static bool is_named(const model_type *type)
{
    return type->kind == TYPE_ENUM && !type->enumeration->is_flags;
}

static void note_default(viewer *v, const model_field *field, buffer *note)
{
    const model_value *value = &field->default_value;

    if (value->kind == VALUE_NONE || (value->as_unsigned == 0 && !is_named(&field->type)) ||
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

static void note_deprecation(const model_field *field, buffer *note)
{
    if (!field->deprecated)
        return;
    begin_note(note);
    buffer_append_text(note, "deprecated");
    if (field->deprecation.length > 0)
        buffer_printf(note, ": %.*s", SLICE_PRINT(field->deprecation));
}

slice view_note(viewer *v, const model_field *field)
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
    note_deprecation(field, note);
    return note->length == 0 ? SLICE("") : view_keep(v);
}
