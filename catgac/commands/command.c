/* command.c -- see command.h. */
#include "commands/command.h"

#include "check/check.h"
#include "syntax/parse.h"

#include <errno.h>
#include <string.h>

static void report_unread(run *r, const char *path, const char *reason)
{
    diag_report(&r->diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "cannot read '%s': %s", path, reason);
    r->diags.unread_count++;
}

const source *command_load(run *r, const char *path)
{
    const source *loaded = NULL;
    source_status status = source_load_given(&r->sources, path, &loaded);

    if (status != SOURCE_OK)
        report_unread(r, path, source_status_text(status));
    return loaded;
}

static path_list files_of(run *r, const char *path, const char *ending)
{
    path_list found = {.items = NULL};

    if (!is_folder(path))
        path_list_add(&r->memory, &found, path);
    else if (!find_schemas(&r->memory, path, ending, &found))
        report_unread(r, path, strerror(errno));
    return found;
}

path_list command_schemas(run *r, const char *path)
{
    return files_of(r, path, ".catga");
}

void command_add_roots(run *r)
{
    if (r->chosen.root_count > 0)
        return;
    for (size_t i = 0; i < r->chosen.file_count; i++) {
        if (is_folder(r->chosen.files[i]))
            r->chosen.roots[r->chosen.root_count++] = r->chosen.files[i];
    }
    source_set_turn(&r->sources, NULL, r->chosen.roots, r->chosen.root_count);
}

void command_expand(run *r, const char *ending)
{
    path_list all = {.items = NULL};

    command_add_roots(r);
    for (size_t i = 0; i < r->chosen.file_count; i++) {
        size_t unread = r->diags.unread_count;
        path_list found = files_of(r, r->chosen.files[i], ending);
        if (found.count == 0 && r->diags.unread_count == unread) {
            buffer reason = buffer_in(&r->memory);
            buffer_printf(&reason, "no file in it has a name that ends in %s", ending);
            report_unread(r, r->chosen.files[i], reason.data);
        }
        for (size_t j = 0; j < found.count; j++)
            path_list_add(&r->memory, &all, found.items[j]);
    }
    r->chosen.files = all.items;
    r->chosen.file_count = all.count;
}

const ast *command_parse(run *r)
{
    return parse_files(&r->memory, &r->names, &r->diags, &r->sources, r->chosen.files,
                       r->chosen.file_count);
}

const model *command_model(run *r)
{
    const ast *tree = command_parse(r);

    return r->chosen.runtime ? check_runtime(&r->memory, &r->names, &r->diags, tree)
                             : check(&r->memory, &r->names, &r->diags, tree);
}

enum exit_code command_commit(run *r, output_list *outputs)
{
    return outputs_commit(outputs, &r->diags) ? EXIT_GOOD : EXIT_FILES;
}
