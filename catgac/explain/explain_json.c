/* explain_json.c -- prints one JSON object with messages, stores and services. Durations are in
 * nanoseconds; members that do not apply are omitted. */
#include "base/json.h"
#include "explain/parts.h"

/* Appends a text, unless it is empty. */
static void put_some_text(json_writer *w, const char *key, const buffer *text)
{
    if (text->length > 0)
        json_put_text(w, key, buffer_slice(text));
}

/* Appends a limit, unless it is 0. */
static void put_limit(json_writer *w, const char *key, uint64_t limit)
{
    if (limit > 0)
        json_put_number(w, key, limit);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static void put_full_name(json_writer *w, const char *key, const model_origin *origin)
{
    buffer name = buffer_in(w->out->memory);

    append_full_name(&name, origin);
    json_put_text(w, key, buffer_slice(&name));
}

static void put_origin(json_writer *w, const model_origin *origin)
{
    put_full_name(w, "name", origin);
    json_put_text(w, "file", origin->module->path);
    if (origin->doc.line_count > 0)
        json_put_text(w, "doc", model_doc_text(w->out->memory, &origin->doc));
}

static void put_subject(json_writer *w, const model_message *message)
{
    buffer subject = buffer_in(w->out->memory);

    model_print_subject(message, &subject);
    json_put_text(w, "subject", buffer_slice(&subject));
}

static void put_server_names(json_writer *w, const part *of)
{
    buffer name = buffer_in(w->out->memory);

    append_queue_group(&name, of);
    put_some_text(w, "queue_group", &name);
    buffer_clear(&name);
    append_durable(&name, of);
    put_some_text(w, "durable", &name);
}

/* Prints the services of a message, or the messages of a service. */
static void put_parts(json_writer *w, const part_list *parts, role wanted, const char *key,
                      bool of_message)
{
    json_open(w, key, '[');
    for (size_t i = 0; i < parts->count; i++) {
        const part *of = &parts->items[i];
        if (of->role != wanted)
            continue;
        json_open(w, NULL, '{');
        if (of_message)
            put_full_name(w, "service", &of->service->origin);
        else
            put_full_name(w, "message", &of->message->origin);
        if (wanted == ROLE_SUBSCRIBES) {
            json_put_text(w, "handler", of->subscription->name);
            json_put_text(w, "sharing",
                          of->subscription->delivery == DELIVERY_GROUP ? SLICE("group")
                                                                       : SLICE("broadcast"));
            if (of->subscription->is_fetch)
                json_put_flag(w, "fetched", true);
            if (of->subscription->is_selective)
                json_put_text(w, "selected", of->subscription->subject);
        }
        put_server_names(w, of);
        json_close(w, '}');
    }
    json_close(w, ']');
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void put_tries(json_writer *w, const model_message *message)
{
    json_put_number(w, "timeout_ns", message->timeout_ns);
    json_put_number(w, "retries", message->retries);
    put_limit(w, "backoff_ns", message->backoff_ns);
    put_limit(w, "backoff_longest_ns", message->backoff_longest_ns);
}

static void put_call(json_writer *w, const model_message *message)
{
    put_full_name(w, "result", &message->result->origin);
    if (message->encoding == ENCODING_BINARY) {
        json_put_text(w, "result_identifier", slice_of(message->result->identifier));
        put_limit(w, "result_max_size", message->result->max_size);
    }
    if (message->errors != NULL) {
        json_open(w, "errors", '{');
        for (size_t i = 0; i < message->errors->code_count; i++) {
            const model_error_code *code = &message->errors->codes[i];
            json_put_number(w, slice_copy(w->out->memory, code->origin.name).data, code->code);
        }
        json_close(w, '}');
    }
    put_limit(w, "idempotency_ns", message->idempotency_ns);
    put_tries(w, message);
}

static void put_event(json_writer *w, const model_message *message)
{
    json_put_text(w, "delivery", slice_of(model_qos_text(message->qos)));
    if (!model_is_stored(message))
        return;
    const model_stream *stream = message->stream;
    json_open(w, "stream", '{');
    const model_settings *settings = &stream->settings;
    json_put_text(w, "name", settings->name);
    json_put_text(w, "storage",
                  stream->settings.values[SETTING_STORAGE] != 0 ? SLICE("memory") : SLICE("file"));
    json_put_text(w, "retention",
                  model_is_work_queue(stream) ? SLICE("work_queue") : SLICE("limits"));
    put_limit(w, "max_age_ns", settings->values[SETTING_MAX_AGE]);
    put_limit(w, "max_bytes", settings->values[SETTING_MAX_BYTES]);
    put_limit(w, "max_messages", settings->values[SETTING_MAX_MESSAGES]);
    put_limit(w, "replicas", settings->values[SETTING_REPLICAS]);
    json_close(w, '}');
    json_put_number(w, "dedup_window_ns", message->dedup_window_ns);
    json_put_flag(w, "dead_letter", message->dead_letter);
    put_tries(w, message);
}

static void put_error_statuses(json_writer *w, const model_error_set *errors)
{
    json_open(w, "error_statuses", '{');
    for (size_t i = 0; i < errors->code_count; i++) {
        const model_error_code *code = &errors->codes[i];
        json_put_number(w, slice_copy(w->out->memory, code->origin.name).data, code->http_status);
    }
    json_close(w, '}');
}

static void put_ways(json_writer *w, const model_message *message)
{
    if (message->http == NULL)
        return;
    json_open(w, "http", '{');
    json_put_text(w, "method", message->http->method);
    json_put_text(w, "path", message->http->path);
    json_put_number(w, "status", message->http->status);
    if (message->errors != NULL)
        put_error_statuses(w, message->errors);
    json_close(w, '}');
}

static void put_message(json_writer *w, const part_list *all, const model_message *message)
{
    part_list parts = parts_of_message(all, message);

    json_open(w, NULL, '{');
    json_put_text(w, "kind", slice_of(message_word(message)));
    put_origin(w, &message->origin);
    put_subject(w, message);
    if (message->is_pattern)
        json_put_flag(w, "only_received", true);
    if (message->encoding == ENCODING_BINARY) {
        json_put_text(w, "identifier", slice_of(message->body->identifier));
        put_limit(w, "max_size", message->body->max_size);
    } else {
        json_put_text(w, "encoding", model_encoding_word(message->encoding));
    }
    if (message->kind == MESSAGE_EVENT) {
        put_parts(w, &parts, ROLE_PUBLISHES, "published_by", true);
        put_parts(w, &parts, ROLE_SUBSCRIBES, "subscribers", true);
        put_event(w, message);
    } else {
        put_parts(w, &parts, ROLE_CALLS, "called_by", true);
        put_parts(w, &parts, ROLE_HANDLES, "handled_by", true);
        put_call(w, message);
    }
    put_ways(w, message);
    json_close(w, '}');
}

/* ---- Buckets and object stores --------------------------------------------------------------- */

/* Prints the services of a store, or the stores of a service. */
static void put_store_parts(json_writer *w, const store_part_list *parts, store_role wanted,
                            const char *key, bool of_store)
{
    json_open(w, key, '[');
    for (size_t i = 0; i < parts->count; i++) {
        const store_part *of = &parts->items[i];
        if (of->role != wanted)
            continue;
        json_open(w, NULL, '{');
        put_full_name(w, of_store ? "service" : store_word(&of->store),
                      of_store ? &of->service->origin : of->store.origin);
        if (wanted == STORE_WATCHES) {
            json_put_text(w, "handler", of->watch->function);
            json_put_text(w, "keys", store_watch_pattern(of->watch));
        }
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_store_settings(json_writer *w, const model_settings *settings)
{
    const uint64_t *values = settings->values;

    json_put_text(w, "stored_as", settings->name);
    json_put_text(w, "storage", values[SETTING_STORAGE] != 0 ? SLICE("memory") : SLICE("file"));
    put_limit(w, "history", values[SETTING_HISTORY]);
    put_limit(w, "max_age_ns", values[SETTING_MAX_AGE]);
    put_limit(w, "max_bytes", values[SETTING_MAX_BYTES]);
    put_limit(w, "max_value_bytes", values[SETTING_MAX_VALUE_BYTES]);
    put_limit(w, "replicas", values[SETTING_REPLICAS]);
}

static void put_values(json_writer *w, const model_bucket *bucket)
{
    buffer type = buffer_in(w->out->memory);

    if (bucket->value.kind == TYPE_TABLE) {
        put_full_name(w, "value", &bucket->value.table->origin);
        json_put_text(w, "encoding",
                      bucket->settings.values[SETTING_ENCODING] != 0 ? SLICE("json")
                                                                     : SLICE("binary"));
        return;
    }
    model_print_type(&bucket->value, &type);
    json_put_text(w, "value", buffer_slice(&type));
}

static void put_store(json_writer *w, const model *facts, const explained_store *store)
{
    store_part_list parts = store_parts_of_store(w->out->memory, facts, store);

    json_open(w, NULL, '{');
    put_origin(w, store->origin);
    if (store->bucket != NULL)
        put_values(w, store->bucket);
    put_store_settings(w, store->settings);
    if (store->bucket != NULL)
        put_store_parts(w, &parts, STORE_WATCHES, "watched_by", true);
    put_store_parts(w, &parts, STORE_READS, "read_by", true);
    put_store_parts(w, &parts, STORE_WRITES, "written_by", true);
    json_close(w, '}');
}

static void put_stores(json_writer *w, const explained *chosen, bool buckets, const char *key)
{
    json_open(w, key, '[');
    for (size_t i = 0; i < chosen->store_count; i++)
        if ((chosen->stores[i].bucket != NULL) == buckets)
            put_store(w, chosen->facts, &chosen->stores[i]);
    json_close(w, ']');
}

/* ---- Services -------------------------------------------------------------------------------- */

static void put_service(json_writer *w, const model_service *service)
{
    part_list parts = parts_of_service(w->out->memory, service);
    store_part_list stores = store_parts_of_service(w->out->memory, service);

    json_open(w, NULL, '{');
    put_origin(w, &service->origin);
    put_parts(w, &parts, ROLE_HANDLES, "handles", false);
    put_parts(w, &parts, ROLE_PUBLISHES, "publishes", false);
    put_parts(w, &parts, ROLE_SUBSCRIBES, "subscribes", false);
    put_parts(w, &parts, ROLE_CALLS, "calls", false);
    put_store_parts(w, &stores, STORE_WATCHES, "watches", false);
    put_store_parts(w, &stores, STORE_READS, "reads", false);
    put_store_parts(w, &stores, STORE_WRITES, "writes", false);
    json_close(w, '}');
}

void explain_json(const explained *chosen, buffer *out)
{
    json_writer w = {.out = out};

    json_open(&w, NULL, '{');
    json_open(&w, "messages", '[');
    for (size_t i = 0; i < chosen->message_count; i++)
        put_message(&w, chosen->parts, chosen->messages[i]);
    json_close(&w, ']');
    put_stores(&w, chosen, true, "buckets");
    put_stores(&w, chosen, false, "object_stores");
    json_open(&w, "services", '[');
    for (size_t i = 0; i < chosen->service_count; i++)
        put_service(&w, chosen->services[i]);
    json_close(&w, ']');
    json_close(&w, '}');
    buffer_append_char(out, '\n');
}
