/* command.c -- see command.h. */
#include "commands/command.h"

#include <errno.h>
#include <string.h>

#include "check/check.h"
#include "syntax/parse.h"

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

path_list command_schemas(run *r, const char *path)
{
    path_list found = {.items = NULL};
    if (!is_folder(path))
        path_list_add(&r->memory, &found, path);
    else if (!find_schemas(&r->memory, path, &found))
        report_unread(r, path, strerror(errno));
    return found;
}

const ast *command_parse(run *r)
{
    return parse_files(&r->memory, &r->names, &r->diags, &r->sources, r->chosen.files,
                       r->chosen.file_count);
}

const model *command_model(run *r)
{
    return check(&r->memory, &r->names, &r->diags, command_parse(r));
}

enum exit_code command_commit(run *r, output_list *outputs)
{
    return outputs_commit(outputs, &r->diags) ? EXIT_GOOD : EXIT_FILES;
}
