/* check_subscriptions.c -- checks subscriptions: selected keys, and every event of a namespace. */
#include "check/checker.h"

#include <inttypes.h>

/* ---- Values of keys -------------------------------------------------------------------------- */

/* A subscription whose keys are selected. */
typedef struct selection {
    subscription_draft *draft;
    const ast_member *line;
    const model_message *message;
    const ast_argument **given; /* by key; NULL: every value */
} selection;

static void report_key(const selection *s, span place, slice name)
{
    buffer keys = buffer_in(s->draft->c->memory);

    buffer_append_text(&keys, s->message->key_count == 0 ? "; it has no keys" : "; its keys are:");
    for (size_t i = 0; i < s->message->key_count; i++)
        buffer_printf(&keys, "%s %.*s", i == 0 ? "" : ",",
                      SLICE_PRINT(s->message->keys[i]->origin.name));
    diag_report(s->draft->c->diags, DIAG_BAD_KEY, place, "'%.*s' is no key of '%.*s'%s",
                SLICE_PRINT(name), SLICE_PRINT(s->message->origin.name), keys.data);
}

static size_t key_index(const model_message *message, slice name)
{
    size_t i = 0;

    while (i < message->key_count && !slice_equal(message->keys[i]->origin.name, name))
        i++;
    return i;
}

static void keep_argument(const selection *s, const ast_argument *argument)
{
    diagnostics *diags = s->draft->c->diags;
    size_t i = key_index(s->message, argument->key.text);

    if (argument->key.text.length == 0 || argument->is_range || argument->extra != NULL) {
        diag_report(diags, DIAG_BAD_KEY, argument->place,
                    "a key is selected by its name and one value, such as shop_id: 7");
    } else if (i == s->message->key_count) {
        report_key(s, argument->key.place, argument->key.text);
    } else if (s->given[i] != NULL) {
        diag_report(diags, DIAG_BAD_KEY, argument->place, "the key '%.*s' is repeated",
                    SLICE_PRINT(argument->key.text));
        diag_note(diags, s->given[i]->place, "first given here");
    } else {
        s->given[i] = argument;
    }
}

static bool is_uuid_text(slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text.data[i];
        if (is_dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
    }
    return text.length == 36;
}

/* The settings of a consumer are JSON, and servers return '"', '\\', '<' and '&' escaped. A '?'
 * could begin a trigraph in generated C. */
static bool needs_escape(slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (text.data[i] == '"' || text.data[i] == '\\' || text.data[i] == '<' ||
            text.data[i] == '&' || text.data[i] == '?')
            return true;
    return false;
}

/* Appends a text that is a key: of a string or a uuid. */
static void append_text_key(const selection *s, const model_field *key, span place, slice text,
                            buffer *out)
{
    bool is_uuid = key->type.kind == TYPE_UUID;

    if (is_uuid ? !is_uuid_text(text) : !check_is_token_text(text))
        diag_report(s->draft->c->diags, DIAG_BAD_KEY, place,
                    is_uuid ? "the text of a uuid has 36 characters in lower case, such as "
                              "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
                            : "a key is printable ASCII without blanks, '.', '*', '>', not empty");
    else if (needs_escape(text))
        diag_report(s->draft->c->diags, DIAG_BAD_KEY, place,
                    "a selected key is without '\"', '\\', '<', '&' and '?'");
    else if (!is_uuid && text.length > key->max_length)
        diag_report(s->draft->c->diags, DIAG_BAD_KEY, place,
                    "this is longer than %" PRIu32 " bytes, the @max of '%.*s'", key->max_length,
                    SLICE_PRINT(key->origin.name));
    buffer_append(out, text);
}

static bool is_outside(const model_field *key, const model_value *value)
{
    return (key->minimum.kind != VALUE_NONE && check_compare(value, &key->minimum) < 0) ||
           (key->maximum.kind != VALUE_NONE && check_compare(value, &key->maximum) > 0);
}

static void append_number_key(const selection *s, const model_field *key, span place,
                              const model_value *value, buffer *out)
{
    if (is_outside(key, value))
        diag_report(s->draft->c->diags, DIAG_BAD_KEY, place,
                    "no message has this key: it is outside the @range of '%.*s'",
                    SLICE_PRINT(key->origin.name));
    if (value->kind == VALUE_BOOL)
        buffer_append_text(out, value->as_bool ? "true" : "false");
    else if (value->kind == VALUE_SIGNED)
        buffer_printf(out, "%" PRId64, value->as_signed);
    else
        buffer_printf(out, "%" PRIu64, value->as_unsigned);
}

