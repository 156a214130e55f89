/* view.c -- see view.h. */
#include "generate/view.h"

#include "generate/literal.h"
#include "generate/viewer.h"
#include "model/mangle.h"

/* ---- The tables by which templates find names ------------------------------------------------ */

/* clang-format off */

#define RECORD(type) static const record_type type##_type;
#define IDENTIFIER(record, name)
#define TEXT(record, name)
#define NUMBER(record, name)
#define FLAG(record, name)
#define CHILD(record, name, type)
#define LIST(record, name, type)
#define TEXTS(record, name)
#define END(type)
#include "generate/view.def"
#undef RECORD
#undef IDENTIFIER
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHILD
#undef LIST
#undef TEXTS
#undef END

#define PROPERTY(record, name, kind, type)                                                         \
    {{#name, sizeof(#name) - 1}, PROPERTY_##kind, offsetof(view_##record, name), type},
#define RECORD(type) static const property type##_properties[] = {
#define IDENTIFIER(record, name) PROPERTY(record, name, IDENTIFIER, NULL)
#define TEXT(record, name) PROPERTY(record, name, TEXT, NULL)
#define NUMBER(record, name) PROPERTY(record, name, NUMBER, NULL)
#define FLAG(record, name) PROPERTY(record, name, FLAG, NULL)
#define CHILD(record, name, type) PROPERTY(record, name, RECORD, &type##_type)
#define LIST(record, name, type) PROPERTY(record, name, LIST, &type##_type)
#define TEXTS(record, name) PROPERTY(record, name, TEXTS, NULL)
#define END(type)                                                                                  \
    };                                                                                             \
    static const record_type type##_type = {{#type, sizeof(#type) - 1},                            \
                                            type##_properties,                                     \
                                            sizeof type##_properties / sizeof(property)};
#include "generate/view.def"
/* clang-format on */

const record_type *const view_root_type = &root_type;

/* ---- Constants and enums --------------------------------------------------------------------- */

static void view_constant_of(viewer *v, const model_constant *constant, view_constant *made)
{
    made->name = view_full_name(v, &constant->origin);
    made->macro = view_macro_name(v, &constant->origin);
    made->is_text = constant->value.kind == VALUE_TEXT;
    if (made->is_text)
        made->text = constant->value.as_text;
    else
        made->number = literal_c(v->memory, &constant->value, constant->type.scalar);
    made->doc = view_doc(&constant->origin.doc);
}

static void view_constants(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    view_constant *constants =
        VIEW_LIST(v, module->constant_count, view_constant, &made->constants);
    for (size_t i = 0; i < module->constant_count; i++)
        view_constant_of(v, &module->constants[i], &constants[i]);
}

/* FlatBuffers counts the bits of its flags. */
static slice fbs_value_of(viewer *v, const model_enum *enumeration, const model_value *value)
{
    if (!enumeration->is_flags)
        return literal_plain(v->memory, value, enumeration->scalar);
    buffer_append_integer(view_scratch(v), __builtin_ctzll(value->as_unsigned));
    return view_keep(v);
}

static void view_enum(viewer *v, const model_enum *enumeration, view_enumeration *made)
{
    const model_origin *origin = &enumeration->origin;

    made->name = view_full_name(v, origin);
    made->type = view_type_name(v, origin);
    made->storage = view_c_scalar(enumeration->scalar);
    made->fbs = view_fbs_name(v, origin);
    made->fbs_type = view_fbs_scalar(enumeration->scalar);
    made->is_flags = enumeration->is_flags;
    made->flags = enumeration->is_flags ? SLICE("true") : SLICE("false");
    made->fits_int = view_fits_int(enumeration);
    made->value_count = (int64_t)enumeration->member_count;
    made->doc = view_doc(&origin->doc);

    slice macro = view_macro_name(v, origin);
    view_enumerator *values =
        VIEW_LIST(v, enumeration->member_count, view_enumerator, &made->values);
    for (size_t i = 0; i < enumeration->member_count; i++) {
        const model_enum_member *member = &enumeration->members[i];
        values[i].name = member->origin.name;
        values[i].json = member->origin.json;
        values[i].constant =
            VIEW_JOIN(v, macro, SLICE("_"), mangle_upper(v->memory, member->origin.name));
        values[i].number = literal_c(v->memory, &member->value, enumeration->scalar);
        values[i].value = literal_wire(v->memory, &member->value);
        values[i].fbs_value = fbs_value_of(v, enumeration, &member->value);
        values[i].doc = view_doc(&member->origin.doc);
    }
}

static void view_enums(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_enumeration *enums = VIEW_LIST(v, module->enum_count, view_enumeration, &made->enums);

    for (size_t i = 0; i < module->enum_count; i++)
        view_enum(v, &module->enums[i], &enums[i]);
}

/* ---- The module ------------------------------------------------------------------------------ */

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
        imports[i].header = view_output_path(v->memory, path, SLICE(".catga.h"));
        imports[i].fbs_file = view_output_path(v->memory, path, SLICE(".fbs"));
    }
}

static void view_module_of(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    made->file = module->path;
    made->name = module->namespace;
    made->fbs = view_fbs_namespace(v, module->namespace);
    made->header = view_output_path(v->memory, module->path, SLICE(".catga.h"));
    made->guard = view_guard(v, module);
    made->version = module->version;
    made->has_uuid = uses_uuid(module);
    made->fbs_uuid = view_fbs_uuid(v);
    made->doc = view_doc(&module->doc);
    view_imports(v, made);
    view_constants(v, made);
    view_enums(v, made);
    view_structs(v, made);
    view_unions(v, made);
    view_tables(v, made);
    view_error_sets(v, made);
    view_messages(v, made);
    view_services(v, made);
}

/* Of a module of more tables, the C is small: compiling two functions for each takes longer than
 * they are worth. */
enum { LARGE_MODULE = 50 };

const view_root *view_of(arena *memory, const model_module *module, bool small)
{
    viewer v = {.memory = memory,
                .module = module,
                .small = small || module->table_count > LARGE_MODULE,
                .scratch = buffer_in(memory)};
    view_root *root = ARENA_NEW(memory, view_root);
    view_tool *tool = ARENA_NEW(memory, view_tool);
    view_module *made = ARENA_NEW(memory, view_module);

    *root = (view_root){.tool = tool, .module = made};
    *tool = (view_tool){.version = SLICE(CATGAC_VERSION), .abi = CATGAC_ABI};
    view_module_of(&v, made);
    return root;
}
