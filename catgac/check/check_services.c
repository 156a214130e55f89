/* check_services.c -- checks services, and that every message has a handler. */
#include "check/checker.h"
#include "model/mangle.h"

/* ---- One service ----------------------------------------------------------------------------- */

/* A service that is being checked. */
typedef struct service_draft {
    checker *c;
    symbol *of;
    model_handler *handlers;
    model_publication *publications;
    subscription_draft subscriptions;
    store_draft stores;
    model_called *called;
    text_table published; /* by the address of the message */
    text_table calls;     /* the same */
} service_draft;

/* Returns a key for a message: the bytes of its pointer, which must stay in memory. */
static slice key_of(const model_message *const *message)
{
    return (slice){(const char *)message, sizeof *message};
}

static bool is_call(const symbol *message)
{
    return message->declaration->kind == AST_COMMAND || message->declaration->kind == AST_QUERY;
}

/* Returns the message that a member names, if it has the right kind. */
static symbol *resolve_message(const service_draft *draft, const ast_member *line, bool wants_event)
{
    checker *c = draft->c;
    const char *wanted = wants_event ? "event" : "command or query";
    symbol *found = check_resolve(c, draft->of->scope, &line->path, wanted);

    if (found != NULL && (wants_event ? found->declaration->kind == AST_EVENT : is_call(found)))
        return found;
    c->has_lost_lines = true;
    if (found == NULL)
        return NULL;
    diag_report(c->diags, DIAG_WRONG_KIND, line->path.place, "'%.*s' is %s, not %s %s",
                SLICE_PRINT(line->path.text), check_kind_text(found->declaration->kind),
                wants_event ? "an" : "a", wanted);
    diag_note(c->diags, found->declaration->name.place, "declared here");
    return NULL;
}

/* Handlers are functions, so their names are compared as C names. */
static slice handler_name(const service_draft *draft, slice written, span place)
{
    slice name = mangle_handler(draft->c->memory, written);

    check_unique_member(draft->c, name, (ast_name){written, place}, "handler");
    return intern(draft->c->names, name);
}

static void report_second_handler(const checker *c, const ast_member *line, const symbol *message,
                                  const model_service *first)
{
    diag_report(c->diags, DIAG_HANDLED_TWICE, line->path.place,
                "'%.*s' is handled by '%.*s' already: a command or query has one handler",
                SLICE_PRINT(message->declaration->name.text), SLICE_PRINT(first->origin.name));
    for (size_t i = 0; i < first->handler_count && !diag_is_full(c->diags); i++)
        if (first->handlers[i].message == message->message)
            diag_note(c->diags, first->handlers[i].place, "handled here");
}

static void add_handler(service_draft *draft, const ast_member *line)
{
    model_service *service = draft->of->service;
    symbol *message = resolve_message(draft, line, false);

    if (message == NULL)
        return;
    if (message->message->handled_by != NULL) {
        report_second_handler(draft->c, line, message, message->message->handled_by);
        return;
    }
    message->message->handled_by = service;
    draft->handlers[service->handler_count++] = (model_handler){
        .message = message->message,
        .name = handler_name(draft, message->declaration->name.text, line->path.place),
        .place = line->path.place,
        .doc = check_doc(line->doc)};
}

static void add_publication(service_draft *draft, const ast_member *line)
{
    model_service *service = draft->of->service;
    const symbol *message = resolve_message(draft, line, true);

    if (message == NULL)
        return;
    model_publication *made = &draft->publications[service->publication_count];
    *made = (model_publication){
        .message = message->message, .place = line->path.place, .doc = check_doc(line->doc)};
    const model_publication *first =
        text_table_insert(&draft->published, key_of(&made->message), made);
    if (first == NULL) {
        service->publication_count++;
        return;
    }
    diag_report(draft->c->diags, DIAG_DUPLICATE_NAME, line->path.place,
                "this service publishes '%.*s' already", SLICE_PRINT(line->path.text));
    diag_note(draft->c->diags, first->place, "first given here");
}

static void add_subscription(service_draft *draft, const ast_member *line)
{
    check_name_shape(draft->c, line->name);
    const symbol *message = line->is_family ? NULL : resolve_message(draft, line, true);
    slice name = handler_name(draft, line->name.text, line->name.place);
    if (message != NULL || line->is_family)
        check_subscribe(&draft->subscriptions, line, message, name);
}

static void add_call(service_draft *draft, const ast_member *line)
{
    model_service *service = draft->of->service;
    const symbol *message = resolve_message(draft, line, false);

    if (message == NULL)
        return;
    model_called *made = &draft->called[service->called_count];
    *made = (model_called){
        .message = message->message, .place = line->path.place, .doc = check_doc(line->doc)};
    const model_called *first = text_table_insert(&draft->calls, key_of(&made->message), made);
    if (first == NULL) {
        service->called_count++;
        return;
    }
    diag_report(draft->c->diags, DIAG_DUPLICATE_NAME, line->path.place,
                "this service calls '%.*s' already", SLICE_PRINT(line->path.text));
    diag_note(draft->c->diags, first->place, "first given here");
}

