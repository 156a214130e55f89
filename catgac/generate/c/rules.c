/* rules.c -- conditions that generated code tests before it writes a table. */
#include "generate/c/c.h"

#include <inttypes.h>

bool c_is_required_inline(const view_field *field)
{
    return (field->is_struct || field->is_optional) && field->is_required;
}

/* Returns the comparisons with the ends of a range that can fail. Each is written so that a NaN
 * fails it. */
static slice comparisons(viewer *v, slice value, const view_range *range)
{
    slice lower = VIEW_JOIN(v, value, SLICE(" >= "), range->lowest);
    slice higher = VIEW_JOIN(v, value, SLICE(" <= "), range->highest);

    if (range->has_lower && range->has_higher)
        return VIEW_JOIN(v, lower, SLICE(" && "), higher);
    return range->has_lower ? lower : higher;
}

static slice range_condition(viewer *v, const view_field *field)
{
    slice member = VIEW_JOIN(v, SLICE("in->"), field->member);

    if (!field->is_optional)
        return comparisons(v, member, field->range);
    slice compared = comparisons(v, VIEW_JOIN(v, member, SLICE(".value")), field->range);
    return VIEW_JOIN(v, SLICE("(!"), member, SLICE(".present || ("), compared, SLICE("))"));
}

static slice presence_condition(viewer *v, const view_field *field)
{
    slice end = field->is_optional ? SLICE(".present") : SLICE(" != NULL");

    return VIEW_JOIN(v, SLICE("in->"), field->member, end);
}

/* A field has at most two rules. All ranges come first, as in the errors of the runtime. */
void c_make_rules(viewer *v, view_table *made)
{
    view_rule *rules = VIEW_LIST(v, 2 * made->members.count, view_rule, &made->rules);
    size_t count = 0;

    for (size_t i = 0; i < made->ranged.count; i++) {
        const view_field *field = made->ranged.items[i];
        rules[count++] = (view_rule){field->id, range_condition(v, field), SLICE("out of range")};
    }
    for (size_t i = 0; i < made->members.count; i++) {
        const view_field *field = made->members.items[i];
        if (c_is_required_inline(field))
            rules[count++] =
                (view_rule){field->id, presence_condition(v, field), SLICE("required, but absent")};
    }
    made->rules.count = count;
}
