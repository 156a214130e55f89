/* options.c -- see options.h. */
#include "options.h"

#include <string.h>

typedef enum option_name {
#define OPTION(name, commands, spelling, argument, meaning) OPTION_##name,
#include "options.def"
#undef OPTION
    OPTION_COUNT
} option_name;

/* A set of commands. */
enum {
#define COMMAND(name, word, arguments, purpose, status) name = 1 << COMMAND_##name,
#include "commands.def"
#undef COMMAND
};

typedef struct command {
    const char *word;
    const char *arguments;
    const char *purpose;
    const char *status;
} command;

static const command commands[] = {
#define COMMAND(name, word, arguments, purpose, status) {word, arguments, purpose, status},
#include "commands.def"
#undef COMMAND
};

static const action first_actions[] = {ACTION_GENERATE, ACTION_FORMAT, ACTION_BREAKING,
                                       ACTION_IMPORT, ACTION_EXPLAIN};

typedef struct option {
    int commands;
    const char *spelling;
    const char *argument; /* its name in --help, or NULL */
    const char *meaning;
} option;

static const option known[] = {
#define OPTION(name, commands, spelling, argument, meaning) {commands, spelling, argument, meaning},
#include "options.def"
#undef OPTION
};

static const char *const emit_words[] = {
#define EMIT(name, word) word,
#include "generate/emit.def"
#undef EMIT
};

/* In the order of the ACTION_DUMP_ constants. */
static const char *const stage_words[] = {"tokens", "ast", "model", "view"};

static const char *const level_words[LEVEL_COUNT] = {"wire", "source", "delivery"};

/* In the order of the EXPLAIN_ constants. */
static const char *const format_words[] = {"text", "json", "dot", "mermaid"};

/* In the order of diag_format and color_choice. */
static const char *const diagnostics_words[] = {"text", "json", "sarif"};
static const char *const color_words[] = {"auto", "always", "never"};

/* ---- Parsing --------------------------------------------------------------------------------- */

typedef struct command_line {
    char **rest; /* the remaining arguments; ends in NULL */
    options *chosen;
    const char *action_spelling; /* the option that selected the action, or NULL */
    buffer *problem;
} command_line;

static bool choose_action(command_line *line, option_name name, action wanted)
{
    if (line->action_spelling != NULL && line->chosen->action != wanted) {
        buffer_printf(line->problem, "%s and %s exclude each other", line->action_spelling,
                      known[name].spelling);
        return false;
    }
    line->action_spelling = known[name].spelling;
    line->chosen->action = wanted;
    return true;
}

/* Returns the index of `value` in the words of an option, or -1 after an error. */
static int find_word(command_line *line, option_name name, const char *value,
                     const char *const *words, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(value, words[i]) == 0)
            return i;
    }
    buffer_printf(line->problem, "%s takes", known[name].spelling);
    for (int i = 0; i < count; i++)
        buffer_printf(line->problem, "%s %s", i == 0 ? "" : " or", words[i]);
    buffer_printf(line->problem, ", not '%s'", value);
    return -1;
}

/* Returns true for NAME.tmpl.EXT with a NAME and an EXT. */
static bool names_a_template(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *mark = strstr(name, OWN_TEMPLATE_MARK);

    return mark != NULL && mark != name && mark[strlen(OWN_TEMPLATE_MARK)] != '\0';
}

static bool choose_emit(command_line *line, const char *value)
{
    if (names_a_template(value)) {
        line->chosen->own_templates[line->chosen->own_template_count++] = value;
        return true;
    }
    int kind = find_word(line, OPTION_EMIT, value, emit_words, EMIT_COUNT);
    if (kind >= 0)
        line->chosen->emit[kind] = true;
    else
        buffer_append_text(line->problem, ", nor is that a template, NAME.tmpl.EXT");
    return kind >= 0;
}

static bool choose_dump(command_line *line, const char *value)
{
    int count = sizeof stage_words / sizeof stage_words[0];
    int stage = find_word(line, OPTION_DUMP, value, stage_words, count);

    return stage >= 0 && choose_action(line, OPTION_DUMP, (action)(ACTION_DUMP_TOKENS + stage));
}

