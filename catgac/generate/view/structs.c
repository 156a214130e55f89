/* structs.c -- the views of structs. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/view/parts.h"
#include "model/mangle.h"

#include <inttypes.h>

static slice array_of(viewer *v, const model_type *type)
{
    if (type->kind != TYPE_ARRAY)
        return SLICE("");
    buffer_printf(view_scratch(v), "[%" PRIu32 "]", type->array_length);
    return view_keep(v);
}

static void view_member_of(viewer *v, const model_field *field, view_member *made)
{
    made->name = field->origin.name;
    made->json = field->origin.json;
    made->member = mangle_member(v->memory, field->origin.name);
    made->type = c_type(v, view_item(&field->type));
    made->kind = c_kind(view_item(&field->type));
    made->length = field->type.array_length;
    made->array = array_of(v, &field->type);
    made->descriptor = c_type_descriptor(v, &field->type);
    made->format = c_format(&field->type);
    made->digits = view_digits(&field->type);
    made->own_name = c_bool(field->origin.has_own_json);
    made->written = view_written_type(v, &field->type);
    made->fbs_type = fbs_type(v, &field->type);
    made->note = view_note(v, field);
    made->doc = view_doc(&field->origin.doc);
}

static uint32_t content_size(const model_struct *structure)
{
    uint32_t size = 0;

    for (size_t i = 0; i < structure->field_count; i++)
        size += type_inline_size(&structure->fields[i].type);
    return size;
}

/* Returns true if neither the struct nor a struct inside has padding. */
static bool is_packed(const model_struct *structure)
{
    for (size_t i = 0; i < structure->field_count; i++) {
        const model_type *type = view_item(&structure->fields[i].type);
        if (type->kind == TYPE_STRUCT && !is_packed(type->structure))
            return false;
    }
    return content_size(structure) == structure->size;
}

/* Returns true if any bytes are a valid value. Bytes of a bool are not. */
static bool is_direct(const model_struct *structure)
{
    for (size_t i = 0; i < structure->field_count; i++) {
        const model_type *type = view_item(&structure->fields[i].type);
        if (type->kind == TYPE_STRUCT ? !is_direct(type->structure)
                                      : type_is_scalar(type) && type->scalar == SCALAR_BOOL)
            return false;
    }
    return true;
}

/* Returns the alignment attribute of the first member, which aligns the whole struct in C. */
static slice c_alignment_of(viewer *v, const model_struct *structure)
{
    if (!structure->is_realigned)
        return SLICE("");
    buffer_printf(view_scratch(v), "CATGA_ALIGNED(%" PRIu32 ") ", structure->alignment);
    return view_keep(v);
}

static void view_struct(viewer *v, const model_struct *structure, view_structure *made)
{
    const model_origin *origin = &structure->origin;

    made->name = view_full_name(v, origin);
    made->type = c_type_name(v, origin);
    made->fbs = fbs_name(v, origin);
    made->member_count = (int64_t)structure->field_count;
    made->size = structure->size;
    made->alignment = structure->alignment;
    made->packed = c_bool(is_packed(structure));
    made->direct = c_bool(is_direct(structure));
    made->doc = view_doc(&origin->doc);
    view_member *members = VIEW_LIST(v, structure->field_count, view_member, &made->members);
    for (size_t i = 0; i < structure->field_count; i++)
        view_member_of(v, &structure->fields[i], &members[i]);
    members[0].c_alignment = c_alignment_of(v, structure);
    made->fbs_attributes = fbs_struct_attributes(v, structure);
}

void view_structs(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_structure *structs = VIEW_LIST(v, module->struct_count, view_structure, &made->structs);

    for (size_t i = 0; i < module->struct_count; i++)
        view_struct(v, &module->structs[i], &structs[i]);
}
