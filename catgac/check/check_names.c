/* check_names.c -- resolves names to declarations. */
#include "check/checker.h"
#include "syntax/foreign.h"

#include <string.h>

/* ---- Spelling of names ----------------------------------------------------------------------- */

static bool has_double_underscore(slice name)
{
    for (size_t i = 1; i < name.length; i++)
        if (name.data[i] == '_' && name.data[i - 1] == '_')
            return true;
    return false;
}

void check_name_shape(const checker *c, ast_name name)
{
    slice text = name.text;

    if (text.data[0] == '_' || text.data[text.length - 1] == '_' || has_double_underscore(text))
        diag_report(c->diags, DIAG_BAD_NAME, name.place,
                    "'%.*s' cannot be a name in C: no underscore at either end, and no two in "
                    "a row",
                    SLICE_PRINT(text));
}

void check_declared_name(const checker *c, ast_name name)
{
    check_name_shape(c, name);
    if (check_is_builtin(c, name.text) || slice_is(name.text, "true") ||
        slice_is(name.text, "false"))
        diag_report(c->diags, DIAG_RESERVED_NAME, name.place, "'%.*s' is a word of the language",
                    SLICE_PRINT(name.text));
}

/* ---- Finding a declaration ------------------------------------------------------------------- */

static slice last_part(const ast_path *path)
{
    if (path->qualifier_length == 0)
        return path->text;
    size_t begin = path->qualifier_length + 1;
    return (slice){path->text.data + begin, path->text.length - begin};
}

static slice qualifier(const ast_path *path)
{
    return (slice){path->text.data, path->qualifier_length};
}

/* Returns true if a path can refer to a file: any file for a bare name, else a file of its
 * namespace. */
static bool is_meant(const scope *candidate, const ast_path *path)
{
    return path->qualifier_length == 0 ||
           slice_equal(candidate->module->namespace, qualifier(path));
}

static symbol *find_in(const scope *candidate, const ast_path *path)
{
    return is_meant(candidate, path) ? text_table_find(&candidate->by_name, last_part(path)) : NULL;
}

static void report_ambiguous(const checker *c, const ast_path *path, const symbol *first,
                             const symbol *second)
{
    diag_report(c->diags, DIAG_AMBIGUOUS_NAME, path->place,
                "'%.*s' is in two imports: write its namespace before it", SLICE_PRINT(path->text));
    diag_note(c->diags, first->declaration->name.place, "one is here");
    diag_note(c->diags, second->declaration->name.place, "another is here");
}

/* Returns the declaration of this name in the imports of a file; sets `*ambiguous` if there are
 * two. */
static symbol *find_in_imports(const checker *c, const scope *from, const ast_path *path,
                               bool *ambiguous)
{
    symbol *found = NULL;

    for (size_t i = 0; i < from->file->import_count; i++) {
        symbol *candidate = from->imports[i] == NULL ? NULL : find_in(from->imports[i], path);
        if (candidate == NULL || candidate == found)
            continue;
        if (found != NULL) {
            report_ambiguous(c, path, found, candidate);
            *ambiguous = true;
            return NULL;
        }
        found = candidate;
    }
    return found;
}

/* ---- Unknown names --------------------------------------------------------------------------- */

static void suggest_from(suggestion *search, const scope *candidate)
{
    for (size_t i = 0; i < candidate->symbol_count; i++)
        suggestion_consider(search, candidate->symbols[i].declaration->name.text);
}

static void note_if_not_imported(const checker *c, const ast_path *path)
{
    for (size_t i = 0; i < c->scope_count; i++) {
        const symbol *known = find_in(&c->scopes[i], path);
        if (known != NULL) {
            diag_note(c->diags, known->declaration->name.place,
                      "it is declared here, in a file that is not imported");
            return;
        }
    }
}

/* Suggests a name of the schema that differs only in the case of its letters, then the replacement
 * of a foreign word, then a similar name. */
static void suggest(const checker *c, const scope *from, const ast_path *path, const char *what)
{
    if (diag_is_full(c->diags))
        return;
    slice name = last_part(path);
    bool is_type = strcmp(what, "type") == 0;
    const foreign_word *foreign = is_type ? foreign_find(FOREIGN_TYPE, name) : NULL;
    suggestion search = suggestion_for(name);
    suggest_from(&search, from);
    for (size_t i = 0; i < from->file->import_count; i++)
        if (from->imports[i] != NULL)
            suggest_from(&search, from->imports[i]);
    if (is_type)
        check_suggest_builtins(&search);
    span wrong = path->place;
    wrong.begin = wrong.end - (uint32_t)name.length;
    if (foreign != NULL && !slice_equal_in_any_case(name, search.best))
        foreign_explain(c->diags, wrong, foreign);
    else
        diag_suggest(c->diags, wrong, &search);
}

static void report_unknown(const checker *c, const scope *from, const ast_path *path,
                           const char *what)
{
    diag_report(c->diags, DIAG_UNKNOWN_NAME, path->place, "unknown %s '%.*s'", what,
                SLICE_PRINT(path->text));
    suggest(c, from, path, what);
    note_if_not_imported(c, path);
}

symbol *check_resolve(const checker *c, const scope *from, const ast_path *path, const char *what)
{
    bool ambiguous = false;
    symbol *found = find_in(from, path);

    if (found == NULL)
        found = find_in_imports(c, from, path, &ambiguous);
    if (found == NULL && !ambiguous && !from->is_incomplete)
        report_unknown(c, from, path, what);
    return found == NULL || found->invalid ? NULL : found;
}

bool check_is_known(const checker *c, const scope *from, const ast_path *path)
{
    bool ambiguous = false;

    return find_in(from, path) != NULL || find_in_imports(c, from, path, &ambiguous) != NULL;
}
