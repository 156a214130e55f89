/* check_http.c -- checks keys of subjects and paths of HTTP, where fields become text. */
#include "check/checker.h"

#include <inttypes.h>
#include <string.h>

enum {
    SUBJECT_LIMIT = 255,
    TOKEN_LIMIT = 16 /* more tokens slow down the server */
};

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Returns true if a field can be a subject token: it always has a value, with a short text
 * without dots. */
static bool is_token_type(const model_type *type)
{
    bool is_integer = type->kind == TYPE_ENUM ||
                      (type->kind == TYPE_SCALAR && scalar_class_of(type->scalar) != CLASS_FLOAT);

    return (is_integer && !type->optional) || type->kind == TYPE_STRING || type->kind == TYPE_UUID;
}

static bool always_has_value(const model_field *field)
{
    return type_is_scalar(&field->type) || field->required;
}

void check_key(const checker *c, const symbol *s, const ast_annotation *annotation,
               model_field *field)
{
    if (annotation == NULL || !check_no_arguments(c, annotation))
        return;
    if (s->message == NULL)
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place,
                    "'@key' is for fields of a command, query or event: a table has no subject");
    else if (!is_token_type(&field->type))
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place,
                    "a key is an integer, a bool, an enum, a uuid or a string, and not optional");
    else if (field->deprecated)
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place, "a key cannot be deprecated");
    else if (!always_has_value(field) ||
             (field->type.kind == TYPE_STRING && !field->has_max_length))
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place,
                    field->type.kind == TYPE_STRING
                        ? "a string that is a key is @required, and has a @max"
                        : "a uuid that is a key is @required");
    else
        field->is_key = true;
}

void check_keys(checker *c, const symbol *s)
{
    model_message *message = s->message;
    const model_field **keys = ARENA_ARRAY(c->memory, s->table->field_count, const model_field *);

    message->keys = keys;
    for (size_t i = 0; i < s->table->field_count; i++)
        if (s->table->fields[i].is_key)
            keys[message->key_count++] = &s->table->fields[i];
}

static size_t longest_text(const model_field *field)
{
    return field->type.kind == TYPE_STRING     ? field->max_length
           : field->type.kind == TYPE_UUID     ? 36
           : field->type.scalar == SCALAR_BOOL ? 5
                                               : 20;
}

static size_t token_count(slice subject)
{
    size_t count = 1;

    for (size_t i = 0; i < subject.length; i++)
        count += subject.data[i] == '.';
    return count;
}

static void check_subject_size(const checker *c, const model_message *message)
{
    uint64_t length = message->subject.length;

    for (size_t i = 0; i < message->key_count; i++)
        length += 1 + longest_text(message->keys[i]);
    if (length > SUBJECT_LIMIT)
        diag_report(c->diags, DIAG_SUBJECT_TOO_LONG, message->origin.place,
                    message->key_count == 0
                        ? "the subject '%.*s' is longer than %d characters"
                        : "the subject '%.*s' with its keys can be longer than %d characters",
                    SLICE_PRINT(message->subject), SUBJECT_LIMIT);
    else if (token_count(message->subject) + message->key_count > TOKEN_LIMIT)
        diag_report(c->diags, DIAG_SUBJECT_TOO_LONG, message->origin.place,
                    "the subject '%.*s' has more than %d parts with its keys",
                    SLICE_PRINT(message->subject), TOKEN_LIMIT);
}

/* ---- Subjects that overlap ------------------------------------------------------------------- */

/* Reports the message with the subject `stem`, if its keys match the remaining tokens of
 * `other`. */
static void check_overlap(const checker *c, slice stem, const model_message *other)
{
    const model_message *message = text_table_find(&c->scratch, stem);

    if (message == NULL ||
        token_count(stem) + message->key_count != token_count(other->subject) + other->key_count)
        return;
    diag_report(c->diags, DIAG_SUBJECT_OVERLAP, message->keys[0]->origin.place,
                "with this key '%.*s' can have the subject of '%.*s'",
                SLICE_PRINT(message->origin.name), SLICE_PRINT(other->origin.name));
    diag_note(c->diags, other->origin.place, "declared here");
}

