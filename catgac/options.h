/* options.h -- from the command line to what is to be done. The lists are commands.def and
 * options.def. */
#ifndef CATGAC_OPTIONS_H
#define CATGAC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"
#include "breaking/rules.h"
#include "explain/format.h"

/* What one run does. */
typedef enum action {
    ACTION_GENERATE,
    ACTION_CHECK,
    ACTION_DUMP_TOKENS,
    ACTION_DUMP_AST,
    ACTION_DUMP_MODEL,
    ACTION_DUMP_VIEW,
    ACTION_LIST_OUTPUTS,
    ACTION_CHECK_TEMPLATES,
    ACTION_PRINT_TEMPLATES,
    ACTION_VERSION,
    ACTION_HELP,
    ACTION_FORMAT,
    ACTION_BREAKING,
    ACTION_IMPORT,
    ACTION_EXPLAIN
} action;

typedef enum command_name {
#define COMMAND(name, word, arguments, purpose, status) COMMAND_##name,
#include "commands.def"
#undef COMMAND
    COMMAND_COUNT
} command_name;

typedef enum emit_kind {
#define EMIT(name, word) EMIT_##name,
#include "generate/emit.def"
#undef EMIT
    EMIT_COUNT
} emit_kind;

typedef enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color_choice;

typedef struct options {
    command_name command;
    action action;
    const char *output_directory; /* NULL: the current one */
    const char **roots;           /* -I */
    size_t root_count;
    bool emit[EMIT_COUNT];
    bool small; /* less C */
    const char **own_templates; /* --emit NAME.tmpl.EXT */
    size_t own_template_count;
    const char *depfile;         /* or NULL */
    const char *depfile_target;  /* or NULL: the output */
    const char *templates;       /* a folder of overrides, or NULL */
    const char *print_directory; /* of PRINT_TEMPLATES */
    const char **files;
    size_t file_count;

    bool format_check; /* of FORMAT */
    bool format_diff;
    const char *against; /* of BREAKING */
    breaking_choice breaking; /* all levels, unless some were chosen */
    explain_format explain_format;

    diag_manner manner; /* but for its color */
    color_choice color;
} options;

/* What stands between the name of a template of the user's and the kind of file it makes. */
#define OWN_TEMPLATE_MARK ".tmpl."

/* False when the command line is wrong; `problem` is then one sentence. */
bool options_parse(arena *memory, int argument_count, char **arguments, options *chosen,
                   buffer *problem);

/* Appends what --help prints. */
void options_help(command_name command, buffer *out);

#endif
