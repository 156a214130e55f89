/* view_messages.c -- error sets, what calls are answered with, messages, services. */
#include "mangle.h"
#include "viewer.h"

/* ---- Error sets ------------------------------------------------------------------------------ */

static void view_error_set_of(arena *memory, const model_error_set *set, view_error_set *made)
{
    const model_origin *origin = &set->origin;
    made->name = view_full_name(memory, origin);
    made->type = view_type_name(memory, origin);
    made->error_count = (int64_t)set->code_count;
    made->doc = view_doc(&origin->doc);
    slice macro = view_macro_name(memory, origin);
    view_error *errors = VIEW_LIST(memory, set->code_count, view_error, &made->errors);
    for (size_t i = 0; i < set->code_count; i++) {
        const model_error_code *code = &set->codes[i];
        slice name = code->origin.name;
        errors[i].name = VIEW_JOIN(memory, made->name, SLICE("."), name);
        errors[i].constant = VIEW_JOIN(memory, macro, SLICE("_"), mangle_upper(memory, name));
        errors[i].function = VIEW_JOIN(memory, made->type, SLICE("_"), mangle_snake(memory, name));
        errors[i].code = code->code;
        errors[i].index = (int64_t)i;
        errors[i].doc = view_doc(&code->origin.doc);
    }
}

void view_error_sets(arena *memory, const model_module *module, view_module *made)
{
    view_error_set *sets =
        VIEW_LIST(memory, module->error_set_count, view_error_set, &made->error_sets);
    for (size_t i = 0; i < module->error_set_count; i++)
        view_error_set_of(memory, &module->error_sets[i], &sets[i]);
}

/* ---- Replies --------------------------------------------------------------------------------- */

/* The tables that messages of this module are answered with, each once. */
static void view_replies(arena *memory, const model_module *module, view_module *made)
{
    view_reply *replies = VIEW_LIST(memory, module->message_count, view_reply, &made->replies);
    text_table seen = text_table_in(memory);
    made->replies.count = 0;
    for (size_t i = 0; i < module->message_count; i++) {
        const model_table *result = module->messages[i].result;
        if (result == NULL)
            continue;
        view_reply *reply = &replies[made->replies.count];
        reply->name = view_full_name(memory, &result->origin);
        reply->type = view_type_name(memory, &result->origin);
        reply->macro = view_macro_name(memory, &result->origin);
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

/* The subject without its first token. */
static slice topic_of(slice subject)
{
    size_t begin = 0;
    while (begin < subject.length && subject.data[begin] != '.')
        begin++;
    begin += begin < subject.length;
    return (slice){subject.data + begin, subject.length - begin};
}

static void view_message_of(arena *memory, const model_message *message, view_message *made)
{
    const model_origin *origin = &message->origin;
    made->name = view_full_name(memory, origin);
    made->type = view_type_name(memory, origin);
    made->word = word_of(message->kind);
    made->kind = kind_of(message->kind);
    made->subject = message->subject;
    made->topic = topic_of(message->subject);
    made->identifier = slice_of(message->body->identifier);
    made->fbs = view_fbs_name(memory, origin);
    made->is_event = message->kind == MESSAGE_EVENT;
    made->errors = SLICE("NULL");
    if (message->result != NULL) {
        made->result = view_type_name(memory, &message->result->origin);
        made->result_name = view_full_name(memory, &message->result->origin);
    }
    if (message->errors != NULL) {
        made->errors = view_descriptor(memory, &message->errors->origin);
        made->errors_name = view_full_name(memory, &message->errors->origin);
    }
    made->timeout_ms = milliseconds_of(message->timeout_ns);
    made->retries = message->retries;
    made->doc = view_doc(&origin->doc);
}

void view_messages(arena *memory, const model_module *module, view_module *made)
{
    view_message *messages =
        VIEW_LIST(memory, module->message_count, view_message, &made->messages);
    for (size_t i = 0; i < module->message_count; i++)
        view_message_of(memory, &module->messages[i], &messages[i]);
    view_replies(memory, module, made);
}

/* ---- Services -------------------------------------------------------------------------------- */

static void view_handler_of(arena *memory, const model_message *message, slice name, model_doc doc,
                            view_handler *made)
{
    made->name = name;
    made->message = view_full_name(memory, &message->origin);
    made->type = view_type_name(memory, &message->origin);
    made->word = word_of(message->kind);
    made->parameter = message->kind == MESSAGE_EVENT ? SLICE("event") : SLICE("request");
    made->sharing = SLICE("CATGA_GROUP");
    made->doc = view_doc(&doc);
}

static void view_handlers(arena *memory, const model_service *service, view_service *made)
{
    size_t count = service->handler_count + service->subscription_count;
    view_handler *handlers = VIEW_LIST(memory, count, view_handler, &made->handlers);
    made->handler_count = (int64_t)count;
    for (size_t i = 0; i < service->handler_count; i++) {
        const model_handler *handler = &service->handlers[i];
        view_handler_of(memory, handler->message, handler->name, handler->doc, handlers++);
    }
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *subscription = &service->subscriptions[i];
        view_handler_of(memory, subscription->message, subscription->name, subscription->doc,
                        handlers);
        if (subscription->delivery == DELIVERY_BROADCAST)
            handlers->sharing = SLICE("CATGA_BROADCAST");
        handlers++;
    }
}

static void view_publications(arena *memory, const model_service *service, view_service *made)
{
    view_publication *publications =
        VIEW_LIST(memory, service->publication_count, view_publication, &made->publications);
    for (size_t i = 0; i < service->publication_count; i++) {
        const model_origin *origin = &service->publications[i].message->origin;
        publications[i].message = view_full_name(memory, origin);
        publications[i].type = view_type_name(memory, origin);
    }
}

static void view_service_of(arena *memory, const model_service *service, view_service *made)
{
    const model_origin *origin = &service->origin;
    made->name = view_full_name(memory, origin);
    made->group = origin->name;
    made->type = view_type_name(memory, origin);
    made->macro = view_macro_name(memory, origin);
    made->doc = view_doc(&origin->doc);
    view_handlers(memory, service, made);
    view_publications(memory, service, made);
}

void view_services(arena *memory, const model_module *module, view_module *made)
{
    view_service *services =
        VIEW_LIST(memory, module->service_count, view_service, &made->services);
    for (size_t i = 0; i < module->service_count; i++)
        view_service_of(memory, &module->services[i], &services[i]);
}
