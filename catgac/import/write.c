/* write.c -- writes the text of a .catga file, before it is formatted. */
#include "import/parts.h"

#include <inttypes.h>

typedef struct writer {
    importer *i;
    const fbs_file *file;
    buffer out;
    written_name *names;
    size_t name_count;
} writer;

static slice fbs_base_name(const fbs_file *file)
{
    slice path = file->file->schema_path;
    size_t begin = path.length;

    while (begin > 0 && path.data[begin - 1] != '/')
        begin--;
    return (slice){path.data + begin, path.length - begin};
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

static void put(writer *w, const char *text)
{
    buffer_append_text(&w->out, text);
}

/* Marks the position of a name in the text. */
static void mark(writer *w, fbs_name *name)
{
    w->names[w->name_count++] = (written_name){w->out.length, name};
}

static void put_name(writer *w, fbs_name *name)
{
    mark(w, name);
    buffer_append(&w->out, name->given);
}

static void put_string(writer *w, slice text)
{
    buffer_append_char(&w->out, '"');
    for (size_t n = 0; n < text.length; n++) {
        char c = text.data[n];
        bool is_escaped = c == '"' || c == '\\' || c == '\n' || c == '\t';
        if (is_escaped)
            buffer_append_char(&w->out, '\\');
        buffer_append_char(&w->out, c == '\n' ? 'n' : c == '\t' ? 't' : c);
    }
    buffer_append_char(&w->out, '"');
}

/* Appends text in a comment of one line. */
static void put_flat(writer *w, slice text)
{
    for (size_t n = 0; n < text.length; n++)
        buffer_append_char(&w->out,
                           text.data[n] == '\n' || text.data[n] == '\r' ? ' ' : text.data[n]);
}

static void put_doc(writer *w, const fbs_doc *doc)
{
    for (size_t n = 0; n < doc->line_count; n++)
        buffer_printf(&w->out, "/// %.*s\n", SLICE_PRINT(doc->lines[n]));
}

static void put_json(writer *w, const fbs_name *name)
{
    if (slice_equal(name->given, name->text))
        return;
    put(w, " @json(");
    put_string(w, name->text);
    put(w, ")");
}

/* ---- Attributes ------------------------------------------------------------------------------ */

/* Returns true for attributes that are handled elsewhere, or have no meaning outside of C++ and
 * C#. */
static bool is_silent(const fbs_attribute *attribute)
{
    static const char *const names[] = {"id",
                                        "required",
                                        "deprecated",
                                        "bit_flags",
                                        "force_align",
                                        "original_order",
                                        "private",
                                        "native_inline",
                                        "shared",
                                        "csharp_partial",
                                        "nested_flatbuffer",
                                        "flexbuffer",
                                        "native_default",
                                        "native_type"};

    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        if (slice_is(attribute->name, names[n]))
            return true;
    }
    return false;
}

/* Writes the remaining attributes as a comment. */
static void put_attributes(writer *w, const fbs_attribute *list)
{
    const char *joint = "// (";

    for (const fbs_attribute *a = list; a != NULL; a = a->next) {
        if (is_silent(a))
            continue;
        put(w, joint);
        put_flat(w, a->source);
        joint = ", ";
    }
    put(w, joint[0] == ',' ? ")\n" : "");
}

static void refuse_attributes(importer *i, const fbs_attribute *list)
{
    for (const fbs_attribute *a = list; a != NULL; a = a->next) {
        if (slice_is(a->name, "offset64") || slice_is(a->name, "vector64"))
            diag_report(i->diags, DIAG_CANNOT_EXPRESS, a->place,
                        "'%.*s': an offset has 32 bits in Catga", SLICE_PRINT(a->name));
    }
}

static void warn_of_key(importer *i, const fbs_declaration *of, const fbs_member *field)
{
    const fbs_attribute *key = fbs_find_attribute(field->attributes, "key");

    if (key != NULL)
        diag_report(
            i->diags, DIAG_LEFT_OUT, key->place,
            "the key is left out: programs that look for it want vectors of '%.*s' sorted by "
            "'%.*s', and Catga writes them in the order that you give",
            SLICE_PRINT(of->name.text), SLICE_PRINT(field->name.text));
}

