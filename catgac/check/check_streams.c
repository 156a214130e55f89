/* check_streams.c -- checks streams of stored events, and their subscribers.
 *
 * All stored events of a file share one stream, named after namespace and version. `@stream` of any
 * event applies to the stream; contradicting values are an error.
 */
#include "check/checker.h"

#include <inttypes.h>

enum { STREAM_KEYS = 4, CONSUMER_NAME_LIMIT = 255 };

static const argument_rule taken[STREAM_KEYS] = {{"max_age", ARGUMENT_VALUE},
                                                 {"max_bytes", ARGUMENT_VALUE},
                                                 {"replicas", ARGUMENT_VALUE},
                                                 {"storage", ARGUMENT_VALUE}};

/* The first value of each argument of `@stream`, with its span. */
struct stream_said {
    bool is_said[STREAM_KEYS];
    uint64_t values[STREAM_KEYS];
    span places[STREAM_KEYS];
    const model_message **messages;
};

static const uint64_t second = 1000000000;
static const uint64_t year = UINT64_C(31536000000000000);

/* ---- @stream --------------------------------------------------------------------------------- */

/* Returns a name in capitals, with underscores for dots. */
slice check_stream_name(const checker *c, const model_module *module)
{
    buffer name = buffer_in(c->memory);

    for (size_t i = 0; i < module->namespace.length; i++) {
        char letter = module->namespace.data[i];
        bool is_small = letter >= 'a' && letter <= 'z';
        buffer_append_char(&name, letter == '.' ? '_'
                                  : is_small    ? (char)(letter - 'a' + 'A')
                                                : letter);
    }
    buffer_printf(&name, "_V%" PRIu32, module->version);
    return buffer_slice(&name);
}

static void open_stream(const checker *c, scope *in, span place)
{
    if (in->stream != NULL)
        return;
    in->stream = ARENA_NEW(c->memory, model_stream);
    in->stream->name = check_stream_name(c, in->module);
    in->stream->place = place;
    in->stream_said = ARENA_NEW(c->memory, struct stream_said);
    in->stream_said->messages =
        ARENA_ARRAY(c->memory, in->module->message_count, const model_message *);
    in->stream->messages = in->stream_said->messages;
    in->module->stream = in->stream;
}

static bool refuse(const checker *c, const ast_expression *written, const char *rule)
{
    diag_report(c->diags, DIAG_BAD_STREAM, written->place, "%s", rule);
    return false;
}

static bool read_number(checker *c, const scope *in, const ast_expression *written,
                        const model_type *type, uint64_t least, uint64_t most, const char *rule,
                        uint64_t *made)
{
    model_value value;

    if (!check_evaluate(c, in, written, type, &value))
        return false;
    bool is_negative = value.kind == VALUE_SIGNED && value.as_signed < 0;
    uint64_t number = is_negative ? 0 : value.as_unsigned;
    *made = number;
    return (number >= least && number <= most) || refuse(c, written, rule);
}

static bool read_storage(const checker *c, const ast_expression *written, uint64_t *made)
{
    slice word = written->kind == EXPRESSION_NAME ? written->name.text : SLICE("");

    *made = slice_is(word, "memory");
    return *made == 1 || slice_is(word, "file") || refuse(c, written, "storage is file or memory");
}

static bool read_key(checker *c, const scope *in, size_t key, const ast_expression *written,
                     uint64_t *made)
{
    const model_type duration = {.kind = TYPE_DURATION, .scalar = SCALAR_I64};
    const model_type number = {.kind = TYPE_SCALAR, .scalar = SCALAR_U64};

    switch (key) {
    case 0:
        return read_number(c, in, written, &duration, second, 10 * year,
                           "the greatest age is from 1s to 3650d", made);
    case 1:
        return read_number(c, in, written, &number, 1024, INT64_MAX,
                           "a stream has at least 1024 bytes", made);
    case 2:
        return read_number(c, in, written, &number, 1, 5, "replicas are 1, 3 or 5", made) &&
               (*made % 2 == 1 || refuse(c, written, "replicas are 1, 3 or 5"));
    default:
        return read_storage(c, written, made);
    }
}

