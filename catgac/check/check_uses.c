/* check_uses.c -- checks the lines of services about buckets and object stores: `watch`, `reads`
 * and `writes`. */
#include "check/checker.h"

/* ---- Patterns of keys ------------------------------------------------------------------------ */

static bool is_token(slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '/' && c != '=')
            return false;
    }
    return text.length > 0;
}

/* Returns true for tokens of a key, "*" in place of one, and ">" in place of the last. */
static bool is_pattern(slice text)
{
    enum { LONGEST = 480 };
    size_t begin = 0;

    if (text.length > LONGEST)
        return false;
    for (size_t i = 0; i <= text.length; i++) {
        bool is_last = i == text.length;
        if (!is_last && text.data[i] != '.')
            continue;
        slice part = {text.data + begin, i - begin};
        if (!is_token(part) && !slice_is(part, "*") && !(is_last && slice_is(part, ">")))
            return false;
        begin = i + 1;
    }
    return true;
}

static slice read_pattern(const store_draft *draft, const ast_expression *written)
{
    const model_type text = {.kind = TYPE_STRING};
    model_value value;

    if (written == NULL || !check_evaluate(draft->c, draft->service->scope, written, &text, &value))
        return SLICE("");
    if (!is_pattern(value.as_text))
        diag_report(draft->c->diags, DIAG_BAD_PATTERN, written->place,
                    "a pattern of keys has letters, digits, '-', '_', '/', '=' and '.' between "
                    "tokens; '*' stands for a token, and '>' for the rest: \"api.>\"");
    return value.as_text;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Reports a declaration of another kind. */
static void report_kind(const checker *c, const ast_member *line, const symbol *found,
                        const char *wanted)
{
    diag_report(c->diags, DIAG_WRONG_KIND, line->path.place, "'%.*s' is %s, not %s",
                SLICE_PRINT(line->path.text), check_kind_text(found->declaration->kind), wanted);
    diag_note(c->diags, found->declaration->name.place, "declared here");
}

void check_watch(store_draft *draft, const ast_member *line, slice function)
{
    const symbol *found = check_resolve(draft->c, draft->service->scope, &line->path, "bucket");
    slice pattern = read_pattern(draft, line->value);

    if (found == NULL)
        return;
    if (found->declaration->kind != AST_BUCKET) {
        report_kind(draft->c, line, found, "a bucket");
        return;
    }
    draft->watches[draft->watch_count++] = (model_watch){.bucket = found->bucket,
                                                         .pattern = pattern,
                                                         .function = function,
                                                         .place = line->path.place,
                                                         .doc = check_doc(line->doc)};
}

/* Returns false if no use of this kind was before. */
static bool is_repeated(const store_draft *draft, const model_use *use)
{
    for (size_t i = 0; i < draft->use_count; i++) {
        const model_use *first = &draft->uses[i];
        if (first->writes != use->writes || model_used_origin(first) != model_used_origin(use))
            continue;
        diag_report(draft->c->diags, DIAG_DUPLICATE_NAME, use->place,
                    "this service %s '%.*s' already", use->writes ? "writes" : "reads",
                    SLICE_PRINT(model_used_origin(use)->name));
        diag_note(draft->c->diags, first->place, "first given here");
        return true;
    }
    return false;
}

void check_use(store_draft *draft, const ast_member *line)
{
    const symbol *found =
        check_resolve(draft->c, draft->service->scope, &line->path, "bucket or object store");

    if (found == NULL)
        return;
    ast_kind kind = found->declaration->kind;
    if (kind != AST_BUCKET && kind != AST_OBJECTS) {
        report_kind(draft->c, line, found, "a bucket or an object store");
        return;
    }
    const model_use use = {.writes = line->kind == MEMBER_WRITES,
                           .bucket = kind == AST_BUCKET ? found->bucket : NULL,
                           .objects = kind == AST_OBJECTS ? found->objects : NULL,
                           .place = line->path.place,
                           .doc = check_doc(line->doc)};
    if (!is_repeated(draft, &use))
        draft->uses[draft->use_count++] = use;
}
