/* objects.c -- the views of object stores. */
#include "generate/c/c.h"
#include "generate/view/parts.h"

static void view_object_store_of(viewer *v, const model_objects *objects, view_object_store *made)
{
    const model_settings *settings = &objects->settings;
    const uint64_t *values = settings->values;

    made->name = view_full_name(v, &objects->origin);
    made->type = c_type_name(v, &objects->origin);
    made->server = settings->name;
    made->max_age_ms = view_milliseconds(values[SETTING_MAX_AGE]);
    made->max_bytes = (int64_t)values[SETTING_MAX_BYTES];
    made->replicas = (int64_t)values[SETTING_REPLICAS];
    made->in_memory = c_bool(values[SETTING_STORAGE] != 0);
    made->prefixed = c_bool(settings->places[SETTING_NAME].source == 0);
    made->doc = view_doc(&objects->origin.doc);
}

void view_object_stores(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    view_object_store *stores =
        VIEW_LIST(v, module->object_store_count, view_object_store, &made->object_stores);

    for (size_t i = 0; i < module->object_store_count; i++)
        view_object_store_of(v, &module->object_stores[i], &stores[i]);
}