static void warn_of_alignment(importer *i, const fbs_member *field)
{
    const fbs_attribute *align = fbs_find_attribute(field->attributes, "force_align");

    if (align != NULL)
        diag_report(
            i->diags, DIAG_LEFT_OUT, align->place,
            "the alignment of a vector is left out: Catga aligns elements as their type wants");
}

/* ---- Types ----------------------------------------------------------------------------------- */

static void put_type_name(writer *w, const fbs_type *type)
{
    const fbs_declaration *declared = type->declared;

    if (declared == NULL) {
        buffer_append(&w->out, convert_scalar(type->name));
        return;
    }
    if (!slice_equal(declared->file->namespace, w->file->namespace))
        buffer_printf(&w->out, "%.*s.", SLICE_PRINT(declared->file->namespace));
    buffer_append(&w->out, declared->name.given);
}

static void put_length(writer *w, const fbs_type *type)
{
    bool is_negative;
    uint64_t length = 0;

    if (type->length.kind == FBS_VALUE_NONE)
        return;
    if (type->length.kind != FBS_VALUE_NUMBER ||
        !convert_integer(type->length.text, &is_negative, &length) || is_negative)
        diag_report(w->i->diags, DIAG_BAD_TYPE, type->length.place,
                    "a length is a number from 1 on");
    buffer_printf(&w->out, ":%" PRIu64, length);
}

static void put_type(writer *w, const fbs_type *type)
{
    put(w, type->is_vector ? "[" : "");
    put_type_name(w, type);
    put_length(w, type);
    put(w, type->is_vector ? "]" : "");
}

