/* explain.c -- see explain.h: selects messages, stores and services. */
#include "explain/explain.h"

#include "explain/parts.h"

typedef struct wanted {
    const char *const *names;
    size_t count;
    bool *found; /* for each name */
} wanted;

/* Returns true if a name refers to a declaration: bare, with its namespace, or the namespace
 * itself. */
static bool is_named(arena *memory, const char *name, const model_origin *origin)
{
    buffer full = buffer_in(memory);

    append_full_name(&full, origin);
    return slice_is(origin->name, name) || slice_is(buffer_slice(&full), name) ||
           slice_is(origin->module->namespace, name);
}

static bool is_wanted(arena *memory, const wanted *w, const model_origin *origin)
{
    bool found = w->count == 0 && origin->module->is_input;

    for (size_t i = 0; i < w->count; i++) {
        if (is_named(memory, w->names[i], origin))
            found = w->found[i] = true;
    }
    return found;
}

static void consider_all(suggestion *search, const model *facts)
{
    for (size_t i = 0; i < facts->module_count; i++) {
        const model_module *module = facts->modules[i];
        for (size_t j = 0; j < module->message_count; j++)
            suggestion_consider(search, module->messages[j].origin.name);
        for (size_t j = 0; j < module->bucket_count; j++)
            suggestion_consider(search, module->buckets[j].origin.name);
        for (size_t j = 0; j < module->object_store_count; j++)
            suggestion_consider(search, module->object_stores[j].origin.name);
        for (size_t j = 0; j < module->service_count; j++)
            suggestion_consider(search, module->services[j].origin.name);
    }
}

static void report_unknown(diagnostics *diags, const model *facts, const char *name)
{
    suggestion search = suggestion_for(slice_of(name));

    consider_all(&search, facts);
    diag_report(diags, DIAG_UNKNOWN_NAME, (span){0, 0, 0},
                "no message, bucket, object store, service or namespace is called '%s'%s%.*s%s",
                name, search.best.length > 0 ? "; did you mean '" : "", SLICE_PRINT(search.best),
                search.best.length > 0 ? "'?" : "");
}

static void choose_stores(arena *memory, const model_module *module, const wanted *w,
                          explained *chosen)
{
    for (size_t i = 0; i < module->bucket_count; i++) {
        if (is_wanted(memory, w, &module->buckets[i].origin))
            chosen->stores[chosen->store_count++] = store_of_bucket(&module->buckets[i]);
    }
    for (size_t i = 0; i < module->object_store_count; i++) {
        if (is_wanted(memory, w, &module->object_stores[i].origin))
            chosen->stores[chosen->store_count++] = store_of_objects(&module->object_stores[i]);
    }
}

static void choose_from(arena *memory, const model_module *module, const wanted *w,
                        explained *chosen)
{
    for (size_t i = 0; i < module->message_count; i++) {
        if (is_wanted(memory, w, &module->messages[i].origin))
            chosen->messages[chosen->message_count++] = &module->messages[i];
    }
    choose_stores(memory, module, w, chosen);
    for (size_t i = 0; i < module->service_count; i++) {
        if (is_wanted(memory, w, &module->services[i].origin))
            chosen->services[chosen->service_count++] = &module->services[i];
    }
}

explained explain_choose(arena *memory, diagnostics *diags, const model *facts,
                         const char *const *names, size_t name_count)
{
    wanted w = {names, name_count, ARENA_ARRAY(memory, name_count, bool)};
    size_t messages = 0;
    size_t stores = 0;
    size_t services = 0;

    for (size_t i = 0; i < facts->module_count; i++) {
        messages += facts->modules[i]->message_count;
        stores += facts->modules[i]->bucket_count + facts->modules[i]->object_store_count;
        services += facts->modules[i]->service_count;
    }
    explained chosen = {.parts = parts_by_message(memory, facts),
                        .messages = ARENA_ARRAY(memory, messages, const model_message *),
                        .stores = ARENA_ARRAY(memory, stores, explained_store),
                        .services = ARENA_ARRAY(memory, services, const model_service *),
                        .facts = facts};
    for (size_t i = 0; i < facts->module_count; i++)
        choose_from(memory, facts->modules[i], &w, &chosen);
    for (size_t i = 0; i < name_count; i++) {
        if (!w.found[i])
            report_unknown(diags, facts, names[i]);
    }
    return chosen;
}

void explain_print(arena *memory, const explained *chosen, explain_format format, buffer *out)
{
    switch (format) {
    case EXPLAIN_TEXT:
        explain_text(memory, chosen, out);
        break;
    case EXPLAIN_JSON:
        explain_json(chosen, out);
        break;
    case EXPLAIN_DOT:
        explain_dot(memory, chosen, out);
        break;
    case EXPLAIN_MERMAID:
        explain_mermaid(memory, chosen, out);
        break;
    }
}