/* Appends the token of a key: its value, or "*". */
static void append_key(const selection *s, size_t i, buffer *out)
{
    const model_field *key = s->message->keys[i];
    const model_type text = {.kind = TYPE_STRING};
    bool is_number = type_is_scalar(&key->type);
    model_value value;

    buffer_append_char(out, '.');
    if (s->given[i] == NULL)
        buffer_append_char(out, '*');
    else if (!check_evaluate(s->draft->c, s->draft->service->scope, s->given[i]->value,
                             is_number ? &key->type : &text, &value))
        return;
    else if (is_number)
        append_number_key(s, key, s->given[i]->place, &value, out);
    else
        append_text_key(s, key, s->given[i]->place, value.as_text, out);
}

/* ---- One event ------------------------------------------------------------------------------- */

static slice subject_of(const selection *s)
{
    buffer subject = buffer_in(s->draft->c->memory);

    buffer_append(&subject, s->message->subject);
    for (size_t i = 0; i < s->message->key_count; i++)
        append_key(s, i, &subject);
    return buffer_slice(&subject);
}

static model_subscription *add(subscription_draft *draft, const ast_member *line,
                               const model_message *message, slice function)
{
    const selection s = {draft, line, message,
                         ARENA_ARRAY(draft->c->memory, message->key_count, const ast_argument *)};
    model_subscription *made = &draft->subscriptions[draft->count++];

    for (const ast_argument *g = line->selection.first; g != NULL; g = g->next)
        keep_argument(&s, g);
    *made =
        (model_subscription){.message = message,
                             .delivery = line->is_broadcast ? DELIVERY_BROADCAST : DELIVERY_GROUP,
                             .function = function,
                             .name = function,
                             .is_family = line->is_family,
                             .is_fetch = line->kind == MEMBER_FETCH,
                             .is_selective = line->selection.count > 0,
                             .subject = subject_of(&s),
                             .place = line->name.place,
                             .doc = check_doc(line->doc)};
    return made;
}

/* ---- Every event of a namespace -------------------------------------------------------------- */

/* Returns the i-th file that a family may mean: the own one, then the imported ones; NULL for one
 * that was not loaded. */
static const scope *candidate(const scope *from, size_t i)
{
    return i == 0 ? from : from->imports[i - 1];
}

static bool is_of_family(const scope *in, const ast_member *line)
{
    return in != NULL && slice_equal(in->module->namespace, line->path.text);
}

static bool is_event(const symbol *s)
{
    return s->declaration->kind == AST_EVENT && !s->invalid && s->message != NULL;
}

static size_t count_events(const scope *in)
{
    size_t count = 0;

    for (size_t i = 0; i < in->symbol_count; i++)
        count += is_event(&in->symbols[i]);
    return count;
}

static size_t count_family(const scope *from, const ast_member *line)
{
    size_t count = 0;

    for (size_t i = 0; i <= from->file->import_count; i++)
        if (is_of_family(candidate(from, i), line))
            count += count_events(candidate(from, i));
    return count;
}

size_t check_count_subscriptions(const checker *c, const symbol *service)
{
    size_t count = 0;

    (void)c;
    for (const ast_member *line = service->declaration->members.first; line != NULL;
         line = line->next)
        count += line->is_family ? count_family(service->scope, line) : 1;
    return count;
}

static void add_events(subscription_draft *draft, const ast_member *line, const scope *in,
                       slice function)
{
    for (size_t i = 0; i < in->symbol_count; i++) {
        const symbol *event = &in->symbols[i];
        if (!is_event(event))
            continue;
        buffer name = buffer_in(draft->c->memory);
        buffer_printf(&name, "%.*s__%.*s", SLICE_PRINT(function),
                      SLICE_PRINT(event->message->origin.name));
        add(draft, line, event->message, function)->name =
            intern(draft->c->names, buffer_slice(&name));
    }
}

static void add_family(subscription_draft *draft, const ast_member *line, slice function)
{
    const scope *from = draft->service->scope;
    size_t before = draft->count;

    for (size_t i = 0; i <= from->file->import_count; i++)
        if (is_of_family(candidate(from, i), line))
            add_events(draft, line, candidate(from, i), function);
    if (draft->count > before || from->is_incomplete)
        return;
    draft->c->has_lost_lines = true;
    diag_report(draft->c->diags, DIAG_UNKNOWN_NAME, line->path.place,
                "no event of the namespace '%.*s' is declared here or in an import",
                SLICE_PRINT(line->path.text));
}

void check_subscribe(subscription_draft *draft, const ast_member *line, const symbol *event,
                     slice function)
{
    if (line->is_family && line->kind == MEMBER_FETCH) {
        draft->c->has_lost_lines = true;
        diag_report(draft->c->diags, DIAG_BAD_FETCH, line->path.place,
                    "a fetch takes one event: name it");
    } else if (line->is_family) {
        check_no_group(draft, line);
        add_family(draft, line, function);
    } else {
        model_subscription *added = add(draft, line, event->message, function);
        check_read_group(draft, line, &added->group);
    }
}
