/* check_records.c -- checks structs and their layout, and tables and their fields. */
#include "check/checker.h"
#include "model/mangle.h"

#include <inttypes.h>
#include <math.h>

enum {
    TABLE_FIELD_LIMIT = 32765, /* the size of a vtable has 16 bits */
    INLINE_SIZE_LIMIT = 65535, /* of a table or a struct: offsets in a vtable have 16 bits */
    IDENTIFIER_LENGTH = 4,
    ALIGNMENT_LIMIT = 16 /* largest alignment of flatc and of malloc */
};

/* ---- Fields: what all have ------------------------------------------------------------------- */

static bool begin_field(checker *c, const scope *in, const ast_member *written,
                        type_position position, model_field *field)
{
    field->origin = check_origin(in, written->name, written->doc);
    check_name_shape(c, written->name);
    return check_type(c, in, written->type, position, &field->type);
}

/* Checks the names of all members after their types, because resolving types uses the same
 * scratch table. */
static void check_member_names(checker *c, const ast_members *members)
{
    text_table_clear(&c->scratch);
    for (const ast_member *m = members->first; m != NULL; m = m->next)
        check_unique_member(c, mangle_member(c->memory, m->name.text), m->name, "field");
}

/* Tags of unions also have names in JSON. */
static void check_field_json(checker *c, const model_field *fields, size_t count)
{
    check_begin_json(c);
    for (size_t i = 0; i < count; i++)
        check_unique_json(c, &fields[i].origin);
}

/* ---- Structs --------------------------------------------------------------------------------- */

static bool check_struct_field(checker *c, const symbol *s, const ast_member *written,
                               model_field *field)
{
    if (!begin_field(c, s->scope, written, POSITION_STRUCT, field))
        return false;
    check_json(c, &written->annotations, ON_STRUCT_FIELD, "a field of a struct", &field->origin);
    if (written->value != NULL) {
        diag_report(c->diags, DIAG_BAD_DEFAULT, written->value->place,
                    "a field of a struct has no default: it is always present");
        return false;
    }
    return true;
}

static uint64_t round_up(uint64_t size, uint32_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

/* Raises the alignment to the value of '@align'. */
static void check_align(checker *c, const symbol *s, model_struct *made)
{
    const model_type u16 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U16};
    annotation_set set = check_annotations(c, &s->declaration->annotations, ON_STRUCT, "a struct");
    const ast_annotation *annotation = set.of[ANNOTATION_ALIGN];

    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    model_value value;
    if (argument == NULL || !check_evaluate(c, s->scope, argument, &u16, &value))
        return;
    uint64_t wanted = value.as_unsigned;
    if (wanted < made->alignment || wanted > ALIGNMENT_LIMIT || (wanted & (wanted - 1)) != 0) {
        diag_report(c->diags, DIAG_BAD_ALIGN, argument->place,
                    "'@align' is a power of two from %" PRIu32 ", the alignment of the struct's "
                    "fields, to %d; it is %" PRIu64,
                    made->alignment, ALIGNMENT_LIMIT, wanted);
        return;
    }
    made->is_realigned = wanted > made->alignment;
    made->alignment = (uint32_t)wanted;
}

/* Lays out fields as C does. Returns false if the size exceeds the limit. */
static bool lay_out(checker *c, const symbol *s, model_struct *made, model_field *fields)
{
    uint64_t size = 0;

    made->alignment = 1;
    for (size_t i = 0; i < made->field_count; i++) {
        uint32_t alignment = type_inline_alignment(&fields[i].type);
        size = round_up(size, alignment);
        fields[i].offset = (uint32_t)size;
        size += type_inline_size(&fields[i].type);
        if (size > INLINE_SIZE_LIMIT)
            return false;
        if (alignment > made->alignment)
            made->alignment = alignment;
    }
    check_align(c, s, made);
    made->size = (uint32_t)round_up(size, made->alignment);
    return made->size <= INLINE_SIZE_LIMIT;
}

static bool check_struct_fields(checker *c, symbol *s, model_struct *made)
{
    const ast_members *members = &s->declaration->members;
    model_field *fields = ARENA_ARRAY(c->memory, members->count, model_field);
    bool good = true;

    made->origin = check_origin(s->scope, s->declaration->name, s->declaration->doc);
    made->fields = fields;
    for (const ast_member *m = members->first; m != NULL; m = m->next)
        good = check_struct_field(c, s, m, &fields[made->field_count++]) && good;
    check_member_names(c, members);
    check_field_json(c, fields, made->field_count);
    if (members->count == 0 && s->scope->file->has_errors)
        return false;
    if (members->count == 0) {
        diag_report(c->diags, DIAG_EMPTY, s->declaration->name.place,
                    "a struct needs at least one field");
        return false;
    }
    if (good && !lay_out(c, s, made, fields)) {
        diag_report(c->diags, DIAG_TOO_LARGE, s->declaration->name.place,
                    "this struct is larger than %d bytes", INLINE_SIZE_LIMIT);
        return false;
    }
    return good;
}

