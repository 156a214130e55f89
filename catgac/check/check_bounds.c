/* check_bounds.c -- computes the largest size of a message from the limits of its parts.
 *
 * The formula is that of the runtime's catga_size_bound() for the largest value. The test
 * roundtrip.bounds compares both.
 */
#include "check/checker.h"

#include <inttypes.h>

enum {
    DEPTH_LIMIT = 64, /* nesting limit of tables in a message */
    MESSAGE_LIMIT =
        1044480, /* 1 MiB, the default limit of a NATS server, minus 4 KiB for headers */
    BUFFER_HEADER = 8,
    TABLE_HEADER = 4,
    PART_PADDING = 12, /* a length, and up to 4 bytes of padding before and after */
    OFFSET_SIZE = 4
};

static const uint64_t unbounded = UINT64_MAX;
static const uint64_t largest = INT64_MAX; /* sums saturate here */

typedef enum bound_state { BOUND_UNKNOWN, BOUND_IN_PROGRESS, BOUND_KNOWN } bound_state;

/* The bound of a table. */
typedef struct bound {
    const model_table *of;
    bound_state state;
    uint64_t size;
} bound;

typedef struct bound_walk {
    checker *c;
    text_table bounds; /* by the address of the table */
    size_t depth;
} bound_walk;

static uint64_t bound_table(bound_walk *walk, const model_table *table);

/* ---- Sums ------------------------------------------------------------------------------------ */

static uint64_t add(uint64_t a, uint64_t b)
{
    if (a == unbounded || b == unbounded)
        return unbounded;
    return a > largest - b ? largest : a + b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    if (a == unbounded || b == unbounded)
        return unbounded;
    return b != 0 && a > largest / b ? largest : a * b;
}

static uint64_t round_up(uint64_t size, uint64_t alignment)
{
    return (size + alignment - 1) / alignment * alignment;
}

/* ---- Parts ----------------------------------------------------------------------------------- */

/* Additional padding of a 16-byte alignment, compared with an 8-byte alignment. */
static uint64_t more_padding(const model_type *type)
{
    return type_inline_alignment(type) > 8 ? 8 : 0;
}

static uint64_t bound_alternative(bound_walk *walk, const model_type *type)
{
    if (type->kind == TYPE_TABLE)
        return bound_table(walk, type->table);
    return type->kind == TYPE_STRUCT ? add(type->structure->size, PART_PADDING + more_padding(type))
                                     : unbounded;
}

static uint64_t bound_union(bound_walk *walk, const model_union *alternatives)
{
    uint64_t size = 0;

    for (size_t i = 0; i < alternatives->member_count; i++) {
        uint64_t other = bound_alternative(walk, &alternatives->members[i].type);
        size = other > size ? other : size;
    }
    return size;
}

/* Returns the bound of an element: its slot in the vector, and the data that it refers to. */
static uint64_t bound_element(bound_walk *walk, const model_type *type)
{
    if (type->kind == TYPE_STRING)
        return unbounded;
    if (type->kind == TYPE_TABLE)
        return add(OFFSET_SIZE, bound_table(walk, type->table));
    if (type->kind == TYPE_UNION)
        return add(OFFSET_SIZE, bound_union(walk, type->alternatives));
    return type_inline_size(type);
}

/* Returns the bound of the data that a field refers to. */
static uint64_t bound_field(bound_walk *walk, const model_field *field)
{
    uint64_t length = field->has_max_length ? field->max_length : unbounded;

    switch (field->type.kind) {
    case TYPE_STRING:
    case TYPE_BYTES:
        return add(length, PART_PADDING);
    case TYPE_TABLE:
        return bound_table(walk, field->type.table);
    case TYPE_UNION:
        return bound_union(walk, field->type.alternatives);
    case TYPE_VECTOR:
        return add(multiply(length, bound_element(walk, field->type.element)),
                   PART_PADDING + more_padding(field->type.element));
    case TYPE_SCALAR:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_DURATION:
    case TYPE_UUID:
    case TYPE_ENUM:
    case TYPE_STRUCT:
    case TYPE_TAG:
    case TYPE_ARRAY:
        break;
    }
    return 0;
}

