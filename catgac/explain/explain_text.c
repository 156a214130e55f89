/* explain_text.c -- prints text: a paragraph for each message, store and service. */
#include "base/utf8.h"
#include "explain/parts.h"

#include <inttypes.h>

enum { WORD_COLUMN = 14 };

/* Begins a line with a label; further lines of the same label have blanks instead. */
static void begin_line(buffer *out, const char *word)
{
    size_t begin = out->length;

    buffer_printf(out, "  %s", word);
    size_t width = out->length - begin;
    buffer_append_repeated(out, ' ', width < WORD_COLUMN ? WORD_COLUMN - width : 1);
}

static void append_name(buffer *out, const model_origin *origin)
{
    buffer_append(out, origin->name);
}

static void print_doc(buffer *out, const model_doc *doc)
{
    for (size_t i = 0; i < doc->line_count; i++) {
        buffer_append_text(out, "  ");
        utf8_append_shown(out, doc->lines[i]);
        buffer_append_char(out, '\n');
    }
}

/* Prints the limit of a payload of FlatBuffers; others have none of their own. */
static void print_size(buffer *out, const char *word, const model_message *message,
                       const model_table *table)
{
    if (message->encoding != ENCODING_BINARY)
        return;
    begin_line(out, word);
    if (table->max_size > 0)
        buffer_printf(out, "at most %" PRIu64 " bytes\n", table->max_size);
    else
        buffer_append_text(out, "not limited\n");
}