/* Appends the struct to the module when it is complete, so that contained structs come first. */
bool check_struct(checker *c, symbol *s)
{
    if (s->state == SYMBOL_IN_PROGRESS) {
        diag_report(c->diags, DIAG_STRUCT_CYCLE, s->declaration->name.place,
                    "struct '%.*s' contains itself: only a table can",
                    SLICE_PRINT(s->declaration->name.text));
        s->invalid = true;
        return false;
    }
    if (s->state == SYMBOL_UNTOUCHED) {
        model_struct made = {.field_count = 0};
        s->state = SYMBOL_IN_PROGRESS;
        if (!check_struct_fields(c, s, &made))
            s->invalid = true;
        s->structure = &s->scope->structs[s->scope->module->struct_count++];
        *s->structure = made;
        s->state = SYMBOL_DONE;
    }
    return !s->invalid;
}

/* ---- Tables: the value of a field ------------------------------------------------------------ */

static void check_enum_default(const checker *c, const ast_member *written, model_field *field)
{
    const model_enum *of = field->type.enumeration;

    field->default_member = check_enum_member_of_value(of, &field->default_value);
    if (field->default_member != NULL || of->is_flags)
        return;
    diag_report(c->diags, DIAG_BAD_DEFAULT, written->name.place,
                "'%.*s' needs a default: its enum '%.*s' has no member of value 0",
                SLICE_PRINT(written->name.text), SLICE_PRINT(of->origin.name));
    diag_note(c->diags, of->origin.place, "declared here");
}

static bool report_default(const checker *c, const ast_member *written, const char *problem)
{
    diag_report(c->diags, DIAG_BAD_DEFAULT, written->value->place, "%s", problem);
    return false;
}

static bool check_default(checker *c, const scope *in, const ast_member *written,
                          model_field *field)
{
    if (!type_is_scalar(&field->type))
        return written->value == NULL ||
               report_default(c, written, "only numbers, bools and enums have a default");
    if (field->type.optional)
        return written->value == NULL ||
               report_default(c, written, "an optional field has no default: it may be absent");
    field->default_value = check_zero(&field->type);
    if (written->value != NULL &&
        !check_evaluate_default(c, in, written->value, &field->type, &field->default_value))
        return false;
    if (field->type.kind == TYPE_ENUM)
        check_enum_default(c, written, field);
    return true;
}

/* ---- Tables: annotations of a field ---------------------------------------------------------- */

static void check_required(const checker *c, const ast_annotation *annotation, model_field *field)
{
    if (annotation == NULL || !check_no_arguments(c, annotation))
        return;
    if (type_is_scalar(&field->type) && !field->type.optional) {
        diag_report(c->diags, DIAG_BAD_REQUIRED, annotation->place,
                    "'@required' needs a field that can be absent; '%.*s' always has a value: "
                    "make its type optional with '?' or remove '@required'",
                    SLICE_PRINT(field->origin.name));
        return;
    }
    field->required = true;
}

static void check_max(checker *c, const scope *in, const ast_annotation *annotation,
                      model_field *field)
{
    const model_type u32 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U32};

    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    model_value value;
    if (argument == NULL)
        return;
    if (field->type.kind != TYPE_STRING && field->type.kind != TYPE_BYTES &&
        field->type.kind != TYPE_VECTOR) {
        diag_report(c->diags, DIAG_BAD_MAX, annotation->place,
                    "'@max' limits the length of a string, of bytes or of a vector");
        return;
    }
    if (!check_evaluate(c, in, argument, &u32, &value))
        return;
    if (value.as_unsigned == 0 || value.as_unsigned > INT32_MAX) {
        diag_report(c->diags, DIAG_BAD_MAX, argument->place,
                    "'@max' is a number from 1 to %" PRId32, INT32_MAX);
        return;
    }
    field->has_max_length = true;
    field->max_length = (uint32_t)value.as_unsigned;
}

static bool is_ranged_type(const model_type *type)
{
    return type->kind == TYPE_DECIMAL || type->kind == TYPE_DURATION ||
           (type->kind == TYPE_SCALAR && type->scalar != SCALAR_BOOL);
}

