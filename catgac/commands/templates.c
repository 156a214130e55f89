/* templates.c -- catgac --check-templates, --print-templates. */
#include "generate/templates.h"

#include "check/check.h"
#include "commands/command.h"
#include "generate/embedded.h"
#include "generate/generate.h"
#include "syntax/parse.h"

/* Compiles the built-in schema that uses everything. */
static const model *check_everything(run *r)
{
    slice text = {(const char *)embedded_schema.bytes, embedded_schema.length};
    const source *file = source_from_text(&r->sources, embedded_schema.name, text);
    ast_file *parsed = parse_source(&r->memory, &r->names, &r->diags, file);

    parsed->is_input = true;
    ast tree = {&parsed, 1};
    return check(&r->memory, &r->names, &r->diags, &tree);
}

enum exit_code command_check_templates(run *r)
{
    templates set;
    const model *facts = check_everything(r);

    if (facts != NULL &&
        templates_open(&set, &r->memory, &r->diags, &r->sources, r->chosen.templates))
        generate_check(&r->chosen, facts, &set);
    return EXIT_GOOD;
}

enum exit_code command_print_templates(run *r)
{
    output_list outputs = output_list_in(&r->memory);

    templates_print(&r->memory, r->chosen.print_directory, &outputs);
    return command_commit(r, &outputs);
}