static bool choose_level(command_line *line, const char *value)
{
    int level = find_word(line, OPTION_LEVEL, value, level_words, LEVEL_COUNT);

    if (level >= 0)
        line->chosen->breaking.levels[level] = true;
    return level >= 0;
}

static bool allow(command_line *line, const char *value)
{
    breaking_choice *chosen = &line->chosen->breaking;

    if (!breaking_has_rule(value)) {
        buffer_printf(line->problem, "--allow: no rule has the code '%s'", value);
        return false;
    }
    chosen->allowed[chosen->allowed_count++] = value;
    return true;
}

static bool choose_format(command_line *line, const char *value)
{
    int count = sizeof format_words / sizeof format_words[0];
    int format = find_word(line, OPTION_EXPLAIN_FORMAT, value, format_words, count);

    if (format >= 0)
        line->chosen->explain_format = (explain_format)format;
    return format >= 0;
}

static bool choose_warning(command_line *line, const char *value)
{
    if (diag_choose(&line->chosen->style, value))
        return true;
    buffer_printf(line->problem, "-W: there is no warning '%s'; the warnings are", value);
    const char *joint = "";
    for (int i = 0; i < DIAG_CODE_COUNT; i++) {
        if (diag_severity_of((diag_code)i) == SEVERITY_ERROR)
            continue;
        buffer_printf(line->problem, "%s %s", joint, diag_code_text((diag_code)i));
        joint = ",";
    }
    return false;
}

static bool choose_diagnostics(command_line *line, const char *value)
{
    int format = find_word(line, OPTION_DIAGNOSTICS, value, diagnostics_words, 3);

    if (format >= 0)
        line->chosen->style.format = (diag_format)format;
    return format >= 0;
}

static bool choose_color(command_line *line, const char *value)
{
    int color = find_word(line, OPTION_COLOR, value, color_words, 3);

    if (color >= 0)
        line->chosen->color = (color_choice)color;
    return color >= 0;
}

static bool print_templates(command_line *line, const char *value)
{
    line->chosen->print_directory = value;
    return choose_action(line, OPTION_PRINT_TEMPLATES, ACTION_PRINT_TEMPLATES);
}

static bool add_root(command_line *line, const char *value)
{
    line->chosen->roots[line->chosen->root_count++] = value;
    return true;
}

/* The effect of an option: it sets a text, sets a flag, selects an action, or calls a function. A
 * row that is missing is NOTHING, which the test of the options finds. */
typedef struct effect {
    enum { NOTHING, SETS_TEXT, SETS_FLAG, SELECTS, CALLS } kind;
    size_t offset; /* of the text or flag in `options` */
    action action;
    bool (*call)(command_line *line, const char *value);
} effect;

/* The offset of a member, which must have this type. */
#define OFFSET(type, member)                                                                       \
    (offsetof(options, member) + 0 * sizeof(char[_Generic(((options *)0)->member, type : 1)]))

#define TEXT(member)                                                                               \
    {                                                                                              \
        .kind = SETS_TEXT, .offset = OFFSET(const char *, member)                                  \
    }
#define FLAG(member)                                                                               \
    {                                                                                              \
        .kind = SETS_FLAG, .offset = OFFSET(bool, member)                                          \
    }
#define SELECT(selected)                                                                           \
    {                                                                                              \
        .kind = SELECTS, .action = selected                                                        \
    }
#define CALL(function)                                                                             \
    {                                                                                              \
        .kind = CALLS, .call = function                                                            \
    }