/* Appends a value as a schema has it: "5", "-1.25", "30s". */
static void print_value(const model_type *type, const model_value *value, buffer *out)
{
    if (type->kind == TYPE_DURATION && value->kind == VALUE_SIGNED && value->as_signed >= 0)
        model_print_duration((uint64_t)value->as_signed, out);
    else
        model_print_value(type, value, out);
}

/* Appends the range as a schema has it: "1..1000", "1..", "..10". */
static void print_range(const model_field *field, buffer *out)
{
    print_value(&field->type, &field->minimum, out);
    buffer_append_text(out, "..");
    print_value(&field->type, &field->maximum, out);
}

static void check_default_in_range(const checker *c, const ast_annotation *annotation,
                                   const model_field *field)
{
    const model_value *value = &field->default_value;

    if (value->kind == VALUE_NONE)
        return;
    bool is_below = field->minimum.kind != VALUE_NONE && check_compare(value, &field->minimum) < 0;
    bool is_above = field->maximum.kind != VALUE_NONE && check_compare(value, &field->maximum) > 0;
    bool is_finite = value->kind != VALUE_FLOAT || isfinite(value->as_float);
    if (!is_below && !is_above && is_finite)
        return;
    buffer range = buffer_in(c->memory);
    buffer text = buffer_in(c->memory);
    print_range(field, &range);
    print_value(&field->type, value, &text);
    diag_report(c->diags, DIAG_BAD_DEFAULT, annotation->place,
                "default %s of '%.*s' is outside its range %s: write a default in the range, or "
                "make the type optional with '?' and add '@required'",
                text.data, SLICE_PRINT(field->origin.name), range.data);
}

static void check_range(checker *c, const scope *in, const ast_annotation *annotation,
                        model_field *field)
{
    if (annotation == NULL)
        return;
    const ast_argument *range = annotation->arguments.first;
    if (annotation->arguments.count != 1 || !range->is_range || range->key.text.length > 0) {
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@range' takes a range: @range(1..10), @range(1..) or @range(..10)");
        return;
    }
    if (!is_ranged_type(&field->type)) {
        diag_report(c->diags, DIAG_BAD_RANGE, annotation->place,
                    "'@range' limits a number, a decimal or a duration");
        return;
    }
    if ((range->value != NULL &&
         !check_evaluate(c, in, range->value, &field->type, &field->minimum)) ||
        (range->high != NULL && !check_evaluate(c, in, range->high, &field->type, &field->maximum)))
        return;
    if (range->value != NULL && range->high != NULL &&
        check_compare(&field->minimum, &field->maximum) > 0) {
        diag_report(c->diags, DIAG_BAD_RANGE, range->place, "this range is empty");
        return;
    }
    check_default_in_range(c, annotation, field);
}

static void check_deprecated(const checker *c, const ast_annotation *annotation, model_field *field)
{
    if (annotation == NULL)
        return;
    field->deprecated = true;
    if (field->required)
        diag_report(c->diags, DIAG_BAD_REQUIRED, annotation->place,
                    "a field cannot be both required and deprecated: nobody could stop sending "
                    "it");
    if (annotation->arguments.count == 0)
        return;
    const ast_expression *argument = check_single_argument(c, annotation);
    if (argument != NULL && argument->kind == EXPRESSION_STRING)
        field->deprecation = argument->text;
    else if (argument != NULL && argument->kind != EXPRESSION_BROKEN)
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@deprecated' takes a text: @deprecated(\"use x\")");
}

/* ---- Tables: ids ----------------------------------------------------------------------------- */

static const uint32_t no_id = UINT32_MAX;

static uint32_t read_id(checker *c, const scope *in, const ast_annotation *annotation)
{
    const model_type u16 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U16};
    const ast_expression *argument = check_single_argument(c, annotation);
    model_value value;

    if (argument == NULL || !check_evaluate(c, in, argument, &u16, &value))
        return no_id;
    return (uint32_t)value.as_unsigned;
}

static void report_id(const checker *c, const ast_member *member, const char *problem)
{
    diag_report(c->diags, DIAG_BAD_ID, member->name.place, "%s", problem);
}

/* A table that is being checked: the fields in the order of the file, and their declared ids. A
 * union is two fields, the tag first. */
typedef struct table_draft {
    model_field *fields;
    const ast_member **members;
    bool *has_id;
    size_t count;
    size_t id_count;
    bool is_incomplete; /* a type is unknown: so is the number of fields */
} table_draft;

static bool is_of_unions(const model_type *type)
{
    return type->kind == TYPE_UNION ||
           (type->kind == TYPE_VECTOR && type->element->kind == TYPE_UNION);
}

