/* tables.c -- the views of tables. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/view/parts.h"

/* The vtables that a writer of the runtime remembers. */
enum { REMEMBERED_VTABLES = 16 };

static void view_table_of(viewer *v, const model_table *table, size_t index, view_table *made)
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
    c_name_functions(v, table, made);
    made->words = (made->field_count + C_WORD_BITS - 1) / C_WORD_BITS;
    made->vtable_slot = (int64_t)(index % REMEMBERED_VTABLES);
    made->identifier = slice_of(table->identifier);
    made->identifier_bytes = c_identifier_bytes(v, table->identifier);
    made->doc = view_doc(&origin->doc);
    view_field *fields = VIEW_LIST(v, table->field_count, view_field, &made->fields);
    for (size_t i = 0; i < table->field_count; i++)
        view_field_of(v, table, &table->fields[i], &fields[i]);
    c_layout(v, fields, table->field_count, made);
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

    for (size_t i = 0; i < module->table_count; i++)
        view_table_of(v, &module->tables[i], i, &tables[i]);
    made->root = only_root(module, tables);
}
