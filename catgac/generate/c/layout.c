/* layout.c -- the layout of a table with every field, and the lists of its fields. */
#include "generate/c/c.h"

#include <inttypes.h>

/* The offset of the table's first field: behind the offset of its vtable. */
enum { TABLE_HEADER_SIZE = 4, LARGEST_ALIGNMENT = 16, VTABLE_STEP = 8, PART_SIZE = C_WORD_BITS };

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
    buffer_append_integer(made, C_FIRST_SLOT + C_SLOT_SIZE * (int64_t)count);
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
        fields[i].bit = fields[i].id % C_WORD_BITS;
        fields[i].present = SLICE("present");
        if (made->is_small)
            continue;
        buffer_printf(view_scratch(v), "present[%" PRId64 "]", fields[i].id / C_WORD_BITS);
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

void c_layout(viewer *v, view_field *fields, size_t count, view_table *made)
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
