/* enums.c -- the views of constants and enums. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/literal.h"
#include "generate/view/parts.h"
#include "model/mangle.h"

static void view_constant_of(viewer *v, const model_constant *constant, view_constant *made)
{
    made->name = view_full_name(v, &constant->origin);
    made->macro = c_macro_name(v, &constant->origin);
    made->is_text = constant->value.kind == VALUE_TEXT;
    if (made->is_text)
        made->text = constant->value.as_text;
    else
        made->number = literal_c(v->memory, &constant->value, constant->type.scalar);
    made->doc = view_doc(&constant->origin.doc);
}

void view_constants(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    view_constant *constants =
        VIEW_LIST(v, module->constant_count, view_constant, &made->constants);
    for (size_t i = 0; i < module->constant_count; i++)
        view_constant_of(v, &module->constants[i], &constants[i]);
}

static void view_enum(viewer *v, const model_enum *enumeration, view_enumeration *made)
{
    const model_origin *origin = &enumeration->origin;

    made->name = view_full_name(v, origin);
    made->type = c_type_name(v, origin);
    made->storage = c_scalar(enumeration->scalar);
    made->fbs = fbs_name(v, origin);
    made->fbs_type = fbs_scalar(enumeration->scalar);
    made->is_flags = enumeration->is_flags;
    made->flags = c_bool(enumeration->is_flags);
    made->fits_int = c_fits_int(enumeration);
    made->value_count = (int64_t)enumeration->member_count;
    made->doc = view_doc(&origin->doc);

    slice macro = c_macro_name(v, origin);
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
        values[i].fbs_value = fbs_enum_value(v, enumeration, &member->value);
        values[i].doc = view_doc(&member->origin.doc);
    }
}

void view_enums(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_enumeration *enums = VIEW_LIST(v, module->enum_count, view_enumeration, &made->enums);

    for (size_t i = 0; i < module->enum_count; i++)
        view_enum(v, &module->enums[i], &enums[i]);
}
