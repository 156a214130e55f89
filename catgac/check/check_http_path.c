/* check_http_path.c -- parses the path of '@http'. */
#include "check/checker.h"

#include <string.h>

enum { PATH_LIMIT = 255 };

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
    if (!check_is_token(field)) {
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

    if (path.length == 0 || path.data[0] != '/' || path.length > PATH_LIMIT) {
        diag_report(draft->c->diags, DIAG_BAD_HTTP, draft->written->place,
                    "a path begins with a slash, and is at most %d characters", PATH_LIMIT);
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

bool check_http_path(checker *c, const symbol *s, const ast_expression *written, model_http *made)
{
    path_draft draft = {
        .c = c,
        .of = s,
        .written = written,
        .path = written->text,
        .fields = ARENA_ARRAY(c->memory, s->table->field_count, const model_field *),
    };

    if (written->kind != EXPRESSION_STRING || !check_path(&draft))
        return false;
    made->path = draft.path;
    made->fields = draft.fields;
    made->field_count = draft.field_count;
    return true;
}
