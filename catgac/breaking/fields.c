/* fields.c -- breaking changes of tables, the bodies of messages, and structs. */
#include "breaking/comparison.h"

/* A table, and its fields by name. */
typedef struct fielded {
    const model_table *table;
    text_table names;
} fielded;

static text_table names_of(const comparison *c, const model_field *fields, size_t count)
{
    text_table names = text_table_in(c->memory);

    for (size_t i = 0; i < count; i++)
        text_table_insert(&names, fields[i].origin.name, (void *)(uintptr_t)&fields[i]);
    return names;
}

static fielded fields_of(const comparison *c, const model_table *table)
{
    return (fielded){table, names_of(c, table->fields, table->field_count)};
}

static const model_field *field_named(const fielded *in, slice name)
{
    return text_table_find(&in->names, name);
}

static const char *type_text(const comparison *c, const model_type *type)
{
    buffer text = buffer_in(c->memory);

    model_print_type(type, &text);
    return text.data;
}

/* ---- Types and defaults ---------------------------------------------------------------------- */

static bool compare_types(comparison *c, const model_field *before, const model_field *after)
{
    bool same = same_bytes(&before->type, &after->type);

    if (!same)
        report(c, RULE_FIELD_TYPE, after->origin.place, before->origin.place,
               "'%.*s' was %s and is %s", SLICE_PRINT(after->origin.name),
               type_text(c, &before->type), type_text(c, &after->type));
    else if (!same_spelling(&before->type, &after->type))
        report(c, RULE_FIELD_TYPE_NAME, after->origin.place, before->origin.place,
               "'%.*s' was %s and is %s", SLICE_PRINT(after->origin.name),
               type_text(c, &before->type), type_text(c, &after->type));
    compare_referred(c, &before->type, &after->type);
    return same;
}

static int order_of(const model_value *left, const model_value *right)
{
    switch (left->kind) {
    case VALUE_SIGNED:
        return (left->as_signed > right->as_signed) - (left->as_signed < right->as_signed);
    case VALUE_FLOAT:
        return (left->as_float > right->as_float) - (left->as_float < right->as_float);
    case VALUE_BOOL:
        return left->as_bool - right->as_bool;
    case VALUE_UNSIGNED:
        return (left->as_unsigned > right->as_unsigned) - (left->as_unsigned < right->as_unsigned);
    case VALUE_NONE:
    case VALUE_TEXT:
        break;
    }
    return 0;
}

static void compare_defaults(comparison *c, const model_field *before, const model_field *after)
{
    if (before->type.optional != after->type.optional)
        report(c, RULE_FIELD_OPTIONAL, after->origin.place, before->origin.place,
               "'%.*s' was %s and is %s", SLICE_PRINT(after->origin.name),
               type_text(c, &before->type), type_text(c, &after->type));
    else if (!same_value(&before->default_value, &after->default_value))
        report(c, RULE_DEFAULT_CHANGED, after->origin.place, before->origin.place,
               "'%.*s' has another default", SLICE_PRINT(after->origin.name));
}

/* ---- Limits ---------------------------------------------------------------------------------- */

/* Returns a negative number if the new limit allows less, a positive one if it allows more, and
 * otherwise 0. `sign` is 1 for a lower limit, -1 for an upper limit. */
static int change_of_limit(const model_value *before, const model_value *after, int sign)
{
    if (before->kind == VALUE_NONE || after->kind == VALUE_NONE)
        return (after->kind == VALUE_NONE) - (before->kind == VALUE_NONE);
    return sign * order_of(before, after);
}

static int change_of_length(const model_field *before, const model_field *after)
{
    if (!before->has_max_length || !after->has_max_length)
        return before->has_max_length - after->has_max_length;
    return (after->max_length > before->max_length) - (after->max_length < before->max_length);
}

