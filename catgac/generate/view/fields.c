/* fields.c -- the view of a field of a table, except its place in the table. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/view/parts.h"
#include "model/mangle.h"

static void name_tag(const model_field *field, view_field *made)
{
    if (view_item(&field->type)->kind != TYPE_UNION)
        return;
    made->has_tag = true;
    made->tag_id = (int64_t)field->id - 1;
    made->tag_slot = C_FIRST_SLOT + C_SLOT_SIZE * made->tag_id;
    made->known = (int64_t)view_item(&field->type)->alternatives->member_count;
}

void view_field_of(viewer *v, const model_table *table, const model_field *field, view_field *made)
{
    c_spell_field(v, table, field, made);
    const model_field *seen = made->is_tag || made->is_tags ? field + 1 : field;
    made->name = field->origin.name;
    made->json = field->origin.json;
    made->member = mangle_member(v->memory, seen->origin.name);
    made->id = field->id;
    made->slot = C_FIRST_SLOT + C_SLOT_SIZE * (int64_t)field->id;
    made->size = field->deprecated ? 0 : type_inline_size(&field->type);
    made->alignment = field->deprecated ? 1 : type_inline_alignment(&field->type);
    made->digits = view_digits(&field->type);
    name_tag(field, made);
    made->is_deprecated = field->deprecated;
    made->is_required = field->required;
    made->required = c_bool(field->required);
    made->struct_offset = field->deprecated
                              ? SLICE("0")
                              : VIEW_JOIN(v, SLICE("offsetof("), c_type_name(v, &table->origin),
                                          SLICE(", "), made->member, SLICE(")"));
    made->note = view_note(v, field);
    made->doc = view_doc(&field->origin.doc);
    fbs_field(v, field, made);
}
