/* imports.c -- parse_files(): parses the files of the command line and their imports, each once. */
#include "syntax/parse.h"

#include <string.h>

typedef struct import_walk {
    arena *memory;
    interner *names;
    diagnostics *diags;
    source_set *sources;
    ast *tree;
    ast_file *by_number[SOURCE_COUNT_LIMIT + 1];
    const ast_file *open[PARSE_IMPORT_DEPTH_LIMIT + 1]; /* from a given file to the current one */
    size_t depth;
} import_walk;

static ast_file *visit(import_walk *walk, const source *file);

static bool is_open(const import_walk *walk, const ast_file *file)
{
    for (size_t i = 0; i < walk->depth; i++)
        if (walk->open[i] == file)
            return true;
    return false;
}

/* "a.catga -> b.catga -> a.catga" */
static void report_cycle(import_walk *walk, const ast_file *again, span place)
{
    buffer chain = buffer_in(walk->memory);
    size_t begin = 0;

    while (walk->open[begin] != again)
        begin++;
    for (size_t i = begin; i < walk->depth; i++)
        buffer_printf(&chain, "%.*s -> ", SLICE_PRINT(walk->open[i]->file->schema_path));
    buffer_append(&chain, again->file->schema_path);
    diag_report(walk->diags, DIAG_IMPORT_CYCLE, place, "files import each other in a cycle: %s",
                chain.data);
}

/* Adds the folders in which an import was searched. */
static void explain_search(import_walk *walk, const ast_file *importer)
{
    buffer text = buffer_in(walk->memory);

    buffer_append_text(&text, "it was searched in ");
    for (size_t i = 0; i < walk->sources->root_count; i++)
        buffer_printf(&text, "'%.*s', ", SLICE_PRINT(walk->sources->roots[i].shown_path));
    slice home = importer->file->home.shown_path;
    buffer_printf(&text, "%s'%.*s', the folder of this file; -I DIR adds a folder",
                  walk->sources->root_count > 0 ? "and " : "", SLICE_PRINT(home));
    diag_add(walk->diags, text.data);
}

static const ast_file *load_import(import_walk *walk, const ast_file *importer,
                                   const ast_declaration *declaration)
{
    const ast_expression *path = declaration->value;

    if (path->kind != EXPRESSION_STRING)
        return NULL;
    if (walk->depth > PARSE_IMPORT_DEPTH_LIMIT) {
        diag_report(walk->diags, DIAG_IMPORT_DEPTH, path->place,
                    "imports are nested more than %d deep", PARSE_IMPORT_DEPTH_LIMIT);
        return NULL;
    }
    const source *file = NULL;
    source_status status = source_load_import(walk->sources, importer->file, path->text, &file);
    if (status != SOURCE_OK) {
        diag_report(walk->diags, DIAG_CANNOT_IMPORT, path->place, "cannot import '%.*s': %s",
                    SLICE_PRINT(path->text), source_status_text(status));
        if (status == SOURCE_MISSING)
            explain_search(walk, importer);
        return NULL;
    }
    ast_file *known = walk->by_number[file->number];
    if (known != NULL && is_open(walk, known)) {
        report_cycle(walk, known, path->place);
        return NULL;
    }
    return visit(walk, file);
}

static void load_imports(import_walk *walk, ast_file *file)
{
    for (const ast_declaration *d = file->first; d != NULL; d = d->next) {
        if (d->kind != AST_IMPORT)
            continue;
        if (file->import_count == SOURCE_COUNT_LIMIT) {
            diag_report(walk->diags, DIAG_CANNOT_IMPORT, d->place, "a file has at most %d imports",
                        SOURCE_COUNT_LIMIT);
            return;
        }
        file->imports[file->import_count] = load_import(walk, file, d);
        file->import_count++;
    }
}

static void visit_imports(import_walk *walk, ast_file *file)
{
    size_t count = 0;

    for (const ast_declaration *d = file->first; d != NULL; d = d->next)
        count += d->kind == AST_IMPORT;
    file->imports = ARENA_ARRAY(walk->memory, count, const ast_file *);
    walk->open[walk->depth] = file;
    walk->depth++;
    load_imports(walk, file);
    walk->depth--;
}

/* Recursive, at most PARSE_IMPORT_DEPTH_LIMIT deep. */
static ast_file *visit(import_walk *walk, const source *file)
{
    ast_file *known = walk->by_number[file->number];

    if (known != NULL)
        return known;
    ast_file *made = parse_source(walk->memory, walk->names, walk->diags, file);
    walk->by_number[file->number] = made;
    visit_imports(walk, made);
    walk->tree->files[walk->tree->file_count] = made;
    walk->tree->file_count++;
    return made;
}

static void visit_given(import_walk *walk, const char *path)
{
    const source *file = NULL;
    source_status status = source_load_given(walk->sources, path, &file);

    if (status != SOURCE_OK) {
        diag_report(walk->diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "cannot read '%s': %s", path,
                    source_status_text(status));
        walk->diags->unread_count++;
        return;
    }
    visit(walk, file)->is_input = true;
}

const ast *parse_files(arena *memory, interner *names, diagnostics *diags, source_set *sources,
                       const char *const *paths, size_t path_count)
{
    import_walk *walk = ARENA_NEW(memory, import_walk);

    walk->memory = memory;
    walk->names = names;
    walk->diags = diags;
    walk->sources = sources;
    walk->tree = ARENA_NEW(memory, ast);
    walk->tree->files = ARENA_ARRAY(memory, SOURCE_COUNT_LIMIT, ast_file *);
    for (size_t i = 0; i < path_count; i++)
        visit_given(walk, paths[i]);
    return walk->tree;
}