/* Finds messages with keys whose subject is a prefix of this subject, up to a dot. */
static void check_overlaps(const checker *c, const model_message *message)
{
    for (size_t i = 0; i < message->subject.length; i++) {
        if (message->subject.data[i] == '.')
            check_overlap(c, (slice){message->subject.data, i}, message);
    }
}

/* Adds the subjects of messages with keys to the scratch table. */
static void check_module_subjects(checker *c, const model_module *module)
{
    for (size_t i = 0; i < module->message_count; i++) {
        const model_message *message = &module->messages[i];
        check_subject_size(c, message);
        if (message->key_count > 0)
            text_table_insert(&c->scratch, message->subject, (void *)(uintptr_t)message);
    }
}

void check_subjects(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++)
        check_module_subjects(c, c->scopes[i].module);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++)
            check_overlaps(c, &module->messages[j]);
    }
}

/* ---- @http ----------------------------------------------------------------------------------- */

/* A path that is being parsed. */
typedef struct path_draft {
    checker *c;
    const symbol *of;
    const ast_expression *written;
    slice path;
    const model_field **fields;
    size_t field_count;
} path_draft;

/* Returns the span of a part of the path, or of the whole path if it has escapes. */
static span place_in(const path_draft *draft, size_t begin, size_t end)
{
    span all = draft->written->place;

    if (all.end - all.begin != draft->path.length + 2)
        return all;
    return (span){all.source, all.begin + 1 + (uint32_t)begin, all.begin + 1 + (uint32_t)end};
}

static bool is_path_character(char letter)
{
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || strchr("-._~", letter) != NULL;
}

static const model_field *find_field(const path_draft *draft, slice name, suggestion *search)
{
    const model_table *table = draft->of->table;

    for (size_t i = 0; i < table->field_count; i++) {
        if (slice_equal(table->fields[i].origin.name, name))
            return &table->fields[i];
        suggestion_consider(search, table->fields[i].origin.name);
    }
    return NULL;
}

static bool check_path_field(path_draft *draft, slice name, span place)
{
    diagnostics *diags = draft->c->diags;
    suggestion search = suggestion_for(name);
    const model_field *field = find_field(draft, name, &search);

    if (field == NULL) {
        diag_report(diags, DIAG_UNKNOWN_NAME, place, "unknown field '%.*s'", SLICE_PRINT(name));
        diag_suggest(diags, place, &search);
        return false;
    }
    if (!is_token_type(&field->type) || !always_has_value(field)) {
        diag_report(diags, DIAG_BAD_HTTP, place,
                    "a field in a path is an integer, a bool, an enum, or a uuid or string that is "
                    "@required");
        diag_note(diags, field->origin.place, "declared here");
        return false;
    }
    for (size_t i = 0; i < draft->field_count; i++)
        if (draft->fields[i] == field) {
            diag_report(diags, DIAG_BAD_HTTP, place, "'%.*s' occurs twice in this path",
                        SLICE_PRINT(name));
            return false;
        }
    draft->fields[draft->field_count++] = field;
    return true;
}

/* Parses one segment: text, or a field in braces. */
static bool check_part(path_draft *draft, size_t begin, size_t end)
{
    slice part = {draft->path.data + begin, end - begin};

    if (part.length > 2 && part.data[0] == '{' && part.data[part.length - 1] == '}')
        return check_path_field(draft, (slice){part.data + 1, part.length - 2},
                                place_in(draft, begin + 1, end - 1));
    bool is_plain = part.length > 0 && !slice_is(part, ".") && !slice_is(part, "..");
    for (size_t i = 0; i < part.length; i++)
        is_plain = is_plain && part.data[i] != '\0' && is_path_character(part.data[i]);
    if (!is_plain)
        diag_report(
            draft->c->diags, DIAG_BAD_HTTP, place_in(draft, begin, end),
            "a path is segments after slashes, each of letters, digits and -._~, or a field "
            "in braces: \"/orders/{id}\"");
    return is_plain;
}

