/* messages.c -- the views of error sets, replies, streams and messages. */
#include "generate/c/c.h"
#include "generate/fbs/fbs.h"
#include "generate/view/parts.h"
#include "model/mangle.h"
#include "model/settings.h"

/* ---- Error sets ------------------------------------------------------------------------------ */

void view_errors_of(viewer *v, const model_error_set *set, record_list *list)
{
    slice owner = view_full_name(v, &set->origin);
    slice type = c_type_name(v, &set->origin);
    slice macro = c_macro_name(v, &set->origin);
    view_error *errors = VIEW_LIST(v, set->code_count, view_error, list);

    for (size_t i = 0; i < set->code_count; i++) {
        const model_error_code *code = &set->codes[i];
        slice name = code->origin.name;
        errors[i].name = VIEW_JOIN(v, owner, SLICE("."), name);
        errors[i].constant = VIEW_JOIN(v, macro, SLICE("_"), mangle_upper(v->memory, name));
        errors[i].function = VIEW_JOIN(v, type, SLICE("_"), mangle_snake(v->memory, name));
        errors[i].code = code->code;
        errors[i].index = (int64_t)i;
        errors[i].http_status = code->http_status;
        errors[i].doc = view_doc(&code->origin.doc);
    }
}

static void view_error_set_of(viewer *v, const model_error_set *set, view_error_set *made)
{
    made->name = view_full_name(v, &set->origin);
    made->type = c_type_name(v, &set->origin);
    made->error_count = (int64_t)set->code_count;
    made->doc = view_doc(&set->origin.doc);
    view_errors_of(v, set, &made->errors);
}

void view_error_sets(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_error_set *sets = VIEW_LIST(v, module->error_set_count, view_error_set, &made->error_sets);

    for (size_t i = 0; i < module->error_set_count; i++)
        view_error_set_of(v, &module->error_sets[i], &sets[i]);
}

/* ---- Replies --------------------------------------------------------------------------------- */

/* Lists the result tables of the messages of this module, each once. */
static void view_replies(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_reply *replies = VIEW_LIST(v, module->message_count, view_reply, &made->replies);
    text_table seen = text_table_in(v->memory);

    made->replies.count = 0;
    for (size_t i = 0; i < module->message_count; i++) {
        const model_table *result = module->messages[i].result;
        if (result == NULL)
            continue;
        view_reply *reply = &replies[made->replies.count];
        reply->name = view_full_name(v, &result->origin);
        reply->type = c_type_name(v, &result->origin);
        reply->macro = c_macro_name(v, &result->origin);
        if (text_table_insert(&seen, reply->type, reply) == NULL)
            made->replies.count++;
    }
}

/* ---- Messages -------------------------------------------------------------------------------- */

enum { NANOSECONDS_PER_MILLISECOND = 1000000 };

slice view_message_word(model_message_kind kind)
{
    switch (kind) {
    case MESSAGE_COMMAND:
        return SLICE("command");
    case MESSAGE_QUERY:
        return SLICE("query");
    case MESSAGE_EVENT:
        break;
    }
    return SLICE("event");
}

static slice kind_of(model_message_kind kind)
{
    switch (kind) {
    case MESSAGE_COMMAND:
        return SLICE("CATGA_COMMAND");
    case MESSAGE_QUERY:
        return SLICE("CATGA_QUERY");
    case MESSAGE_EVENT:
        break;
    }
    return SLICE("CATGA_EVENT");
}

int64_t view_milliseconds(uint64_t nanoseconds)
{
    uint64_t rest = nanoseconds % NANOSECONDS_PER_MILLISECOND;

    return (int64_t)(nanoseconds / NANOSECONDS_PER_MILLISECOND + (rest > 0));
}

/* Returns the declaration that names a stream in C. */
static const model_origin *origin_of(const model_stream *stream)
{
    return stream->is_declared ? &stream->origin : &stream->messages[0]->origin;
}

/* Sets the delivery of a stored event. */
static void view_delivery(viewer *v, const model_message *message, view_message *made)
{
    made->is_stored = message->stream != NULL;
    made->stream = made->is_stored ? message->stream->settings.name : SLICE("");
    made->stream_type = made->is_stored ? c_type_name(v, origin_of(message->stream)) : SLICE("");
    made->delivery =
        made->is_stored ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_delivery")) : SLICE("NULL");
    made->backoff_ms = view_milliseconds(message->backoff_ns);
    made->backoff_longest_ms = view_milliseconds(message->backoff_longest_ns);
    made->has_backoff = message->kind != MESSAGE_EVENT && message->backoff_ns > 0;
    made->dead_letter = c_bool(message->dead_letter);
    made->is_once = message->qos == QOS_EXACTLY_ONCE;
    made->once = c_bool(made->is_once);
}

/* Sets the claims of an idempotent command. */
static void view_claims(viewer *v, const model_message *message, view_message *made)
{
    made->is_idempotent = message->idempotency_ns > 0;
    made->claims = made->is_idempotent ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_claims"))
                                       : SLICE("NULL");
    made->bucket = message->bucket;
    made->keep_ms = view_milliseconds(message->idempotency_ns);
}

static slice encoding_of(model_encoding encoding)
{
    switch (encoding) {
    case ENCODING_JSON:
        return SLICE("&catga_json_encoding");
    case ENCODING_RAW:
        return SLICE("&catga_raw_encoding");
    case ENCODING_BINARY:
        break;
    }
    return SLICE("NULL");
}

/* Returns the subject with "*" for each key. */
static slice subjects_of(viewer *v, const model_message *message)
{
    buffer subjects = buffer_in(v->memory);

    buffer_append(&subjects, message->subject);
    for (size_t i = 0; i < message->key_count; i++)
        buffer_append_text(&subjects, ".*");
    return buffer_slice(&subjects);
}

