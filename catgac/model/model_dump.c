/* model_dump.c -- prints the model for --dump=model: one property per line, indented under its
 * owner, in the order of the files. */
#include "model/model.h"

#include <inttypes.h>

static void dump_doc(const model_doc *doc, const char *indent, buffer *out)
{
    for (size_t i = 0; i < doc->line_count; i++)
        buffer_printf(out, "%s/// %.*s\n", indent, SLICE_PRINT(doc->lines[i]));
}

static void dump_bound(const model_type *type, const model_value *bound, buffer *out)
{
    if (bound->kind != VALUE_NONE)
        model_print_value(type, bound, out);
}

static void dump_default(const model_field *field, buffer *out)
{
    if (field->default_value.kind == VALUE_NONE)
        return;
    buffer_append_text(out, " = ");
    if (field->default_member != NULL)
        buffer_append(out, field->default_member->origin.name);
    else
        model_print_value(&field->type, &field->default_value, out);
}

static void dump_json(const model_origin *origin, buffer *out)
{
    if (origin->has_own_json)
        buffer_printf(out, " json \"%.*s\"", SLICE_PRINT(origin->json));
}

static void dump_limits(const model_field *field, buffer *out)
{
    if (field->required)
        buffer_append_text(out, " required");
    if (field->has_max_length)
        buffer_printf(out, " max %" PRIu32, field->max_length);
    if (field->minimum.kind != VALUE_NONE || field->maximum.kind != VALUE_NONE) {
        buffer_append_text(out, " range ");
        dump_bound(&field->type, &field->minimum, out);
        buffer_append_text(out, "..");
        dump_bound(&field->type, &field->maximum, out);
    }
    if (field->deprecated)
        buffer_printf(out, " deprecated \"%.*s\"", SLICE_PRINT(field->deprecation));
}

static void dump_field(const model_field *field, const char *word, uint32_t number, buffer *out)
{
    dump_doc(&field->origin.doc, "    ", out);
    buffer_printf(out, "    %s %" PRIu32 " %.*s: ", word, number, SLICE_PRINT(field->origin.name));
    model_print_type(&field->type, out);
    dump_default(field, out);
    dump_limits(field, out);
    dump_json(&field->origin, out);
    buffer_append_char(out, '\n');
}

static void dump_constant(const model_constant *constant, buffer *out)
{
    dump_doc(&constant->origin.doc, "  ", out);
    buffer_printf(out, "  const %.*s: ", SLICE_PRINT(constant->origin.name));
    model_print_type(&constant->type, out);
    buffer_append_text(out, " = ");
    model_print_value(&constant->type, &constant->value, out);
    buffer_append_char(out, '\n');
}

static void dump_enum(const model_enum *enumeration, buffer *out)
{
    const model_type type = {.kind = TYPE_SCALAR, .scalar = enumeration->scalar};

    dump_doc(&enumeration->origin.doc, "  ", out);
    buffer_printf(out, "  %s %.*s: %.*s\n", enumeration->is_flags ? "flags" : "enum",
                  SLICE_PRINT(enumeration->origin.name),
                  SLICE_PRINT(scalar_word(enumeration->scalar)));
    for (size_t i = 0; i < enumeration->member_count; i++) {
        const model_enum_member *member = &enumeration->members[i];
        dump_doc(&member->origin.doc, "    ", out);
        buffer_printf(out, "    %.*s = ", SLICE_PRINT(member->origin.name));
        model_print_value(&type, &member->value, out);
        dump_json(&member->origin, out);
        buffer_append_char(out, '\n');
    }
}

static void dump_struct(const model_struct *structure, buffer *out)
{
    dump_doc(&structure->origin.doc, "  ", out);
    buffer_printf(out, "  struct %.*s size %" PRIu32 " alignment %" PRIu32 "\n",
                  SLICE_PRINT(structure->origin.name), structure->size, structure->alignment);
    for (size_t i = 0; i < structure->field_count; i++)
        dump_field(&structure->fields[i], "at", structure->fields[i].offset, out);
}

static void dump_table(const model_table *table, buffer *out)
{
    if (table->message == NULL)
        dump_doc(&table->origin.doc, "  ", out);
    buffer_printf(out, "  %s %.*s identifier %s%s%s\n",
                  table->message == NULL ? "table" : "body of", SLICE_PRINT(table->origin.name),
                  table->identifier, table->has_own_identifier ? " own" : "",
                  table->is_result ? " result" : "");
    if (table->max_size > 0)
        buffer_printf(out, "    at most %" PRIu64 " bytes\n", table->max_size);
    for (size_t i = 0; i < table->field_count; i++)
        dump_field(&table->fields[i], "id", table->fields[i].id, out);
}

