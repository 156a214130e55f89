/* view_messages.c -- error sets, what calls are answered with, messages, services. */
#include "generate/viewer.h"
#include "model/mangle.h"

/* ---- Error sets ------------------------------------------------------------------------------ */

static void view_error_set_of(viewer *v, const model_error_set *set, view_error_set *made)
{
    const model_origin *origin = &set->origin;

    made->name = view_full_name(v, origin);
    made->type = view_type_name(v, origin);
    made->error_count = (int64_t)set->code_count;
    made->doc = view_doc(&origin->doc);
    slice macro = view_macro_name(v, origin);
    view_error *errors = VIEW_LIST(v, set->code_count, view_error, &made->errors);
    for (size_t i = 0; i < set->code_count; i++) {
        const model_error_code *code = &set->codes[i];
        slice name = code->origin.name;
        errors[i].name = VIEW_JOIN(v, made->name, SLICE("."), name);
        errors[i].constant = VIEW_JOIN(v, macro, SLICE("_"), mangle_upper(v->memory, name));
        errors[i].function = VIEW_JOIN(v, made->type, SLICE("_"), mangle_snake(v->memory, name));
        errors[i].code = code->code;
        errors[i].index = (int64_t)i;
        errors[i].doc = view_doc(&code->origin.doc);
    }
}

void view_error_sets(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_error_set *sets = VIEW_LIST(v, module->error_set_count, view_error_set, &made->error_sets);

    for (size_t i = 0; i < module->error_set_count; i++)
        view_error_set_of(v, &module->error_sets[i], &sets[i]);
}

/* ---- Replies --------------------------------------------------------------------------------- */

/* The tables that messages of this module are answered with, each once. */
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
        reply->type = view_type_name(v, &result->origin);
        reply->macro = view_macro_name(v, &result->origin);
        if (text_table_insert(&seen, reply->type, reply) == NULL)
            made->replies.count++;
    }
}

/* ---- Messages -------------------------------------------------------------------------------- */

enum { NANOSECONDS_PER_MILLISECOND = 1000000 };

static slice word_of(model_message_kind kind)
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

/* A deadline is never rounded down to none. */
static int64_t milliseconds_of(uint64_t nanoseconds)
{
    uint64_t rest = nanoseconds % NANOSECONDS_PER_MILLISECOND;

    return (int64_t)(nanoseconds / NANOSECONDS_PER_MILLISECOND + (rest > 0));
}

/* How an event is stored, if it is. */
static void view_delivery(viewer *v, const model_message *message, view_message *made)
{
    made->is_stored = message->stream != NULL;
    made->stream = made->is_stored ? message->stream->name : SLICE("");
    made->delivery =
        made->is_stored ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_delivery")) : SLICE("NULL");
    made->backoff_ms = milliseconds_of(message->backoff_ns);
    made->backoff_longest_ms = milliseconds_of(message->backoff_longest_ns);
    made->dead_letter = message->dead_letter ? SLICE("true") : SLICE("false");
    made->is_once = message->qos == QOS_EXACTLY_ONCE;
    made->once = made->is_once ? SLICE("true") : SLICE("false");
}

/* Where a command is claimed, if it is. */
static void view_claims(viewer *v, const model_message *message, view_message *made)
{
    made->is_idempotent = message->idempotency_ns > 0;
    made->claims = made->is_idempotent ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_claims"))
                                       : SLICE("NULL");
    made->bucket = message->bucket;
    made->keep_ms = milliseconds_of(message->idempotency_ns);
}

static void view_message_of(viewer *v, const model_message *message, view_message *made)
{
    const model_origin *origin = &message->origin;

    made->name = view_full_name(v, origin);
    made->type = view_type_name(v, origin);
    made->macro = view_macro_name(v, origin);
    made->word = word_of(message->kind);
    made->kind = kind_of(message->kind);
    made->subject = message->subject;
    made->identifier = slice_of(message->body->identifier);
    made->fbs = view_fbs_name(v, origin);
    made->is_event = message->kind == MESSAGE_EVENT;
    made->errors = SLICE("NULL");
    if (message->result != NULL) {
        made->result = view_type_name(v, &message->result->origin);
        made->result_name = view_full_name(v, &message->result->origin);
    }
    if (message->errors != NULL) {
        made->errors = view_descriptor(v, &message->errors->origin);
        made->errors_name = view_full_name(v, &message->errors->origin);
    }
    made->timeout_ms = milliseconds_of(message->timeout_ns);
    made->retries = message->retries;
    view_delivery(v, message, made);
    view_claims(v, message, made);
    made->doc = view_doc(&origin->doc);
}

