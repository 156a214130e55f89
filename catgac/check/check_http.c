/* check_http.c -- checks '@http' of messages and of errors. */
#include "check/checker.h"

enum {
    STATUS_OK = 200,
    STATUS_OK_LAST = 299,
    STATUS_NO_CONTENT = 204,
    STATUS_RESET_CONTENT = 205,
    STATUS_ERROR_FIRST = 400,
    STATUS_ERROR_LAST = 599
};

/* ---- Methods --------------------------------------------------------------------------------- */

static bool is_method_of_command(slice word)
{
    return slice_is(word, "POST") || slice_is(word, "PUT") || slice_is(word, "PATCH") ||
           slice_is(word, "DELETE");
}

/* A query and an event use a safe method, because caches and browsers rely on it. */
static bool check_method(const checker *c, const symbol *s, const ast_expression *written,
                         model_http *made)
{
    static const char *const rules[] = {"the method of a command is POST, PUT, PATCH or DELETE",
                                        "the method of a query is GET",
                                        "the method of an event is GET"};
    model_message_kind kind = s->message->kind;

    made->method = written->kind == EXPRESSION_NAME ? written->name.text : SLICE("");
    if (kind == MESSAGE_COMMAND ? is_method_of_command(made->method)
                                : slice_is(made->method, "GET"))
        return true;
    diag_report(c->diags, DIAG_BAD_HTTP, written->place, "%s", rules[kind]);
    return false;
}

/* ---- Statuses -------------------------------------------------------------------------------- */

static bool read_status(checker *c, const symbol *s, const ast_argument *argument, uint64_t *status)
{
    const model_type u16 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U16};
    model_value value;

    if (!check_evaluate(c, s->scope, argument->value, &u16, &value))
        return false;
    *status = value.as_unsigned;
    return true;
}

static bool check_success(checker *c, const symbol *s, const ast_argument *argument,
                          model_http *made)
{
    uint64_t status = STATUS_OK;

    if (argument != NULL && s->message->kind == MESSAGE_EVENT) {
        diag_report(c->diags, DIAG_BAD_HTTP, argument->place,
                    "the status of an event is always 200: clients receive a stream of events");
        return false;
    }
    if (argument != NULL && !read_status(c, s, argument, &status))
        return false;
    made->status = (uint32_t)status;
    if (status >= STATUS_OK && status <= STATUS_OK_LAST && status != STATUS_NO_CONTENT &&
        status != STATUS_RESET_CONTENT)
        return true;
    diag_report(c->diags, DIAG_BAD_HTTP, argument->place,
                "the status of a success is 200 to 299, except 204 and 205: an answer has a body");
    return false;
}

void check_http_status(checker *c, const symbol *s, const ast_annotation *annotation,
                       model_error_code *made)
{
    static const argument_rule taken[] = {{"", ARGUMENT_VALUE}};
    const ast_argument *found[1];
    uint64_t status;

    if (annotation == NULL || !check_arguments(c, annotation, taken, 1, found))
        return;
    if (found[0] == NULL) {
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@http' of an error takes a status: @http(404)");
        return;
    }
    if (!read_status(c, s, found[0], &status))
        return;
    made->http_status = (uint32_t)status;
    if (status < STATUS_ERROR_FIRST || status > STATUS_ERROR_LAST)
        diag_report(c->diags, DIAG_BAD_HTTP, found[0]->place, "the status of an error is %d to %d",
                    STATUS_ERROR_FIRST, STATUS_ERROR_LAST);
}

/* ---- The query string ------------------------------------------------------------------------ */

static bool has_text_form(const model_type *type)
{
    const model_type *item = type->kind == TYPE_VECTOR ? type->element : type;

    return type_is_scalar(item) || item->kind == TYPE_UUID || item->kind == TYPE_STRING ||
           item->kind == TYPE_BYTES;
}

static bool is_in_path(const model_http *http, const model_field *field)
{
    for (size_t i = 0; i < http->field_count; i++)
        if (http->fields[i] == field)
            return true;
    return false;
}

/* Checks the fields that are not in the path: they come from the query string. */
static void check_query_string(const checker *c, const symbol *s, const ast_annotation *annotation)
{
    for (size_t i = 0; i < s->table->field_count; i++) {
        const model_field *field = &s->table->fields[i];
        if (has_text_form(&field->type) || field->deprecated || is_in_path(s->message->http, field))
            continue;
        diag_report(c->diags, DIAG_BAD_HTTP, field->origin.place,
                    "'%.*s' cannot be in a query string: use numbers, bools, enums, strings, "
                    "bytes, uuids, or vectors of them",
                    SLICE_PRINT(field->origin.name));
        diag_note(c->diags, annotation->place, "fields outside this path are in the query string");
    }
}

/* ---- Messages -------------------------------------------------------------------------------- */

static bool check_parts(checker *c, const symbol *s, const ast_argument *const *found,
                        model_http *made)
{
    bool is_good = check_method(c, s, found[0]->value, made);

    is_good = check_http_path(c, s, found[0]->extra, made) && is_good;
    is_good = check_success(c, s, found[1], made) && is_good;
    if (!is_good || s->message->kind != MESSAGE_EVENT || made->field_count == 0)
        return is_good;
    diag_report(c->diags, DIAG_BAD_HTTP, found[0]->extra->place,
                "the path of an event has no fields: each client receives every event");
    return false;
}

void check_http(checker *c, const symbol *s, const ast_annotation *annotation)
{
    static const argument_rule taken[] = {{"", ARGUMENT_TEXT}, {"status", ARGUMENT_VALUE}};
    const ast_argument *found[2];

    if (annotation == NULL || !check_arguments(c, annotation, taken, 2, found))
        return;
    if (found[0] == NULL) {
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@http' takes a method and a path: @http(POST \"/orders\")");
        return;
    }
    model_http *made = ARENA_NEW(c->memory, model_http);
    if (!check_parts(c, s, found, made))
        return;
    s->message->http = made;
    if (s->message->kind == MESSAGE_QUERY)
        check_query_string(c, s, annotation);
}
