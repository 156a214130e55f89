/* notes.c -- the rules of a field that its type cannot express, in words. */
#include "generate/literal.h"
#include "generate/view/parts.h"

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
