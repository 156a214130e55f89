/* options.h -- parses the command line. The lists are commands.def and options.def. */
#ifndef CATGAC_OPTIONS_H
#define CATGAC_OPTIONS_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/text.h"
#include "breaking/rules.h"
#include "explain/format.h"

#include <stdbool.h>
#include <stddef.h>

/* The action of a run. */
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
    const char *output_directory; /* NULL: the current folder */
    const char **roots;           /* -I */
    size_t root_count;
    bool emit[EMIT_COUNT];
    bool small;                 /* less C */
    bool runtime;               /* the namespace of the runtime is accepted */
    const char **own_templates; /* --emit NAME.tmpl.EXT */
    size_t own_template_count;
    const char *depfile;         /* or NULL */
    const char *depfile_target;  /* NULL: the output */
    const char *templates;       /* folder of overrides, or NULL */
    const char *print_directory; /* for ACTION_PRINT_TEMPLATES */
    const char **files;
    size_t file_count;

    bool format_check; /* for ACTION_FORMAT */
    bool format_diff;
    const char *against;      /* for ACTION_BREAKING */
    breaking_choice breaking; /* all levels by default */
    explain_format explain_format;

    diag_style style; /* without the color */
    color_choice color;
} options;

/* The mark in the name of a user's template: NAME.tmpl.EXT. */
#define OWN_TEMPLATE_MARK ".tmpl."

/* Returns false and one sentence in `problem` if the command line is wrong. */
bool options_parse(arena *memory, int argument_count, char **arguments, options *chosen,
                   buffer *problem);

/* Appends the text of --help. */
void options_help(command_name command, buffer *out);

#endif
