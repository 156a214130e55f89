/* explain_json.c -- prints one JSON object with messages and services. Durations are in
 * nanoseconds; members that do not apply are omitted. */
#include "base/json.h"
#include "explain/parts.h"

#include <inttypes.h>

typedef struct writer {
    arena *memory;
    buffer *out;
    size_t depth;
    bool is_first; /* the innermost bracket is empty */
} writer;

/* ---- JSON ------------------------------------------------------------------------------------ */

static void new_line(writer *w)
{
    buffer_append_char(w->out, '\n');
    buffer_append_repeated(w->out, ' ', 2 * w->depth);
}

/* Begins a member of an object, or an element of an array when `key` is NULL. */
static void put_key(writer *w, const char *key)
{
    if (!w->is_first)
        buffer_append_char(w->out, ',');
    w->is_first = false;
    new_line(w);
    if (key == NULL)
        return;
    json_append_string(w->out, slice_of(key));
    buffer_append_text(w->out, ": ");
}

static void open_bracket(writer *w, const char *key, char bracket)
{
    if (w->depth > 0)
        put_key(w, key);
    buffer_append_char(w->out, bracket);
    w->depth++;
    w->is_first = true;
}

static void close_bracket(writer *w, char bracket)
{
    w->depth--;
    if (!w->is_first)
        new_line(w);
    buffer_append_char(w->out, bracket);
    w->is_first = false;
}

static void put_text(writer *w, const char *key, slice text)
{
    put_key(w, key);
    json_append_string(w->out, text);
}

/* Prints a text, unless it is empty. */
static void put_some_text(writer *w, const char *key, const buffer *text)
{
    if (text->length > 0)
        put_text(w, key, buffer_slice(text));
}

static void put_number(writer *w, const char *key, uint64_t number)
{
    put_key(w, key);
    buffer_printf(w->out, "%" PRIu64, number);
}

static void put_flag(writer *w, const char *key, bool flag)
{
    put_key(w, key);
    buffer_append_text(w->out, flag ? "true" : "false");
}

/* Prints a limit, unless it is 0. */
static void put_limit(writer *w, const char *key, uint64_t limit)
{
    if (limit > 0)
        put_number(w, key, limit);
}

/* ---- Parts ----------------------------------------------------------------------------------- */

static void put_full_name(writer *w, const char *key, const model_origin *origin)
{
    buffer name = buffer_in(w->memory);

    append_full_name(&name, origin);
    put_text(w, key, buffer_slice(&name));
}

static void put_origin(writer *w, const model_origin *origin)
{
    put_full_name(w, "name", origin);
    put_text(w, "file", origin->module->path);
    if (origin->doc.line_count == 0)
        return;
    buffer doc = buffer_in(w->memory);
    for (size_t i = 0; i < origin->doc.line_count; i++) {
        buffer_append_text(&doc, i > 0 ? "\n" : "");
        buffer_append(&doc, origin->doc.lines[i]);
    }
    buffer_append_text(&doc, "");
    put_text(w, "doc", buffer_slice(&doc));
}

static void put_subject(writer *w, const model_message *message)
{
    buffer subject = buffer_in(w->memory);

    append_subject(&subject, message);
    put_text(w, "subject", buffer_slice(&subject));
}

static void put_server_names(writer *w, const part *of)
{
    buffer name = buffer_in(w->memory);

    append_queue_group(&name, of);
    put_some_text(w, "queue_group", &name);
    buffer_clear(&name);
    append_durable(&name, of);
    put_some_text(w, "durable", &name);
}