static bool check_path(path_draft *draft)
{
    slice path = draft->path;

    if (path.length == 0 || path.data[0] != '/' || path.length > SUBJECT_LIMIT) {
        diag_report(draft->c->diags, DIAG_BAD_HTTP, draft->written->place,
                    "a path begins with a slash, and is at most %d characters", SUBJECT_LIMIT);
        return false;
    }
    if (path.length == 1)
        return true;
    size_t begin = 1;
    for (size_t i = 1; i <= path.length; i++) {
        if (i < path.length && path.data[i] != '/')
            continue;
        if (!check_part(draft, begin, i))
            return false;
        begin = i + 1;
    }
    return true;
}

/* Checks the method: a query must use a safe method, because caches and browsers rely on it. */
static bool check_method(const checker *c, const symbol *s, const ast_expression *written)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    bool is_query = s->message->kind == MESSAGE_QUERY;
    slice word = written->kind == EXPRESSION_NAME ? written->name.text : SLICE("");
    size_t i = 0;

    while (i < 5 && !slice_is(word, methods[i]))
        i++;
    if (i < 5 && (i == 0) == is_query)
        return true;
    diag_report(c->diags, DIAG_BAD_HTTP, written->place,
                is_query ? "the method of a query is GET"
                         : "the method of a command is POST, PUT, PATCH or DELETE");
    return false;
}

void check_http(checker *c, const symbol *s, const ast_annotation *annotation)
{
    static const argument_rule taken[] = {{"", ARGUMENT_TEXT}};
    const ast_argument *found[1];

    if (annotation == NULL || !check_arguments(c, annotation, taken, 1, found))
        return;
    if (found[0] == NULL) {
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@http' takes a method and a path: @http(POST \"/orders\")");
        return;
    }
    path_draft draft = {
        .c = c,
        .of = s,
        .written = found[0]->extra,
        .path = found[0]->extra->text,
        .fields = ARENA_ARRAY(c->memory, s->table->field_count, const model_field *),
    };
    bool is_good = check_method(c, s, found[0]->value);
    if (found[0]->extra->kind != EXPRESSION_STRING || !check_path(&draft) || !is_good)
        return;
    model_http *made = ARENA_NEW(c->memory, model_http);
    *made = (model_http){found[0]->value->name.text, draft.path, draft.fields, draft.field_count, 200};
    s->message->http = made;
}

/* ---- Two messages at one path ---------------------------------------------------------------- */

/* Returns the path with {} for each field: equal results match the same requests. */
static slice route_of(const checker *c, const model_http *http)
{
    buffer route = buffer_in(c->memory);
    bool in_braces = false;

    buffer_append(&route, http->method);
    for (size_t i = 0; i < http->path.length; i++) {
        char letter = http->path.data[i];
        if (letter == '}')
            in_braces = false;
        if (!in_braces)
            buffer_append_char(&route, letter);
        if (letter == '{')
            in_braces = true;
    }
    return buffer_slice(&route);
}

void check_routes(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++) {
            const model_message *message = &module->messages[j];
            if (message->http == NULL)
                continue;
            const model_message *first = text_table_insert(&c->scratch, route_of(c, message->http),
                                                           (void *)(uintptr_t)message);
            if (first == NULL)
                continue;
            diag_report(c->diags, DIAG_BAD_HTTP, message->annotations.http,
                        "'%.*s' has the same method and path", SLICE_PRINT(first->origin.name));
            diag_note(c->diags, first->annotations.http, "declared here");
        }
    }
}
