/* view_data.c -- structs and tables, and how they lie on the wire. */
#include "generate/viewer.h"
#include "model/mangle.h"

#include <inttypes.h>

/* ---- Structs --------------------------------------------------------------------------------- */

static slice array_of(viewer *v, const model_type *type)
{
    if (type->kind != TYPE_ARRAY)
        return SLICE("");
    buffer_printf(view_scratch(v), "[%" PRIu32 "]", type->array_length);
    return view_keep(v);
}

static void view_member_of(viewer *v, const model_field *field, view_member *made)
{
    made->name = field->origin.name;
    made->json = field->origin.json;
    made->member = mangle_member(v->memory, field->origin.name);
    made->type = view_c_type(v, view_item(&field->type));
    made->kind = view_kind(view_item(&field->type));
    made->length = field->type.array_length;
    made->array = array_of(v, &field->type);
    made->descriptor = view_type_descriptor(v, &field->type);
    made->format = view_format(&field->type);
    made->digits = view_digits(&field->type);
    made->written = view_written_type(v, &field->type);
    made->fbs_type = view_fbs_type(v, &field->type);
    made->note = view_note(v, field);
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
        const model_type *type = view_item(&structure->fields[i].type);
        if (type->kind == TYPE_STRUCT && !is_packed(type->structure))
            return false;
    }
    return content_size(structure) == structure->size;
}

/* Any bytes are a value: a bool must be looked at. */
static bool is_direct(const model_struct *structure)
{
    for (size_t i = 0; i < structure->field_count; i++) {
        const model_type *type = view_item(&structure->fields[i].type);
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

/* In C, the first member has the alignment of the whole. */
static slice c_alignment_of(viewer *v, const model_struct *structure)
{
    if (!structure->is_realigned)
        return SLICE("");
    buffer_printf(view_scratch(v), "CATGA_ALIGNED(%" PRIu32 ") ", structure->alignment);
    return view_keep(v);
}

static slice fbs_attributes_of(viewer *v, const model_struct *structure)
{
    if (!structure->is_realigned)
        return SLICE("");
    buffer_printf(view_scratch(v), " (force_align: %" PRIu32 ")", structure->alignment);
    return view_keep(v);
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
    members[0].c_alignment = c_alignment_of(v, structure);
    made->fbs_attributes = fbs_attributes_of(v, structure);
}

void view_structs(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_structure *structs = VIEW_LIST(v, module->struct_count, view_structure, &made->structs);

    for (size_t i = 0; i < module->struct_count; i++)
        view_struct(v, &module->structs[i], &structs[i]);
}

/* ---- Tables: how a full one lies on the wire ------------------------------------------------- */

/* The offset of the table's first field: behind the offset of its vtable. */
enum {
    TABLE_HEADER_SIZE = 4,
    LARGEST_ALIGNMENT = 16,
    VTABLE_STEP = 8,
    VTABLE_SLOTS = 16,
    PART_SIZE = VIEW_WORD_BITS
};

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
    return !field->is_deprecated && !field->is_tag && !field->is_tags;
}

static bool is_deprecated(const view_field *field)
{
    return field->is_deprecated && !field->is_tag && !field->is_tags;
}

static bool is_string(const view_field *field)
{
    return field->is_string;
}

static bool lies_behind(const view_field *field)
{
    return field->is_slice || field->is_table || field->is_union;
}

static bool is_behind(const view_field *field)
{
    return lies_behind(field) && !field->is_string;
}

/* Scalars are written in any case, and texts have their slot cleared when they are absent. */
static bool may_leave_gap(const view_field *field)
{
    return (is_behind(field) || field->is_tags || field->is_struct) && !field->is_required;
}

/* Returns true if a field is not always present: required slices and tables are, since the encoder
 * refuses a message without them. */
static bool is_conditional(const view_field *field)
{
    return !field->is_required || !(field->is_slice || field->is_table);
}

static bool has_range(const view_field *field)
{
    return field->range != NULL;
}

static bool is_required_inline(const view_field *field)
{
    return (field->is_struct || field->is_optional) && field->is_required;
}

static bool has_preset(const view_field *field)
{
    return field->preset.length > 0;
}

static bool may_be_wrong(const view_field *field)
{
    return lies_behind(field) || has_range(field) || is_required_inline(field);
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
    buffer_append_integer(made, VIEW_FIRST_SLOT + VIEW_SLOT_SIZE * (int64_t)count);
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

/* A bit for each of the fields; for those that are conditional only on demand. */
static slice bits_of(viewer *v, const record_list *placed, bool is_wide, bool with_conditional)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < placed->count && !is_wide; i++) {
        const view_field *field = placed->items[i];
        if (with_conditional || !is_conditional(field))
            bits |= UINT64_C(1) << field->id;
    }
    buffer_printf(view_scratch(v), "0x%" PRIx64, bits);
    return view_keep(v);
}

