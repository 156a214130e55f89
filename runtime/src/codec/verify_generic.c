/* Verifies tables of any type by walking the fields of its descriptor. It makes the same calls
 * as a generated verifier function, in the order of ids. encode_generic.c is the counterpart for
 * encoding. */
#include <catga/gen.h>

/* Floating-point kinds follow all others. */
#define LIMIT(kind, type, value) ((kind) >= CATGA_KIND_f32 ? (type)(value).f : (type)(value).i)

static bool check_range(catga_verifier *verifier, catga_frame table, const catga_field *field)
{
    switch (field->kind) { /* unreachable: no other kind has a range */
#define CATGA_NUMBER(name, type)                                                                   \
    case CATGA_KIND_##name:                                                                        \
        return catga_verify_##name(verifier, table, field,                                         \
                                   LIMIT(CATGA_KIND_##name, type, field->range->lowest),           \
                                   LIMIT(CATGA_KIND_##name, type, field->range->highest));
#include <catga/numbers.def>
#undef CATGA_NUMBER
    default:
        return true;
    }
}

static bool check_vector(catga_verifier *verifier, catga_frame table, const catga_field *field)
{
    switch (field->element) {
    case CATGA_KIND_string:
        return catga_verify_strings(verifier, table, field);
    case CATGA_KIND_table:
        return catga_verify_children(verifier, table, field,
                                     ((const catga_table *)field->type)->verify);
    case CATGA_KIND_union:
        return catga_verify_unions(verifier, table, field - 1, field);
    default:
        return catga_verify_vector(verifier, table, field);
    }
}

static bool check_field(catga_verifier *verifier, catga_frame table, const catga_field *field)
{
    switch (field->kind) {
    case CATGA_KIND_string:
        return catga_verify_string(verifier, table, field);
    case CATGA_KIND_vector:
        return check_vector(verifier, table, field);
    case CATGA_KIND_table:
        return catga_verify_child(verifier, table, field);
    case CATGA_KIND_union:
        return catga_verify_union(verifier, table, field - 1, field);
    default:
        return field->range == NULL ? catga_verify_present(verifier, table, field)
                                    : check_range(verifier, table, field);
    }
}

bool catga_verify_generic(catga_verifier *verifier, uint32_t at, const catga_table *type,
                          catga_shape *known)
{
    catga_frame table;

    if (!catga_verify_open(verifier, at, type, known, &table))
        return false;
    for (size_t id = 0; id < type->field_count; id++) {
        const catga_field *field = &type->fields[id];
        if ((field->flags & (CATGA_DEPRECATED | CATGA_TAGS)) == 0 &&
            !check_field(verifier, table, field))
            return false;
    }
    return true;
}
