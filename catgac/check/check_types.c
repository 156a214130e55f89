/* check_types.c -- resolves types, and checks enums. */
#include "check/checker.h"
#include "model/mangle.h"

#include <string.h>

enum { DECIMAL_PLACES_LIMIT = 18 };

/* ---- Built-in types -------------------------------------------------------------------------- */

typedef struct builtin_type {
    slice word;
    model_type_kind kind;
    scalar_kind scalar;
} builtin_type;

static const builtin_type builtin_types[] = {
#define SCALAR(kind, word, class, bytes) {{word, sizeof word - 1}, TYPE_SCALAR, SCALAR_##kind},
#include "model/scalars.def"
#undef SCALAR
#define BUILTIN(word, kind, scalar) {{word, sizeof word - 1}, TYPE_##kind, SCALAR_##scalar},
#include "model/builtins.def"
#undef BUILTIN
};

enum { BUILTIN_COUNT = sizeof builtin_types / sizeof builtin_types[0] };

void check_builtins(checker *c)
{
    builtin_type *types = ARENA_ARRAY(c->memory, BUILTIN_COUNT, builtin_type);

    for (size_t i = 0; i < BUILTIN_COUNT; i++) {
        types[i] = builtin_types[i];
        text_table_insert(&c->builtins, types[i].word, &types[i]);
    }
}

bool check_is_builtin(const checker *c, slice name)
{
    return text_table_find(&c->builtins, name) != NULL;
}

void check_suggest_builtins(suggestion *search)
{
    for (size_t i = 0; i < BUILTIN_COUNT; i++)
        suggestion_consider(search, builtin_types[i].word);
}

/* ---- Types ----------------------------------------------------------------------------------- */

static bool report_type(const checker *c, span place, const char *problem)
{
    diag_report(c->diags, DIAG_BAD_TYPE, place, "%s", problem);
    return false;
}

static bool check_decimal_places(checker *c, const scope *from, const ast_type *written,
                                 model_type *type)
{
    const model_type u8 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U8};
    model_value places;

    if (written->argument == NULL)
        return report_type(c, written->place,
                           "decimal needs the number of its digits after the point: decimal(2)");
    if (!check_evaluate(c, from, written->argument, &u8, &places))
        return false;
    if (places.as_unsigned > DECIMAL_PLACES_LIMIT)
        return report_type(c, written->argument->place,
                           "a decimal has at most 18 digits after the point");
    type->decimal_places = (uint8_t)places.as_unsigned;
    return true;
}

static bool use_builtin(checker *c, const scope *from, const ast_type *written,
                        const builtin_type *builtin, model_type *type)
{
    type->kind = builtin->kind;
    type->scalar = builtin->scalar;
    if (builtin->kind == TYPE_DECIMAL)
        return check_decimal_places(c, from, written, type);
    if (written->argument != NULL)
        return report_type(c, written->argument->place, "only decimal takes a number");
    return true;
}

static bool report_not_a_type(const checker *c, const ast_type *written, const symbol *found)
{
    diag_report(c->diags, DIAG_NOT_A_TYPE, written->place, "'%.*s' is %s, not a type",
                SLICE_PRINT(written->name.text), check_kind_text(found->declaration->kind));
    diag_note(c->diags, found->declaration->name.place, "declared here");
    return false;
}

static bool use_declared(checker *c, const scope *from, const ast_type *written, model_type *type)
{
    symbol *found = check_resolve(c, from, &written->name, "type");

    if (found == NULL)
        return false;
    if (written->argument != NULL)
        return report_type(c, written->argument->place, "only decimal takes a number");
    if (found->declaration->kind == AST_ENUM || found->declaration->kind == AST_FLAGS) {
        check_enum(c, found);
        type->kind = TYPE_ENUM;
        type->enumeration = found->enumeration;
        type->scalar = found->enumeration->scalar;
        return !found->invalid;
    }
    if (found->declaration->kind == AST_STRUCT) {
        type->kind = TYPE_STRUCT;
        if (!check_go_deeper(c, written->place))
            return false;
        bool is_known = check_struct(c, found);
        c->depth--;
        type->structure = found->structure;
        return is_known;
    }
    if (found->declaration->kind == AST_TABLE) {
        type->kind = TYPE_TABLE;
        type->table = found->table;
        return true;
    }
    if (found->declaration->kind == AST_UNION) {
        type->kind = TYPE_UNION;
        type->alternatives = found->alternatives;
        return true;
    }
    return report_not_a_type(c, written, found);
}