static void name_bits(viewer *v, view_field *fields, size_t count, const view_table *made)
{
    for (size_t i = 0; i < count; i++) {
        fields[i].bit = fields[i].id % VIEW_WORD_BITS;
        fields[i].present = SLICE("present");
        if (made->is_small)
            continue;
        buffer_printf(view_scratch(v), "present[%" PRId64 "]", fields[i].id / VIEW_WORD_BITS);
        fields[i].present = view_keep(v);
    }
}

/* Returns the piece of a list that belongs to a part. */
static record_list cut(const record_list *list, size_t part)
{
    size_t begin = part * PART_SIZE;

    if (begin >= list->count)
        return (record_list){NULL, 0};
    size_t rest = list->count - begin;
    return (record_list){list->items + begin, rest < PART_SIZE ? rest : PART_SIZE};
}

static void view_parts(viewer *v, size_t count, view_table *made)
{
    size_t part_count = (count + PART_SIZE - 1) / PART_SIZE;
    view_part *parts = VIEW_LIST(v, part_count, view_part, &made->parts);

    for (size_t i = 0; i < part_count; i++) {
        view_part *part = &parts[i];
        part->number = (int64_t)i;
        part->behind = cut(&made->behind, i);
        part->checked = cut(&made->checked, i);
        if (made->is_small)
            continue;
        part->ranged = cut(&made->ranged, i);
        part->inline_required = cut(&made->inline_required, i);
        part->has_rules = part->ranged.count + part->inline_required.count > 0;
        part->placed = cut(&made->placed, i);
        part->texts = cut(&made->texts, i);
    }
}

