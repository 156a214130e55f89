/* check_own_subject.c -- checks '@subject': a message on a subject of a system that exists already.
 *
 * A subject with wildcards matches many subjects, so its event is only received. It may match the
 * subjects of other events, which then arrive twice, but not those of requests. A server stores a
 * message in one stream, so subjects of stored events never overlap.
 */
#include "check/checker.h"

/* ---- The text of a subject ------------------------------------------------------------------- */

/* Printable ASCII, without characters that need an escape in C. */
static bool is_subject_character(char c)
{
    return c > ' ' && c <= '~' && c != '.' && c != '*' && c != '>' && c != '"' && c != '\\' &&
           c != '?';
}

static bool is_wildcard(slice part)
{
    return slice_is(part, "*") || slice_is(part, ">");
}

/* Moves the first token of *rest to *part. Returns false at the end. */
static bool next_token(slice *rest, slice *part)
{
    size_t length = 0;

    if (rest->data == NULL)
        return false;
    while (length < rest->length && rest->data[length] != '.')
        length++;
    *part = (slice){rest->data, length};
    *rest = length == rest->length ? (slice){NULL, 0}
                                   : (slice){rest->data + length + 1, rest->length - length - 1};
    return true;
}

/* Returns what is wrong with a token, or NULL. `rest` follows it. */
static const char *problem_of_token(slice part, slice rest)
{
    if (slice_is(part, ">") && rest.data != NULL)
        return "'>' matches all further tokens, so it is the last one";
    if (is_wildcard(part))
        return NULL;
    for (size_t i = 0; i < part.length; i++) {
        if (part.data[i] == '*' || part.data[i] == '>')
            return "a wildcard is a whole token: 'events.*.created', 'events.>'";
        if (!is_subject_character(part.data[i]))
            return "a token has printable ASCII characters, except blanks, '\"', '\\' and '?'";
    }
    return part.length > 0 ? NULL : "a subject is tokens with dots between them: 'events.created'";
}

static const char *problem_of_first(slice part)
{
    if (is_wildcard(part))
        return "the first token is not a wildcard, which would match all subjects of the server";
    if (part.length > 0 && part.data[0] == '$')
        return "subjects that begin with '$' belong to the server";
    if (slice_is(part, "_INBOX"))
        return "subjects that begin with '_INBOX' belong to answers";
    if (slice_is(part, "catga"))
        return "subjects that begin with 'catga' are generated: omit '@subject'";
    return NULL;
}

/* Returns what is wrong with a subject, or NULL. Sets *is_pattern if it has wildcards. */
static const char *problem_of(slice subject, bool *is_pattern)
{
    const char *problem;
    slice part;
    slice rest = subject;

    *is_pattern = false;
    next_token(&rest, &part);
    problem = problem_of_first(part);
    rest = subject;
    while (problem == NULL && next_token(&rest, &part)) {
        problem = problem_of_token(part, rest);
        *is_pattern = *is_pattern || is_wildcard(part);
    }
    return problem;
}

void check_own_subject(checker *c, const symbol *s, const ast_annotation *annotation)
{
    const model_type text = {.kind = TYPE_STRING};
    model_message *message = s->message;
    model_value value;

    const ast_expression *written =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    if (written == NULL || !check_evaluate(c, s->scope, written, &text, &value))
        return;
    slice subject = value.as_text.length == 0 ? SLICE("") : value.as_text;
    const char *problem = problem_of(subject, &message->is_pattern);
    if (problem == NULL && message->is_pattern && message->kind != MESSAGE_EVENT)
        problem = "a caller needs one subject: only an event has wildcards";
    if (problem != NULL) {
        message->is_pattern = false;
        diag_report(c->diags, DIAG_BAD_SUBJECT, written->place, "%s", problem);
        return;
    }
    message->subject = slice_copy(c->memory, subject);
    message->has_own_subject = true;
}

/* ---- Uses of a subject with wildcards -------------------------------------------------------- */

static void check_keys_of(const checker *c, const model_message *message)
{
    if (message->is_pattern && message->key_count > 0)
        diag_report(c->diags, DIAG_BAD_SUBJECT, message->annotations.subject,
                    "a subject with wildcards has no keys: no token of '%.*s' has a place of its "
                    "own",
                    SLICE_PRINT(message->keys[0]->origin.name));
}

