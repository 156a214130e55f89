/* explain.c -- `catgac explain`: see command.h and explain/explain.h. */
#include "explain/explain.h"

#include "check/check.h"
#include "commands/command.h"
#include "syntax/parse.h"

#include <string.h>

/* Returns true for a path, as opposed to a name: by its spelling, or because the file exists. */
static bool is_path(const char *argument)
{
    size_t length = strlen(argument);

    return strchr(argument, '/') != NULL || is_folder(argument) ||
           (length > 6 && strcmp(argument + length - 6, ".catga") == 0);
}

static void sort_arguments(run *r, path_list *files, path_list *names)
{
    for (size_t i = 0; i < r->chosen.file_count; i++) {
        const char *argument = r->chosen.files[i];
        path_list found = {.items = NULL};
        if (is_path(argument))
            found = command_schemas(r, argument);
        else
            path_list_add(&r->memory, names, argument);
        for (size_t j = 0; j < found.count; j++)
            path_list_add(&r->memory, files, found.items[j]);
    }
}

enum exit_code command_explain(run *r)
{
    path_list files = {.items = NULL};
    path_list names = {.items = NULL};

    command_add_roots(r);
    sort_arguments(r, &files, &names);
    if (files.count == 0) {
        diag_report(&r->diags, DIAG_CANNOT_READ, (span){0, 0, 0},
                    "no schema is given: a file is a path that ends in .catga, or a folder");
        return EXIT_USAGE;
    }
    const ast *tree =
        parse_files(&r->memory, &r->names, &r->diags, &r->sources, files.items, files.count);
    const model *facts = check_facts(&r->memory, &r->names, &r->diags, tree);
    if (facts == NULL)
        return EXIT_SCHEMA;
    explained chosen = explain_choose(&r->memory, &r->diags, facts, names.items, names.count);
    if (!diag_failed(&r->diags))
        explain_print(&r->memory, &chosen, r->chosen.explain_format, &r->printed);
    return EXIT_GOOD;
}