static bool is_scalar(const fbs_type *type)
{
    slice word = convert_scalar(type->name);
    bool is_enum = type->declared != NULL && type->declared->kind == FBS_ENUM;

    return !type->is_vector && (is_enum || (word.length > 0 && !slice_is(word, "string")));
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static const fbs_attribute *holds_buffer(const fbs_member *field)
{
    const fbs_attribute *nested = fbs_find_attribute(field->attributes, "nested_flatbuffer");

    return nested != NULL ? nested : fbs_find_attribute(field->attributes, "flexbuffer");
}

static bool is_optional(const fbs_member *field)
{
    return is_scalar(&field->type) && field->value.kind == FBS_VALUE_WORD &&
           slice_is(field->value.text, "null");
}

static void put_field_type(writer *w, const fbs_member *field)
{
    const fbs_attribute *buffer_of = holds_buffer(field);

    if (buffer_of != NULL)
        put(w, "bytes");
    else
        put_type(w, &field->type);
    if (is_optional(field))
        put(w, "?");
    buffer value = buffer_in(w->i->memory);
    convert_default(w->i, field, &value);
    if (value.length > 0)
        buffer_printf(&w->out, " = %.*s", SLICE_PRINT(buffer_slice(&value)));
}

static void put_id(writer *w, const fbs_member *field)
{
    const fbs_attribute *id = fbs_find_attribute(field->attributes, "id");
    bool is_negative;
    uint64_t number;

    if (id == NULL)
        return;
    if (!convert_integer(id->value.text, &is_negative, &number) || is_negative)
        diag_report(w->i->diags, DIAG_BAD_ID, id->place, "an id is a number from 0 on");
    else
        buffer_printf(&w->out, " @id(%" PRIu64 ")", number);
}

/* FlatBuffers requires a string that is a key, and ignores deprecated fields. */
static void put_rules(writer *w, const fbs_member *field)
{
    bool is_key = fbs_find_attribute(field->attributes, "key") != NULL &&
                  slice_is(convert_scalar(field->type.name), "string") && !field->type.is_vector;
    bool is_deprecated = fbs_find_attribute(field->attributes, "deprecated") != NULL;
    bool is_required = is_key || fbs_find_attribute(field->attributes, "required") != NULL;

    put_id(w, field);
    if (is_required && !is_deprecated)
        put(w, " @required");
    if (is_deprecated)
        put(w, " @deprecated");
}

static void put_held_buffer(writer *w, const fbs_member *field)
{
    const fbs_attribute *buffer_of = holds_buffer(field);

    if (buffer_of == NULL)
        return;
    put(w, "// A buffer: ");
    put_flat(w, buffer_of->source);
    put(w, "\n");
}

static void put_field(writer *w, const fbs_declaration *of, fbs_member *field)
{
    warn_of_key(w->i, of, field);
    warn_of_alignment(w->i, field);
    refuse_attributes(w->i, field->attributes);
    put_attributes(w, field->attributes);
    put_held_buffer(w, field);
    put_doc(w, &field->doc);
    put_name(w, &field->name);
    put(w, ": ");
    put_field_type(w, field);
    if (of->kind == FBS_TABLE)
        put_rules(w, field);
    put_json(w, &field->name);
    put(w, ";\n");
}

/* ---- Declarations ---------------------------------------------------------------------------- */

static void put_origin(writer *w, const fbs_declaration *of)
{
    bool is_elsewhere = !slice_equal(of->namespace, w->file->main_namespace);

    if (is_elsewhere && of->namespace.length > 0)
        buffer_printf(&w->out, "// %.*s.%.*s in FlatBuffers.\n", SLICE_PRINT(of->namespace),
                      SLICE_PRINT(of->name.text));
    else if (is_elsewhere || !slice_equal(of->name.given, of->name.text))
        buffer_printf(&w->out, "// %.*s in FlatBuffers.\n", SLICE_PRINT(of->name.text));
}

static void begin_declaration(writer *w, fbs_declaration *of)
{
    put(w, "\n");
    put_origin(w, of);
    put_attributes(w, of->attributes);
    put_doc(w, &of->doc);
    mark(w, &of->name); /* annotations come before the name */
}

static void put_enum(writer *w, fbs_declaration *of)
{
    bool has_bits = is_flags(of);
    uint64_t next = 0;

    put(w, has_bits ? "flags " : "enum ");
    put_name(w, &of->name);
    put(w, ": ");
    if (has_bits)
        buffer_append(&w->out, convert_unsigned(convert_scalar(of->base.name)));
    else
        put_type(w, &of->base);
    put(w, " {\n");
    bool is_signed = !has_bits && convert_is_signed(convert_scalar(of->base.name));
    for (fbs_member *m = of->members; m != NULL; m = m->next) {
        put_attributes(w, m->attributes);
        put_doc(w, &m->doc);
        put_name(w, &m->name);
        if (m->number != next && has_bits)
            buffer_printf(&w->out, " = 1 << %" PRIu64, m->number);
        else if (m->number != next && is_signed)
            buffer_printf(&w->out, " = %" PRId64, (int64_t)m->number);
        else if (m->number != next)
            buffer_printf(&w->out, " = %" PRIu64, m->number);
        put_json(w, &m->name);
        put(w, ",\n");
        next = m->number + 1;
    }
    put(w, "}\n");
}

/* `Card` is short for `Card: Card`. */
static void put_alternative(writer *w, fbs_member *m)
{
    bool is_short = m->type.declared != NULL && !m->type.is_vector &&
                    slice_equal(m->name.given, m->type.declared->name.given);

    put_attributes(w, m->attributes);
    put_doc(w, &m->doc);
    mark(w, &m->name);
    if (!is_short)
        buffer_printf(&w->out, "%.*s: ", SLICE_PRINT(m->name.given));
    put_type(w, &m->type);
    put_json(w, &m->name);
    put(w, ",\n");
}

static void put_union(writer *w, fbs_declaration *of)
{
    put(w, "union ");
    put_name(w, &of->name);
    put(w, " {\n");
    for (fbs_member *m = of->members; m != NULL; m = m->next)
        put_alternative(w, m);
    put(w, "}\n");
}

static void put_alignment(writer *w, const fbs_declaration *of)
{
    const fbs_attribute *align = fbs_find_attribute(of->attributes, "force_align");
    bool is_negative;
    uint64_t bytes;

    if (of->kind != FBS_STRUCT || align == NULL)
        return;
    if (!convert_integer(align->value.text, &is_negative, &bytes) || is_negative)
        diag_report(w->i->diags, DIAG_BAD_ALIGN, align->place, "an alignment is a number of bytes");
    else
        buffer_printf(&w->out, "@align(%" PRIu64 ")\n", bytes);
}

static void put_record(writer *w, fbs_declaration *of)
{
    put_alignment(w, of);
    if (of->identifier.length > 0) {
        put(w, "@identifier(");
        put_string(w, of->identifier);
        put(w, ")\n");
    }
    put(w, of->kind == FBS_TABLE ? "table " : "struct ");
    put_name(w, &of->name);
    put(w, " {\n");
    for (fbs_member *m = of->members; m != NULL; m = m->next)
        put_field(w, of, m);
    put(w, "}\n");
}

static void put_declaration(writer *w, fbs_declaration *of)
{
    begin_declaration(w, of);
    if (of->kind == FBS_ENUM)
        put_enum(w, of);
    else if (of->kind == FBS_UNION)
        put_union(w, of);
    else
        put_record(w, of);
}

/* ---- The file -------------------------------------------------------------------------------- */

static void note_use(const fbs_file *from, const fbs_type *type, bool *is_used, const importer *i)
{
    for (size_t n = 0; type->declared != NULL && n < i->file_count; n++)
        is_used[n] = is_used[n] || (i->files[n] == type->declared->file && i->files[n] != from);
}

/* Writes an import for each file that this file uses. */
static void put_imports(writer *w)
{
    bool *is_used = ARENA_ARRAY(w->i->memory, w->i->file_count, bool);

    for (const fbs_declaration *d = w->file->declarations; d != NULL; d = d->next)
        for (const fbs_member *m = d->members; m != NULL; m = m->next)
            note_use(w->file, &m->type, is_used, w->i);
    for (size_t n = 0; n < w->i->file_count; n++) {
        if (!is_used[n])
            continue;
        put(w, "import ");
        put_string(w, w->i->files[n]->path);
        put(w, ";\n");
    }
}

static void put_header(writer *w)
{
    const fbs_file *file = w->file;

    put(w, "// Imported from ");
    put_flat(w, fbs_base_name(file));
    put(w, " by catgac import.\n");
    if (!slice_equal(file->main_namespace, file->namespace) && file->main_namespace.length > 0)
        buffer_printf(&w->out, "// The namespace is %.*s in FlatBuffers.\n",
                      SLICE_PRINT(file->main_namespace));
    for (const fbs_remark *r = file->remarks; r != NULL; r = r->next) {
        put(w, "// ");
        put_flat(w, r->text);
        put(w, "\n");
    }
    buffer_printf(&w->out, "namespace %.*s;\nversion 1;\n\n", SLICE_PRINT(file->namespace));
    put_imports(w);
}

static size_t count_names(const fbs_file *file)
{
    size_t count = 0;

    for (const fbs_declaration *d = file->declarations; d != NULL; d = d->next) {
        count += 2;
        for (const fbs_member *m = d->members; m != NULL; m = m->next)
            count++;
    }
    return count;
}

written_file write_file(importer *i, const fbs_file *file)
{
    writer w = {.i = i,
                .file = file,
                .out = buffer_in(i->memory),
                .names = ARENA_ARRAY(i->memory, count_names(file), written_name)};

    put_header(&w);
    for (fbs_declaration *d = file->declarations; d != NULL; d = d->next)
        put_declaration(&w, d);
    return (written_file){buffer_slice(&w.out), w.names, w.name_count};
}