static void view_layout(viewer *v, view_field *fields, size_t count, view_table *made)
{
    pick(v, &made->fields, is_seen, &made->members);
    pick(v, &made->fields, is_deprecated, &made->deprecated);
    pick(v, &made->members, is_string, &made->texts);
    pick(v, &made->members, lies_behind, &made->referring);
    pick(v, &made->members, has_range, &made->ranged);
    pick(v, &made->members, is_required_inline, &made->inline_required);
    pick(v, &made->members, may_be_wrong, &made->checked);
    pick(v, &made->members, has_preset, &made->presets);
    if (made->presets.count == 0 && made->members.count > 0)
        made->presets = (record_list){made->members.items, 1};
    pick(v, &made->members, is_behind, &made->behind);
    place(v, fields, count, made);
    pick(v, &made->placed, is_conditional, &made->conditional);
    pick(v, &made->placed, may_leave_gap, &made->gaps);
    made->vtable = vtable_of(v, fields, count);
    made->layout = layout_of(v, fields, count, &made->placed);
    made->all = bits_of(v, &made->placed, made->is_wide, true);
    made->always = bits_of(v, &made->placed, made->is_wide, false);
    name_bits(v, fields, count, made);
    view_parts(v, count, made);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static slice identifier_bytes_of(viewer *v, const char identifier[5])
{
    buffer_printf(view_scratch(v), "'%c', '%c', '%c', '%c'", identifier[0], identifier[1],
                  identifier[2], identifier[3]);
    return view_keep(v);
}

/* Refers to texts at most. */
static bool is_leaf(const model_table *table)
{
    bool leaf = table->field_count <= VTABLE_STEP;

    for (size_t i = 0; i < table->field_count && leaf; i++) {
        model_type_kind kind = table->fields[i].type.kind;
        leaf = table->fields[i].deprecated || (kind != TYPE_BYTES && kind != TYPE_VECTOR &&
                                               kind != TYPE_TABLE && kind != TYPE_UNION);
    }
    return leaf;
}

/* Returns true if a table has no other tables in it: functions that write it can be inlined. */
static bool has_leaves_only(const model_table *table)
{
    for (size_t i = 0; i < table->field_count; i++) {
        const model_type *type = &table->fields[i].type;
        if (type->kind == TYPE_VECTOR && type->element->kind == TYPE_TABLE &&
            !is_leaf(type->element->table))
            return false;
    }
    return true;
}

static bool is_answer(const model_module *module, const model_table *table)
{
    for (size_t i = 0; i < module->message_count; i++) {
        if (module->messages[i].result == table)
            return true;
    }
    return false;
}

/* No table holds a message. */
static bool is_root(const model_module *module, const model_table *table)
{
    return table->message != NULL || (is_answer(module, table) && has_leaves_only(table));
}

static void name_functions(viewer *v, const model_table *table, view_table *made)
{
    bool is_walked = v->small && !made->is_wide;

    made->is_written = !is_walked;
    made->is_root = made->is_written && !made->is_wide && is_root(v->module, table);
    made->is_inline = made->is_root || is_leaf(table);
    bool only_root = made->is_root && made->is_message;
    made->put = is_walked || only_root ? SLICE("catga_put_generic")
                                       : VIEW_JOIN(v, made->type, SLICE("_put"));
    made->encode =
        made->is_root ? VIEW_JOIN(v, made->type, SLICE("_put_root")) : SLICE("catga_encode_any");
    made->verify =
        is_walked ? SLICE("catga_verify_generic") : VIEW_JOIN(v, made->type, SLICE("_verify"));
}

static void view_table_of(viewer *v, const model_table *table, size_t index, view_table *made)
{
    const model_origin *origin = &table->origin;

    made->name = view_full_name(v, origin);
    made->type = view_type_name(v, origin);
    made->macro = view_macro_name(v, origin);
    made->fbs = view_fbs_name(v, origin);
    made->is_message = table->message != NULL;
    made->field_count = (int64_t)table->field_count;
    made->has_max_size = table->max_size > 0 && table->max_size <= INT32_MAX;
    made->max_size = made->has_max_size ? (int64_t)table->max_size : 0;
    made->is_wide = table->field_count > VIEW_WORD_BITS;
    made->is_small = table->field_count <= VTABLE_STEP;
    name_functions(v, table, made);
    made->words = (made->field_count + VIEW_WORD_BITS - 1) / VIEW_WORD_BITS;
    made->vtable_slot = (int64_t)(index % VTABLE_SLOTS);
    made->identifier = slice_of(table->identifier);
    made->identifier_bytes = identifier_bytes_of(v, table->identifier);
    made->doc = view_doc(&origin->doc);
    view_field *fields = VIEW_LIST(v, table->field_count, view_field, &made->fields);
    for (size_t i = 0; i < table->field_count; i++)
        view_field_of(v, table, &table->fields[i], &fields[i]);
    view_layout(v, fields, table->field_count, made);
}

/* FlatBuffers has one root type, and one identifier, for a file. */
static const view_table *only_root(const model_module *module, const view_table *tables)
{
    const view_table *only = NULL;

    for (size_t i = 0; i < module->table_count; i++) {
        if (!module->tables[i].has_own_identifier)
            continue;
        if (only != NULL)
            return NULL;
        only = &tables[i];
    }
    return only;
}

void view_tables(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_table *tables = VIEW_LIST(v, module->table_count, view_table, &made->tables);

    for (size_t i = 0; i < module->table_count; i++)
        view_table_of(v, &module->tables[i], i, &tables[i]);
    made->root = only_root(module, tables);
}
