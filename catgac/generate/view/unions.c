/* unions.c -- the views of unions. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/view/parts.h"
#include "model/mangle.h"

static void spell(viewer *v, const model_union_member *member, view_alternative *made)
{
    made->is_table = member->type.kind == TYPE_TABLE;
    made->is_struct = member->type.kind == TYPE_STRUCT;
    made->is_string = member->type.kind == TYPE_STRING;
    if (made->is_string) {
        made->type = SLICE("catga_string ");
        made->result = SLICE("catga_string");
        return;
    }
    slice type = c_type(v, &member->type);
    made->type = VIEW_JOIN(v, SLICE("const "), type, SLICE(" *"));
    made->result = made->is_table ? VIEW_JOIN(v, type, SLICE("_view")) : type;
}

static void view_alternative_of(viewer *v, slice macro, const model_union_member *member,
                                view_alternative *made)
{
    slice name = member->origin.name;

    made->name = name;
    made->json = member->origin.json;
    made->member = mangle_member(v->memory, name);
    made->snake = mangle_snake(v->memory, name);
    made->constant = VIEW_JOIN(v, macro, SLICE("_"), mangle_upper(v->memory, name));
    made->tag = member->tag;
    made->kind = c_kind(&member->type);
    made->descriptor = c_type_descriptor(v, &member->type);
    made->fbs = fbs_alternative(v, member);
    made->doc = view_doc(&member->origin.doc);
    spell(v, member, made);
}

static void view_union_of(viewer *v, const model_union *alternatives, view_union *made)
{
    const model_origin *origin = &alternatives->origin;

    made->name = view_full_name(v, origin);
    made->type = c_type_name(v, origin);
    made->macro = c_macro_name(v, origin);
    made->fbs = fbs_name(v, origin);
    made->alternative_count = (int64_t)alternatives->member_count;
    made->type_count = made->alternative_count + 1;
    made->doc = view_doc(&origin->doc);
    view_alternative *members =
        VIEW_LIST(v, alternatives->member_count, view_alternative, &made->alternatives);
    for (size_t i = 0; i < alternatives->member_count; i++)
        view_alternative_of(v, made->macro, &alternatives->members[i], &members[i]);
}

void view_unions(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_union *unions = VIEW_LIST(v, module->union_count, view_union, &made->unions);

    for (size_t i = 0; i < module->union_count; i++)
        view_union_of(v, &module->unions[i], &unions[i]);
}
