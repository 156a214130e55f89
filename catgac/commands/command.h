/* command.h -- the state of a run, and the commands: one file each.
 *
 * A command reads the options in `chosen`. It leaves its output in `printed` and its diagnostics in
 * `diags`; main.c prints both.
 */
#ifndef CATGAC_COMMAND_H
#define CATGAC_COMMAND_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/folder.h"
#include "base/output.h"
#include "base/source.h"
#include "base/text.h"
#include "model/model.h"
#include "options.h"
#include "syntax/ast.h"

enum exit_code {
    EXIT_GOOD = 0,
    EXIT_SCHEMA = 1, /* errors in a schema or a template, or findings of the command */
    EXIT_USAGE = 2,
    EXIT_FILES = 3 /* a file could not be read or written, or out of memory */
};

/* The state of one run. */
typedef struct run {
    arena memory;
    options chosen;
    source_set sources;
    diagnostics diags;
    interner names;
    buffer printed; /* for standard output */
} run;

/* Reads one file of the command line, without its imports. Returns NULL after a report. */
const source *command_load(run *r, const char *path);

/* Returns the files of a path: the file itself, or the schemas in a folder. */
path_list command_schemas(run *r, const char *path);

/* Adds the folders of the command line to the roots of imports, unless -I was given. */
void command_add_roots(run *r);

/* Replaces the folders of the command line by the files in them that have an ending. Without -I,
 * the folders become the roots of imports. */
void command_expand(run *r, const char *ending);

/* Runs the command that the options select. */
enum exit_code command_run(run *r);

/* Parses the files of the command line, and their imports. */
const ast *command_parse(run *r);

/* Returns the model of the files of the command line, or NULL: the errors were reported. */
const model *command_model(run *r);

/* Writes the outputs, all or none. */
enum exit_code command_commit(run *r, output_list *outputs);

enum exit_code command_generate(run *r);
enum exit_code command_check(run *r);
enum exit_code command_list_outputs(run *r);
enum exit_code command_dump_tokens(run *r);
enum exit_code command_dump_ast(run *r);
enum exit_code command_dump_model(run *r);
enum exit_code command_dump_view(run *r);
enum exit_code command_check_templates(run *r);
enum exit_code command_print_templates(run *r);
enum exit_code command_version(run *r);
enum exit_code command_help(run *r);
enum exit_code command_format(run *r);
enum exit_code command_breaking(run *r);
enum exit_code command_explain(run *r);
enum exit_code command_import(run *r);

#endif
