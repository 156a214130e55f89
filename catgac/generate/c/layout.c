/* layout.c -- the layout of a table with every field, and the lists of its fields. */
#include "generate/c/c.h"

#include <inttypes.h>

enum {
    TABLE_HEADER_SIZE = 4, /* the offset of the vtable, before the first field */
    LARGEST_ALIGNMENT = 16,
    VTABLE_STEP = 8,
    PART_SIZE = C_WORD_BITS,
    NUMBERS_PER_LINE = 16
};

/* Lists the fields of `from` that pass the test, in the same order. */
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

/* Returns true if the encoder skips an absent field. It writes every scalar, and clears the slot of
 * an absent text. */
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

static bool has_preset(const view_field *field)
{
    return field->preset.length > 0;
}

static bool can_be_invalid(const view_field *field)
{
    return lies_behind(field) || has_range(field) || c_is_required_inline(field);
}

/* Places the largest alignment first, so that no padding is needed, then by id. Sizes are multiples
 * of alignments. */
static void place_fields(viewer *v, view_field *fields, size_t count, view_table *made)
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

/* Numbers of an initializer, with a line break after every 16th. */
typedef struct number_list {
    buffer *text;
    size_t count;
} number_list;

static void append_number(number_list *list, int64_t number)
{
    if (list->count > 0)
        buffer_append_text(list->text, list->count % NUMBERS_PER_LINE == 0 ? ",\n    " : ", ");
    buffer_append_integer(list->text, number);
    list->count++;
}

/* Returns the vtable of a full table: its size, the size of the table, and the offset of each
 * field. Zeros fill it up, so that it can be compared eight fields at a time. */
static slice vtable_of(viewer *v, const view_field *fields, size_t count)
{
    int64_t end = TABLE_HEADER_SIZE;

    for (size_t i = 0; i < count; i++)
        end += fields[i].size;
    number_list list = {view_scratch(v), 0};
    append_number(&list, C_FIRST_SLOT + C_SLOT_SIZE * (int64_t)count);
    append_number(&list, end);
    for (size_t i = 0; i < count; i++)
        append_number(&list, fields[i].offset);
    for (size_t i = count; i == 0 || i % VTABLE_STEP != 0; i++)
        append_number(&list, 0);
    return view_keep(v);
}

static slice layout_of(viewer *v, const view_field *fields, size_t count, const record_list *placed)
{
    number_list list = {view_scratch(v), 0};

    for (size_t i = 0; i < placed->count; i++)
        append_number(&list, ((const view_field *)placed->items[i])->id);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].is_deprecated)
            append_number(&list, fields[i].id);
    }
    return view_keep(v);
}

/* Returns a bit for each field, with or without the conditional ones. */
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

/* Returns the part of the statement that sets a presence bit before its value. Without bits that
 * are always set, the first statement declares their word. */
static slice begin_mark(viewer *v, const view_field *field, const view_table *made)
{
    const record_list *conditional = &made->conditional;

    if (made->is_wide) {
        buffer_printf(view_scratch(v), "present[%" PRId64 "] |= ", field->id / C_WORD_BITS);
        return view_keep(v);
    }
    bool is_first = conditional->count > 0 && conditional->items[0] == field;
    return is_first && !made->has_always ? SLICE("uint64_t present = ") : SLICE("present |= ");
}

static slice end_mark(viewer *v, const view_field *field)
{
    int64_t bit = field->id % C_WORD_BITS;

    if (bit == 0)
        return SLICE(";");
    buffer_printf(view_scratch(v), " << %" PRId64 ";", bit);
    return view_keep(v);
}

static void spell_marks(viewer *v, view_field *fields, size_t count, const view_table *made)
{
    for (size_t i = 0; i < count; i++) {
        fields[i].mark_begin = begin_mark(v, &fields[i], made);
        fields[i].mark_end = end_mark(v, &fields[i]);
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

static void make_parts(viewer *v, size_t count, view_table *made)
{
    /* An optional field with a range that is required has two rules; the other lists have at most
     * one element for each field. */
    size_t longest = made->rules.count > count ? made->rules.count : count;
    size_t part_count = made->is_wide ? (longest + PART_SIZE - 1) / PART_SIZE : 0;
    view_part *parts = VIEW_LIST(v, part_count, view_part, &made->parts);

    for (size_t i = 0; i < part_count; i++) {
        view_part *part = &parts[i];
        part->number = (int64_t)i;
        part->rules = cut(&made->rules, i);
        part->placed = cut(&made->placed, i);
        part->texts = cut(&made->texts, i);
        part->behind = cut(&made->behind, i);
        part->checked = cut(&made->checked, i);
    }
}

/* Makes one return statement of the calls of checked fields, or one for each part. */
static void join_checks(view_field *fields, size_t count, const view_table *made)
{
    size_t checked = 0;

    for (size_t i = 0; i < count; i++) {
        if (!is_seen(&fields[i]) || !can_be_invalid(&fields[i]))
            continue;
        fields[i].verify_begin = checked % PART_SIZE == 0 ? SLICE("return ") : SLICE("       ");
        checked++;
        bool is_last = checked == made->checked.count || checked % PART_SIZE == 0;
        fields[i].verify_end = is_last ? SLICE(";") : SLICE(" &&");
    }
}

void c_layout(viewer *v, view_field *fields, size_t count, view_table *made)
{
    pick(v, &made->fields, is_seen, &made->members);
    pick(v, &made->fields, is_deprecated, &made->deprecated);
    pick(v, &made->members, is_string, &made->texts);
    pick(v, &made->members, lies_behind, &made->referring);
    pick(v, &made->members, has_range, &made->ranged);
    pick(v, &made->members, can_be_invalid, &made->checked);
    pick(v, &made->members, has_preset, &made->presets);
    if (made->presets.count == 0 && made->members.count > 0)
        made->presets = (record_list){made->members.items, 1};
    pick(v, &made->members, is_behind, &made->behind);
    place_fields(v, fields, count, made);
    pick(v, &made->placed, is_conditional, &made->conditional);
    pick(v, &made->placed, may_leave_gap, &made->gaps);
    made->vtable = vtable_of(v, fields, count);
    made->layout = layout_of(v, fields, count, &made->placed);
    made->all = bits_of(v, &made->placed, made->is_wide, true);
    made->always = bits_of(v, &made->placed, made->is_wide, false);
    made->has_always = made->conditional.count == 0 || made->conditional.count < made->placed.count;
    spell_marks(v, fields, count, made);
    join_checks(fields, count, made);
    c_make_rules(v, made);
    make_parts(v, count, made);
    made->is_guarded = made->rules.count + made->texts.count > 0;
    made->uses_fields = made->rules.count + made->referring.count > 0;
}