static void compare_limits(comparison *c, const model_field *before, const model_field *after)
{
    int low = change_of_limit(&before->minimum, &after->minimum, 1);
    int high = change_of_limit(&before->maximum, &after->maximum, -1);
    int length = change_of_length(before, after);

    if (low < 0 || high < 0 || length < 0)
        report(c, RULE_LIMIT_NARROWED, after->origin.place, before->origin.place,
               "'%.*s' allows less", SLICE_PRINT(after->origin.name));
    if (low > 0 || high > 0 || length > 0)
        report(c, RULE_LIMIT_WIDENED, after->origin.place, before->origin.place,
               "'%.*s' allows more", SLICE_PRINT(after->origin.name));
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static void compare_required(comparison *c, const model_field *before, const model_field *after)
{
    if (after->required && !before->required)
        report(c, RULE_REQUIRED_ADDED, after->origin.place, before->origin.place,
               "'%.*s' is required now", SLICE_PRINT(after->origin.name));
    if (before->required && !after->required)
        report(c, RULE_REQUIRED_DROPPED, after->origin.place, before->origin.place,
               "'%.*s' is not required any more", SLICE_PRINT(after->origin.name));
}

/* Compares names in JSON. '@json' with the schema's name changes the name over HTTP only. */
static void compare_names(comparison *c, const model_origin *before, const model_origin *after)
{
    slice old = model_http_name(c->memory, before);
    slice now = model_http_name(c->memory, after);

    compare_json(c, before, after);
    if (slice_equal(before->json, after->json) && !slice_equal(old, now))
        report(c, RULE_JSON_RENAMED, after->place, before->place,
               "'%.*s' was \"%.*s\" in JSON over HTTP and is \"%.*s\"", SLICE_PRINT(after->name),
               SLICE_PRINT(old), SLICE_PRINT(now));
}

/* A field that was deprecated had no value, but keeps its slot. */
static void compare_fields(comparison *c, const model_field *before, const model_field *after)
{
    if (!compare_types(c, before, after) || before->deprecated)
        return;
    compare_names(c, &before->origin, &after->origin);
    compare_required(c, before, after);
    if (after->deprecated) {
        report(c, RULE_FIELD_DEPRECATED, after->origin.place, before->origin.place,
               "'%.*s' is deprecated now", SLICE_PRINT(after->origin.name));
        return;
    }
    compare_defaults(c, before, after);
    if (before->type.kind == after->type.kind)
        compare_limits(c, before, after);
}

/* Returns the field with the id of a removed name: a renamed field, if its name is new. */
static const model_field *renamed(const fielded *before, const fielded *after,
                                  const model_field *field)
{
    if (field->id >= after->table->field_count)
        return NULL;
    const model_field *found = &after->table->fields[field->id];
    bool is_new = field_named(before, found->origin.name) == NULL;
    return is_new && same_bytes(&field->type, &found->type) ? found : NULL;
}

static void compare_table_field(comparison *c, const fielded *before, const fielded *after,
                                const model_field *field)
{
    const model_field *now = field_named(after, field->origin.name);
    bool has_name = now != NULL;

    if (now == NULL)
        now = renamed(before, after, field);
    if (now == NULL) {
        report(c, RULE_FIELD_GONE, after->table->origin.place, field->origin.place,
               "'%.*s' was removed from '%.*s'", SLICE_PRINT(field->origin.name),
               SLICE_PRINT(after->table->origin.name));
        return;
    }
    if (!has_name)
        report(c, RULE_FIELD_RENAMED, now->origin.place, field->origin.place, "'%.*s' was '%.*s'",
               SLICE_PRINT(now->origin.name), SLICE_PRINT(field->origin.name));
    if (now->id != field->id)
        report(c, RULE_FIELD_MOVED, now->origin.place, field->origin.place,
               "'%.*s' had the id %u and has %u", SLICE_PRINT(now->origin.name), field->id,
               now->id);
    compare_fields(c, field, now);
}

static void compare_new_field(comparison *c, const fielded *before, const model_field *field)
{
    if (field->required && field_named(before, field->origin.name) == NULL &&
        field->id >= before->table->field_count)
        report(c, RULE_REQUIRED_ADDED, field->origin.place, before->table->origin.place,
               "'%.*s' is new and required", SLICE_PRINT(field->origin.name));
}

/* A table with another name has another identifier, which is reported with the name. */
static void compare_identifiers(comparison *c, const model_table *before, const model_table *after)
{
    if (same_origin(&before->origin, &after->origin) &&
        !slice_equal(slice_of(before->identifier), slice_of(after->identifier)))
        report(c, RULE_IDENTIFIER_CHANGED, after->origin.place, before->origin.place,
               "the file identifier of '%.*s' was \"%s\" and is \"%s\"",
               SLICE_PRINT(after->origin.name), before->identifier, after->identifier);
}

/* The type field of a union precedes it, and needs no report of its own. */
void compare_tables(comparison *c, const model_table *before, const model_table *after)
{
    fielded old = fields_of(c, before);
    fielded now = fields_of(c, after);

    for (size_t i = 0; i < before->field_count; i++) {
        const model_type *type = &before->fields[i].type;
        if (type->kind != TYPE_TAG && !(type->element != NULL && type->element->kind == TYPE_TAG))
            compare_table_field(c, &old, &now, &before->fields[i]);
    }
    for (size_t i = 0; i < after->field_count; i++)
        compare_new_field(c, &old, &after->fields[i]);
    compare_identifiers(c, before, after);
}

/* ---- Structs --------------------------------------------------------------------------------- */

static bool same_member(const model_field *before, const model_field *after)
{
    return before->offset == after->offset && same_bytes(&before->type, &after->type);
}

static bool same_layout(const model_struct *before, const model_struct *after)
{
    if (before->field_count != after->field_count || before->size != after->size)
        return false;
    for (size_t i = 0; i < before->field_count; i++) {
        if (!same_member(&before->fields[i], &after->fields[i]))
            return false;
    }
    return true;
}

/* Reports members that moved to the bytes of others, and returns whether there are any. A name
 * that both structs have, at different bytes, is a move; any other new name is a rename. */
static bool compare_places(comparison *c, const model_struct *before, const model_struct *after)
{
    bool moved = false;
    text_table names = names_of(c, before->fields, before->field_count);

    for (size_t i = 0; i < after->field_count; i++) {
        const model_field *now = &after->fields[i];
        const model_field *old = text_table_find(&names, now->origin.name);
        if (old == NULL || old->offset == now->offset)
            continue;
        report(c, RULE_STRUCT_CHANGED, now->origin.place, old->origin.place,
               "'%.*s' was at byte %u of '%.*s' and is at byte %u", SLICE_PRINT(now->origin.name),
               old->offset, SLICE_PRINT(after->origin.name), now->offset);
        moved = true;
    }
    return moved;
}

static void compare_struct_member(comparison *c, const model_field *before,
                                  const model_field *after)
{
    if (!slice_equal(before->origin.name, after->origin.name))
        report(c, RULE_FIELD_RENAMED, after->origin.place, before->origin.place,
               "'%.*s' was '%.*s'", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(before->origin.name));
    compare_types(c, before, after);
    compare_names(c, &before->origin, &after->origin);
}

void compare_structs(comparison *c, const model_struct *before, const model_struct *after)
{
    if (before->is_realigned != after->is_realigned ||
        (after->is_realigned && before->alignment != after->alignment)) {
        report(c, RULE_STRUCT_CHANGED, after->origin.place, before->origin.place,
               "the struct '%.*s' was aligned to %u bytes and is aligned to %u",
               SLICE_PRINT(after->origin.name), before->alignment, after->alignment);
        return;
    }
    if (!same_layout(before, after)) {
        report(c, RULE_STRUCT_CHANGED, after->origin.place, before->origin.place,
               "the struct '%.*s' has other members", SLICE_PRINT(after->origin.name));
        return;
    }
    if (compare_places(c, before, after))
        return;
    for (size_t i = 0; i < before->field_count; i++)
        compare_struct_member(c, &before->fields[i], &after->fields[i]);
}