static void view_keys(viewer *v, const model_message *message, view_message *made)
{
    buffer shown = buffer_in(v->memory);
    view_key *keys = VIEW_LIST(v, message->key_count, view_key, &made->key_fields);

    made->key_count = (int64_t)message->key_count;
    for (size_t i = 0; i < message->key_count; i++) {
        keys[i].name = message->keys[i]->origin.name;
        keys[i].id = message->keys[i]->id;
    }
    made->keys = message->key_count > 0 ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_keys"))
                                        : SLICE("NULL");
    made->subject = message->subject;
    made->subjects = subjects_of(v, message);
    model_print_subject(message, &shown);
    made->shown_subject = buffer_slice(&shown);
}

static void view_message_of(viewer *v, const model_message *message, view_message *made)
{
    const model_origin *origin = &message->origin;

    made->name = view_full_name(v, origin);
    made->type = c_type_name(v, origin);
    made->macro = c_macro_name(v, origin);
    made->word = view_message_word(message->kind);
    made->kind = kind_of(message->kind);
    view_keys(v, message, made);
    made->is_pattern = message->is_pattern;
    made->encoding = encoding_of(message->encoding);
    made->encoding_word =
        message->encoding == ENCODING_BINARY ? SLICE("") : model_encoding_word(message->encoding);
    made->identifier = slice_of(message->body->identifier);
    made->fbs = fbs_name(v, origin);
    made->is_event = message->kind == MESSAGE_EVENT;
    made->errors = SLICE("NULL");
    made->result_descriptor = SLICE("NULL");
    if (message->result != NULL) {
        made->result_descriptor = c_descriptor(v, &message->result->origin);
        made->result = c_type_name(v, &message->result->origin);
        made->result_name = view_full_name(v, &message->result->origin);
    }
    if (message->errors != NULL) {
        made->errors = c_descriptor(v, &message->errors->origin);
        made->errors_name = view_full_name(v, &message->errors->origin);
    }
    made->timeout_ms = view_milliseconds(message->timeout_ns);
    made->retries = message->retries;
    view_delivery(v, message, made);
    view_claims(v, message, made);
    made->doc = view_doc(&origin->doc);
}

/* ---- Streams --------------------------------------------------------------------------------- */

/* Returns the word of a setting as C: CATGA_STORAGE_MEMORY, or CATGA_STORAGE_UNDECLARED. */
static slice word_of(viewer *v, const model_settings *settings, setting_kind kind)
{
    const setting_rule *rule = setting_rule_of(kind);
    slice word = settings->places[kind].source == 0
                     ? SLICE("undeclared")
                     : setting_word_at(rule, (size_t)settings->values[kind]);
    buffer text = buffer_in(v->memory);

    buffer_printf(&text, "CATGA_%.*s_%.*s", SLICE_PRINT(mangle_upper(v->memory, rule->word)),
                  SLICE_PRINT(mangle_upper(v->memory, word)));
    return buffer_slice(&text);
}

static bool has_settings(const model_settings *settings)
{
    for (setting_kind kind = 0; kind < SETTING_COUNT; kind++)
        if (settings->places[kind].source != 0)
            return true;
    return false;
}

static void view_settings(viewer *v, const model_settings *settings, view_stream *made)
{
    const uint64_t *values = settings->values;

    made->has_settings = has_settings(settings);
    made->declared = made->has_settings ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_settings"))
                                        : SLICE("NULL");
    made->is_named = c_bool(settings->places[SETTING_NAME].source != 0);
    made->max_age_ms = view_milliseconds(values[SETTING_MAX_AGE]);
    made->max_bytes = (int64_t)values[SETTING_MAX_BYTES];
    made->max_messages = (int64_t)values[SETTING_MAX_MESSAGES];
    made->replicas = (int64_t)values[SETTING_REPLICAS];
    made->storage = word_of(v, settings, SETTING_STORAGE);
    made->retention = word_of(v, settings, SETTING_RETENTION);
}

static void view_stream_of(viewer *v, const model_stream *stream, view_stream *made)
{
    made->name = stream->settings.name;
    made->type = c_type_name(v, origin_of(stream));
    made->macro = c_macro_name(v, origin_of(stream));
    made->is_declared = stream->is_declared;
    made->doc = view_doc(&stream->origin.doc);
    made->window_ms = view_milliseconds(stream->dedup_window_ns);
    made->event_count = (int64_t)stream->message_count;
    view_settings(v, &stream->settings, made);
    view_stored_event *events =
        VIEW_LIST(v, stream->message_count, view_stored_event, &made->events);
    for (size_t i = 0; i < stream->message_count; i++) {
        events[i].name = view_full_name(v, &stream->messages[i]->origin);
        events[i].subject = subjects_of(v, stream->messages[i]);
    }
}

/* Leaves out streams without events. */
static void view_streams(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_stream *streams = VIEW_LIST(v, module->stream_count, view_stream, &made->streams);

    made->streams.count = 0;
    for (size_t i = 0; i < module->stream_count; i++)
        if (module->streams[i].message_count > 0)
            view_stream_of(v, &module->streams[i], &streams[made->streams.count++]);
}

/* ---- All messages ---------------------------------------------------------------------------- */

void view_messages(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    view_streams(v, made);
    view_message *messages = VIEW_LIST(v, module->message_count, view_message, &made->messages);
    for (size_t i = 0; i < module->message_count; i++)
        view_message_of(v, &module->messages[i], &messages[i]);
    view_replies(v, made);
}
