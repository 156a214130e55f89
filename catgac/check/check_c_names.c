/* check_c_names.c -- finds different schema names with the same C name.
 *
 * All names that the generated files declare are put into one table. Examples of collisions: a.b_c
 * and a_b.c, OrderView and the view of Order, OrderGet and a getter of Order. c_suffixes.def lists
 * the suffixes of generated names.
 */
#include "check/checker.h"
#include "model/mangle.h"

#include <string.h>

enum named {
    NAMED_NOTHING = 0,
    NAMED_ENUM = 1,
    NAMED_STRUCT = 2,
    NAMED_TABLE = 4,
    NAMED_BODY = 8, /* of a message */
    NAMED_CALL = 16,
    NAMED_EVENT = 32,
    NAMED_ERRORS = 64,
    NAMED_SERVICE = 128,
    NAMED_UNION = 256,
    NAMED_STREAM = 512,
    NAMED_BUCKET = 1024,
    NAMED_OBJECTS = 2048,
    NAMED_FETCH = 4096 /* a line of a service */
};

typedef struct generated_name {
    unsigned of;
    slice suffix;
} generated_name;

typedef struct generated_member {
    unsigned of;
    slice before;
    slice after;
    bool in_capitals;
} generated_member;

static const generated_name generated_names[] = {
#define GENERATED(of, suffix) {of, {suffix, sizeof suffix - 1}},
#define GENERATED_MEMBER(of, before, after, in_capitals)
#include "check/c_suffixes.def"
#undef GENERATED
#undef GENERATED_MEMBER
};

static const generated_member generated_members[] = {
#define GENERATED(of, suffix)
#define GENERATED_MEMBER(of, before, after, in_capitals)                                           \
    {of, {before, sizeof before - 1}, {after, sizeof after - 1}, in_capitals},
#include "check/c_suffixes.def"
#undef GENERATED
#undef GENERATED_MEMBER
};

enum {
    GENERATED_COUNT = sizeof generated_names / sizeof generated_names[0],
    GENERATED_MEMBER_COUNT = sizeof generated_members / sizeof generated_members[0]
};

/* The origin of a C name: a declaration, or a member of one. */
typedef struct named_thing {
    slice name;
    span place;
    const symbol *owner;
    bool is_member;
} named_thing;

typedef struct name_walk {
    checker *c;
    text_table taken;
    slice prefix; /* of the current module */
    slice upper_prefix;
    bool with_fields;
} name_walk;

/* The current declaration: its C name, and the name in capitals. */
typedef struct named_stem {
    const symbol *of;
    unsigned named;
    slice lower;
    slice upper;
} named_stem;

static unsigned named_of(ast_kind kind)
{
    switch (kind) {
    case AST_ENUM:
    case AST_FLAGS:
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
    case AST_UNION:
        return NAMED_UNION;
    case AST_ERRORS:
        return NAMED_ERRORS;
    case AST_STREAM:
        return NAMED_STREAM;
    case AST_BUCKET:
        return NAMED_BUCKET;
    case AST_OBJECTS:
        return NAMED_OBJECTS;
    case AST_SERVICE:
        return NAMED_SERVICE;
    case AST_BROKEN:
    case AST_NAMESPACE:
    case AST_VERSION:
    case AST_IMPORT:
    case AST_CONST:
        return NAMED_NOTHING;
    }
    return NAMED_NOTHING;
}

static slice join(const checker *c, slice first, slice second, slice third, slice fourth)
{
    size_t length = first.length + second.length + third.length + fourth.length;
    buffer text = {c->memory, arena_array(c->memory, length + 1, 1), 0, length + 1};

    buffer_append(&text, first);
    buffer_append(&text, second);
    buffer_append(&text, third);
    buffer_append(&text, fourth);
    return buffer_slice(&text);
}

/* Returns false if the name is taken. Reports one collision per declaration; members of one
 * declaration were compared before. */