/* Prints the services of a message, or the messages of a service. */
static void put_parts(writer *w, const part_list *parts, role wanted, const char *key,
                      bool of_message)
{
    open_bracket(w, key, '[');
    for (size_t i = 0; i < parts->count; i++) {
        const part *of = &parts->items[i];
        if (of->role != wanted)
            continue;
        open_bracket(w, NULL, '{');
        if (of_message)
            put_full_name(w, "service", &of->service->origin);
        else
            put_full_name(w, "message", &of->message->origin);
        if (wanted == ROLE_SUBSCRIBES) {
            put_text(w, "handler", of->subscription->name);
            put_text(w, "sharing",
                     of->subscription->delivery == DELIVERY_GROUP ? SLICE("group")
                                                                  : SLICE("broadcast"));
        }
        put_server_names(w, of);
        close_bracket(w, '}');
    }
    close_bracket(w, ']');
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void put_tries(writer *w, const model_message *message)
{
    put_number(w, "timeout_ns", message->timeout_ns);
    put_number(w, "retries", message->retries);
    put_limit(w, "backoff_ns", message->backoff_ns);
    put_limit(w, "backoff_longest_ns", message->backoff_longest_ns);
}

static void put_call(writer *w, const model_message *message)
{
    put_full_name(w, "result", &message->result->origin);
    put_text(w, "result_identifier", slice_of(message->result->identifier));
    put_limit(w, "result_max_size", message->result->max_size);
    if (message->errors != NULL) {
        open_bracket(w, "errors", '{');
        for (size_t i = 0; i < message->errors->code_count; i++) {
            const model_error_code *code = &message->errors->codes[i];
            put_number(w, slice_copy(w->memory, code->origin.name).data, code->code);
        }
        close_bracket(w, '}');
    }
    put_limit(w, "idempotency_ns", message->idempotency_ns);
    put_tries(w, message);
}

static void put_event(writer *w, const model_message *message)
{
    put_text(w, "delivery", slice_of(model_qos_text(message->qos)));
    if (!model_is_stored(message))
        return;
    const model_stream *stream = message->stream;
    open_bracket(w, "stream", '{');
    put_text(w, "name", stream->name);
    put_text(w, "storage", stream->in_memory ? SLICE("memory") : SLICE("file"));
    put_limit(w, "max_age_ns", stream->max_age_ns);
    put_limit(w, "max_bytes", stream->max_bytes);
    put_limit(w, "replicas", stream->replicas);
    close_bracket(w, '}');
    put_number(w, "dedup_window_ns", message->dedup_window_ns);
    put_flag(w, "dead_letter", message->dead_letter);
    put_tries(w, message);
}

static void put_error_statuses(writer *w, const model_error_set *errors)
{
    open_bracket(w, "error_statuses", '{');
    for (size_t i = 0; i < errors->code_count; i++) {
        const model_error_code *code = &errors->codes[i];
        put_number(w, slice_copy(w->memory, code->origin.name).data, code->http_status);
    }
    close_bracket(w, '}');
}

static void put_ways(writer *w, const model_message *message)
{
    put_flag(w, "traced", message->is_traced);
    if (message->http == NULL)
        return;
    open_bracket(w, "http", '{');
    put_text(w, "method", message->http->method);
    put_text(w, "path", message->http->path);
    put_number(w, "status", message->http->status);
    if (message->errors != NULL)
        put_error_statuses(w, message->errors);
    close_bracket(w, '}');
}

static void put_message(writer *w, const part_list *all, const model_message *message)
{
    part_list parts = parts_of_message(all, message);

    open_bracket(w, NULL, '{');
    put_text(w, "kind", slice_of(message_word(message)));
    put_origin(w, &message->origin);
    put_subject(w, message);
    put_text(w, "identifier", slice_of(message->body->identifier));
    put_limit(w, "max_size", message->body->max_size);
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
    close_bracket(w, '}');
}

static void put_service(writer *w, const model_service *service)
{
    part_list parts = parts_of_service(w->memory, service);

    open_bracket(w, NULL, '{');
    put_origin(w, &service->origin);
    put_parts(w, &parts, ROLE_HANDLES, "handles", false);
    put_parts(w, &parts, ROLE_PUBLISHES, "publishes", false);
    put_parts(w, &parts, ROLE_SUBSCRIBES, "subscribes", false);
    put_parts(w, &parts, ROLE_CALLS, "calls", false);
    close_bracket(w, '}');
}

void explain_json(arena *memory, const explained *chosen, buffer *out)
{
    writer w = {.memory = memory, .out = out};

    open_bracket(&w, NULL, '{');
    open_bracket(&w, "messages", '[');
    for (size_t i = 0; i < chosen->message_count; i++)
        put_message(&w, chosen->parts, chosen->messages[i]);
    close_bracket(&w, ']');
    open_bracket(&w, "services", '[');
    for (size_t i = 0; i < chosen->service_count; i++)
        put_service(&w, chosen->services[i]);
    close_bracket(&w, ']');
    close_bracket(&w, '}');
    buffer_append_char(out, '\n');
}