static void dump_union(const model_union *alternatives, buffer *out)
{
    dump_doc(&alternatives->origin.doc, "  ", out);
    buffer_printf(out, "  union %.*s\n", SLICE_PRINT(alternatives->origin.name));
    for (size_t i = 0; i < alternatives->member_count; i++) {
        const model_union_member *member = &alternatives->members[i];
        dump_doc(&member->origin.doc, "    ", out);
        buffer_printf(out, "    tag %u %.*s: ", member->tag, SLICE_PRINT(member->origin.name));
        model_print_type(&member->type, out);
        dump_json(&member->origin, out);
        buffer_append_char(out, '\n');
    }
}

static void dump_error_set(const model_error_set *set, buffer *out)
{
    dump_doc(&set->origin.doc, "  ", out);
    buffer_printf(out, "  errors %.*s\n", SLICE_PRINT(set->origin.name));
    for (size_t i = 0; i < set->code_count; i++) {
        dump_doc(&set->codes[i].origin.doc, "    ", out);
        buffer_printf(out, "    %.*s = %" PRIu32 " http %" PRIu32 "\n",
                      SLICE_PRINT(set->codes[i].origin.name), set->codes[i].code,
                      set->codes[i].http_status);
    }
}

static void dump_call(const model_message *message, buffer *out)
{
    buffer_printf(out, "    result %.*s\n", SLICE_PRINT(message->result->origin.name));
    if (message->errors != NULL)
        buffer_printf(out, "    throws %.*s\n", SLICE_PRINT(message->errors->origin.name));
    buffer_printf(out, "    timeout %" PRIu64 " ns, %" PRIu32 " retries\n", message->timeout_ns,
                  message->retries);
    if (message->handled_by != NULL)
        buffer_printf(out, "    handled by %.*s\n", SLICE_PRINT(message->handled_by->origin.name));
}

static void dump_stored(const model_message *message, buffer *out)
{
    const model_stream *stream = message->stream;

    buffer_printf(out, "    %s in stream %.*s, within %" PRIu64 " ns, id kept for %" PRIu64 " ns\n",
                  message->qos == QOS_AT_LEAST_ONCE ? "at least once" : "exactly once",
                  SLICE_PRINT(stream->settings.name), message->timeout_ns,
                  message->dedup_window_ns);
    buffer_printf(out, "    %" PRIu32 " retries%s\n", message->retries,
                  message->dead_letter ? ", then a dead letter" : "");
}

static void dump_ways(const model_message *message, buffer *out)
{
    if (message->backoff_ns > 0)
        buffer_printf(
            out, "    pauses of %" PRIu64 " ns to %" PRIu64 " ns, %" PRIu64 " ns in all\n",
            message->backoff_ns, message->backoff_longest_ns, model_backoff_total(message));
    if (message->idempotency_ns > 0)
        buffer_printf(out, "    answer kept for %" PRIu64 " ns in bucket %.*s\n",
                      message->idempotency_ns, SLICE_PRINT(message->bucket));
    for (size_t i = 0; i < message->key_count; i++)
        buffer_printf(out, "    key %.*s\n", SLICE_PRINT(message->keys[i]->origin.name));
    if (message->http != NULL)
        buffer_printf(out, "    http %.*s %.*s %" PRIu32 "\n", SLICE_PRINT(message->http->method),
                      SLICE_PRINT(message->http->path), message->http->status);
}

static void dump_settings(const char *kind, const model_origin *origin, const model_type *value,
                          const model_settings *settings, buffer *out)
{
    dump_doc(&origin->doc, "  ", out);
    buffer_printf(out, "  %s %.*s", kind, SLICE_PRINT(origin->name));
    if (value != NULL) {
        buffer_append_text(out, " -> ");
        model_print_type(value, out);
    }
    buffer_printf(out, " named %.*s\n", SLICE_PRINT(settings->name));
    for (setting_kind setting = 0; setting < SETTING_COUNT; setting++) {
        if (setting == SETTING_NAME || settings->places[setting].source == 0)
            continue;
        buffer_printf(out, "    %.*s ", SLICE_PRINT(model_setting_word(setting)));
        model_print_setting(settings, setting, out);
        buffer_append_char(out, '\n');
    }
}

static void dump_stream(const model_stream *stream, buffer *out)
{
    if (stream->is_declared)
        dump_settings("stream", &stream->origin, NULL, &stream->settings, out);
    buffer_printf(out, "  stream %.*s of %zu events, ids kept for %" PRIu64 " ns\n",
                  SLICE_PRINT(stream->settings.name), stream->message_count,
                  stream->dedup_window_ns);
}

static void dump_stores(const model_module *module, buffer *out)
{
    for (size_t i = 0; i < module->stream_count; i++)
        dump_stream(&module->streams[i], out);
    for (size_t i = 0; i < module->bucket_count; i++)
        dump_settings("bucket", &module->buckets[i].origin, &module->buckets[i].value,
                      &module->buckets[i].settings, out);
    for (size_t i = 0; i < module->object_store_count; i++)
        dump_settings("objects", &module->object_stores[i].origin, NULL,
                      &module->object_stores[i].settings, out);
}