static void add_watch(service_draft *draft, const ast_member *line)
{
    check_name_shape(draft->c, line->name);
    check_watch(&draft->stores, line, handler_name(draft, line->name.text, line->name.place));
}

static void add_line(service_draft *draft, const ast_member *line)
{
    switch (line->kind) {
    case MEMBER_HANDLE:
        add_handler(draft, line);
        break;
    case MEMBER_PUBLISH:
        add_publication(draft, line);
        break;
    case MEMBER_ON:
    case MEMBER_FETCH:
        add_subscription(draft, line);
        break;
    case MEMBER_CALLS:
        add_call(draft, line);
        break;
    case MEMBER_WATCH:
        add_watch(draft, line);
        break;
    case MEMBER_READS:
    case MEMBER_WRITES:
        check_use(&draft->stores, line);
        break;
    case MEMBER_FIELD:
    case MEMBER_VALUE:
    case MEMBER_ALTERNATIVE:
    case MEMBER_SETTING:
        break;
    }
}

void check_service(checker *c, symbol *s)
{
    const ast_members *lines = &s->declaration->members;
    service_draft draft = {
        .c = c,
        .of = s,
        .handlers = ARENA_ARRAY(c->memory, lines->count, model_handler),
        .publications = ARENA_ARRAY(c->memory, lines->count, model_publication),
        .subscriptions =
            {c, s, ARENA_ARRAY(c->memory, check_count_subscriptions(c, s), model_subscription), 0},
        .stores = {.c = c,
                   .service = s,
                   .watches = ARENA_ARRAY(c->memory, lines->count, model_watch),
                   .uses = ARENA_ARRAY(c->memory, lines->count, model_use)},
        .called = ARENA_ARRAY(c->memory, lines->count, model_called),
        .published = text_table_in(c->memory),
        .calls = text_table_in(c->memory),
    };

    s->service->handlers = draft.handlers;
    s->service->publications = draft.publications;
    s->service->called = draft.called;
    if (lines->count == 0 && !s->scope->file->has_errors)
        diag_report(
            c->diags, DIAG_EMPTY, s->declaration->name.place,
            "a service needs a handler, a publication, a subscription, a fetch, a watch, or "
            "a store "
            "that it reads or writes");
    text_table_clear(&c->scratch);
    for (const ast_member *line = lines->first; line != NULL; line = line->next)
        add_line(&draft, line);
    s->service->subscriptions = draft.subscriptions.subscriptions;
    s->service->subscription_count = draft.subscriptions.count;
    s->service->watches = draft.stores.watches;
    s->service->watch_count = draft.stores.watch_count;
    s->service->uses = draft.stores.uses;
    s->service->use_count = draft.stores.use_count;
}

/* ---- All services ---------------------------------------------------------------------------- */

/* Sets of published and subscribed events; the keys are the addresses of messages. */
typedef struct event_uses {
    text_table published;
    text_table subscription;
} event_uses;

static event_uses collect_uses(const checker *c)
{
    event_uses uses = {text_table_in(c->memory), text_table_in(c->memory)};

    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->service_count; j++) {
            const model_service *service = &module->services[j];
            for (size_t k = 0; k < service->publication_count; k++)
                text_table_insert(&uses.published, key_of(&service->publications[k].message),
                                  c->scopes);
            for (size_t k = 0; k < service->subscription_count; k++)
                text_table_insert(&uses.subscription, key_of(&service->subscriptions[k].message),
                                  c->scopes);
        }
    }
    return uses;
}

static void check_message_uses(const checker *c, const event_uses *uses,
                               const model_message *message)
{
    slice name = message->origin.name;

    if (message->has_own_subject)
        return; /* programs without a schema may be its peers */
    if (message->kind != MESSAGE_EVENT) {
        if (message->handled_by == NULL)
            diag_report(c->diags, DIAG_NOT_HANDLED, message->origin.place,
                        "no service handles '%.*s'", SLICE_PRINT(name));
        return;
    }
    if (text_table_find(&uses->published, key_of(&message)) == NULL)
        diag_report(c->diags, DIAG_NOT_PUBLISHED, message->origin.place,
                    "no service publishes '%.*s'", SLICE_PRINT(name));
    if (message->http == NULL && text_table_find(&uses->subscription, key_of(&message)) == NULL)
        diag_report(c->diags, DIAG_NOT_HEARD, message->origin.place,
                    "no service subscribes to '%.*s'", SLICE_PRINT(name));
}

static bool has_broken_files(const checker *c)
{
    for (size_t i = 0; i < c->scope_count; i++)
        if (c->scopes[i].file->has_errors || c->scopes[i].is_incomplete)
            return true;
    return false;
}

/* Reports unhandled messages of given files that declare services; messages of other files may
 * be handled elsewhere. Reports nothing if a member of a service was lost to a syntax error. */
void check_handling(checker *c)
{
    if (c->has_lost_lines || has_broken_files(c))
        return;
    event_uses uses = collect_uses(c);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        if (!module->is_input || module->service_count == 0)
            continue;
        for (size_t j = 0; j < module->message_count; j++)
            check_message_uses(c, &uses, &module->messages[j]);
    }
}
