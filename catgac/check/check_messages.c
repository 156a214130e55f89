/* check_messages.c -- error sets, commands, queries and events. */
#include <inttypes.h>

#include "check/checker.h"
#include "model/mangle.h"

enum {
    RUNTIME_CODE_FIRST = 400, /* what the runtime itself answers with */
    RUNTIME_CODE_LAST = 599,
    SUBJECT_LIMIT = 255,
    RETRY_LIMIT = 100
};

static const int64_t second = 1000000000;
static const int64_t shortest_timeout = 1000000;
static const int64_t longest_timeout = INT64_C(86400000000000);

/* ---- Error sets ------------------------------------------------------------------------------ */

static bool check_code_number(const checker *c, const ast_member *written, model_error_code *made,
                              text_table *taken)
{
    if (made->code == 0 || (made->code >= RUNTIME_CODE_FIRST && made->code <= RUNTIME_CODE_LAST)) {
        diag_report(c->diags, DIAG_BAD_ERROR_CODE, written->value->place,
                    "an error code is a number from 1 to 65535; %d to %d belong to the runtime",
                    RUNTIME_CODE_FIRST, RUNTIME_CODE_LAST);
        return false;
    }
    slice key = {(const char *)&made->code, sizeof made->code};
    const model_error_code *first = text_table_insert(taken, key, made);
    if (first == NULL)
        return true;
    diag_report(c->diags, DIAG_BAD_ERROR_CODE, written->value->place,
                "'%.*s' has this code already", SLICE_PRINT(first->origin.name));
    diag_note(c->diags, first->origin.place, "declared here");
    return false;
}

static bool check_code(checker *c, const symbol *s, const ast_member *written,
                       model_error_code *made, text_table *taken)
{
    const model_type u16 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U16};
    model_value value;
    check_name_shape(c, written->name);
    made->origin = check_origin(s->scope, written->name, written->doc);
    if (!check_unique_member(c, mangle_snake(c->memory, written->name.text), written->name,
                             "error"))
        return false;
    if (!check_evaluate(c, s->scope, written->value, &u16, &value))
        return false;
    made->code = (uint32_t)value.as_unsigned;
    return check_code_number(c, written, made, taken);
}

void check_error_set(checker *c, symbol *s)
{
    const ast_members *members = &s->declaration->members;
    model_error_code *codes = ARENA_ARRAY(c->memory, members->count, model_error_code);
    text_table taken = text_table_in(c->memory);
    if (members->count == 0 && !s->scope->file->has_errors)
        diag_report(c->diags, DIAG_EMPTY, s->declaration->name.place, "a set of errors has errors");
    s->error_set->codes = codes;
    text_table_clear(&c->scratch);
    for (const ast_member *m = members->first; m != NULL; m = m->next)
        if (check_code(c, s, m, &codes[s->error_set->code_count], &taken))
            s->error_set->code_count++;
}

/* ---- Result and errors of a command or query ------------------------------------------------- */

static symbol *resolve_kind(checker *c, const symbol *s, const ast_path *path, ast_kind kind,
                            const char *wanted)
{
    symbol *found = check_resolve(c, s->scope, path, wanted);
    if (found == NULL || found->declaration->kind == kind)
        return found;
    diag_report(c->diags, DIAG_WRONG_KIND, path->place, "'%.*s' is %s, not a %s",
                SLICE_PRINT(path->text), check_kind_text(found->declaration->kind), wanted);
    diag_note(c->diags, found->declaration->name.place, "declared here");
    return NULL;
}

static void check_result(checker *c, const symbol *s, model_message *message)
{
    const ast_declaration *d = s->declaration;
    if (!d->has_result) {
        diag_report(c->diags, DIAG_MISSING_RESULT, d->name.place,
                    "%s says what it answers: '%.*s -> Result'", check_kind_text(d->kind),
                    SLICE_PRINT(d->name.text));
        return;
    }
    const symbol *found = resolve_kind(c, s, &d->result, AST_TABLE, "table");
    if (found == NULL)
        return;
    if (found->scope != s->scope) {
        check_unsupported(c, d->result.place, "a result that another file declares is");
        return;
    }
    message->result = found->table;
    found->table->is_result = true;
}

static void check_throws(checker *c, const symbol *s, model_message *message)
{
    const ast_declaration *d = s->declaration;
    const symbol *found =
        d->has_throws ? resolve_kind(c, s, &d->throws, AST_ERRORS, "set of errors") : NULL;
    if (found != NULL)
        message->errors = found->error_set;
}