static void view_stream_of(viewer *v, const model_stream *stream, view_stream *made)
{
    made->name = stream->name;
    made->type = view_type_name(v, &stream->messages[0]->origin);
    made->window_ms = milliseconds_of(stream->dedup_window_ns);
    made->event_count = (int64_t)stream->message_count;
    view_stored_event *events =
        VIEW_LIST(v, stream->message_count, view_stored_event, &made->events);
    for (size_t i = 0; i < stream->message_count; i++) {
        events[i].name = view_full_name(v, &stream->messages[i]->origin);
        events[i].subject = stream->messages[i]->subject;
    }
}

void view_messages(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    if (module->stream != NULL) {
        view_stream *stream = ARENA_NEW(v->memory, view_stream);
        view_stream_of(v, module->stream, stream);
        made->stream = stream;
    }
    view_message *messages = VIEW_LIST(v, module->message_count, view_message, &made->messages);
    for (size_t i = 0; i < module->message_count; i++)
        view_message_of(v, &module->messages[i], &messages[i]);
    view_replies(v, made);
}

/* ---- Services -------------------------------------------------------------------------------- */

static void view_handler_of(viewer *v, const model_message *message, slice name, model_doc doc,
                            view_handler *made)
{
    made->name = name;
    made->message = view_full_name(v, &message->origin);
    made->type = view_type_name(v, &message->origin);
    made->word = word_of(message->kind);
    made->parameter = message->kind == MESSAGE_EVENT ? SLICE("event") : SLICE("request");
    made->sharing = SLICE("CATGA_GROUP");
    made->doc = view_doc(&doc);
}

static void view_handlers(viewer *v, const model_service *service, view_service *made)
{
    size_t count = service->handler_count + service->subscription_count;
    view_handler *handlers = VIEW_LIST(v, count, view_handler, &made->handlers);

    made->handler_count = (int64_t)count;
    for (size_t i = 0; i < service->handler_count; i++) {
        const model_handler *handler = &service->handlers[i];
        view_handler_of(v, handler->message, handler->name, handler->doc, handlers++);
    }
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *subscription = &service->subscriptions[i];
        view_handler_of(v, subscription->message, subscription->name, subscription->doc, handlers);
        if (subscription->delivery == DELIVERY_BROADCAST)
            handlers->sharing = SLICE("CATGA_BROADCAST");
        handlers++;
    }
}

static void view_publications(viewer *v, const model_service *service, view_service *made)
{
    view_publication *publications =
        VIEW_LIST(v, service->publication_count, view_publication, &made->publications);
    for (size_t i = 0; i < service->publication_count; i++) {
        const model_origin *origin = &service->publications[i].message->origin;
        publications[i].message = view_full_name(v, origin);
        publications[i].type = view_type_name(v, origin);
        publications[i].doc = view_doc(&service->publications[i].doc);
    }
}

static void view_calls(viewer *v, const model_service *service, view_service *made)
{
    view_call *calls = VIEW_LIST(v, service->called_count, view_call, &made->calls);

    for (size_t i = 0; i < service->called_count; i++) {
        const model_origin *origin = &service->called[i].message->origin;
        calls[i].message = view_full_name(v, origin);
        calls[i].type = view_type_name(v, origin);
        calls[i].doc = view_doc(&service->called[i].doc);
    }
}

static void view_service_of(viewer *v, const model_service *service, view_service *made)
{
    const model_origin *origin = &service->origin;

    made->name = view_full_name(v, origin);
    made->group = origin->name;
    made->type = view_type_name(v, origin);
    made->macro = view_macro_name(v, origin);
    made->doc = view_doc(&origin->doc);
    view_handlers(v, service, made);
    view_publications(v, service, made);
    view_calls(v, service, made);
}

void view_services(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_service *services = VIEW_LIST(v, module->service_count, view_service, &made->services);

    for (size_t i = 0; i < module->service_count; i++)
        view_service_of(v, &module->services[i], &services[i]);
}