static void dump_message(const model_message *message, buffer *out)
{
    static const char *const words[] = {"command", "query", "event"};

    dump_doc(&message->origin.doc, "  ", out);
    buffer_printf(out, "  %s %.*s\n", words[message->kind], SLICE_PRINT(message->origin.name));
    buffer_printf(out, "    subject %.*s%s\n", SLICE_PRINT(message->subject),
                  message->is_pattern        ? " (own, only received)"
                  : message->has_own_subject ? " (own)"
                                             : "");
    if (message->encoding != ENCODING_BINARY)
        buffer_printf(out, "    encoding %.*s\n",
                      SLICE_PRINT(model_encoding_word(message->encoding)));
    if (message->kind != MESSAGE_EVENT)
        dump_call(message, out);
    else if (model_is_stored(message))
        dump_stored(message, out);
    dump_ways(message, out);
}

static void dump_uses(const model_service *service, buffer *out)
{
    for (size_t i = 0; i < service->watch_count; i++) {
        const model_watch *watch = &service->watches[i];
        dump_doc(&watch->doc, "    ", out);
        buffer_printf(out, "    watch %.*s %.*s as %.*s\n", SLICE_PRINT(watch->bucket->origin.name),
                      SLICE_PRINT(watch->pattern.length == 0 ? SLICE(">") : watch->pattern),
                      SLICE_PRINT(watch->function));
    }
    for (size_t i = 0; i < service->use_count; i++) {
        const model_use *use = &service->uses[i];
        dump_doc(&use->doc, "    ", out);
        buffer_printf(out, "    %s %.*s\n", use->writes ? "writes" : "reads",
                      SLICE_PRINT(model_used_origin(use)->name));
    }
}

static void dump_service(const model_service *service, buffer *out)
{
    dump_doc(&service->origin.doc, "  ", out);
    buffer_printf(out, "  service %.*s\n", SLICE_PRINT(service->origin.name));
    for (size_t i = 0; i < service->handler_count; i++) {
        dump_doc(&service->handlers[i].doc, "    ", out);
        buffer_printf(out, "    handle %.*s as %.*s\n",
                      SLICE_PRINT(service->handlers[i].message->origin.name),
                      SLICE_PRINT(service->handlers[i].name));
    }
    for (size_t i = 0; i < service->publication_count; i++) {
        dump_doc(&service->publications[i].doc, "    ", out);
        buffer_printf(out, "    publish %.*s\n",
                      SLICE_PRINT(service->publications[i].message->origin.name));
    }
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *subscription = &service->subscriptions[i];
        dump_doc(&subscription->doc, "    ", out);
        buffer_printf(out, "    %s %.*s %s as %.*s", subscription->is_fetch ? "fetch" : "on",
                      SLICE_PRINT(subscription->message->origin.name),
                      subscription->delivery == DELIVERY_GROUP ? "group" : "broadcast",
                      SLICE_PRINT(subscription->name));
        if (subscription->is_selective)
            buffer_printf(out, " on %.*s", SLICE_PRINT(subscription->subject));
        if (subscription->group.length > 0)
            buffer_printf(out, " in %.*s", SLICE_PRINT(subscription->group));
        buffer_append_char(out, '\n');
    }
    for (size_t i = 0; i < service->called_count; i++) {
        dump_doc(&service->called[i].doc, "    ", out);
        buffer_printf(out, "    calls %.*s\n",
                      SLICE_PRINT(service->called[i].message->origin.name));
    }
    dump_uses(service, out);
}

static void dump_module(const model_module *module, buffer *out)
{
    dump_doc(&module->doc, "", out);
    buffer_printf(out, "module %.*s namespace %.*s version %" PRIu32 "%s\n",
                  SLICE_PRINT(module->path), SLICE_PRINT(module->namespace), module->version,
                  module->is_input ? "" : " imported");
    for (size_t i = 0; i < module->import_count; i++)
        buffer_printf(out, "  import %.*s\n", SLICE_PRINT(module->imports[i]->path));
    for (size_t i = 0; i < module->constant_count; i++)
        dump_constant(&module->constants[i], out);
    for (size_t i = 0; i < module->enum_count; i++)
        dump_enum(&module->enums[i], out);
    for (size_t i = 0; i < module->struct_count; i++)
        dump_struct(&module->structs[i], out);
    for (size_t i = 0; i < module->union_count; i++)
        dump_union(&module->unions[i], out);
    for (size_t i = 0; i < module->table_count; i++)
        dump_table(&module->tables[i], out);
    for (size_t i = 0; i < module->error_set_count; i++)
        dump_error_set(&module->error_sets[i], out);
    for (size_t i = 0; i < module->message_count; i++)
        dump_message(&module->messages[i], out);
    dump_stores(module, out);
    for (size_t i = 0; i < module->service_count; i++)
        dump_service(&module->services[i], out);
}

void model_dump(const model *facts, buffer *out)
{
    for (size_t i = 0; i < facts->module_count; i++)
        dump_module(facts->modules[i], out);
}
