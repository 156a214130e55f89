/* view.c -- see view.h. */
#include "generate/view/view.h"

#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/output_path.h"
#include "generate/view/parts.h"

static bool has_uuid(const model_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (view_item(&fields[i].type)->kind == TYPE_UUID)
            return true;
    }
    return false;
}

static bool uses_uuid(const model_module *module)
{
    for (size_t i = 0; i < module->struct_count; i++) {
        if (has_uuid(module->structs[i].fields, module->structs[i].field_count))
            return true;
    }
    for (size_t i = 0; i < module->table_count; i++) {
        if (has_uuid(module->tables[i].fields, module->tables[i].field_count))
            return true;
    }
    return false;
}

static void view_imports(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_import *imports = VIEW_LIST(v, module->import_count, view_import, &made->imports);

    for (size_t i = 0; i < module->import_count; i++) {
        slice path = module->imports[i]->path;
        imports[i].file = path;
        imports[i].header = output_path(v->memory, path, SLICE(".catga.h"));
        imports[i].fbs_file = output_path(v->memory, path, SLICE(".fbs"));
    }
}

static void view_module_of(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    made->file = module->path;
    made->name = module->namespace;
    made->fbs = fbs_namespace(v, module->namespace);
    made->header = output_path(v->memory, module->path, SLICE(".catga.h"));
    made->guard = c_guard(v, module);
    made->version = module->version;
    made->has_uuid = uses_uuid(module);
    made->fbs_uuid = fbs_uuid(v);
    made->doc = view_doc(&module->doc);
    view_imports(v, made);
    view_constants(v, made);
    view_enums(v, made);
    view_structs(v, made);
    view_unions(v, made);
    view_tables(v, made);
    view_error_sets(v, made);
    view_buckets(v, made);
    view_object_stores(v, made);
    view_messages(v, made);
    view_services(v, made);
    view_routes(v, made);
}

/* Tables of a module with more tables than this have no functions of their own: compiling two
 * functions for each table takes too long. */
enum { LARGE_MODULE = 50 };

const view_root *view_of(arena *memory, const model_module *module, bool small, bool with_documents)
{
    viewer v = {.memory = memory,
                .module = module,
                .small = small || module->table_count > LARGE_MODULE,
                .with_documents = with_documents,
                .scratch = buffer_in(memory)};
    view_root *root = ARENA_NEW(memory, view_root);
    view_tool *tool = ARENA_NEW(memory, view_tool);
    view_module *made = ARENA_NEW(memory, view_module);

    *root = (view_root){.tool = tool, .module = made};
    *tool = (view_tool){.version = SLICE(CATGAC_VERSION), .abi = CATGAC_ABI};
    view_module_of(&v, made);
    return root;
}