/* A vector of tags has as many elements as the vector of unions, which has the limit. */
static uint64_t bound_tags(const model_field *values)
{
    return values->has_max_length ? add(values->max_length, PART_PADDING) : unbounded;
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static bool is_vector_of_tags(const model_type *type)
{
    return type->kind == TYPE_VECTOR && type->element->kind == TYPE_TAG;
}

/* Returns the size of the table and its vtable, which is written in groups of eight entries. */
static uint64_t bound_head(const model_table *table)
{
    uint64_t size = TABLE_HEADER;
    uint64_t padding = 4;

    for (size_t i = 0; i < table->field_count; i++) {
        const model_type *type = &table->fields[i].type;
        if (table->fields[i].deprecated)
            continue;
        size += type_inline_size(type);
        padding = more_padding(type) > 0 ? 4 + more_padding(type) : padding;
    }
    return padding + round_up(size, 4) + 4 + round_up(2 * (uint64_t)table->field_count, 16);
}

static uint64_t bound_fields(bound_walk *walk, const model_table *table)
{
    uint64_t size = bound_head(table);

    for (size_t i = 0; i < table->field_count; i++) {
        const model_field *field = &table->fields[i];
        if (field->deprecated)
            continue;
        size = add(size, is_vector_of_tags(&field->type) ? bound_tags(field + 1)
                                                         : bound_field(walk, field));
    }
    return size;
}

static bound *find_bound(bound_walk *walk, const model_table *table)
{
    bound *found = text_table_find(&walk->bounds, (slice){(const char *)&table, sizeof table});

    if (found != NULL)
        return found;
    found = ARENA_NEW(walk->c->memory, bound);
    found->of = table;
    text_table_insert(&walk->bounds, (slice){(const char *)&found->of, sizeof found->of}, found);
    return found;
}

/* A table that contains itself has no bound. */
static uint64_t bound_table(bound_walk *walk, const model_table *table)
{
    bound *known = find_bound(walk, table);

    if (known->state == BOUND_KNOWN)
        return known->size;
    if (known->state == BOUND_IN_PROGRESS || walk->depth == DEPTH_LIMIT)
        return unbounded;
    known->state = BOUND_IN_PROGRESS;
    walk->depth++;
    known->size = bound_fields(walk, table);
    walk->depth--;
    known->state = BOUND_KNOWN;
    return known->size;
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void report_size(const checker *c, span place, slice name, uint64_t size)
{
    diag_report(c->diags, DIAG_TOO_LARGE, place,
                "'%.*s' can take %" PRIu64 " bytes; a message has at most %d, which is 1 MiB less "
                "room for headers: lower an '@max'",
                SLICE_PRINT(name), size, MESSAGE_LIMIT);
}

static void check_message_size(const checker *c, const symbol *s)
{
    const model_table *result = s->message->result;

    if (s->table->max_size > MESSAGE_LIMIT)
        report_size(c, s->declaration->name.place, s->table->origin.name, s->table->max_size);
    if (result != NULL && result->max_size > MESSAGE_LIMIT)
        report_size(c, s->declaration->result.place, result->origin.name, result->max_size);
}

static void set_size(bound_walk *walk, model_table *table)
{
    uint64_t size = bound_table(walk, table);

    table->max_size = size == unbounded ? 0 : round_up(add(size, BUFFER_HEADER), 4);
}

void check_bounds(checker *c)
{
    bound_walk walk = {.c = c, .bounds = text_table_in(c->memory)};

    for (size_t i = 0; i < c->scope_count; i++)
        for (size_t j = 0; j < c->scopes[i].symbol_count; j++) {
            const symbol *s = &c->scopes[i].symbols[j];
            if (s->declaration->kind == AST_TABLE || s->message != NULL)
                set_size(&walk, s->table);
        }
    for (size_t i = 0; i < c->scope_count; i++)
        for (size_t j = 0; j < c->scopes[i].symbol_count; j++)
            if (c->scopes[i].symbols[j].message != NULL)
                check_message_size(c, &c->scopes[i].symbols[j]);
}