/* The name of FlatBuffers. */
static slice tag_name(const checker *c, slice name)
{
    buffer text = buffer_in(c->memory);

    buffer_append(&text, name);
    buffer_append_text(&text, "_type");
    return intern(c->names, buffer_slice(&text));
}

static model_type tag_type(const checker *c, const model_type *of)
{
    const model_union *alternatives =
        of->kind == TYPE_UNION ? of->alternatives : of->element->alternatives;
    const model_type tag = {.kind = TYPE_TAG, .scalar = SCALAR_U8, .alternatives = alternatives};
    if (of->kind == TYPE_UNION)
        return tag;
    model_type *element = ARENA_NEW(c->memory, model_type);
    *element = tag;
    return (model_type){.kind = TYPE_VECTOR, .element = element};
}

/* Returns the tag field of a union; for a vector of unions, a vector of tags. */
static void make_tag(const checker *c, const model_field *of, model_field *tag)
{
    *tag = (model_field){.origin = of->origin, .deprecated = of->deprecated};
    tag->origin.name = tag_name(c, of->origin.name);
    tag->origin.json = tag_name(c, of->origin.json);
    tag->origin.doc = (model_doc){NULL, 0};
    tag->type = tag_type(c, &of->type);
    if (tag->type.kind == TYPE_TAG)
        tag->default_value = check_zero(&tag->type);
    tag->id = of->id - 1;
}

/* Inserts the tag before the last field, if it is a union. */
static void add_tag(const checker *c, table_draft *draft)
{
    size_t last = draft->count - 1;
    model_field *field = &draft->fields[last];
    bool has_id = draft->has_id[last];

    if (!is_of_unions(&field->type))
        return;
    draft->fields[last + 1] = *field;
    draft->members[last + 1] = draft->members[last];
    draft->has_id[last + 1] = has_id;
    draft->count++;
    field = &draft->fields[last + 1];
    if (!has_id)
        field->id++;
    if (has_id && field->id == 0)
        report_id(c, draft->members[last],
                  "the id of a union is at least 1: the id before it is that of its type");
    make_tag(c, field, &draft->fields[last]);
    if (has_id && (field->id == 0 || field->id == no_id))
        draft->fields[last].id = no_id;
}

/* Sorts the fields by their ids: each number below the count must occur once. After an error the
 * order stays, so that a tag always precedes its union. */
static void order_by_id(const checker *c, table_draft *draft)
{
    model_field *ordered = ARENA_ARRAY(c->memory, draft->count, model_field);
    bool *is_taken = ARENA_ARRAY(c->memory, draft->count, bool);
    size_t taken = 0;

    for (size_t i = 0; i < draft->count; i++) {
        uint32_t id = draft->fields[i].id;
        bool is_same = i > 0 && draft->members[i] == draft->members[i - 1];
        if (!draft->has_id[i] && is_same)
            continue;
        else if (!draft->has_id[i])
            report_id(c, draft->members[i], "either all fields of a table have an '@id', or none");
        else if (id == no_id)
            continue;
        else if (id >= draft->count && draft->is_incomplete)
            continue;
        else if (id >= draft->count)
            report_id(c, draft->members[i], "ids count from 0 without a gap: this one is too high");
        else if (is_taken[id])
            report_id(c, draft->members[i], "another field has this id");
        else
            ordered[id] = draft->fields[i];
        if (draft->has_id[i] && id < draft->count && !is_taken[id]) {
            is_taken[id] = true;
            taken++;
        }
    }
    if (taken == draft->count)
        draft->fields = ordered;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static void check_table_field(checker *c, const symbol *s, const ast_member *written,
                              table_draft *draft)
{
    size_t index = draft->count++;
    model_field *field = &draft->fields[index];

    draft->members[index] = written;
    bool is_typed = begin_field(c, s->scope, written, POSITION_TABLE, field);
    annotation_set set = check_annotations(c, &written->annotations, ON_FIELD, "a field");
    field->id = (uint32_t)index;
    if (set.of[ANNOTATION_ID] != NULL) {
        draft->has_id[index] = true;
        draft->id_count++;
        field->id = read_id(c, s->scope, set.of[ANNOTATION_ID]);
    }
    if (!is_typed || !check_default(c, s->scope, written, field)) {
        draft->is_incomplete = true;
        return;
    }
    check_required(c, set.of[ANNOTATION_REQUIRED], field);
    check_max(c, s->scope, set.of[ANNOTATION_MAX], field);
    check_range(c, s->scope, set.of[ANNOTATION_RANGE], field);
    check_deprecated(c, set.of[ANNOTATION_DEPRECATED], field);
    check_key(c, s, set.of[ANNOTATION_KEY], field);
    check_json_name(c, set.of[ANNOTATION_JSON], &field->origin);
    add_tag(c, draft);
}

/* Called after check_member_names(): the C names of all fields are in the scratch table. */
static void check_tag_names(checker *c, const table_draft *draft)
{
    for (size_t i = 1; i < draft->count; i++) {
        if (!is_of_unions(&draft->fields[i].type))
            continue;
        slice name = draft->fields[i - 1].origin.name;
        const ast_name *other = text_table_find(&c->scratch, mangle_member(c->memory, name));
        if (other == NULL)
            continue;
        diag_report(c->diags, DIAG_NAME_COLLISION, draft->members[i]->name.place,
                    "'%.*s' is also the name of the type of this union", SLICE_PRINT(name));
        diag_note(c->diags, other->place, "declared here");
    }
}

/* Fields may be stored in any order, each after padding: the worst case is what must fit. */
static void check_table_size(const checker *c, const symbol *s, const model_table *table)
{
    uint64_t size = 4;

    for (size_t i = 0; i < table->field_count; i++) {
        const model_type *type = &table->fields[i].type;
        size = round_up(size, type_inline_alignment(type)) + type_inline_size(type);
    }
    if (table->field_count > TABLE_FIELD_LIMIT || size > INLINE_SIZE_LIMIT)
        diag_report(c->diags, DIAG_TOO_LARGE, s->declaration->name.place,
                    "a table has at most %d fields and %d bytes in place", TABLE_FIELD_LIMIT,
                    INLINE_SIZE_LIMIT);
}

/* ---- Tables: the file identifier --------------------------------------------------------------
 */

/* Identifiers are written between quotes, in C and in .fbs files. */
static bool is_identifier(slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (byte < ' ' || byte > '~' || byte == '"' || byte == '\'' || byte == '\\')
            return false;
    }
    return text.length == IDENTIFIER_LENGTH;
}

