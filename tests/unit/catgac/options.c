/* The command line: the chosen command, and the errors. */
#include "options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST_ARGUMENTS = 16 };

typedef struct fixture {
    arena memory;
    options chosen;
    buffer problem;
    char words[512];
    char *arguments[MOST_ARGUMENTS];
} fixture;

/* Splits a line at blanks; "" is an empty argument. */
static bool parse(fixture *t, const char *line)
{
    arena_open(&t->memory, 1 << 24);
    t->problem = buffer_in(&t->memory);
    assert_true(strlen(line) < sizeof t->words - 8);
    strcpy(t->words, "catgac ");
    strcat(t->words, line);
    int count = 0;
    for (char *word = strtok(t->words, " "); word != NULL; word = strtok(NULL, " ")) {
        assert_true(count < MOST_ARGUMENTS - 1);
        t->arguments[count++] = strcmp(word, "\"\"") == 0 ? word + 2 : word;
    }
    t->arguments[count] = NULL;
    return options_parse(&t->memory, count, t->arguments, &t->chosen, &t->problem);
}

static void refuses(const char *line, const char *problem)
{
    fixture t;

    assert_false(parse(&t, line));
    assert_string_equal(t.problem.data, problem);
    arena_close(&t.memory);
}

static void files_are_compiled_to_c_by_default(void **state)
{
    (void)state;
    fixture t;
    assert_true(parse(&t, "a.catga b.catga"));
    assert_int_equal(t.chosen.action, ACTION_GENERATE);
    assert_int_equal(t.chosen.file_count, 2);
    assert_string_equal(t.chosen.files[1], "b.catga");
    assert_true(t.chosen.emit[EMIT_C]);
    assert_false(t.chosen.emit[EMIT_FBS]);
    assert_null(t.chosen.output_directory);
    assert_null(t.chosen.depfile);
    arena_close(&t.memory);
}

static void arguments_may_be_joined_or_apart(void **state)
{
    (void)state;
    fixture t;
    assert_true(parse(&t, "-o out -Ione -I two --emit=fbs --emit c --depfile=d a.catga"));
    assert_string_equal(t.chosen.output_directory, "out");
    assert_int_equal(t.chosen.root_count, 2);
    assert_string_equal(t.chosen.roots[0], "one");
    assert_string_equal(t.chosen.roots[1], "two");
    assert_true(t.chosen.emit[EMIT_C]);
    assert_true(t.chosen.emit[EMIT_FBS]);
    assert_string_equal(t.chosen.depfile, "d");
    arena_close(&t.memory);
}

static void only_chosen_outputs_are_emitted(void **state)
{
    (void)state;
    fixture t;
    assert_true(parse(&t, "--emit fbs a.catga"));
    assert_false(t.chosen.emit[EMIT_C]);
    assert_true(t.chosen.emit[EMIT_FBS]);
    arena_close(&t.memory);
}

static void an_action_is_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        action action;
    } cases[] = {
        {"--check a", ACTION_CHECK},
        {"--dump=tokens a", ACTION_DUMP_TOKENS},
        {"--dump ast a", ACTION_DUMP_AST},
        {"--dump=model a", ACTION_DUMP_MODEL},
        {"--dump=view a", ACTION_DUMP_VIEW},
        {"--list-outputs a", ACTION_LIST_OUTPUTS},
        {"--check-templates", ACTION_CHECK_TEMPLATES},
        {"--print-templates out", ACTION_PRINT_TEMPLATES},
        {"--version", ACTION_VERSION},
        {"--help", ACTION_HELP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture t;
        assert_true(parse(&t, cases[i].line));
        assert_int_equal(t.chosen.action, cases[i].action);
        arena_close(&t.memory);
    }
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    fixture t;
    assert_true(parse(&t, "-- -o --help -"));
    assert_int_equal(t.chosen.action, ACTION_GENERATE);
    assert_int_equal(t.chosen.file_count, 3);
    assert_string_equal(t.chosen.files[0], "-o");
    arena_close(&t.memory);
}

static void unknown_options_are_rejected(void **state)
{
    (void)state;
    fixture t;
    assert_false(parse(&t, "--emti c a"));
    assert_memory_equal(t.problem.data, "unknown option '--emti'; the options are -o, -I, --emit,",
                        56);
    arena_close(&t.memory);
    assert_false(parse(&t, "--helper"));
    arena_close(&t.memory);
    assert_false(parse(&t, "-x a"));
    arena_close(&t.memory);
    refuses("--emit java a",
            "--emit takes c or fbs or routes or openapi, not 'java', nor is that a template, "
            "NAME.tmpl.EXT");
    refuses("--dump=all a", "--dump takes tokens or ast or model or view, not 'all'");
}

static void incomplete_command_lines_are_rejected(void **state)
{
    (void)state;
    refuses("", "no schema is given; see catgac --help");
    refuses("--check", "no schema is given; see catgac --help");
    refuses("a -o", "-o needs an argument: DIR");
    refuses("a -o \"\"", "-o needs an argument: DIR");
    refuses("a --depfile=", "--depfile needs an argument: FILE");
    refuses("--version=1", "--version takes no argument");
}