/* Prints the form of a payload: a file identifier belongs to FlatBuffers only. */
static void print_payload(buffer *out, const char *word, const model_message *message,
                          const model_table *table)
{
    begin_line(out, word);
    if (message->encoding == ENCODING_BINARY)
        buffer_printf(out, "file identifier \"%s\"\n", table->identifier);
    else
        buffer_printf(out, "%.*s\n", SLICE_PRINT(model_encoding_word(message->encoding)));
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static void append_server_names(buffer *out, const part *of)
{
    buffer name = buffer_in(out->memory);

    append_queue_group(&name, of);
    if (name.length > 0)
        buffer_printf(out, ", queue group %s", name.data);
    buffer_clear(&name);
    append_durable(&name, of);
    if (name.length > 0)
        buffer_printf(out, ", durable %s", name.data);
}

static void append_hearing(buffer *out, const part *of)
{
    buffer_printf(out, " as %.*s, %s", SLICE_PRINT(of->subscription->name),
                  of->subscription->delivery == DELIVERY_GROUP ? "one replica" : "every replica");
    if (of->subscription->is_fetch)
        buffer_append_text(out, ", fetched");
    if (of->subscription->is_selective)
        buffer_printf(out, ", only %.*s", SLICE_PRINT(of->subscription->subject));
}

static void print_message_parts(buffer *out, const part_list *parts, role wanted, const char *word)
{
    for (size_t i = 0; i < parts->count; i++) {
        const part *of = &parts->items[i];
        if (of->role != wanted)
            continue;
        begin_line(out, word);
        append_name(out, &of->service->origin);
        if (wanted == ROLE_SUBSCRIBES)
            append_hearing(out, of);
        append_server_names(out, of);
        buffer_append_char(out, '\n');
        word = "";
    }
}

static void print_service_parts(buffer *out, const part_list *parts, role wanted, const char *word)
{
    for (size_t i = 0; i < parts->count; i++) {
        const part *of = &parts->items[i];
        if (of->role != wanted)
            continue;
        begin_line(out, word);
        append_name(out, &of->message->origin);
        if (wanted == ROLE_SUBSCRIBES)
            append_hearing(out, of);
        if (wanted == ROLE_SUBSCRIBES)
            append_server_names(out, of);
        buffer_append_text(out, ", ");
        model_print_subject(of->message, out);
        buffer_append_char(out, '\n');
        word = "";
    }
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void print_tries(buffer *out, const model_message *message)
{
    begin_line(out, "deadline");
    model_print_duration(message->timeout_ns, out);
    buffer_append_char(out, '\n');
    begin_line(out, "retries");
    buffer_printf(out, "%" PRIu32, message->retries);
    if (message->backoff_ns > 0) {
        buffer_append_text(out, ", after ");
        model_print_duration(message->backoff_ns, out);
        buffer_append_text(out, " to ");
        model_print_duration(message->backoff_longest_ns, out);
    }
    buffer_append_char(out, '\n');
}

static void print_errors(buffer *out, const model_error_set *errors)
{
    begin_line(out, "fails with");
    append_name(out, &errors->origin);
    for (size_t i = 0; i < errors->code_count; i++)
        buffer_printf(out, "%s%.*s %" PRIu32, i == 0 ? ": " : ", ",
                      SLICE_PRINT(errors->codes[i].origin.name), errors->codes[i].code);
    buffer_append_char(out, '\n');
}

static void print_call(buffer *out, const model_message *message)
{
    begin_line(out, "answer");
    append_name(out, &message->result->origin);
    buffer_append_char(out, '\n');
    print_payload(out, "", message, message->result);
    print_size(out, "", message, message->result);
    if (message->errors != NULL)
        print_errors(out, message->errors);
    if (message->idempotency_ns > 0) {
        begin_line(out, "idempotent");
        buffer_append_text(out, "the first answer is kept for ");
        model_print_duration(message->idempotency_ns, out);
        buffer_append_char(out, '\n');
    }
    print_tries(out, message);
}

static void print_stream(buffer *out, const model_message *message)
{
    const model_stream *stream = message->stream;

    begin_line(out, "stream");
    const model_settings *settings = &stream->settings;
    uint64_t replicas = settings->values[SETTING_REPLICAS];
    buffer_append(out, settings->name);
    if (model_is_work_queue(stream))
        buffer_append_text(out, ", a work queue");
    buffer_append_text(out, settings->values[SETTING_STORAGE] != 0 ? ", in memory" : ", on disk");
    if (settings->values[SETTING_MAX_AGE] > 0) {
        buffer_append_text(out, ", for ");
        model_print_duration(settings->values[SETTING_MAX_AGE], out);
    }
    if (settings->values[SETTING_MAX_BYTES] > 0)
        buffer_printf(out, ", at most %" PRIu64 " bytes", settings->values[SETTING_MAX_BYTES]);
    if (settings->values[SETTING_MAX_MESSAGES] > 0)
        buffer_printf(out, ", at most %" PRIu64 " messages",
                      settings->values[SETTING_MAX_MESSAGES]);
    if (replicas > 0)
        buffer_printf(out, ", on %" PRIu64 " server%s", replicas, replicas == 1 ? "" : "s");
    buffer_append_text(out, "\n");
    begin_line(out, "repeats");
    buffer_append_text(out, "known for ");
    model_print_duration(message->dedup_window_ns, out);
    buffer_append_text(out, "\n");
    print_tries(out, message);
    begin_line(out, "dead letter");
    buffer_append_text(out, message->dead_letter ? "kept\n" : "none\n");
}

static void print_http(buffer *out, const model_message *message)
{
    const model_http *http = message->http;
    size_t errors = message->errors == NULL ? 0 : message->errors->code_count;

    begin_line(out, "http");
    buffer_printf(out, "%.*s %.*s", SLICE_PRINT(http->method), SLICE_PRINT(http->path));
    if (message->kind == MESSAGE_EVENT)
        buffer_append_text(out, ", server-sent events");
    buffer_append_char(out, '\n');
    begin_line(out, "");
    buffer_printf(out, "status %" PRIu32, http->status);
    for (size_t i = 0; i < errors; i++)
        buffer_printf(out, ", %.*s %" PRIu32, SLICE_PRINT(message->errors->codes[i].origin.name),
                      message->errors->codes[i].http_status);
    buffer_append_char(out, '\n');
}

static void print_event(buffer *out, const model_message *message)
{
    begin_line(out, "delivery");
    buffer_printf(out, "%s\n", model_qos_text(message->qos));
    if (model_is_stored(message))
        print_stream(out, message);
}

static void print_message(const part_list *all, const model_message *message, buffer *out)
{
    part_list parts = parts_of_message(all, message);

    buffer_printf(out, "%s ", message_word(message));
    append_full_name(out, &message->origin);
    buffer_append_char(out, '\n');
    print_doc(out, &message->origin.doc);
    begin_line(out, "subject");
    model_print_subject(message, out);
    buffer_append_text(out, message->is_pattern        ? ", only received\n"
                            : message->has_own_subject ? ", without a prefix\n"
                                                       : "\n");
    print_payload(out, "payload", message, message->body);
    print_message_parts(out, &parts, ROLE_PUBLISHES, "sent by");
    print_message_parts(out, &parts, ROLE_CALLS, "called by");
    print_message_parts(out, &parts, ROLE_HANDLES, "handled by");
    print_message_parts(out, &parts, ROLE_SUBSCRIBES, "subscribers");
    print_size(out, "size", message, message->body);
    if (message->kind == MESSAGE_EVENT)
        print_event(out, message);
    else
        print_call(out, message);
    if (message->http != NULL)
        print_http(out, message);
}

/* ---- Buckets and object stores --------------------------------------------------------------- */

/* Appends ", WORD NUMBER OF", unless the number is 0. */
static void append_limit(buffer *out, const char *before, uint64_t limit, const char *after)
{
    if (limit > 0)
        buffer_printf(out, "%s%" PRIu64 "%s", before, limit, after);
}

static void print_store_settings(buffer *out, const model_settings *settings)
{
    const uint64_t *values = settings->values;

    begin_line(out, "stored in");
    buffer_append(out, settings->name);
    buffer_append_text(out, values[SETTING_STORAGE] != 0 ? ", in memory" : ", on disk");
    append_limit(out, ", ", values[SETTING_HISTORY],
                 values[SETTING_HISTORY] == 1 ? " value of each key" : " values of each key");
    if (values[SETTING_MAX_AGE] > 0) {
        buffer_append_text(out, ", for ");
        model_print_duration(values[SETTING_MAX_AGE], out);
    }
    append_limit(out, ", at most ", values[SETTING_MAX_BYTES], " bytes");
    append_limit(out, ", of each value at most ", values[SETTING_MAX_VALUE_BYTES], " bytes");
    append_limit(out, ", on ", values[SETTING_REPLICAS],
                 values[SETTING_REPLICAS] == 1 ? " server" : " servers");
    buffer_append_char(out, '\n');
}

static void append_watch(buffer *out, const store_part *of)
{
    if (of->role == STORE_WATCHES)
        buffer_printf(out, " as %.*s, keys %.*s", SLICE_PRINT(of->watch->function),
                      SLICE_PRINT(store_watch_pattern(of->watch)));
    buffer_append_char(out, '\n');
}

/* Prints the services of a store, or the stores of a service. */
static void print_store_parts(buffer *out, const store_part_list *parts, store_role wanted,
                              const char *word, bool of_store)
{
    for (size_t i = 0; i < parts->count; i++) {
        const store_part *of = &parts->items[i];
        if (of->role != wanted)
            continue;
        begin_line(out, word);
        append_name(out, of_store ? &of->service->origin : of->store.origin);
        append_watch(out, of);
        word = "";
    }
}

static void print_values(buffer *out, const model_bucket *bucket)
{
    begin_line(out, "values");
    model_print_type(&bucket->value, out);
    if (bucket->value.kind == TYPE_TABLE)
        buffer_append_text(out,
                           bucket->settings.values[SETTING_ENCODING] != 0 ? ", json" : ", binary");
    buffer_append_char(out, '\n');
}

static void print_store(arena *memory, const model *facts, const explained_store *store,
                        buffer *out)
{
    store_part_list parts = store_parts_of_store(memory, facts, store);

    buffer_printf(out, "%s ", store_word(store));
    append_full_name(out, store->origin);
    buffer_append_char(out, '\n');
    print_doc(out, &store->origin->doc);
    if (store->bucket != NULL)
        print_values(out, store->bucket);
    print_store_settings(out, store->settings);
    print_store_parts(out, &parts, STORE_WATCHES, "watched by", true);
    print_store_parts(out, &parts, STORE_READS, "read by", true);
    print_store_parts(out, &parts, STORE_WRITES, "written by", true);
}

/* ---- Services -------------------------------------------------------------------------------- */

static void print_service(arena *memory, const model_service *service, buffer *out)
{
    part_list parts = parts_of_service(memory, service);
    store_part_list stores = store_parts_of_service(memory, service);

    buffer_append_text(out, "service ");
    append_full_name(out, &service->origin);
    buffer_append_char(out, '\n');
    print_doc(out, &service->origin.doc);
    if (service->handler_count > 0) {
        begin_line(out, "queue group");
        append_name(out, &service->origin);
        buffer_append_char(out, '\n');
    }
    print_service_parts(out, &parts, ROLE_HANDLES, "handles");
    print_service_parts(out, &parts, ROLE_PUBLISHES, "publishes");
    print_service_parts(out, &parts, ROLE_SUBSCRIBES, "subscribes");
    print_service_parts(out, &parts, ROLE_CALLS, "calls");
    print_store_parts(out, &stores, STORE_WATCHES, "watches", false);
    print_store_parts(out, &stores, STORE_READS, "reads", false);
    print_store_parts(out, &stores, STORE_WRITES, "writes", false);
}

void explain_text(arena *memory, const explained *chosen, buffer *out)
{
    for (size_t i = 0; i < chosen->message_count; i++) {
        buffer_append_text(out, out->length > 0 ? "\n" : "");
        print_message(chosen->parts, chosen->messages[i], out);
    }
    for (size_t i = 0; i < chosen->store_count; i++) {
        buffer_append_text(out, out->length > 0 ? "\n" : "");
        print_store(memory, chosen->facts, &chosen->stores[i], out);
    }
    for (size_t i = 0; i < chosen->service_count; i++) {
        buffer_append_text(out, out->length > 0 ? "\n" : "");
        print_service(memory, chosen->services[i], out);
    }
}