static bool take(name_walk *walk, slice c_name, named_thing *thing)
{
    const named_thing *first = text_table_insert(&walk->taken, c_name, thing);

    if (first == NULL || first == thing)
        return true;
    if (first->owner == thing->owner && first->is_member && thing->is_member)
        return true;
    diag_report(walk->c->diags, DIAG_NAME_COLLISION, thing->place,
                "'%.*s' and '%.*s' both declare '%.*s' in C", SLICE_PRINT(first->name),
                SLICE_PRINT(thing->name), SLICE_PRINT(c_name));
    diag_note(walk->c->diags, first->place, "the other one is declared here");
    return false;
}

/* ---- Declarations ---------------------------------------------------------------------------- */

static named_stem stem_of(const name_walk *walk, const symbol *s)
{
    const checker *c = walk->c;
    slice none = SLICE("");
    slice lower = mangle_snake(c->memory, s->declaration->name.text);
    slice upper = mangle_upper(c->memory, s->declaration->name.text);

    return (named_stem){s, named_of(s->declaration->kind), join(c, walk->prefix, lower, none, none),
                        join(c, walk->upper_prefix, upper, none, none)};
}

/* A macro with arguments collides with other macros, but not with an enum constant. */
static bool take_macro_with_arguments(name_walk *walk, slice upper, named_thing *thing)
{
    return take(walk, join(walk->c, upper, SLICE("()"), SLICE(""), SLICE("")), thing);
}

static bool take_macro(name_walk *walk, slice upper, named_thing *thing)
{
    return take(walk, upper, thing) && take_macro_with_arguments(walk, upper, thing);
}

/* Adds the names of a declaration: a constant is a macro, a service and a table are a type and a
 * macro, others are types. */
static bool take_stem(name_walk *walk, const named_stem *stem, named_thing *thing)
{
    ast_kind kind = stem->of->declaration->kind;

    if (kind != AST_CONST && !take(walk, stem->lower, thing))
        return false;
    if (kind == AST_CONST || kind == AST_SERVICE)
        return take_macro(walk, stem->upper, thing);
    return (stem->named & (NAMED_TABLE | NAMED_BODY)) == 0 ||
           take_macro_with_arguments(walk, stem->upper, thing);
}

static bool take_generated(name_walk *walk, const named_stem *stem, named_thing *thing)
{
    for (size_t i = 0; i < GENERATED_COUNT; i++) {
        slice suffix = generated_names[i].suffix;
        if ((generated_names[i].of & stem->named) == 0)
            continue;
        bool in_capitals = suffix.data[1] >= 'A' && suffix.data[1] <= 'Z';
        slice base = in_capitals ? stem->upper : stem->lower;
        slice name = join(walk->c, base, suffix, SLICE(""), SLICE(""));
        bool is_macro = in_capitals && generated_names[i].of != NAMED_UNION;
        if (is_macro ? !take_macro(walk, name, thing) : !take(walk, name, thing))
            return false;
    }
    return true;
}

/* ---- Members --------------------------------------------------------------------------------- */

/* Returns the schema name of a member's C name: for `handle` the name of the message, for an
 * alternative possibly the name of its type, for other members of a service none. */
static slice member_name(const ast_member *member)
{
    bool is_alternative = member->kind == MEMBER_ALTERNATIVE && member->type == NULL;

    if (member->kind != MEMBER_HANDLE && !is_alternative)
        return member->name.text;
    size_t skipped = member->path.qualifier_length;
    skipped += skipped > 0;
    return (slice){member->path.text.data + skipped, member->path.text.length - skipped};
}

static bool take_member(name_walk *walk, const named_stem *stem, const ast_member *member)
{
    const checker *c = walk->c;
    slice name = member_name(member);
    unsigned named = member->kind == MEMBER_FETCH ? NAMED_FETCH : stem->named;
    named_thing *thing = ARENA_NEW(c->memory, named_thing);
    span place = member->name.text.length == 0 ? member->path.place : member->name.place;

    *thing = (named_thing){name, place, stem->of, true};
    for (size_t i = 0; i < GENERATED_MEMBER_COUNT && name.length > 0; i++) {
        const generated_member *made = &generated_members[i];
        if ((made->of & named) == 0)
            continue;
        slice base = made->in_capitals ? stem->upper : stem->lower;
        slice inner =
            made->in_capitals ? mangle_upper(c->memory, name) : mangle_snake(c->memory, name);
        if (!take(walk, join(c, base, made->before, inner, made->after), thing))
            return false;
    }
    return true;
}

