/* calls.c -- the calls of the runtime that write and verify a field. */
#include "generate/c/c.h"

#include <inttypes.h>

/* &fields[3] */
static slice field_at(viewer *v, int64_t id)
{
    buffer_printf(view_scratch(v), "&fields[%" PRId64 "]", id);
    return view_keep(v);
}

/* in->lines.data */
static slice member_of(viewer *v, const view_field *field, slice part)
{
    return VIEW_JOIN(v, SLICE("in->"), field->member, part);
}

/* table + 8 */
static slice slot_of(viewer *v, const view_field *field)
{
    buffer_printf(view_scratch(v), "table + %" PRId64, field->offset);
    return view_keep(v);
}

/* catga_put_u32(table + 8, in->quantity, 1) */
static slice put_scalar(viewer *v, const view_field *field)
{
    slice end = field->is_scalar ? VIEW_JOIN(v, SLICE(", "), field->number) : SLICE("");

    return VIEW_JOIN(v, SLICE("catga_put_"), field->put, SLICE("("), slot_of(v, field), SLICE(", "),
                     member_of(v, field, SLICE("")), end, SLICE(")"));
}

static slice put_inline_of(viewer *v, const view_field *field)
{
    if (field->is_scalar || field->is_optional)
        return put_scalar(v, field);
    if (field->is_struct)
        return VIEW_JOIN(v, SLICE("catga_put_struct("), slot_of(v, field), SLICE(", "),
                         field->descriptor, SLICE(", "), member_of(v, field, SLICE(")")));
    if (field->is_tag)
        return VIEW_JOIN(v, SLICE("catga_put_u8("), slot_of(v, field), SLICE(", "),
                         member_of(v, field, SLICE(".type, 0)")));
    if (field->is_union)
        return VIEW_JOIN(v, SLICE("(uint64_t)("), member_of(v, field, SLICE(".type != 0)")));
    if (field->is_required && !field->is_tags)
        return SLICE("UINT64_C(1)");
    return VIEW_JOIN(v, SLICE("catga_has("),
                     member_of(v, field, field->is_table ? SLICE(")") : SLICE(".data)")));
}

static slice put_arguments_of(viewer *v, const view_field *field, const c_element *element)
{
    slice at = field_at(v, field->id);
    slice items = member_of(v, field, SLICE(".data"));
    slice count = member_of(v, field, SLICE(".length"));

    if (field->is_table || field->is_text)
        return VIEW_JOIN(v, at, SLICE(", "), member_of(v, field, SLICE("")));
    if (field->is_union)
        return VIEW_JOIN(v, at, SLICE(", &"), member_of(v, field, SLICE("")));
    if (field->is_union_vector)
        return VIEW_JOIN(v, field_at(v, field->tag_id), SLICE(", "), at, SLICE(", "), items,
                         SLICE(", "), count);
    if (element->put.length > 0)
        return VIEW_JOIN(v, at, SLICE(", "), element->put, SLICE(", sizeof("), element->type,
                         SLICE("), "), items, SLICE(", "), count);
    return VIEW_JOIN(v, at, SLICE(", "), items, SLICE(", "), count);
}

static slice verify_arguments_of(viewer *v, const view_field *field, const c_element *element)
{
    slice at = field_at(v, field->id);

    if (field->range != NULL)
        return VIEW_JOIN(v, at, SLICE(", "), field->range->lowest, SLICE(", "),
                         field->range->highest);
    if (field->has_tag)
        return VIEW_JOIN(v, field_at(v, field->tag_id), SLICE(", "), at);
    if (element->put.length > 0)
        return VIEW_JOIN(v, at, SLICE(", "), element->verify);
    return at;
}

void c_spell_calls(viewer *v, const c_element *element, view_field *made)
{
    made->put_inline = put_inline_of(v, made);
    made->put_arguments = put_arguments_of(v, made, element);
    made->verify_call =
        VIEW_JOIN(v, SLICE("catga_verify_"), made->verify, SLICE("(verifier, table, "),
                  verify_arguments_of(v, made, element), SLICE(")"));
}
