/* view_names.c -- what declarations and scalars are called in C and in FlatBuffers. */
#include "generate/viewer.h"
#include "model/mangle.h"

/* ---- Names ----------------------------------------------------------------------------------- */

slice view_full_name(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, origin->module->namespace, SLICE("."), origin->name);
}

slice view_type_name(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, mangle_prefix(v->memory, origin->module->namespace),
                     mangle_snake(v->memory, origin->name));
}

slice view_macro_name(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, mangle_upper_prefix(v->memory, origin->module->namespace),
                     mangle_upper(v->memory, origin->name));
}

slice view_descriptor(viewer *v, const model_origin *origin)
{
    return VIEW_JOIN(v, SLICE("&"), view_type_name(v, origin), SLICE("_descriptor"));
}

slice view_tag_descriptor(viewer *v, const model_union *alternatives)
{
    return VIEW_JOIN(v, SLICE("&"), view_type_name(v, &alternatives->origin),
                     SLICE("_type_descriptor"));
}

static const slice c_scalars[] = {
    [SCALAR_BOOL] = {"bool", 4},    [SCALAR_I8] = {"int8_t", 6},    [SCALAR_I16] = {"int16_t", 7},
    [SCALAR_I32] = {"int32_t", 7},  [SCALAR_I64] = {"int64_t", 7},  [SCALAR_U8] = {"uint8_t", 7},
    [SCALAR_U16] = {"uint16_t", 8}, [SCALAR_U32] = {"uint32_t", 8}, [SCALAR_U64] = {"uint64_t", 8},
    [SCALAR_F32] = {"float", 5},    [SCALAR_F64] = {"double", 6},
};

static const slice fbs_scalars[] = {
    [SCALAR_BOOL] = {"bool", 4},  [SCALAR_I8] = {"byte", 4},    [SCALAR_I16] = {"short", 5},
    [SCALAR_I32] = {"int", 3},    [SCALAR_I64] = {"long", 4},   [SCALAR_U8] = {"ubyte", 5},
    [SCALAR_U16] = {"ushort", 6}, [SCALAR_U32] = {"uint", 4},   [SCALAR_U64] = {"ulong", 5},
    [SCALAR_F32] = {"float", 5},  [SCALAR_F64] = {"double", 6},
};

slice view_c_scalar(scalar_kind scalar)
{
    return c_scalars[scalar];
}

slice view_fbs_scalar(scalar_kind scalar)
{
    return fbs_scalars[scalar];
}

/* ---- Names in FlatBuffers -------------------------------------------------------------------- */

/* A declaration with the name of one of flatc's own types would be taken for that. */
static bool is_fbs_type(slice name)
{
    static const char *const words[] = {
        "bool",   "byte",  "ubyte",  "short",   "ushort",  "int",    "uint",   "float",
        "long",   "ulong", "double", "int8",    "uint8",   "int16",  "uint16", "int32",
        "uint32", "int64", "uint64", "float32", "float64", "string",
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (slice_is(name, words[i]))
            return true;
    }
    return false;
}

static bool has_table(const model_module *module, slice name)
{
    for (size_t i = 0; i < module->table_count; i++) {
        if (slice_equal(module->tables[i].origin.name, name))
            return true;
    }
    return false;
}

static bool has_enum(const model_module *module, slice name)
{
    for (size_t i = 0; i < module->enum_count; i++) {
        if (slice_equal(module->enums[i].origin.name, name))
            return true;
    }
    return false;
}

/* The names that flatc declares in C++ for a table or an enum: prefix + name + suffix. */
static bool is_fbs_function(const model_module *module, slice name)
{
    static const struct {
        slice prefix;
        slice suffix;
        bool (*has)(const model_module *module, slice name);
    } derived[] = {
        {{"Create", 6}, {"", 0}, has_table},   {{"Create", 6}, {"Direct", 6}, has_table},
        {{"", 0}, {"Builder", 7}, has_table},  {{"EnumValues", 10}, {"", 0}, has_enum},
        {{"EnumNames", 9}, {"", 0}, has_enum}, {{"EnumName", 8}, {"", 0}, has_enum},
    };
    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
        slice prefix = derived[i].prefix;
        slice suffix = derived[i].suffix;
        if (name.length <= prefix.length + suffix.length)
            continue;
        slice head = {name.data, prefix.length};
        slice stem = {name.data + prefix.length, name.length - prefix.length - suffix.length};
        slice tail = {stem.data + stem.length, suffix.length};
        if (slice_equal(head, prefix) && slice_equal(tail, suffix) && derived[i].has(module, stem))
            return true;
    }
    return false;
}

slice view_fbs_name(viewer *v, const model_origin *origin)
{
    if (is_fbs_type(origin->name) || is_fbs_function(origin->module, origin->name))
        return VIEW_JOIN(v, origin->name, SLICE("_"));
    return origin->name;
}

/* flatc makes C++ namespaces of the parts, without looking whether C++ can have them. */
slice view_fbs_namespace(viewer *v, slice namespace)
{
    buffer *made = view_scratch(v);
    size_t begin = 0;

    for (size_t i = 0; i <= namespace.length; i++) {
        if (i < namespace.length && namespace.data[i] != '.')
            continue;
        slice part = {namespace.data + begin, i - begin};
        buffer_append(made, part);
        if (mangle_is_reserved(part))
            buffer_append_char(made, '_');
        if (i < namespace.length)
            buffer_append_char(made, '.');
        begin = i + 1;
    }
    return view_keep(v);
}

slice view_fbs_reference(viewer *v, const model_origin *origin)
{
    slice name = view_fbs_name(v, origin);

    if (slice_equal(v->module->namespace, origin->module->namespace))
        return name;
    slice namespace = view_fbs_namespace(v, origin->module->namespace);
    return VIEW_JOIN(v, namespace, SLICE("."), name);
}
