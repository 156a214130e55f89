/* check_c_names.c -- names that differ in the schema and are the same in C.
 *
 * Every name that the generated files of this compilation declare is put into one table: a.b_c and
 * a_b.c, OrderView and the view of Order, OrderGet and a getter of Order. generated.def lists the
 * suffixes.
 */
#include "checker.h"
#include "mangle.h"

enum named {
    NAMED_ENUM = 1,
    NAMED_STRUCT = 2,
    NAMED_TABLE = 4,
    NAMED_BODY = 8,
    NAMED_CALL = 16,
    NAMED_EVENT = 32,
    NAMED_SERVICE = 64,
    NAMED_NOTHING = 0
};

typedef struct generated_name {
    unsigned of;
    slice suffix;
} generated_name;

static const generated_name generated_names[] = {
#define GENERATED(of, suffix) {of, {suffix, sizeof(suffix) - 1}},
#include "generated.def"
#undef GENERATED
};

enum { GENERATED_COUNT = sizeof generated_names / sizeof generated_names[0] };

/* What a name in C stands for: a declaration, or a member of one. */
typedef struct named_thing {
    slice name;
    span place;
    const symbol *owner;
} named_thing;

/* One module's prefixes, and the thing at hand. */
typedef struct name_walk {
    checker *c;
    text_table taken;
    slice prefix;
    slice upper_prefix;
    bool with_getters;
} name_walk;

static unsigned named_of(ast_kind kind)
{
    switch (kind) {
    case AST_ENUM:
        return NAMED_ENUM;
    case AST_STRUCT:
        return NAMED_STRUCT;
    case AST_TABLE:
        return NAMED_TABLE;
    case AST_COMMAND:
    case AST_QUERY:
        return NAMED_BODY | NAMED_CALL;
    case AST_EVENT:
        return NAMED_BODY | NAMED_EVENT;
    case AST_SERVICE:
        return NAMED_SERVICE;
    case AST_BROKEN:
    case AST_NAMESPACE:
    case AST_VERSION:
    case AST_IMPORT:
    case AST_CONST:
    case AST_FLAGS:
    case AST_UNION:
    case AST_ERRORS:
        return NAMED_NOTHING;
    }
    return NAMED_NOTHING;
}

static slice join(const checker *c, slice first, slice second, slice third)
{
    size_t length = first.length + second.length + third.length;
    buffer text = {c->memory, arena_array(c->memory, length + 1, 1), 0, length + 1};
    buffer_append(&text, first);
    buffer_append(&text, second);
    buffer_append(&text, third);
    return buffer_slice(&text);
}

static named_thing *new_thing(const checker *c, ast_name name, const symbol *owner)
{
    named_thing *made = ARENA_NEW(c->memory, named_thing);
    *made = (named_thing){name.text, name.place, owner};
    return made;
}

/* Returns false when the name is taken: one report per declaration is enough. Members of one
 * declaration have been compared with each other before. */
static bool take(name_walk *walk, slice c_name, named_thing *thing)
{
    const named_thing *first = text_table_insert(&walk->taken, c_name, thing);
    if (first == NULL || first->owner == thing->owner)
        return true;
    diag_report(walk->c->diags, DIAG_NAME_COLLISION, thing->place,
                "'%.*s' and '%.*s' both declare '%.*s' in C", SLICE_PRINT(first->name),
                SLICE_PRINT(thing->name), SLICE_PRINT(c_name));
    diag_note(walk->c->diags, first->place, "the other one is declared here");
    return false;
}

/* Returns what stands between a declaration's name and a member's in C; empty when members have no
 * name of their own. */
static slice joint_of(const name_walk *walk, ast_kind kind)
{
    if (kind == AST_ENUM || kind == AST_ERRORS)
        return SLICE("_");
    if (walk->with_getters && (named_of(kind) & (NAMED_TABLE | NAMED_BODY)) != 0)
        return SLICE("_get_");
    return SLICE("");
}

static void take_members(name_walk *walk, const symbol *s, slice stem)
{
    const checker *c = walk->c;
    slice joint = joint_of(walk, s->declaration->kind);
    bool is_upper = s->declaration->kind == AST_ENUM;
    if (joint.length == 0)
        return;
    for (const ast_member *m = s->declaration->members.first; m != NULL; m = m->next) {
        slice name = is_upper ? mangle_upper(c->memory, m->name.text)
                              : mangle_snake(c->memory, m->name.text);
        if (!take(walk, join(c, stem, joint, name), new_thing(c, m->name, s)))
            return;
    }
}

static bool take_generated(name_walk *walk, const symbol *s, slice stem, slice upper_stem,
                           named_thing *thing)
{
    unsigned named = named_of(s->declaration->kind);
    for (size_t i = 0; i < GENERATED_COUNT; i++) {
        slice suffix = generated_names[i].suffix;
        bool is_macro = suffix.data[1] >= 'A' && suffix.data[1] <= 'Z';
        slice base = is_macro ? upper_stem : stem;
        if ((generated_names[i].of & named) != 0 &&
            !take(walk, join(walk->c, base, suffix, SLICE("")), thing))
            return false;
    }
    return true;
}

/* Constants, the members of enums and the list of a service are macros; all else is in lower
 * case. */
static void take_symbol(name_walk *walk, const symbol *s)
{
    const checker *c = walk->c;
    ast_kind kind = s->declaration->kind;
    ast_name name = s->declaration->name;
    slice stem = join(c, walk->prefix, mangle_snake(c->memory, name.text), SLICE(""));
    slice upper_stem = join(c, walk->upper_prefix, mangle_upper(c->memory, name.text), SLICE(""));
    named_thing *thing = new_thing(c, name, s);
    bool good = kind == AST_CONST || take(walk, stem, thing);
    if (good && (kind == AST_CONST || kind == AST_SERVICE))
        good = take(walk, upper_stem, thing);
    if (good && take_generated(walk, s, stem, upper_stem, thing))
        take_members(walk, s, kind == AST_ENUM ? upper_stem : stem);
}

/* A getter can only be the name of something else when some declaration has "_get" as a word: then
 * all getters are looked at, else none. */
static bool needs_getters(const checker *c)
{
    for (size_t i = 0; i < c->scope_count; i++) {
        for (size_t j = 0; j < c->scopes[i].symbol_count; j++) {
            slice name = mangle_snake(c->memory, c->scopes[i].symbols[j].declaration->name.text);
            for (size_t k = 0; k + 4 <= name.length; k++)
                if (name.data[k] == '_' && name.data[k + 1] == 'g' && name.data[k + 2] == 'e' &&
                    name.data[k + 3] == 't' && (k + 4 == name.length || name.data[k + 4] == '_'))
                    return true;
        }
    }
    return false;
}

void check_c_names(checker *c)
{
    name_walk walk = {.c = c, .taken = text_table_in(c->memory), .with_getters = needs_getters(c)};
    for (size_t i = 0; i < c->scope_count; i++) {
        const scope *in = &c->scopes[i];
        walk.prefix = mangle_prefix(c->memory, in->module->namespace);
        walk.upper_prefix = mangle_upper_prefix(c->memory, in->module->namespace);
        for (size_t j = 0; j < in->symbol_count; j++)
            if (!in->symbols[j].invalid)
                take_symbol(&walk, &in->symbols[j]);
    }
}