static void check_event_head(const checker *c, const ast_declaration *d)
{
    if (d->has_result)
        diag_report(c->diags, DIAG_EVENT_ANSWER, d->result.place,
                    "an event has no result: nobody waits for it");
    if (d->has_throws)
        diag_report(c->diags, DIAG_EVENT_ANSWER, d->throws.place,
                    "an event throws no errors: nobody waits for it");
}

/* ---- Annotations ----------------------------------------------------------------------------- */

static void check_timeout(checker *c, const symbol *s, const ast_annotation *annotation,
                          model_message *message)
{
    const model_type duration = {.kind = TYPE_DURATION, .scalar = SCALAR_I64};
    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    model_value value;
    message->timeout_ns = (uint64_t)(5 * second);
    if (argument == NULL || !check_evaluate(c, s->scope, argument, &duration, &value))
        return;
    if (value.as_signed < shortest_timeout || value.as_signed > longest_timeout) {
        diag_report(c->diags, DIAG_BAD_TIMEOUT, argument->place, "a timeout is from 1ms to 1d");
        return;
    }
    message->timeout_ns = (uint64_t)value.as_signed;
}

static bool has_backoff(const ast_annotation *annotation)
{
    for (const ast_argument *a = annotation->arguments.first; a != NULL; a = a->next)
        if (slice_is(a->key.text, "backoff"))
            return true;
    return false;
}

static void check_retry(checker *c, const symbol *s, const ast_annotation *annotation,
                        model_message *message)
{
    const model_type u32 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U32};
    model_value value;
    if (annotation == NULL)
        return;
    if (message->kind == MESSAGE_EVENT) {
        check_unsupported(c, annotation->place,
                          "'@retry' of an event, like every guarantee of "
                          "its delivery, is");
        return;
    }
    if (has_backoff(annotation)) {
        check_unsupported(c, annotation->place, "'backoff' is");
        return;
    }
    const ast_expression *argument = check_single_argument(c, annotation);
    if (argument == NULL || !check_evaluate(c, s->scope, argument, &u32, &value))
        return;
    if (value.as_unsigned > RETRY_LIMIT)
        diag_report(c->diags, DIAG_BAD_RETRY, argument->place, "retries are 0 to %d", RETRY_LIMIT);
    else
        message->retries = (uint32_t)value.as_unsigned;
}

static void check_qos(const checker *c, const ast_annotation *annotation)
{
    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    if (argument == NULL)
        return;
    slice word = argument->kind == EXPRESSION_NAME ? argument->name.text : SLICE("");
    if (slice_is(word, "at_most_once"))
        return;
    if (slice_is(word, "at_least_once") || slice_is(word, "exactly_once"))
        check_unsupported(c, argument->place, "delivery other than 'at_most_once' is");
    else
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, argument->place,
                    "'@qos' takes at_most_once, at_least_once or exactly_once");
}

/* ---- Messages -------------------------------------------------------------------------------- */

static model_message_kind message_kind_of(ast_kind kind)
{
    return kind == AST_COMMAND ? MESSAGE_COMMAND
           : kind == AST_QUERY ? MESSAGE_QUERY
                               : MESSAGE_EVENT;
}

static void set_subject(const checker *c, const symbol *s, model_message *message)
{
    static const char *const folders[] = {"commands", "queries", "events"};
    buffer subject = buffer_in(c->memory);
    buffer_printf(&subject, "catga.%s.%.*s.v%" PRIu32 ".%.*s", folders[message->kind],
                  SLICE_PRINT(s->scope->module->namespace), s->scope->module->version,
                  SLICE_PRINT(message->origin.name));
    message->subject = buffer_slice(&subject);
    if (subject.length > SUBJECT_LIMIT)
        diag_report(c->diags, DIAG_SUBJECT_TOO_LONG, message->origin.place,
                    "the subject '%s' is longer than %d characters", subject.data, SUBJECT_LIMIT);
}

void check_message(checker *c, symbol *s)
{
    const ast_declaration *d = s->declaration;
    model_message *message = s->message;
    message->kind = message_kind_of(d->kind);
    message->body = s->table;
    s->table->message = message;
    set_subject(c, s, message);

    bool is_event = message->kind == MESSAGE_EVENT;
    annotation_set set = check_annotations(c, &d->annotations, is_event ? ON_EVENT : ON_CALL,
                                           check_kind_text(d->kind));
    check_retry(c, s, set.of[ANNOTATION_RETRY], message);
    if (is_event) {
        check_event_head(c, d);
        check_qos(c, set.of[ANNOTATION_QOS]);
        return;
    }
    check_result(c, s, message);
    check_throws(c, s, message);
    check_timeout(c, s, set.of[ANNOTATION_TIMEOUT], message);
}