static bool check_named_type(checker *c, const scope *from, const ast_type *written,
                             model_type *type)
{
    const builtin_type *builtin = NULL;

    if (written->name.qualifier_length == 0)
        builtin = text_table_find(&c->builtins, written->name.text);
    bool is_known = builtin != NULL ? use_builtin(c, from, written, builtin, type)
                                    : use_declared(c, from, written, type);
    if (!is_known)
        return false;
    type->optional = written->optional;
    if (written->optional && !type_is_scalar(type))
        return report_type(
            c, written->place,
            "only numbers, bools and enums can be optional: other types can always be absent");
    return true;
}

static bool check_length(checker *c, const scope *from, const ast_type *written, model_type *type)
{
    const model_type u16 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U16};
    model_value length;

    if (!check_evaluate(c, from, written->argument, &u16, &length))
        return false;
    if (length.as_unsigned == 0)
        return report_type(c, written->argument->place, "an array has at least one element");
    type->array_length = (uint32_t)length.as_unsigned;
    return true;
}

/* Resolves a vector or an array. */
static bool check_sequence(checker *c, const scope *from, const ast_type *written, model_type *type)
{
    model_type *element = ARENA_NEW(c->memory, model_type);
    bool is_array = written->kind == AST_TYPE_ARRAY;

    if (written->optional)
        return report_type(c, written->place,
                           is_array ? "an array cannot be optional: it is always present"
                                    : "a vector cannot be optional: it may be absent");
    if (is_array && !check_length(c, from, written, type))
        return false;
    type->kind = is_array ? TYPE_ARRAY : TYPE_VECTOR;
    type->element = element;
    if (is_array)
        return check_type(c, from, written->element, POSITION_ARRAY_ELEMENT, element);
    return check_type(c, from, written->element, POSITION_ELEMENT, element);
}

/* Returns true for types of fixed size that are stored inline. */
static bool is_inline(const model_type *type)
{
    return type_is_scalar(type) || type->kind == TYPE_STRUCT || type->kind == TYPE_UUID;
}

static bool suits_position(const checker *c, const ast_type *written, const model_type *type,
                           type_position position)
{
    switch (position) {
    case POSITION_TABLE:
        if (type->kind == TYPE_ARRAY)
            return report_type(c, written->place,
                               "an array of fixed length is allowed in a struct only; use a vector "
                               "with '@max' in a table");
        return true;
    case POSITION_STRUCT:
        if ((!is_inline(type) && type->kind != TYPE_ARRAY) || type->optional)
            return report_type(c, written->place,
                               "a struct is of fixed size: it holds numbers, bools, enums, uuids, "
                               "structs and arrays of them");
        return true;
    case POSITION_ARRAY_ELEMENT:
        if (!is_inline(type) || type->optional)
            return report_type(c, written->place,
                               "an array of fixed length holds numbers, bools, enums, uuids and "
                               "structs");
        return true;
    case POSITION_ALTERNATIVE:
        if (type->kind != TYPE_TABLE && type->kind != TYPE_STRUCT && type->kind != TYPE_STRING)
            return report_type(c, written->place,
                               "an alternative of a union is a table, a struct or a string");
        return true;
    case POSITION_ELEMENT:
        if (type->kind == TYPE_VECTOR || type->kind == TYPE_ARRAY || type->kind == TYPE_BYTES ||
            type->optional)
            return report_type(
                c, written->place,
                "a vector cannot hold vectors, arrays, bytes or optional values: put "
                "them into a table");
        return true;
    case POSITION_CONSTANT:
        if ((!type_is_scalar(type) && type->kind != TYPE_STRING) || type->optional ||
            type->kind == TYPE_ENUM || type->kind == TYPE_TIMESTAMP)
            return report_type(c, written->place,
                               "a constant is a number, a bool, a decimal, a duration or a "
                               "string");
        return true;
    }
    return true;
}

