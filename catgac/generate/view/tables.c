/* tables.c -- the views of tables. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/view/parts.h"

/* The vtables that a writer of the runtime remembers. */
enum { REMEMBERED_VTABLES = 16 };

/* Returns the fields, to be completed by view_table_calls(). */
static view_field *view_table_of(viewer *v, const model_table *table, size_t index,
                                 view_table *made)
{
    const model_origin *origin = &table->origin;

    made->name = view_full_name(v, origin);
    made->type = c_type_name(v, origin);
    made->macro = c_macro_name(v, origin);
    made->fbs = fbs_name(v, origin);
    made->is_message = table->message != NULL;
    made->field_count = (int64_t)table->field_count;
    made->has_max_size = table->max_size > 0 && table->max_size <= INT32_MAX;
    made->max_size = made->has_max_size ? (int64_t)table->max_size : 0;
    made->is_wide = table->field_count > C_WORD_BITS;
    made->is_small = table->field_count <= C_SMALL_FIELDS;
    made->words = (made->field_count + C_WORD_BITS - 1) / C_WORD_BITS;
    made->vtable_slot = (int64_t)(index % REMEMBERED_VTABLES);
    made->identifier = slice_of(table->identifier);
    made->identifier_bytes = c_identifier_bytes(v, table->identifier);
    made->doc = view_doc(&origin->doc);
    view_field *fields = VIEW_LIST(v, table->field_count, view_field, &made->fields);
    for (size_t i = 0; i < table->field_count; i++)
        view_field_of(v, table, &table->fields[i], &fields[i]);
    c_layout(v, fields, table->field_count, made);
    c_name_functions(v, table, made);
    return fields;
}

/* Only the descriptors of tables of other modules are known. */
static c_element element_of(viewer *v, const model_field *field, const view_table *tables)
{
    const model_type *type = field->type.kind == TYPE_VECTOR ? field->type.element : &field->type;

    if (field->type.kind != TYPE_VECTOR || type->kind != TYPE_TABLE)
        return (c_element){.type = SLICE("")};
    const model_table *table = type->table;
    if (table->origin.module == v->module) {
        const view_table *seen = &tables[table - v->module->tables];
        return (c_element){seen->type, seen->put, seen->verify};
    }
    slice name = c_type_name(v, &table->origin);
    return (c_element){name, VIEW_JOIN(v, name, SLICE("_descriptor.put")),
                       VIEW_JOIN(v, name, SLICE("_descriptor.verify"))};
}

/* The calls of a table name the functions of others, so all tables must be made before. */
static void view_table_calls(viewer *v, const model_table *table, const view_table *tables,
                             view_field *fields)
{
    for (size_t i = 0; i < table->field_count; i++) {
        c_element element = element_of(v, &table->fields[i], tables);
        c_spell_calls(v, &element, &fields[i]);
    }
}

/* Returns the only table with an identifier of its own, or NULL: a FlatBuffers file has one root
 * type. */
static const view_table *only_root(const model_module *module, const view_table *tables)
{
    const view_table *only = NULL;

    for (size_t i = 0; i < module->table_count; i++) {
        if (!module->tables[i].has_own_identifier)
            continue;
        if (only != NULL)
            return NULL;
        only = &tables[i];
    }
    return only;
}

void view_tables(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_table *tables = VIEW_LIST(v, module->table_count, view_table, &made->tables);
    view_field **fields = ARENA_ARRAY(v->memory, module->table_count, view_field *);

    for (size_t i = 0; i < module->table_count; i++)
        fields[i] = view_table_of(v, &module->tables[i], i, &tables[i]);
    for (size_t i = 0; i < module->table_count; i++)
        view_table_calls(v, &module->tables[i], tables, fields[i]);
    made->root = only_root(module, tables);
}
