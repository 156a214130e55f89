/* comparison.c -- finds the newer declaration, and queues pairs; see comparison.h. */
#include "breaking/comparison.h"

#include <inttypes.h>

slice full_name(arena *memory, const model_origin *origin)
{
    buffer name = buffer_in(memory);

    buffer_printf(&name, "%.*s.v%" PRIu32 ".%.*s", SLICE_PRINT(origin->module->namespace),
                  origin->module->version, SLICE_PRINT(origin->name));
    return buffer_slice(&name);
}

const declared *find_after(const comparison *c, const declared *before)
{
    const declared *found = text_table_find(&c->names, full_name(c->memory, before->origin));

    return found != NULL && found->kind == before->kind ? found : NULL;
}

bool same_origin(const model_origin *before, const model_origin *after)
{
    return slice_equal(before->name, after->name) &&
           slice_equal(before->module->namespace, after->module->namespace);
}

void compare_json(comparison *c, const model_origin *before, const model_origin *after)
{
    bool is_reported =
        slice_equal(before->json, before->name) && slice_equal(after->json, after->name);
    if (!is_reported && !slice_equal(before->json, after->json))
        report(c, RULE_JSON_RENAMED, after->place, before->place,
               "'%.*s' was \"%.*s\" in JSON and is \"%.*s\"", SLICE_PRINT(after->name),
               SLICE_PRINT(before->json), SLICE_PRINT(after->json));
}

void compare_later(comparison *c, declared before, declared after)
{
    buffer key = buffer_in(c->memory);

    buffer_printf(&key, "%p %p", (const void *)before.origin, (const void *)after.origin);
    pair *made = ARENA_NEW(c->memory, pair);
    *made = (pair){.before = before, .after = after};
    if (text_table_insert(&c->pairs, buffer_slice(&key), made) != NULL)
        return;
    if (c->first == NULL)
        c->first = made;
    else
        c->last->next = made;
    c->last = made;
}
