/* check_streams.c -- checks streams of stored events, their subscribers, buckets and object stores.
 *
 * `@stream(Payments)` stores an event in a declared stream of its file. All other stored events of
 * a file share the stream of the namespace, named after namespace and version.
 */
#include "check/checker.h"
#include "model/settings.h"

/* ---- The stream of an event ------------------------------------------------------------------ */

/* Returns the stream of the namespace, which the first event without '@stream' opens. */
static model_stream *namespace_stream(const checker *c, const symbol *s)
{
    scope *in = s->scope;

    if (in->stream == NULL) {
        in->stream = &in->streams[in->module->stream_count++];
        in->stream->settings.name = check_stream_name(c, in->module);
        in->stream->place = s->message->origin.place;
    }
    return in->stream;
}

/* Returns the stream that '@stream' names, or NULL after a report. */
static model_stream *named_stream(const checker *c, const symbol *s,
                                  const ast_annotation *annotation)
{
    const ast_argument *only = annotation->arguments.first;
    bool is_name = annotation->arguments.count == 1 && only->key.text.length == 0 &&
                   !only->is_range && only->extra == NULL && only->value->kind == EXPRESSION_NAME;

    if (!is_name) {
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@stream' takes the name of a declared stream: 'stream Orders { max_age: 7d; "
                    "}' and '@stream(Orders)'");
        return NULL;
    }
    symbol *found = check_resolve(c, s->scope, &only->value->name, "stream");
    if (found == NULL)
        return NULL;
    if (found->declaration->kind == AST_STREAM && found->scope == s->scope)
        return found->stream;
    if (found->declaration->kind == AST_STREAM)
        diag_report(c->diags, DIAG_BAD_STREAM, only->place,
                    "a stream stores events of its own file, and '%.*s' is declared in another",
                    SLICE_PRINT(only->value->name.text));
    else
        diag_report(c->diags, DIAG_WRONG_KIND, only->place, "'%.*s' is %s, not a stream",
                    SLICE_PRINT(only->value->name.text), check_kind_text(found->declaration->kind));
    diag_note(c->diags, found->declaration->name.place, "declared here");
    return NULL;
}

static void add_message(const checker *c, const symbol *s, model_stream *stream)
{
    if (stream->messages == NULL)
        stream->messages =
            ARENA_ARRAY(c->memory, s->scope->module->message_count, const model_message *);
    stream->messages[stream->message_count++] = s->message;
    s->message->stream = stream;
    if (s->message->dedup_window_ns > stream->dedup_window_ns)
        stream->dedup_window_ns = s->message->dedup_window_ns;
}

void check_stream(const checker *c, const symbol *s, const ast_annotation *annotation)
{
    model_stream *stream =
        annotation == NULL ? namespace_stream(c, s) : named_stream(c, s, annotation);

    if (stream != NULL)
        add_message(c, s, stream);
}

void check_stream_declaration(checker *c, const symbol *s)
{
    check_settings(c, s, &s->stream->settings);
    s->stream->is_declared = true;
    s->stream->place = s->declaration->name.place;
}

/* ---- All streams ----------------------------------------------------------------------------- */

/* The server refuses a stream whose events expire before their message ids. */
static void check_ages(const checker *c, const model_stream *stream)
{
    uint64_t max_age_ns = stream->settings.values[SETTING_MAX_AGE];

    if (max_age_ns == 0 || max_age_ns >= stream->dedup_window_ns)
        return;
    diag_report(c->diags, DIAG_STREAM_CONFLICT, stream->settings.places[SETTING_MAX_AGE],
                "events expire before their message ids: the longest de-duplication window is "
                "longer than this");
    for (size_t i = 0; i < stream->message_count; i++)
        if (stream->messages[i]->dedup_window_ns == stream->dedup_window_ns) {
            diag_note(c->diags, stream->messages[i]->origin.place,
                      "the longest window is declared here");
            return;
        }
}

static void report_same_name(const checker *c, const model_stream *stream,
                             const model_stream *first, slice name)
{
    bool is_dead =
        !slice_equal(name, stream->settings.name) || !slice_equal(name, first->settings.name);

    if (is_dead)
        diag_report(c->diags, DIAG_STREAM_CONFLICT, stream->place,
                    "the stream '%.*s' has the name of another stream's dead letters",
                    SLICE_PRINT(name));
    else if (!stream->is_declared && !first->is_declared)
        diag_report(c->diags, DIAG_STREAM_CONFLICT, stream->place,
                    "the events of another file are stored in the stream '%.*s': one file declares "
                    "all stored events of a namespace, except those with '@stream'",
                    SLICE_PRINT(name));
    else
        diag_report(c->diags, DIAG_STREAM_CONFLICT, stream->place,
                    "another stream has the name '%.*s' at the server", SLICE_PRINT(name));
    diag_note(c->diags, first->place, "the other one is here");
}

/* Compares the names at the server: of a stream, and of its dead letters. */
static void check_same_name(checker *c, const model_stream *stream)
{
    buffer dead = buffer_in(c->memory);

    buffer_printf(&dead, "%.*s_DEAD", SLICE_PRINT(stream->settings.name));
    const slice names[] = {stream->settings.name, buffer_slice(&dead)};
    for (size_t i = 0; i < 2; i++) {
        const model_stream *first =
            text_table_insert(&c->scratch, names[i], (void *)(uintptr_t)stream);
        if (first != NULL) {
            report_same_name(c, stream, first, names[i]);
            return;
        }
    }
}