static void say(const checker *c, struct stream_said *said, size_t key, uint64_t value, span place)
{
    if (!said->is_said[key]) {
        said->is_said[key] = true;
        said->values[key] = value;
        said->places[key] = place;
    } else if (said->values[key] != value) {
        diag_report(
            c->diags, DIAG_STREAM_CONFLICT, place,
            "the events of a file share one stream: '%s' has another value for another event",
            taken[key].key);
        diag_note(c->diags, said->places[key], "the other one is here");
    }
}

void check_stream(checker *c, const symbol *s, const ast_annotation *annotation)
{
    const ast_argument *found[STREAM_KEYS];

    open_stream(c, s->scope, s->message->origin.place);
    model_stream *stream = s->scope->stream;
    struct stream_said *said = s->scope->stream_said;
    said->messages[stream->message_count++] = s->message;
    s->message->stream = stream;
    if (s->message->dedup_window_ns > stream->dedup_window_ns)
        stream->dedup_window_ns = s->message->dedup_window_ns;
    if (annotation == NULL || !check_arguments(c, annotation, taken, STREAM_KEYS, found))
        return;
    if (annotation->arguments.count == 0)
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@stream' takes settings of the stream: @stream(max_age: 7d)");
    for (size_t i = 0; i < STREAM_KEYS; i++) {
        uint64_t value;
        if (found[i] != NULL && read_key(c, s->scope, i, found[i]->value, &value))
            say(c, said, i, value, found[i]->place);
    }
    stream->max_age_ns = said->values[0];
    stream->max_bytes = said->values[1];
    stream->replicas = (uint32_t)said->values[2];
    stream->in_memory = said->values[3] == 1;
}

/* ---- All streams ----------------------------------------------------------------------------- */

/* The server refuses a stream whose events expire before their message ids. */
static void check_ages(const checker *c, const scope *in)
{
    const model_stream *stream = in->stream;

    if (stream->max_age_ns == 0 || stream->max_age_ns >= stream->dedup_window_ns)
        return;
    const struct stream_said *said = in->stream_said;
    diag_report(c->diags, DIAG_STREAM_CONFLICT, said->places[0],
                "events expire before their message ids: the longest de-duplication window is "
                "longer than this");
    for (size_t i = 0; i < stream->message_count; i++)
        if (stream->messages[i]->dedup_window_ns == stream->dedup_window_ns) {
            diag_note(c->diags, stream->messages[i]->origin.place,
                      "the longest window is declared here");
            return;
        }
}

static void check_same_stream(checker *c, const scope *in)
{
    const model_stream *first = text_table_insert(&c->scratch, in->stream->name, in->stream);

    if (first == NULL)
        return;
    diag_report(c->diags, DIAG_STREAM_CONFLICT, in->stream->place,
                "the events of another file are stored in the stream '%.*s': one file declares all "
                "stored events of a namespace",
                SLICE_PRINT(in->stream->name));
    diag_note(c->diags, first->place, "one of them is here");
}

static bool is_line_of(const model_service *service, const model_subscription *line)
{
    for (size_t i = 0; i < service->subscription_count; i++)
        if (&service->subscriptions[i] == line)
            return true;
    return false;
}

/* Services that subscribe to an event under the same names would share one durable: each message
 * would be delivered to only one of them. */
static void check_consumers(checker *c, const model_service *service)
{
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *subscription = &service->subscriptions[i];
        buffer key = buffer_in(c->memory);
        buffer_printf(&key, "%.*s %.*s__%.*s", SLICE_PRINT(subscription->message->subject),
                      SLICE_PRINT(service->origin.name), SLICE_PRINT(subscription->name));
        const model_subscription *first =
            text_table_insert(&c->scratch, buffer_slice(&key), (void *)(uintptr_t)subscription);
        if (first == NULL || is_line_of(service, first))
            continue;
        diag_report(c->diags, DIAG_SAME_CONSUMER, subscription->place,
                    "another service '%.*s' subscribes to '%.*s' as '%.*s': each message would be "
                    "delivered to only one of them",
                    SLICE_PRINT(service->origin.name),
                    SLICE_PRINT(subscription->message->origin.name),
                    SLICE_PRINT(subscription->name));
        diag_note(c->diags, first->place, "the other one is here");
    }
}

void check_streams(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        if (c->scopes[i].stream == NULL)
            continue;
        check_ages(c, &c->scopes[i]);
        check_same_stream(c, &c->scopes[i]);
    }
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->service_count; j++)
            check_consumers(c, &module->services[j]);
    }
}
