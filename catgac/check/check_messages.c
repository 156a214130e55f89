/* check_messages.c -- checks error sets, commands, queries and events. */
#include "check/checker.h"
#include "model/mangle.h"

#include <inttypes.h>

enum {
    RUNTIME_CODE_FIRST = 400, /* codes of the runtime */
    RUNTIME_CODE_LAST = 599,
    DEFAULT_STATUS = 409 /* of HTTP: a conflict with the state of the service */
};

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
    made->http_status = DEFAULT_STATUS;
    annotation_set set = check_annotations(c, &written->annotations, ON_ERROR_CODE, "an error");
    check_http_status(c, s, set.of[ANNOTATION_HTTP], made);
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
        diag_report(c->diags, DIAG_EMPTY, s->declaration->name.place,
                    "a set of errors needs at least one error");
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
                    "%s needs a result: '%.*s -> Result'", check_kind_text(d->kind),
                    SLICE_PRINT(d->name.text));
        return;
    }
    const symbol *found = resolve_kind(c, s, &d->result, AST_TABLE, "table");
    if (found == NULL)
        return;
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
}

static annotation_place place_of(model_message_kind kind)
{
    return kind == MESSAGE_COMMAND ? ON_COMMAND : kind == MESSAGE_QUERY ? ON_QUERY : ON_EVENT;
}

void check_message(checker *c, symbol *s)
{
    const ast_declaration *d = s->declaration;
    model_message *message = s->message;

    message->kind = message_kind_of(d->kind);
    message->body = s->table;
    s->table->message = message;
    set_subject(c, s, message);

    annotation_set set =
        check_annotations(c, &d->annotations, place_of(message->kind), check_kind_text(d->kind));
    check_own_subject(c, s, set.of[ANNOTATION_SUBJECT]);
    check_encoding(c, s, set.of[ANNOTATION_ENCODING]);
    if (message->kind == MESSAGE_EVENT) {
        check_event_head(c, d);
    } else {
        check_result(c, s, message);
        check_throws(c, s, message);
    }
    check_delivery(c, s, &set);
    check_keys(c, s);
    check_http(c, s, set.of[ANNOTATION_HTTP]);
}