bool check_type(checker *c, const scope *from, const ast_type *written, type_position position,
                model_type *type)
{
    *type = (model_type){.kind = TYPE_SCALAR};
    bool is_known = written->kind == AST_TYPE_NAME     ? check_named_type(c, from, written, type)
                    : written->kind == AST_TYPE_BROKEN ? false
                                                       : check_sequence(c, from, written, type);
    if (is_known && suits_position(c, written, type, position))
        return true;
    *type = (model_type){.kind = TYPE_SCALAR}; /* so that nobody reads an incomplete type */
    return false;
}

/* ---- Enums ----------------------------------------------------------------------------------- */

static bool check_enum_scalar(checker *c, const symbol *s, model_enum *facts)
{
    model_type type;
    const ast_type *written = s->declaration->type;

    if (!check_type(c, s->scope, written, POSITION_TABLE, &type))
        return false;
    scalar_class class = type_is_scalar(&type) ? scalar_class_of(type.scalar) : CLASS_FLOAT;
    if (type.kind != TYPE_SCALAR || type.optional ||
        (class != CLASS_SIGNED && class != CLASS_UNSIGNED))
        return report_type(c, written->place, "the type of an enum is an integer: i8 to u64");
    if (facts->is_flags && class == CLASS_SIGNED)
        return report_type(c, written->place,
                           "the type of flags is an unsigned integer: u8 to u64");
    facts->scalar = type.scalar;
    return true;
}

static bool report_next_value(const checker *c, const model_type *type, const ast_member *member)
{
    diag_report(c->diags, DIAG_OVERFLOW, member->name.place,
                "the value of '%.*s' does not fit in '%.*s'", SLICE_PRINT(member->name.text),
                SLICE_PRINT(scalar_word(type->scalar)));
    return false;
}

/* Returns the bit above the bit of the previous member, or the lowest bit. */
static bool next_flag(const checker *c, const model_type *type, const ast_member *member,
                      const model_value *previous, model_value *value)
{
    uint64_t highest = UINT64_C(1) << (8 * scalar_size(type->scalar) - 1);

    if (previous != NULL && previous->as_unsigned >= highest)
        return report_next_value(c, type, member);
    *value = check_zero(type);
    value->as_unsigned = previous == NULL ? 1 : previous->as_unsigned << 1;
    return true;
}

/* Returns the value of the previous member plus one, or zero. */
static bool next_value(const checker *c, const model_type *type, const ast_member *member,
                       const model_value *previous, model_value *value)
{
    *value = previous == NULL ? check_zero(type) : *previous;
    if (previous == NULL)
        return true;
    unsigned unused_bits = 64 - 8 * scalar_size(type->scalar);
    bool is_last = value->kind == VALUE_SIGNED ? value->as_signed == INT64_MAX >> unused_bits
                                               : value->as_unsigned == UINT64_MAX >> unused_bits;
    if (is_last)
        return report_next_value(c, type, member);
    if (value->kind == VALUE_SIGNED)
        value->as_signed++;
    else
        value->as_unsigned++;
    return true;
}

/* Returns the key of a member: the addresses of the enum and of the interned name. */
typedef struct member_key {
    const model_enum *of;
    const char *name;
} member_key;

static void remember_member(checker *c, const model_enum *of, model_enum_member *member)
{
    member_key *key = ARENA_NEW(c->memory, member_key);

    *key = (member_key){of, member->origin.name.data};
    text_table_insert(&c->enum_members, (slice){(const char *)key, sizeof *key}, member);
}

const model_enum_member *check_enum_member_named(const checker *c, const model_enum *of, slice name)
{
    const member_key key = {of, name.data};

    return text_table_find(&c->enum_members, (slice){(const char *)&key, sizeof key});
}