static void check_identifier(const checker *c, const symbol *s, model_table *table)
{
    annotation_set set = check_annotations(c, &s->declaration->annotations, ON_TABLE, "a table");
    const ast_annotation *annotation = set.of[ANNOTATION_IDENTIFIER];

    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    if (argument == NULL || argument->kind == EXPRESSION_BROKEN)
        return;
    if (argument->kind != EXPRESSION_STRING || !is_identifier(argument->text)) {
        diag_report(c->diags, DIAG_BAD_IDENTIFIER, argument->place,
                    "'@identifier' takes four printable ASCII characters, no quote and no "
                    "backslash: @identifier(\"TFL3\")");
        return;
    }
    for (size_t i = 0; i < IDENTIFIER_LENGTH; i++)
        table->identifier[i] = argument->text.data[i];
    table->has_own_identifier = true;
}

/* The 64-bit FNV-1a hash of `namespace.Name.v1`, of which the top 24 bits become four characters
 * of base64url. */
static void set_identifier(const scope *in, model_table *table, arena *memory)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    buffer name = buffer_in(memory);

    buffer_printf(&name, "%.*s.%.*s.v%" PRIu32, SLICE_PRINT(in->module->namespace),
                  SLICE_PRINT(table->origin.name), in->module->version);
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * UINT64_C(0x100000001B3);
    for (unsigned i = 0; i < IDENTIFIER_LENGTH; i++)
        table->identifier[i] = digits[hash >> (58 - 6 * i) & 63];
    table->identifier[IDENTIFIER_LENGTH] = '\0';
}

void check_table(checker *c, symbol *s)
{
    const ast_members *members = &s->declaration->members;
    model_table *table = s->table;
    table_draft draft = {
        .fields = ARENA_ARRAY(c->memory, 2 * members->count, model_field),
        .members = ARENA_ARRAY(c->memory, 2 * members->count, const ast_member *),
        .has_id = ARENA_ARRAY(c->memory, 2 * members->count, bool),
    };

    for (const ast_member *m = members->first; m != NULL; m = m->next)
        check_table_field(c, s, m, &draft);
    check_member_names(c, members);
    check_tag_names(c, &draft);
    check_field_json(c, draft.fields, draft.count);

    if (draft.id_count > 0)
        order_by_id(c, &draft);
    table->fields = draft.fields;
    table->field_count = draft.count;
    check_table_size(c, s, table);
    set_identifier(s->scope, table, c->memory);
    if (s->declaration->kind == AST_TABLE)
        check_identifier(c, s, table);
}
