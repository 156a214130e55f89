/* run.c -- the table of commands. */
#include "commands/command.h"

static enum exit_code (*const commands[])(run *r) = {
    [ACTION_GENERATE] = command_generate,
    [ACTION_CHECK] = command_check,
    [ACTION_DUMP_TOKENS] = command_dump_tokens,
    [ACTION_DUMP_AST] = command_dump_ast,
    [ACTION_DUMP_MODEL] = command_dump_model,
    [ACTION_DUMP_VIEW] = command_dump_view,
    [ACTION_LIST_OUTPUTS] = command_list_outputs,
    [ACTION_CHECK_TEMPLATES] = command_check_templates,
    [ACTION_PRINT_TEMPLATES] = command_print_templates,
    [ACTION_VERSION] = command_version,
    [ACTION_HELP] = command_help,
    [ACTION_FORMAT] = command_format,
    [ACTION_BREAKING] = command_breaking,
    [ACTION_IMPORT] = command_import,
    [ACTION_EXPLAIN] = command_explain,
};

enum exit_code command_run(run *r)
{
    if (r->chosen.command == COMMAND_COMPILE)
        command_expand(r, ".catga");
    return commands[r->chosen.action](r);
}