static void take_members(name_walk *walk, const named_stem *stem)
{
    if ((stem->named & (NAMED_TABLE | NAMED_BODY)) != 0 && !walk->with_fields)
        return;
    for (const ast_member *m = stem->of->declaration->members.first; m != NULL; m = m->next)
        if (!take_member(walk, stem, m))
            return;
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void take_symbol(name_walk *walk, const symbol *s)
{
    named_stem stem = stem_of(walk, s);
    named_thing *thing = ARENA_NEW(walk->c->memory, named_thing);

    *thing = (named_thing){s->declaration->name.text, s->declaration->name.place, s, false};
    if (take_stem(walk, &stem, thing) && take_generated(walk, &stem, thing))
        take_members(walk, &stem);
}

static bool may_meet_field(const checker *c, slice name)
{
    slice snake = mangle_snake(c->memory, name);

    for (size_t i = 0; i + 4 <= snake.length; i++)
        if (snake.data[i] == '_' &&
            (memcmp(snake.data + i, "_get", 4) == 0 || memcmp(snake.data + i, "_has", 4) == 0 ||
             memcmp(snake.data + i, "_ran", 4) == 0 || memcmp(snake.data + i, "_run", 4) == 0))
            return true;
    return false;
}

/* Names generated for fields can collide only if another name contains one of their words, such
 * as "_get". The many fields are compared only then. */
static bool needs_fields(const checker *c)
{
    for (size_t i = 0; i < c->scope_count; i++) {
        for (size_t j = 0; j < c->scopes[i].symbol_count; j++) {
            const ast_declaration *d = c->scopes[i].symbols[j].declaration;
            if (may_meet_field(c, d->name.text))
                return true;
            for (const ast_member *m = d->members.first; m != NULL; m = m->next)
                if (may_meet_field(c, m->name.text))
                    return true;
        }
    }
    return false;
}

static bool has_http(const model_module *module)
{
    for (size_t i = 0; i < module->message_count; i++)
        if (module->messages[i].http != NULL)
            return true;
    return false;
}

/* Returns true if a file with the namespace of `module` has routes. */
static bool needs_routes(const checker *c, const model_module *module)
{
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *other = c->scopes[i].module;
        if (slice_equal(other->namespace, module->namespace) && has_http(other))
            return true;
    }
    return false;
}

/* Adds the table of routes. A namespace has one, even if a file without '@http' shares it. */
static void take_routes(name_walk *walk, const model_module *module)
{
    arena *memory = walk->c->memory;
    named_thing *thing = ARENA_NEW(memory, named_thing);
    buffer name = buffer_in(memory);

    if (!needs_routes(walk->c, module))
        return;
    buffer_printf(&name, "routes of %.*s", SLICE_PRINT(module->namespace));
    *thing = (named_thing){buffer_slice(&name), module->namespace_place, NULL, false};
    take(walk, join(walk->c, walk->prefix, SLICE("routes"), SLICE(""), SLICE("")), thing);
}

void check_c_names(checker *c)
{
    name_walk walk = {.c = c, .taken = text_table_in(c->memory), .with_fields = needs_fields(c)};

    for (size_t i = 0; i < c->scope_count; i++) {
        const scope *in = &c->scopes[i];
        walk.prefix = mangle_prefix(c->memory, in->module->namespace);
        walk.upper_prefix = mangle_upper_prefix(c->memory, in->module->namespace);
        take_routes(&walk, in->module);
        for (size_t j = 0; j < in->symbol_count; j++)
            if (!in->symbols[j].invalid)
                take_symbol(&walk, &in->symbols[j]);
    }
}
