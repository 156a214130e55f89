/* main.c -- the catgac program: from the command line to an exit code.
 *
 * The only file that knows argv, standard output and error, and the exit code. Every stage takes
 * what the one before made; nothing is written before all of them have succeeded.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "check/check.h"
#include "commands/command.h"
#include "base/diag.h"
#include "generate/embedded.h"
#include "generate/generate.h"
#include "syntax/lex.h"
#include "options.h"
#include "base/output.h"
#include "syntax/parse.h"
#include "generate/templates.h"

#define MEMORY_LIMIT ((size_t)1 << 30)

/* ---- Stages ---------------------------------------------------------------------------------- */

static const ast *read_schemas(run *r)
{
    return parse_files(&r->memory, &r->names, &r->diags, &r->sources, r->chosen.files,
                       r->chosen.file_count);
}

static const model *check_schemas(run *r)
{
    return check(&r->memory, &r->names, &r->diags, read_schemas(r));
}

/* The files that were read: schemas, their imports, templates of the user. */
static void add_depfile(run *r, output_list *outputs)
{
    slice *inputs = ARENA_ARRAY(&r->memory, r->sources.source_count, slice);
    size_t count = 0;
    for (size_t i = 0; i < r->sources.source_count; i++) {
        if (r->sources.sources[i]->real_path.length > 0)
            inputs[count++] = r->sources.sources[i]->shown_path;
    }
    output_list stamp = output_list_in(&r->memory);
    if (r->chosen.depfile_target != NULL)
        output_add(&stamp, r->chosen.depfile_target, SLICE(""));
    const output_list *made = stamp.count > 0 ? &stamp : outputs;
    output_add(outputs, r->chosen.depfile, depfile_text(&r->memory, made, inputs, count));
}

static enum exit_code commit(run *r, output_list *outputs)
{
    return outputs_commit(outputs, &r->diags) ? EXIT_GOOD : EXIT_FILES;
}

/* ---- Actions --------------------------------------------------------------------------------- */

static enum exit_code generate_files(run *r)
{
    output_list outputs = output_list_in(&r->memory);
    templates set;
    const model *facts = check_schemas(r);
    if (facts == NULL ||
        !templates_open(&set, &r->memory, &r->diags, &r->sources, r->chosen.templates) ||
        !generate(&r->chosen, facts, &set, &outputs))
        return EXIT_SCHEMA;
    if (r->chosen.depfile != NULL)
        add_depfile(r, &outputs);
    return commit(r, &outputs);
}

static enum exit_code only_check(run *r)
{
    check_schemas(r);
    return EXIT_GOOD;
}

static enum exit_code dump_tokens(run *r)
{
    for (size_t i = 0; i < r->chosen.file_count; i++) {
        const source *file = command_load(r, r->chosen.files[i]);
        if (file == NULL)
            continue;
        lexer input;
        lex_open(&input, &r->memory, &r->diags, file);
        lex_dump(&input, &r->printed);
    }
    return EXIT_GOOD;
}

static enum exit_code dump_ast(run *r)
{
    ast_dump(read_schemas(r), &r->printed);
    return EXIT_GOOD;
}

static enum exit_code dump_model(run *r)
{
    const model *facts = check_facts(&r->memory, &r->names, &r->diags, read_schemas(r));
    if (facts != NULL)
        model_dump(facts, &r->printed);
    return EXIT_GOOD;
}

static enum exit_code dump_view(run *r)
{
    const model *facts = check_schemas(r);
    if (facts != NULL)
        generate_dump(&r->memory, &r->chosen, facts, &r->printed);
    return EXIT_GOOD;
}

static enum exit_code list_outputs(run *r)
{
    output_list outputs = output_list_in(&r->memory);
    for (size_t i = 0; i < r->chosen.file_count; i++)
        (void)command_load(r, r->chosen.files[i]);
    if (diag_failed(&r->diags) || !generate_paths(&r->chosen, &r->sources, &r->diags, &outputs))
        return EXIT_SCHEMA;
    for (size_t i = 0; i < outputs.count; i++)
        buffer_printf(&r->printed, "%s\n", outputs.items[i].path);
    return EXIT_GOOD;
}

/* The schema with one of everything, which is part of the program. */
static const model *check_everything(run *r)
{
    slice text = {(const char *)embedded_schema.bytes, embedded_schema.length};
    const source *file = source_from_text(&r->sources, embedded_schema.name, text);
    ast_file *parsed = parse_source(&r->memory, &r->names, &r->diags, file);
    parsed->is_given = true;
    ast tree = {&parsed, 1};
    return check(&r->memory, &r->names, &r->diags, &tree);
}

