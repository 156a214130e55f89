/* main.c -- the catgac program: reads the command line, runs a command, returns an exit code.
 *
 * Only this file uses argv, standard output, standard error and the exit code.
 */
#include "commands/command.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMORY_LIMIT ((size_t)1 << 30)

/* Returns true for a terminal that supports color. NO_COLOR: https://no-color.org */
static bool wants_color(color_choice chosen)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");

    if (chosen != COLOR_AUTO)
        return chosen == COLOR_ALWAYS;
    return (no_color == NULL || no_color[0] == '\0') && isatty(STDERR_FILENO) && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

/* Prints the diagnostics to standard error. */
static void print_diagnostics(run *r)
{
    buffer text = buffer_in(&r->memory);

    diag_print(&r->diags, &text);
    if (text.length > 0)
        fputs(text.data, stderr);
}

/* Returns false if writing to standard output failed, for example on a full disk or a closed pipe.
 * */
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
    r->diags.style = r->chosen.style;
    r->diags.style.in_color = wants_color(r->chosen.color);
    r->names = interner_in(&r->memory);
    r->printed = buffer_in(&r->memory);

    enum exit_code done = command_run(r);
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