static const effect effects[OPTION_COUNT] = {
    [OPTION_OUTPUT] = TEXT(output_directory),
    [OPTION_INCLUDE] = CALL(add_root),
    [OPTION_EMIT] = CALL(choose_emit),
    [OPTION_SMALL] = FLAG(small),
    [OPTION_RUNTIME] = FLAG(runtime),
    [OPTION_DEPFILE] = TEXT(depfile),
    [OPTION_DEPFILE_TARGET] = TEXT(depfile_target),
    [OPTION_TEMPLATES] = TEXT(templates),
    [OPTION_DUMP] = CALL(choose_dump),
    [OPTION_LIST_OUTPUTS] = SELECT(ACTION_LIST_OUTPUTS),
    [OPTION_CHECK] = SELECT(ACTION_CHECK),
    [OPTION_CHECK_TEMPLATES] = SELECT(ACTION_CHECK_TEMPLATES),
    [OPTION_PRINT_TEMPLATES] = CALL(print_templates),
    [OPTION_VERSION] = SELECT(ACTION_VERSION),
    [OPTION_HELP] = SELECT(ACTION_HELP),
    [OPTION_FORMAT_CHECK] = FLAG(format_check),
    [OPTION_FORMAT_DIFF] = FLAG(format_diff),
    [OPTION_AGAINST] = TEXT(against),
    [OPTION_LEVEL] = CALL(choose_level),
    [OPTION_ALLOW] = CALL(allow),
    [OPTION_EXPLAIN_FORMAT] = CALL(choose_format),
    [OPTION_WARNING] = CALL(choose_warning),
    [OPTION_DIAGNOSTICS] = CALL(choose_diagnostics),
    [OPTION_COLOR] = CALL(choose_color),
};

static bool apply(command_line *line, option_name name, const char *value)
{
    const effect *of = &effects[name];
    char *member = (char *)line->chosen + of->offset;

    switch (of->kind) {
    case NOTHING:
        break;
    case SETS_TEXT:
        memcpy(member, &value, sizeof value);
        return true;
    case SETS_FLAG:
        memcpy(member, &(bool){true}, sizeof(bool));
        return true;
    case SELECTS:
        return choose_action(line, name, of->action);
    case CALLS:
        return of->call(line, value);
    }
    return false;
}

static bool is_known_here(const options *chosen, const option *candidate)
{
    return (candidate->commands >> chosen->command & 1) != 0;
}

/* Returns true if `argument` is this option; `*value` becomes the joined value: --emit=c,
 * -Iroot. */
static bool matches(const option *candidate, const char *argument, const char **value)
{
    size_t length = strlen(candidate->spelling);
    bool is_long = candidate->spelling[1] == '-';

    if (strncmp(argument, candidate->spelling, length) != 0)
        return false;
    const char *rest = argument + length;
    *value = *rest == '\0' ? NULL : is_long ? rest + 1 : rest;
    return *rest == '\0' || !is_long || *rest == '=';
}

static bool refuse_unknown(command_line *line, const char *argument)
{
    buffer_printf(line->problem, "unknown option '%s'; the options are", argument);
    const char *joint = "";
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!is_known_here(line->chosen, &known[i]))
            continue;
        buffer_printf(line->problem, "%s %s", joint, known[i].spelling);
        joint = ",";
    }
    return false;
}

static bool parse_option(command_line *line, const char *argument)
{
    const char *value = NULL;
    size_t found = 0;

    while (found < OPTION_COUNT && !(is_known_here(line->chosen, &known[found]) &&
                                     matches(&known[found], argument, &value)))
        found++;
    if (found == OPTION_COUNT)
        return refuse_unknown(line, argument);

    const option *chosen = &known[found];
    if (chosen->argument == NULL && value != NULL) {
        buffer_printf(line->problem, "%s takes no argument", chosen->spelling);
        return false;
    }
    if (chosen->argument != NULL && value == NULL && *line->rest != NULL)
        value = *line->rest++;
    if (chosen->argument != NULL && (value == NULL || *value == '\0')) {
        buffer_printf(line->problem, "%s needs an argument: %s", chosen->spelling,
                      chosen->argument);
        return false;
    }
    return apply(line, (option_name)found, value);
}

static bool needs_files(action wanted)
{
    return wanted < ACTION_CHECK_TEMPLATES || wanted > ACTION_HELP;
}

/* Refuses options that would have no effect. */
static bool check_combination(command_line *line)
{
    const options *chosen = line->chosen;

    if (needs_files(chosen->action) && chosen->file_count == 0) {
        const char *word = commands[chosen->command].word;
        buffer_printf(line->problem, "no schema is given; see catgac %s%s--help", word,
                      word[0] == '\0' ? "" : " ");
        return false;
    }
    if (chosen->action == ACTION_BREAKING && chosen->against == NULL) {
        buffer_append_text(line->problem, "breaking needs --against OLD");
        return false;
    }
    if (!needs_files(chosen->action) && chosen->file_count > 0) {
        buffer_printf(line->problem, "%s takes no schema", line->action_spelling);
        return false;
    }
    if (chosen->depfile != NULL && chosen->action != ACTION_GENERATE) {
        buffer_printf(line->problem, "%s and --depfile exclude each other", line->action_spelling);
        return false;
    }
    if (chosen->depfile_target != NULL && chosen->depfile == NULL) {
        buffer_append_text(line->problem, "--depfile-target needs --depfile");
        return false;
    }
    return true;
}