static enum exit_code check_templates(run *r)
{
    templates set;
    const model *facts = check_everything(r);
    if (facts != NULL &&
        templates_open(&set, &r->memory, &r->diags, &r->sources, r->chosen.templates))
        generate_check(&r->chosen, facts, &set);
    return EXIT_GOOD;
}

static enum exit_code print_templates(run *r)
{
    output_list outputs = output_list_in(&r->memory);
    templates_print(&r->memory, r->chosen.print_directory, &outputs);
    return commit(r, &outputs);
}

static enum exit_code print_version(run *r)
{
    buffer_append_text(&r->printed, "catgac " CATGAC_VERSION "\n");
    return EXIT_GOOD;
}

static enum exit_code print_help(run *r)
{
    options_help(r->chosen.command, &r->printed);
    return EXIT_GOOD;
}

static enum exit_code act(run *r)
{
    switch (r->chosen.action) {
    case ACTION_GENERATE:
        return generate_files(r);
    case ACTION_CHECK:
        return only_check(r);
    case ACTION_DUMP_TOKENS:
        return dump_tokens(r);
    case ACTION_DUMP_AST:
        return dump_ast(r);
    case ACTION_DUMP_MODEL:
        return dump_model(r);
    case ACTION_DUMP_VIEW:
        return dump_view(r);
    case ACTION_LIST_OUTPUTS:
        return list_outputs(r);
    case ACTION_CHECK_TEMPLATES:
        return check_templates(r);
    case ACTION_PRINT_TEMPLATES:
        return print_templates(r);
    case ACTION_VERSION:
        return print_version(r);
    case ACTION_HELP:
        return print_help(r);
    case ACTION_FORMAT:
        return command_format(r);
    case ACTION_BREAKING:
        return command_breaking(r);
    case ACTION_IMPORT:
        return command_import(r);
    case ACTION_EXPLAIN:
        return command_explain(r);
    }
    return EXIT_USAGE;
}

/* ---- The program ----------------------------------------------------------------------------- */

/* A terminal that can; https://no-color.org says how a user tells that he wants none. */
static bool wants_color(color_choice chosen)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    if (chosen != COLOR_AUTO)
        return chosen == COLOR_ALWAYS;
    return (no_color == NULL || no_color[0] == '\0') && isatty(STDERR_FILENO) &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

/* Diagnostics go to standard error whatever else happens. */
static void print_diagnostics(run *r)
{
    buffer text = buffer_in(&r->memory);
    diag_print(&r->diags, &text);
    if (text.length > 0)
        fputs(text.data, stderr);
}

/* False when standard output did not take all of it: a full disk, a closed pipe. */
static bool print_output(const run *r)
{
    size_t length = r->printed.length;
    if (length > 0 && fwrite(r->printed.data, 1, length, stdout) != length)
        return false;
    return fflush(stdout) == 0;
}

static enum exit_code exit_code_of(const run *r, enum exit_code done)
{
    if (r->diags.unread_count > 0)
        return EXIT_FILES;
    return done == EXIT_GOOD && diag_failed(&r->diags) ? EXIT_SCHEMA : done;
}

static enum exit_code execute(run *r, int argument_count, char **arguments)
{
    if (setjmp(r->memory.exhausted) != 0) {
        fputs("catgac: error: out of memory\n", stderr);
        return EXIT_FILES;
    }
    buffer problem = buffer_in(&r->memory);
    if (!options_parse(&r->memory, argument_count, arguments, &r->chosen, &problem)) {
        fprintf(stderr, "catgac: error: %s\n", problem.data);
        return EXIT_USAGE;
    }
    source_set_open(&r->sources, &r->memory, r->chosen.roots, r->chosen.root_count);
    diagnostics_open(&r->diags, &r->sources);
    r->diags.manner = r->chosen.manner;
    r->diags.manner.in_color = wants_color(r->chosen.color);
    r->names = interner_in(&r->memory);
    r->printed = buffer_in(&r->memory);

    enum exit_code done = act(r);
    print_diagnostics(r);
    if (!print_output(r)) {
        perror("catgac: error: standard output");
        return EXIT_FILES;
    }
    return exit_code_of(r, done);
}

int main(int argument_count, char **arguments)
{
    run r = {.memory = {.newest = NULL}};
    arena_open(&r.memory, MEMORY_LIMIT);
    enum exit_code code = execute(&r, argument_count, arguments);
    arena_close(&r.memory);
    return (int)code;
}
