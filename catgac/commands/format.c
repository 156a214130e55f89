/* format.c -- see command.h. */
#include "commands/command.h"

enum exit_code command_format(run *r)
{
    diag_report(&r->diags, DIAG_UNSUPPORTED, (span){0, 0, 0},
                "this command is not supported by this version of catgac");
    return EXIT_SCHEMA;
}
