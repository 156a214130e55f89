/* breaking.c -- `catgac breaking`: see command.h and breaking/breaking.h. Compiles the schemas
 * of the command line and their older versions, and compares them. */
#include "breaking/breaking.h"

#include "base/git.h"
#include "check/check.h"
#include "commands/command.h"
#include "syntax/parse.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Files ----------------------------------------------------------------------------------- */

static void add_path(run *r, path_list *list, const char *path)
{
    path_list_add(&r->memory, list, path);
}

static void add_paths(run *r, path_list *list, path_list more)
{
    for (size_t i = 0; i < more.count; i++)
        add_path(r, list, more.items[i]);
}

/* Returns the -I folders and the folders of the command line: roots of imports. */
static path_list roots_of(run *r)
{
    path_list roots = {.items = NULL};

    for (size_t i = 0; i < r->chosen.root_count; i++)
        add_path(r, &roots, r->chosen.roots[i]);
    for (size_t i = 0; i < r->chosen.file_count; i++) {
        if (is_folder(r->chosen.files[i]))
            add_path(r, &roots, r->chosen.files[i]);
    }
    return roots;
}

static path_list given_files(run *r)
{
    path_list all = {.items = NULL};

    for (size_t i = 0; i < r->chosen.file_count; i++)
        add_paths(r, &all, command_schemas(r, r->chosen.files[i]));
    return all;
}

static const model *compile(run *r, path_list files)
{
    const ast *tree =
        parse_files(&r->memory, &r->names, &r->diags, &r->sources, files.items, files.count);
    return check_facts(&r->memory, &r->names, &r->diags, tree);
}

static const model *fail(run *r, const char *reason)
{
    diag_report(&r->diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "cannot read '%s': %s",
                r->chosen.against, reason);
    r->diags.unread_count++;
    return NULL;
}

static const char nothing_there[] = "none of the given files is there";

/* ---- A file or a folder ---------------------------------------------------------------------- */

static const model *compile_file(run *r)
{
    path_list files = {.items = NULL};

    add_path(r, &files, r->chosen.against);
    return compile(r, files);
}

static const char *join(run *r, const char *folder, slice path)
{
    buffer joined = buffer_in(&r->memory);

    buffer_printf(&joined, "%s/%.*s", folder, SLICE_PRINT(path));
    return joined.data;
}

/* Returns the file of the old folder with the same relative path as a given file. */
static void add_counterpart(run *r, const char *file, path_list *files)
{
    const source *given = command_load(r, file);
    const char *path = given == NULL ? "" : join(r, r->chosen.against, given->schema_path);

    if (given != NULL && access(path, F_OK) == 0)
        add_path(r, files, path);
}

/* Adds all schemas of the old folder, to compare folders. */
static const model *compile_folder(run *r)
{
    path_list files = {.items = NULL};

    for (size_t i = 0; i < r->chosen.file_count; i++) {
        if (is_folder(r->chosen.files[i]))
            add_paths(r, &files, command_schemas(r, r->chosen.against));
        else
            add_counterpart(r, r->chosen.files[i], &files);
    }
    if (files.count == 0)
        return fail(r, nothing_there);
    source_set_turn(&r->sources, NULL, &r->chosen.against, 1);
    return compile(r, files);
}

/* ---- A revision ------------------------------------------------------------------------------ */

/* Returns the path relative to the work tree, with a leading slash; NULL if it is outside. */
static const char *path_in_git(run *r, const git_revision *old, const char *path)
{
    char *resolved = realpath(path, NULL);
    slice real = resolved == NULL ? SLICE("") : slice_copy(&r->memory, slice_of(resolved));

    free(resolved);
    size_t length = old->top.length;
    if (real.length < length || memcmp(real.data, old->top.data, length) != 0)
        return NULL;
    if (real.length == length)
        return "/";
    return real.data[length] == '/' ? real.data + length : NULL;
}

static bool is_schema_below(const char *path, const char *folder)
{
    size_t length = strlen(path);
    size_t folder_length = strlen(folder);
    bool is_below = strncmp(path, folder, folder_length) == 0 &&
                    (folder_length == 1 || path[folder_length] == '/');

    return is_below && length > 6 && strcmp(path + length - 6, ".catga") == 0 &&
           strstr(path + folder_length, "/.") == NULL;
}

static void add_from_git(run *r, const git_revision *old, const char *given, path_list *files)
{
    const char *path = path_in_git(r, old, given);
    bool all = is_folder(given);

    for (size_t i = 0; path != NULL && i < old->paths.count; i++) {
        const char *candidate = old->paths.items[i];
        if (all ? is_schema_below(candidate, path) : strcmp(candidate, path) == 0)
            add_path(r, files, candidate);
    }
}

static const char *folder_of(run *r, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (is_folder(path))
        return path;
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : slice_copy(&r->memory, (slice){path, (size_t)(slash - path)}).data;
}

static const model *compile_revision(run *r, const char *name, path_list roots)
{
    const char *problem = NULL;

    const git_revision *old =
        git_open(&r->memory, folder_of(r, r->chosen.files[0]), name, &problem);
    if (old == NULL)
        return fail(r, problem);
    path_list files = {.items = NULL};
    for (size_t i = 0; i < r->chosen.file_count; i++)
        add_from_git(r, old, r->chosen.files[i], &files);
    if (files.count == 0)
        return fail(r, nothing_there);
    path_list old_roots = {.items = NULL};
    for (size_t i = 0; i < roots.count; i++) {
        const char *path = path_in_git(r, old, roots.items[i]);
        if (path != NULL)
            add_path(r, &old_roots, path);
    }
    source_set_turn(&r->sources, &old->store, old_roots.items, old_roots.count);
    return compile(r, files);
}

/* ---- The command ----------------------------------------------------------------------------- */

static const model *compile_old(run *r, path_list roots)
{
    const char *old = r->chosen.against;

    if (strncmp(old, "git:", 4) == 0)
        return compile_revision(r, old + 4, roots);
    if (is_folder(old))
        return compile_folder(r);
    return access(old, F_OK) == 0 ? compile_file(r) : compile_revision(r, old, roots);
}

/* Warnings about the old schemas are not repeated. */
static const model *compile_old_quietly(run *r, path_list roots)
{
    diag_style style = r->diags.style;

    for (size_t i = 0; i < DIAG_CODE_COUNT; i++) {
        r->diags.style.chosen[i].is_off = true;
        r->diags.style.chosen[i].is_error = false;
    }
    const model *before = compile_old(r, roots);
    r->diags.style = style;
    return before;
}

enum exit_code command_breaking(run *r)
{
    path_list roots = roots_of(r);

    source_set_turn(&r->sources, NULL, roots.items, roots.count);
    const model *after = compile(r, given_files(r));
    if (after == NULL)
        return EXIT_SCHEMA;
    const model *before = compile_old_quietly(r, roots);
    if (before == NULL)
        return EXIT_SCHEMA;
    breaking_report(&r->memory, &r->diags, &r->chosen.breaking, before, after);
    return EXIT_GOOD;
}
