/* record.c -- see record.h. */
#include "template/record.h"

#include <inttypes.h>

const char *property_kind_text(property_kind kind)
{
    static const char *const texts[] = {
        [PROPERTY_IDENTIFIER] = "an identifier", [PROPERTY_TEXT] = "a text",
        [PROPERTY_NUMBER] = "a number",          [PROPERTY_FLAG] = "a flag",
        [PROPERTY_CHILD] = "a record",           [PROPERTY_LIST] = "a list",
        [PROPERTY_TEXTS] = "a list of texts",
    };

    return texts[kind];
}

const property *record_find(const record_type *type, slice name)
{
    for (size_t i = 0; i < type->property_count; i++) {
        if (slice_equal(type->properties[i].name, name))
            return &type->properties[i];
    }
    return NULL;
}

/* ---- Dump ------------------------------------------------------------------------------------ */

enum { DUMP_INDENT = 2 };

static void dump_record(const record_type *type, const void *record, size_t indent, buffer *out);

/* Escapes quotes and control characters, so that a text is one line. */
static void dump_text(slice text, buffer *out)
{
    buffer_append_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\')
            buffer_printf(out, "\\%c", byte);
        else if (byte < ' ' || byte == 0x7f)
            buffer_printf(out, "\\%03o", byte);
        else
            buffer_append_char(out, (char)byte);
    }
    buffer_append_char(out, '"');
}

static void begin_line(size_t indent, buffer *out)
{
    buffer_append_char(out, '\n');
    buffer_append_repeated(out, ' ', indent);
}

static void dump_list(const record_type *type, const record_list *list, size_t indent, buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        begin_line(indent, out);
        buffer_append_char(out, '-');
        dump_record(type, list->items[i], indent + DUMP_INDENT, out);
    }
}

static void dump_texts(const text_list *list, size_t indent, buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        begin_line(indent, out);
        buffer_append_text(out, "- ");
        dump_text(list->items[i], out);
    }
}

static void dump_value(const property *of, const void *value, size_t indent, buffer *out)
{
    switch (of->kind) {
    case PROPERTY_IDENTIFIER:
        buffer_append_char(out, ' ');
        buffer_append(out, *(const slice *)value);
        break;
    case PROPERTY_TEXT:
        buffer_append_char(out, ' ');
        dump_text(*(const slice *)value, out);
        break;
    case PROPERTY_NUMBER:
        buffer_printf(out, " %" PRId64, *(const int64_t *)value);
        break;
    case PROPERTY_FLAG:
        buffer_append_text(out, *(const bool *)value ? " true" : " false");
        break;
    case PROPERTY_CHILD:
        if (*(const void *const *)value != NULL)
            dump_record(of->type, *(const void *const *)value, indent + DUMP_INDENT, out);
        break;
    case PROPERTY_LIST:
        dump_list(of->type, value, indent + DUMP_INDENT, out);
        break;
    case PROPERTY_TEXTS:
        dump_texts(value, indent + DUMP_INDENT, out);
        break;
    }
}

static void dump_record(const record_type *type, const void *record, size_t indent, buffer *out)
{
    for (size_t i = 0; i < type->property_count; i++) {
        const property *of = &type->properties[i];
        begin_line(indent, out);
        buffer_append(out, of->name);
        buffer_append_char(out, ':');
        dump_value(of, record_member(record, of), indent, out);
    }
}

void record_dump(const record_type *type, const void *record, buffer *out)
{
    buffer_append(out, type->name);
    buffer_append_char(out, ':');
    dump_record(type, record, DUMP_INDENT, out);
    buffer_append_char(out, '\n');
}
