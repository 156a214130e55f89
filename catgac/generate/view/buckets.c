/* buckets.c -- the views of buckets. */
#include "generate/c/c.h"
#include "generate/view/parts.h"

/* Sets the names of the value's type. */
static void view_value(viewer *v, const model_bucket *bucket, view_bucket *made)
{
    const model_type *type = &bucket->value;
    buffer written = buffer_in(v->memory);

    made->is_table = type->kind == TYPE_TABLE;
    made->is_string = type->kind == TYPE_STRING;
    made->is_text = c_bool(made->is_string);
    made->descriptor = c_type_descriptor(v, type);
    if (made->is_table) {
        slice table = c_type_name(v, &type->table->origin);
        made->value_name = view_full_name(v, &type->table->origin);
        made->value = VIEW_JOIN(v, table, SLICE("_view"));
        made->parameter = VIEW_JOIN(v, SLICE("const "), table, SLICE(" *value"));
        made->argument = SLICE("value");
        return;
    }
    model_print_type(type, &written);
    made->value_name = buffer_slice(&written);
    made->value = made->is_string ? SLICE("catga_string") : SLICE("catga_bytes");
    made->parameter = VIEW_JOIN(v, made->value, SLICE(" value"));
    made->argument = SLICE("&value");
}

static void view_bucket_of(viewer *v, const model_bucket *bucket, view_bucket *made)
{
    const model_settings *settings = &bucket->settings;
    const uint64_t *values = settings->values;
    bool is_json = values[SETTING_ENCODING] != 0;

    made->name = view_full_name(v, &bucket->origin);
    made->type = c_type_name(v, &bucket->origin);
    made->server = settings->name;
    made->history = (int64_t)values[SETTING_HISTORY];
    made->max_age_ns = (int64_t)values[SETTING_MAX_AGE];
    made->max_bytes = (int64_t)values[SETTING_MAX_BYTES];
    made->max_value_bytes = (int64_t)values[SETTING_MAX_VALUE_BYTES];
    made->replicas = (int64_t)values[SETTING_REPLICAS];
    made->in_memory = c_bool(values[SETTING_STORAGE] != 0);
    made->prefixed = c_bool(settings->places[SETTING_NAME].source == 0);
    made->encoding = is_json ? SLICE("&catga_json_encoding") : SLICE("NULL");
    made->doc = view_doc(&bucket->origin.doc);
    view_value(v, bucket, made);
}

void view_buckets(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_bucket *buckets = VIEW_LIST(v, module->bucket_count, view_bucket, &made->buckets);

    for (size_t i = 0; i < module->bucket_count; i++)
        view_bucket_of(v, &module->buckets[i], &buckets[i]);
}
