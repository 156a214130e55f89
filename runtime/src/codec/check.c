/* Verifies tables of any type by walking the fields of its descriptor. It makes the same calls
 * as a generated check function, in the order of ids. driven.c is the counterpart for encoding. */
#include <catga/gen.h>

/* Floating-point kinds follow all others. */
#define LIMIT(kind, type, value) ((kind) >= CATGA_KIND_f32 ? (type)(value).f : (type)(value).i)

static bool check_range(catga_check *check, catga_frame table, const catga_field *field)
{
    switch (field->kind) { /* unreachable: no other kind has a range */
#define CATGA_NUMBER(name, type)                                                                   \
    case CATGA_KIND_##name:                                                                        \
        return catga_check_##name(check, table, field,                                             \
                                  LIMIT(CATGA_KIND_##name, type, field->range->lowest),            \
                                  LIMIT(CATGA_KIND_##name, type, field->range->highest));
#include <catga/numbers.def>
#undef CATGA_NUMBER
    default:
        return true;
    }
}

static bool check_vector(catga_check *check, catga_frame table, const catga_field *field)
{
    switch (field->element) {
    case CATGA_KIND_string:
        return catga_check_strings(check, table, field);
    case CATGA_KIND_table:
        return catga_check_children(check, table, field, ((const catga_table *)field->type)->check);
    case CATGA_KIND_union:
        return catga_check_unions(check, table, field - 1, field);
    default:
        return catga_check_vector(check, table, field);
    }
}

static bool check_field(catga_check *check, catga_frame table, const catga_field *field)
{
    switch (field->kind) {
    case CATGA_KIND_string:
        return catga_check_string(check, table, field);
    case CATGA_KIND_vector:
        return check_vector(check, table, field);
    case CATGA_KIND_table:
        return catga_check_child(check, table, field);
    case CATGA_KIND_union:
        return catga_check_union(check, table, field - 1, field);
    default:
        return field->range == NULL ? catga_check_present(check, table, field) : check_range(check, table, field);
    }
}

bool catga_check_any(catga_check *check, uint32_t at, const catga_table *type, catga_shape *known)
{
    catga_frame table;
    if (!catga_check_open(check, at, type, known, &table))
        return false;
    for (size_t id = 0; id < type->field_count; id++) {
        const catga_field *field = &type->fields[id];
        if ((field->flags & (CATGA_DEPRECATED | CATGA_TAGS)) == 0 &&
            !check_field(check, table, field))
            return false;
    }
    return true;
}