static void options_without_effect_are_rejected(void **state)
{
    (void)state;
    refuses("--check --dump=ast a", "--check and --dump exclude each other");
    refuses("--dump=ast --dump=model a", "--dump and --dump exclude each other");
    refuses("--version a", "--version takes no schema");
    refuses("--check --depfile d a", "--check and --depfile exclude each other");
    refuses("--depfile-target t a", "--depfile-target needs --depfile");
}

enum {
#define COMMAND(name, word, arguments, purpose, status) name = 1 << COMMAND_##name,
#include "commands.def"
#undef COMMAND
};

static bool is_in(const char *help, const char *spelling, const char *meaning)
{
    char begin[32];

    snprintf(begin, sizeof begin, "\n  %s ", spelling);
    const char *line = strstr(help, begin);
    while (line != NULL &&
           strncmp(strchr(line + 1, '\n') - strlen(meaning), meaning, strlen(meaning)) != 0)
        line = strstr(line + 1, begin);
    return line != NULL;
}

static void help_names_every_option_of_its_command(void **state)
{
    (void)state;
    arena memory;
    arena_open(&memory, 1 << 20);
    for (int command = 0; command < COMMAND_COUNT; command++) {
        buffer out = buffer_in(&memory);
        options_help((command_name)command, &out);
#define OPTION(name, commands, spelling, argument, meaning)                                        \
    assert_int_equal(is_in(out.data, spelling, meaning), ((commands) >> command & 1) != 0);
#include "options.def"
#undef OPTION
    }
    arena_close(&memory);
}

static void a_word_chooses_a_command(void **state)
{
    (void)state;
    fixture t;
    assert_true(parse(&t, "fmt --check a.catga"));
    assert_int_equal(t.chosen.action, ACTION_FORMAT);
    assert_true(t.chosen.format_check);
    arena_close(&t.memory);
    assert_true(parse(&t, "./fmt --check"));
    assert_int_equal(t.chosen.action, ACTION_CHECK);
    arena_close(&t.memory);
    assert_true(parse(
        &t, "breaking --against old --level wire --allow=field-gone --allow field-moved -I x new"));
    assert_int_equal(t.chosen.action, ACTION_BREAKING);
    assert_string_equal(t.chosen.against, "old");
    assert_true(t.chosen.breaking.levels[LEVEL_WIRE]);
    assert_false(t.chosen.breaking.levels[LEVEL_SOURCE]);
    assert_int_equal(t.chosen.breaking.allowed_count, 2);
    arena_close(&t.memory);
    assert_true(parse(&t, "explain --format dot a.catga"));
    assert_int_equal(t.chosen.action, ACTION_EXPLAIN);
    assert_int_equal(t.chosen.explain_format, EXPLAIN_DOT);
    arena_close(&t.memory);
    refuses(
        "fmt -I x a",
        "unknown option '-I'; the options are --check, --diff, -W, --diagnostics, --color, --help");
    refuses("fmt", "no schema is given; see catgac fmt --help");
    refuses("breaking a", "breaking needs --against OLD");
    refuses("breaking --allow x a", "--allow: no rule has the code 'x'");
    refuses("breaking --level=x a", "--level takes wire or source or delivery, not 'x'");
    refuses("explain --format=x a", "--format takes text or json or dot or mermaid, not 'x'");
}

/* Writes a command line with one option of a command, and the first word that it takes. */
static void one_option(char line[128], const char *command, const char *spelling,
                       const char *argument)
{
    char word[32] = "x";

    if (argument != NULL && strchr(argument, '|') != NULL)
        snprintf(word, sizeof word, "%.*s", (int)strcspn(argument, "|"), argument);
    snprintf(line, 128, "%s %s %s", command, spelling, argument == NULL ? "" : word);
}

/* Each option has an effect, or is rejected with a reason. */
static void every_option_has_an_effect(void **state)
{
    static const char *const words[] = {
#define COMMAND(name, word, arguments, purpose, status) word,
#include "commands.def"
#undef COMMAND
    };

    static const struct {
        int commands;
        const char *spelling;
        const char *argument;
    } known[] = {
#define OPTION(name, commands, spelling, argument, meaning) {commands, spelling, argument},
#include "options.def"
#undef OPTION
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (size_t c = 0; c < COMMAND_COUNT; c++) {
            fixture t;
            char line[128];
            if ((known[i].commands >> c & 1) == 0)
                continue;
            one_option(line, words[c], known[i].spelling, known[i].argument);
            bool good = parse(&t, line);
            assert_true(good || t.problem.length > 0);
            arena_close(&t.memory);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_compiled_to_c_by_default),
        cmocka_unit_test(arguments_may_be_joined_or_apart),
        cmocka_unit_test(only_chosen_outputs_are_emitted),
        cmocka_unit_test(an_action_is_chosen),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(unknown_options_are_rejected),
        cmocka_unit_test(incomplete_command_lines_are_rejected),
        cmocka_unit_test(options_without_effect_are_rejected),
        cmocka_unit_test(help_names_every_option_of_its_command),
        cmocka_unit_test(a_word_chooses_a_command),
        cmocka_unit_test(every_option_has_an_effect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
