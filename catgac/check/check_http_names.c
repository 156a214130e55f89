/* check_http_names.c -- reports two fields with one name in JSON over HTTP.
 *
 * A gateway writes lowerCamelCase names, and also reads schema names: within a record that HTTP
 * reaches, both names of a field must differ from both names of every other field. */
#include "check/checker.h"
#include "model/mangle.h"

/* The fields of a table or struct. */
typedef struct record_fields {
    const model_field *fields;
    size_t count;
} record_fields;

/* Records that HTTP reaches, each once. */
typedef struct reached_records {
    record_fields *items;
    size_t count;
    text_table known; /* by the address of the fields */
} reached_records;

static void reach(reached_records *reached, const model_field *fields, size_t count)
{
    record_fields *added = &reached->items[reached->count];

    *added = (record_fields){fields, count};
    slice key = {(const char *)&added->fields, sizeof added->fields};
    if (count > 0 && text_table_insert(&reached->known, key, added) == NULL)
        reached->count++;
}

static void reach_type(reached_records *reached, const model_type *type)
{
    if (type->kind == TYPE_TABLE)
        reach(reached, type->table->fields, type->table->field_count);
    else if (type->kind == TYPE_STRUCT)
        reach(reached, type->structure->fields, type->structure->field_count);
}

static void reach_field(reached_records *reached, const model_field *field)
{
    bool has_elements = field->type.kind == TYPE_VECTOR || field->type.kind == TYPE_ARRAY;
    const model_type *type = has_elements ? field->type.element : &field->type;

    reach_type(reached, type);
    for (size_t i = 0; type->kind == TYPE_UNION && i < type->alternatives->member_count; i++)
        reach_type(reached, &type->alternatives->members[i].type);
}

/* ---- Collisions ------------------------------------------------------------------------------ */

static void check_name(checker *c, const model_field *field)
{
    const model_origin *origin = &field->origin;
    slice name = model_http_name(c->memory, origin);
    const model_origin *first = text_table_insert(&c->scratch, name, (void *)(uintptr_t)origin);

    if (first == NULL || first == origin)
        return;
    diag_report(c->diags, DIAG_NAME_COLLISION, origin->place,
                "'%.*s' and '%.*s' have the same name in JSON over HTTP: \"%.*s\"",
                SLICE_PRINT(first->name), SLICE_PRINT(origin->name), SLICE_PRINT(name));
    diag_note(c->diags, first->place, "declared here");
}

/* check_json.c has reported equal names in plain JSON. */
static void check_names(checker *c, const record_fields *record)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < record->count; i++) {
        const model_origin *origin = &record->fields[i].origin;
        text_table_insert(&c->scratch, origin->json, (void *)(uintptr_t)origin);
    }
    for (size_t i = 0; i < record->count; i++)
        check_name(c, &record->fields[i]);
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void reach_messages(reached_records *reached, const model_module *module)
{
    for (size_t i = 0; i < module->message_count; i++) {
        const model_message *message = &module->messages[i];
        if (message->http == NULL)
            continue;
        reach(reached, message->body->fields, message->body->field_count);
        if (message->result != NULL)
            reach(reached, message->result->fields, message->result->field_count);
    }
}

static size_t count_records(const checker *c)
{
    size_t count = 0;

    for (size_t i = 0; i < c->scope_count; i++)
        count += c->scopes[i].module->table_count + c->scopes[i].module->struct_count;
    return count;
}

void check_http_names(checker *c)
{
    if (diag_failed(c->diags)) /* types may be incomplete */
        return;
    reached_records reached = {
        .items = ARENA_ARRAY(c->memory, count_records(c) + 1, record_fields), /* and a draft */
        .known = text_table_in(c->memory),
    };

    for (size_t i = 0; i < c->scope_count; i++)
        reach_messages(&reached, c->scopes[i].module);
    for (size_t i = 0; i < reached.count; i++) {
        for (size_t j = 0; j < reached.items[i].count; j++)
            reach_field(&reached, &reached.items[i].fields[j]);
        check_names(c, &reached.items[i]);
    }
}
