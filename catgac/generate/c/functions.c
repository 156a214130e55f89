/* functions.c -- the functions that a table has of its own, and those of the runtime. */
#include "generate/c/c.h"

/* Refers to texts at most. */
static bool is_leaf(const model_table *table)
{
    bool leaf = table->field_count <= C_SMALL_FIELDS;

    for (size_t i = 0; i < table->field_count && leaf; i++) {
        model_type_kind kind = table->fields[i].type.kind;
        leaf = table->fields[i].deprecated || (kind != TYPE_BYTES && kind != TYPE_VECTOR &&
                                               kind != TYPE_TABLE && kind != TYPE_UNION);
    }
    return leaf;
}

/* Returns true if a table has no other tables in it: functions that write it can be inlined. */
static bool has_leaves_only(const model_table *table)
{
    for (size_t i = 0; i < table->field_count; i++) {
        const model_type *type = &table->fields[i].type;
        if (type->kind == TYPE_VECTOR && type->element->kind == TYPE_TABLE &&
            !is_leaf(type->element->table))
            return false;
    }
    return true;
}

static bool is_answer(const model_module *module, const model_table *table)
{
    for (size_t i = 0; i < module->message_count; i++) {
        if (module->messages[i].result == table)
            return true;
    }
    return false;
}

/* No table holds a message. */
static bool is_root(const model_module *module, const model_table *table)
{
    return table->message != NULL || (is_answer(module, table) && has_leaves_only(table));
}

void c_name_functions(viewer *v, const model_table *table, view_table *made)
{
    bool is_walked = v->small && !made->is_wide;

    made->is_written = !is_walked;
    made->is_root = made->is_written && !made->is_wide && is_root(v->module, table);
    made->is_inline = made->is_root || is_leaf(table);
    bool only_root = made->is_root && made->is_message;
    made->put = is_walked || only_root ? SLICE("catga_put_generic")
                                       : VIEW_JOIN(v, made->type, SLICE("_put"));
    made->encode =
        made->is_root ? VIEW_JOIN(v, made->type, SLICE("_put_root")) : SLICE("catga_encode_any");
    if (is_walked)
        made->verify = SLICE("catga_verify_generic");
    else if (made->checked.count == 0)
        made->verify = SLICE("catga_verify_layout");
    else
        made->verify = VIEW_JOIN(v, made->type, SLICE("_verify"));
}