/* Checks that values ascend. */
const model_enum_member *check_enum_member_of_value(const model_enum *of, const model_value *value)
{
    size_t first = 0;
    size_t end = of->member_count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = check_compare(&of->members[middle].value, value);
        if (order == 0)
            return &of->members[middle];
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

static bool check_flag(const checker *c, const ast_member *member, const model_value *value)
{
    uint64_t bits = value->as_unsigned;

    if (bits != 0 && (bits & (bits - 1)) == 0)
        return true;
    diag_report(c->diags, DIAG_BAD_FLAG, member->value->place,
                "each flag is one bit: 1, 2, 4, ...");
    return false;
}

static bool check_member_value(checker *c, const symbol *s, const ast_member *member,
                               const model_value *previous, model_value *value)
{
    const model_type type = {.kind = TYPE_SCALAR, .scalar = s->enumeration->scalar};
    bool is_flag = s->enumeration->is_flags;

    if (member->value != NULL)
        return check_evaluate(c, s->scope, member->value, &type, value) &&
               (!is_flag || check_flag(c, member, value));
    return is_flag ? next_flag(c, &type, member, previous, value)
                   : next_value(c, &type, member, previous, value);
}

/* JSON separates the names of several flags by spaces. */
static void check_enum_json(const checker *c, const symbol *s, const ast_member *member,
                            model_origin *origin)
{
    check_json(c, &member->annotations, ON_ENUM_MEMBER, "a member of an enum", origin);
    if (!s->enumeration->is_flags || memchr(origin->json.data, ' ', origin->json.length) == NULL)
        return;
    diag_report(c->diags, DIAG_BAD_JSON, member->place,
                "the JSON name of a flag has no space: spaces separate several flags");
}

static void check_enum_names_in_json(checker *c, const model_enum *facts)
{
    check_begin_json(c);
    for (size_t i = 0; i < facts->member_count; i++)
        check_unique_json(c, &facts->members[i].origin);
}

static bool check_enum_member(checker *c, symbol *s, const ast_member *member,
                              const model_value *previous, model_enum_member *made)
{
    made->origin = check_origin(s->scope, member->name, member->doc);
    bool good = check_member_value(c, s, member, previous, &made->value);
    if (good && previous != NULL && check_compare(&made->value, previous) <= 0) {
        diag_report(c->diags, DIAG_ENUM_ORDER, member->place,
                    "the values of an enum ascend: '%.*s' is not above the one before",
                    SLICE_PRINT(member->name.text));
        good = false;
    }
    check_enum_json(c, s, member, &made->origin);
    check_name_shape(c, member->name);
    return check_unique_member(c, mangle_upper(c->memory, member->name.text), member->name,
                               "enum member") &&
           good;
}

void check_enum(checker *c, symbol *s)
{
    if (s->state != SYMBOL_UNTOUCHED)
        return;
    s->state = SYMBOL_DONE;
    model_enum *facts = s->enumeration;
    const ast_members *members = &s->declaration->members;
    facts->is_flags = s->declaration->kind == AST_FLAGS;
    if (!check_enum_scalar(c, s, facts)) {
        s->invalid = true;
        return;
    }
    if (members->count == 0 && !s->scope->file->has_errors)
        diag_report(c->diags, DIAG_EMPTY, s->declaration->name.place,
                    "an enum needs at least one member");
    model_enum_member *made = ARENA_ARRAY(c->memory, members->count, model_enum_member);
    facts->members = made;
    text_table_clear(&c->scratch);
    for (const ast_member *m = members->first; m != NULL; m = m->next) {
        const model_value *previous =
            facts->member_count == 0 ? NULL : &made[facts->member_count - 1].value;
        if (!check_enum_member(c, s, m, previous, &made[facts->member_count]))
            continue;
        remember_member(c, facts, &made[facts->member_count]);
        facts->member_count++;
    }
    check_enum_names_in_json(c, facts);
}
