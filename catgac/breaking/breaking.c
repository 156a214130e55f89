/* breaking.c -- pairs the declarations to compare; see breaking.h. */
#include "breaking/breaking.h"

#include "breaking/comparison.h"

#include <inttypes.h>

/* ---- Declarations ---------------------------------------------------------------------------- */

static const char *const kind_words[] = {"constant", "enum",          "struct",  "table",
                                         "union",    "set of errors", "message", "stream",
                                         "bucket",   "object store",  "service"};

#define VISIT(list, count, declared_as, member)                                                    \
    for (size_t i = 0; i < module->count; i++)                                                     \
    visit(user, (declared){.kind = declared_as,                                                    \
                           .origin = &module->list[i].origin,                                      \
                           .member = &module->list[i]})

/* Calls `visit` for every declaration of a module except the bodies of messages. */
static void each_declared(const model_module *module, void (*visit)(void *user, declared found),
                          void *user)
{
    VISIT(constants, constant_count, DECLARED_CONSTANT, constant);
    VISIT(enums, enum_count, DECLARED_ENUM, enumeration);
    VISIT(structs, struct_count, DECLARED_STRUCT, structure);
    for (size_t i = 0; i < module->table_count; i++) {
        const model_table *table = &module->tables[i];
        if (table->message == NULL)
            visit(user, (declared){DECLARED_TABLE, &table->origin, .table = table});
    }
    VISIT(unions, union_count, DECLARED_UNION, alternatives);
    VISIT(error_sets, error_set_count, DECLARED_ERRORS, errors);
    VISIT(messages, message_count, DECLARED_MESSAGE, message);
    for (size_t i = 0; i < module->stream_count; i++) {
        const model_stream *stream = &module->streams[i];
        if (stream->is_declared)
            visit(user, (declared){DECLARED_STREAM, &stream->origin, .stream = stream});
    }
    VISIT(buckets, bucket_count, DECLARED_BUCKET, bucket);
    VISIT(object_stores, object_store_count, DECLARED_OBJECTS, objects);
    VISIT(services, service_count, DECLARED_SERVICE, service);
}

static void add_name(void *user, declared found)
{
    comparison *c = user;
    declared *kept = ARENA_NEW(c->memory, declared);

    *kept = found;
    text_table_insert(&c->names, full_name(c->memory, found.origin), kept);
}

/* ---- Pairs ----------------------------------------------------------------------------------- */

static void compare_constants(comparison *c, const model_constant *before,
                              const model_constant *after)
{
    if (!same_spelling(&before->type, &after->type) || !same_value(&before->value, &after->value))
        report(c, RULE_CONSTANT_CHANGED, after->origin.place, before->origin.place,
               "'%.*s' has another value or type", SLICE_PRINT(after->origin.name));
}

static void compare_pair(comparison *c, const pair *both)
{
    const declared *before = &both->before;
    const declared *after = &both->after;

    switch (before->kind) {
    case DECLARED_CONSTANT:
        compare_constants(c, before->constant, after->constant);
        break;
    case DECLARED_ENUM:
        compare_enums(c, before->enumeration, after->enumeration);
        break;
    case DECLARED_STRUCT:
        compare_structs(c, before->structure, after->structure);
        break;
    case DECLARED_TABLE:
        compare_tables(c, before->table, after->table);
        break;
    case DECLARED_UNION:
        compare_unions(c, before->alternatives, after->alternatives);
        break;
    case DECLARED_ERRORS:
        compare_errors(c, before->errors, after->errors);
        break;
    case DECLARED_MESSAGE:
        compare_messages(c, before->message, after->message);
        break;
    case DECLARED_STREAM:
        compare_streams(c, before->stream, after->stream);
        break;
    case DECLARED_BUCKET:
        compare_buckets(c, before->bucket, after->bucket);
        break;
    case DECLARED_OBJECTS:
        compare_objects(c, before->objects, after->objects);
        break;
    case DECLARED_SERVICE:
        compare_services(c, before->service, after->service);
        break;
    }
}

/* ---- Files ----------------------------------------------------------------------------------- */

static const model_module *find_module(const model *in, slice namespace, uint32_t version)
{
    for (size_t i = 0; i < in->module_count; i++) {
        const model_module *module = in->modules[i];
        if (slice_equal(module->namespace, namespace) &&
            (version == 0 || module->version == version))
            return module;
    }
    return NULL;
}

static const model_module *module_at(const model *in, slice path)
{
    for (size_t i = 0; i < in->module_count; i++) {
        if (in->modules[i]->is_input && slice_equal(in->modules[i]->path, path))
            return in->modules[i];
    }
    return NULL;
}

/* Returns the file at the same path, or any file of the newer version. */
static const model_module *successor_of(const comparison *c, const model_module *before)
{
    const model_module *found = module_at(c->after, before->path);

    return found != NULL ? found : c->after->modules[c->after->module_count - 1];
}

static void compare_declared(void *user, declared before)
{
    comparison *c = user;
    const declared *after = find_after(c, &before);

    if (after != NULL) {
        compare_later(c, before, *after);
        return;
    }
    breaking_rule rule = before.kind == DECLARED_MESSAGE   ? RULE_MESSAGE_GONE
                         : before.kind == DECLARED_SERVICE ? RULE_SERVICE_GONE
                                                           : RULE_DECLARATION_GONE;
    const model_module *module = before.origin->module;
    const model_module *now = module_at(c->after, module->path);
    if (now == NULL)
        now = find_module(c->after, module->namespace, module->version);
    report(c, rule, now->namespace_place, before.origin->place, "the %s '%.*s' was removed",
           kind_words[before.kind], SLICE_PRINT(before.origin->name));
}

static void compare_module(comparison *c, const model_module *before)
{
    const model_module *after = find_module(c->after, before->namespace, before->version);

    if (after != NULL) {
        each_declared(before, compare_declared, c);
        return;
    }
    const model_module *other = find_module(c->after, before->namespace, 0);
    if (other != NULL)
        report(c, RULE_VERSION_CHANGED, other->version_place, before->version_place,
               "version %" PRIu32 " of '%.*s' became %" PRIu32, before->version,
               SLICE_PRINT(before->namespace), other->version);
    else
        report(c, RULE_NAMESPACE_GONE, successor_of(c, before)->namespace_place,
               before->namespace_place, "the namespace '%.*s' was removed",
               SLICE_PRINT(before->namespace));
}

void breaking_report(arena *memory, diagnostics *diags, const breaking_choice *choice,
                     const model *before, const model *after)
{
    comparison c = {.memory = memory,
                    .diags = diags,
                    .choice = choice,
                    .before = before,
                    .after = after,
                    .names = text_table_in(memory),
                    .published = text_table_in(memory),
                    .pairs = text_table_in(memory)};

    for (size_t i = 0; i < after->module_count; i++) {
        each_declared(after->modules[i], add_name, &c);
        keep_publications(&c, after->modules[i]);
    }
    for (size_t i = 0; i < before->module_count; i++) {
        if (before->modules[i]->is_input)
            compare_module(&c, before->modules[i]);
    }
    for (const pair *both = c.first; both != NULL; both = both->next)
        compare_pair(&c, both);
}
