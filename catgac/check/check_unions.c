/* check_unions.c -- checks the types and names of union alternatives. */
#include "check/checker.h"
#include "model/mangle.h"

enum { ALTERNATIVE_LIMIT = 255 }; /* a tag has 8 bits, and 0 means none */

/* `Card` is short for `Card: Card`. */
static ast_name name_of(checker *c, const ast_member *written)
{
    if (written->type != NULL)
        return written->name;
    size_t skipped = written->path.qualifier_length;
    skipped += skipped > 0;
    slice last = {written->path.text.data + skipped, written->path.text.length - skipped};
    return (ast_name){intern(c->names, last), written->path.place};
}

static bool check_alternative_type(checker *c, const symbol *s, const ast_member *written,
                                   model_type *type)
{
    const ast_type named = {
        .kind = AST_TYPE_NAME, .place = written->path.place, .depth = 1, .name = written->path};
    const ast_type *meant = written->type == NULL ? &named : written->type;

    if (!check_type(c, s->scope, meant, POSITION_ALTERNATIVE, type))
        return false;
    if (type->kind == TYPE_STRING && written->type == NULL) {
        diag_report(c->diags, DIAG_BAD_TYPE, meant->place,
                    "a string in a union needs a name: 'text: string'");
        return false;
    }
    return true;
}

/* Reserves the constant of NONE and the member `type`. */
static bool check_alternative_name(checker *c, ast_name name)
{
    slice upper = mangle_upper(c->memory, name.text);

    check_name_shape(c, name);
    if (slice_is(upper, "NONE") || slice_is(upper, "TYPE")) {
        diag_report(c->diags, DIAG_RESERVED_NAME, name.place,
                    "every union has a '%s' of its own: write another name before the type, such "
                    "as 'other: %.*s'",
                    slice_is(upper, "NONE") ? "NONE" : "type", SLICE_PRINT(name.text));
        return false;
    }
    return check_unique_member(c, upper, name, "alternative");
}

static bool check_alternative(checker *c, const symbol *s, const ast_member *written,
                              model_union_member *made)
{
    ast_name name = name_of(c, written);

    made->origin = check_origin(s->scope, name, written->doc);
    check_json(c, &written->annotations, ON_ALTERNATIVE, "an alternative of a union",
               &made->origin);
    bool is_typed = check_alternative_type(c, s, written, &made->type);
    return check_alternative_name(c, name) && is_typed;
}

/* JSON uses the name NONE for an empty union. */
static void check_alternatives_in_json(checker *c, const model_union *facts)
{
    model_origin *none = ARENA_NEW(c->memory, model_origin);

    *none =
        (model_origin){.name = SLICE("NONE"), .place = facts->origin.place, .json = SLICE("NONE")};
    check_begin_json(c);
    check_unique_json(c, none);
    for (size_t i = 0; i < facts->member_count; i++)
        check_unique_json(c, &facts->members[i].origin);
}

void check_union(checker *c, symbol *s)
{
    const ast_members *members = &s->declaration->members;
    model_union *facts = s->alternatives;
    model_union_member *made = ARENA_ARRAY(c->memory, members->count, model_union_member);

    facts->members = made;
    if (members->count == 0 && !s->scope->file->has_errors)
        diag_report(c->diags, DIAG_EMPTY, s->declaration->name.place,
                    "a union needs at least one alternative");
    if (members->count > ALTERNATIVE_LIMIT)
        diag_report(c->diags, DIAG_TOO_LARGE, s->declaration->name.place,
                    "a union has at most %d alternatives", ALTERNATIVE_LIMIT);
    text_table_clear(&c->scratch);
    for (const ast_member *m = members->first; m != NULL; m = m->next) {
        if (!check_alternative(c, s, m, &made[facts->member_count])) {
            s->invalid = true;
            continue;
        }
        made[facts->member_count].tag = (uint8_t)(facts->member_count + 1);
        facts->member_count++;
    }
    check_alternatives_in_json(c, facts);
}