static void check_publications(const checker *c, const model_service *service)
{
    for (size_t i = 0; i < service->publication_count; i++) {
        const model_message *message = service->publications[i].message;
        if (!message->is_pattern)
            continue;
        diag_report(c->diags, DIAG_BAD_SUBJECT, service->publications[i].place,
                    "'%.*s' is only received: its subject '%.*s' has wildcards",
                    SLICE_PRINT(message->origin.name), SLICE_PRINT(message->subject));
        diag_note(c->diags, message->annotations.subject, "declared here");
    }
}

/* ---- Subjects that overlap ------------------------------------------------------------------- */

bool check_subjects_overlap(slice left, slice right)
{
    slice a;
    slice b;

    while (left.data != NULL && right.data != NULL) {
        next_token(&left, &a);
        next_token(&right, &b);
        if (slice_is(a, ">") || slice_is(b, ">"))
            return true;
        if (!is_wildcard(a) && !is_wildcard(b) && !slice_equal(a, b))
            return false;
    }
    return left.data == NULL && right.data == NULL;
}

/* Returns the subject of a message, with a wildcard for each key. */
static slice pattern_of(const checker *c, const model_message *message)
{
    buffer pattern = buffer_in(c->memory);

    if (message->key_count == 0)
        return message->subject;
    buffer_append(&pattern, message->subject);
    for (size_t i = 0; i < message->key_count; i++)
        buffer_append_text(&pattern, ".*");
    return buffer_slice(&pattern);
}

static void report_overlap(const checker *c, const model_message *message,
                           const model_message *other, const char *why)
{
    diag_report(c->diags, DIAG_SUBJECT_OVERLAP, message->annotations.subject,
                "the subjects '%.*s' of '%.*s' and '%.*s' of '%.*s' overlap: %s",
                SLICE_PRINT(message->subject), SLICE_PRINT(message->origin.name),
                SLICE_PRINT(other->subject), SLICE_PRINT(other->origin.name), why);
    diag_note(c->diags, other->origin.place, "declared here");
}

/* Reports another message that a subject with wildcards must not match. */
static void check_pattern(const checker *c, const model_message *message,
                          const model_message *other)
{
    bool are_stored = model_is_stored(message) && model_is_stored(other);
    bool is_request = other->kind != MESSAGE_EVENT;

    if ((!are_stored && !is_request) ||
        !check_subjects_overlap(message->subject, pattern_of(c, other)))
        return;
    report_overlap(c, message, other,
                   is_request ? "an event must not take the requests of another message"
                              : "a server stores each message in one stream only");
}

/* The messages with own subjects of all files. */
typedef struct own_subjects {
    const model_message **items;
    size_t count;
} own_subjects;

static own_subjects collect(const checker *c)
{
    own_subjects all = {0};
    size_t count = 0;

    for (size_t i = 0; i < c->scope_count; i++)
        count += c->scopes[i].module->message_count;
    all.items = ARENA_ARRAY(c->memory, count, const model_message *);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++)
            if (module->messages[j].has_own_subject)
                all.items[all.count++] = &module->messages[j];
    }
    return all;
}

/* Reports two messages with one subject. That keys match another subject is found with the keys. */
static void check_same(checker *c, const own_subjects *all)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < all->count; i++) {
        const model_message *message = all->items[i];
        if (message->is_pattern)
            continue;
        const model_message *first =
            text_table_insert(&c->scratch, pattern_of(c, message), (void *)(uintptr_t)message);
        if (first != NULL)
            report_overlap(c, message, first, "a receiver could not tell them apart");
    }
}

/* Compares a subject with wildcards with all others; two with wildcards once. */
static void check_pattern_at(const checker *c, const own_subjects *all, size_t index)
{
    for (size_t i = 0; i < all->count; i++)
        if (!all->items[i]->is_pattern || i > index)
            check_pattern(c, all->items[index], all->items[i]);
}

void check_own_subjects(checker *c)
{
    own_subjects all = collect(c);

    check_same(c, &all);
    for (size_t i = 0; i < all.count; i++) {
        check_keys_of(c, all.items[i]);
        if (all.items[i]->is_pattern)
            check_pattern_at(c, &all, i);
    }
    for (size_t i = 0; i < c->scope_count; i++)
        for (size_t j = 0; j < c->scopes[i].module->service_count; j++)
            check_publications(c, &c->scopes[i].module->services[j]);
}
