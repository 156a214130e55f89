/* about.c -- catgac --version, --help. */
#include "commands/command.h"

enum exit_code command_version(run *r)
{
    buffer_append_text(&r->printed, "catgac " CATGAC_VERSION "\n");
    return EXIT_GOOD;
}

enum exit_code command_help(run *r)
{
    options_help(r->chosen.command, &r->printed);
    return EXIT_GOOD;
}