static void check_used(const checker *c, const model_stream *stream)
{
    if (stream->message_count == 0)
        diag_report(c->diags, DIAG_UNUSED_STREAM, stream->place,
                    "no event is stored in '%.*s': write '@stream(%.*s)' before a stored event",
                    SLICE_PRINT(stream->origin.name), SLICE_PRINT(stream->origin.name));
}

/* ---- Buckets and object stores --------------------------------------------------------------- */

/* A bucket or an object store, whose stream at the server has the prefix before its name. */
typedef struct stored {
    const model_origin *origin;
    slice name; /* at the server, without the prefix */
    const char *prefix;
} stored;

/* Compares with the names of streams, which check_streams() has put into the scratch table. */
static void check_name_of_stream(const checker *c, const stored *store)
{
    buffer name = buffer_in(c->memory);

    buffer_printf(&name, "%s%.*s", store->prefix, SLICE_PRINT(store->name));
    const model_stream *first = text_table_find(&c->scratch, buffer_slice(&name));
    if (first == NULL)
        return;
    diag_report(c->diags, DIAG_STREAM_CONFLICT, store->origin->place,
                "'%.*s' is stored in '%.*s', which is the name of another stream",
                SLICE_PRINT(store->origin->name), SLICE_PRINT(buffer_slice(&name)));
    diag_note(c->diags, first->place, "the other one is here");
}

/* Compares with the names of the same kind. */
static void check_same_store(const checker *c, text_table *names, const char *kind,
                             const stored *store)
{
    const model_origin *first =
        text_table_insert(names, store->name, (void *)(uintptr_t)store->origin);

    if (first == NULL)
        return;
    diag_report(c->diags, DIAG_STREAM_CONFLICT, store->origin->place,
                "another %s has the name '%.*s' at the server", kind, SLICE_PRINT(store->name));
    diag_note(c->diags, first->place, "the other one is here");
}

static void check_object_stores(const checker *c)
{
    text_table names = text_table_in(c->memory);

    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->object_store_count; j++) {
            const model_objects *objects = &module->object_stores[j];
            const stored store = {&objects->origin, objects->settings.name, "OBJ_"};
            check_name_of_stream(c, &store);
            check_same_store(c, &names, "object store", &store);
        }
    }
}

/* Adds the buckets of claims: those of idempotent commands, named by the compiler. */
static void add_claims(const checker *c, text_table *names)
{
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++) {
            const model_message *message = &module->messages[j];
            if (message->bucket.length > 0)
                text_table_insert(names, message->bucket, (void *)(uintptr_t)&message->origin);
        }
    }
}

static void check_buckets(const checker *c)
{
    text_table names = text_table_in(c->memory);

    add_claims(c, &names);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->bucket_count; j++) {
            const model_bucket *bucket = &module->buckets[j];
            const stored store = {&bucket->origin, bucket->settings.name, "KV_"};
            check_name_of_stream(c, &store);
            check_same_store(c, &names, "bucket", &store);
        }
    }
}

/* ---- Work queues ----------------------------------------------------------------------------- */

/* The subscriptions to an event in all files. */
typedef struct takers {
    const model_subscription *first;
    const model_subscription *second;
    const model_subscription *broadcast;
} takers;

static void add_takers(takers *found, const model_service *service, const model_message *message)
{
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *line = &service->subscriptions[i];
        if (line->message != message)
            continue;
        if (line->delivery == DELIVERY_BROADCAST)
            found->broadcast = line;
        if (found->first == NULL)
            found->first = line;
        else
            found->second = line;
    }
}

static bool has_services(const checker *c)
{
    for (size_t i = 0; i < c->scope_count; i++)
        if (c->scopes[i].module->service_count > 0)
            return true;
    return false;
}

static void check_work(const checker *c, const model_message *message)
{
    takers found = {0};
    slice name = message->origin.name;

    for (size_t i = 0; i < c->scope_count; i++)
        for (size_t j = 0; j < c->scopes[i].module->service_count; j++)
            add_takers(&found, &c->scopes[i].module->services[j], message);
    if (found.first == NULL) {
        diag_report(c->diags, DIAG_WORK_QUEUE, message->origin.place,
                    "no service takes '%.*s' from its work queue, where it would stay",
                    SLICE_PRINT(name));
    } else if (found.broadcast != NULL) {
        diag_report(c->diags, DIAG_WORK_QUEUE, found.broadcast->place,
                    "a work queue delivers '%.*s' to one replica: subscribe with 'group'",
                    SLICE_PRINT(name));
    } else if (found.second != NULL) {
        diag_report(c->diags, DIAG_WORK_QUEUE, found.second->place,
                    "a work queue delivers '%.*s' to one handler, and this is another",
                    SLICE_PRINT(name));
        diag_note(c->diags, found.first->place, "the first handler is here");
    } else if (found.first->is_selective) {
        diag_report(c->diags, DIAG_WORK_QUEUE, found.first->place,
                    "a work queue delivers '%.*s' to one handler, and this handler selects keys: "
                    "events with other keys would stay",
                    SLICE_PRINT(name));
    }
}

static void check_work_queue(const checker *c, const model_stream *stream)
{
    for (size_t i = 0; i < stream->message_count; i++)
        check_work(c, stream->messages[i]);
}

void check_streams(checker *c)
{
    bool is_complete = has_services(c) && !c->has_lost_lines;

    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->stream_count; j++) {
            const model_stream *stream = &module->streams[j];
            check_ages(c, stream);
            check_same_name(c, stream);
            check_used(c, stream);
            if (is_complete && model_is_work_queue(stream))
                check_work_queue(c, stream);
        }
    }
    check_object_stores(c);
    check_buckets(c);
}