static void set_default_emit(options *chosen)
{
    if (chosen->own_template_count > 0)
        return;
    for (size_t i = 0; i < EMIT_COUNT; i++) {
        if (chosen->emit[i])
            return;
    }
    chosen->emit[EMIT_C] = true;
}

static void set_default_levels(options *chosen)
{
    for (size_t i = 0; i < LEVEL_COUNT; i++) {
        if (chosen->breaking.levels[i])
            return;
    }
    for (size_t i = 0; i < LEVEL_COUNT; i++)
        chosen->breaking.levels[i] = true;
}

/* Prints help, whatever the other arguments are. */
static bool asks_for_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* Selects the command by the first argument. A file with the name of a command is ./fmt. */
static void choose_command(command_line *line)
{
    line->chosen->command = COMMAND_COMPILE;
    for (int i = COMMAND_COMPILE + 1; i < COMMAND_COUNT && *line->rest != NULL; i++) {
        if (strcmp(*line->rest, commands[i].word) == 0) {
            line->chosen->command = (command_name)i;
            line->rest++;
            break;
        }
    }
    line->chosen->action = first_actions[line->chosen->command];
}

bool options_parse(arena *memory, int argument_count, char **arguments, options *chosen,
                   buffer *problem)
{
    size_t most = (size_t)argument_count;

    *chosen = (options){.roots = ARENA_ARRAY(memory, most, const char *),
                        .own_templates = ARENA_ARRAY(memory, most, const char *),
                        .breaking.allowed = ARENA_ARRAY(memory, most, const char *),
                        .files = ARENA_ARRAY(memory, most, const char *)};
    command_line line = {
        .rest = arguments + (argument_count > 0), .chosen = chosen, .problem = problem};
    bool only_files = false;
    choose_command(&line);
    while (*line.rest != NULL) {
        const char *argument = *line.rest++;
        if (!only_files && asks_for_help(argument)) {
            chosen->action = ACTION_HELP;
            return true;
        }
        if (only_files || argument[0] != '-' || argument[1] == '\0')
            chosen->files[chosen->file_count++] = argument;
        else if (strcmp(argument, "--") == 0)
            only_files = true;
        else if (!parse_option(&line, argument))
            return false;
    }
    set_default_emit(chosen);
    set_default_levels(chosen);
    return check_combination(&line);
}

/* ---- Help ------------------------------------------------------------------------------------ */

enum { HELP_COLUMN = 34 };

static void print_options(command_name of, buffer *out)
{
    const options only = {.command = of};

    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!is_known_here(&only, &known[i]))
            continue;
        size_t begin = out->length;
        buffer_printf(out, "  %s", known[i].spelling);
        if (known[i].argument != NULL)
            buffer_printf(out, " %s", known[i].argument);
        size_t width = out->length - begin;
        buffer_append_repeated(out, ' ', width < HELP_COLUMN ? HELP_COLUMN - width : 1);
        buffer_printf(out, "%s\n", known[i].meaning);
    }
}

static void print_commands(buffer *out)
{
    buffer_append_text(out, "\nOther commands; each has a --help:\n");
    for (size_t i = COMMAND_COMPILE + 1; i < COMMAND_COUNT; i++)
        buffer_printf(out, "  catgac %-25s%s\n", commands[i].word, commands[i].purpose);
}

void options_help(command_name of, buffer *out)
{
    const command *asked = &commands[of];

    buffer_printf(out, "usage: catgac %s%s%s\n%s\n\n", asked->word,
                  of == COMMAND_COMPILE ? "" : " ", asked->arguments, asked->purpose);
    print_options(of, out);
    if (of == COMMAND_COMPILE)
        print_commands(out);
    buffer_printf(out, "\nExit status: %s, 2 wrong usage, 3 a file could not be read or written.\n",
                  asked->status);
}
