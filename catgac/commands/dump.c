/* dump.c -- catgac --dump=STAGE: prints the result of a stage of the compiler. */
#include "check/check.h"
#include "commands/command.h"
#include "generate/generate.h"
#include "syntax/lex.h"

enum exit_code command_dump_tokens(run *r)
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

enum exit_code command_dump_ast(run *r)
{
    ast_dump(command_parse(r), &r->printed);
    return EXIT_GOOD;
}

enum exit_code command_dump_model(run *r)
{
    const model *facts = check_facts(&r->memory, &r->names, &r->diags, command_parse(r));

    if (facts != NULL)
        model_dump(facts, &r->printed);
    return EXIT_GOOD;
}

enum exit_code command_dump_view(run *r)
{
    const model *facts = command_model(r);

    if (facts != NULL)
        generate_dump(&r->memory, &r->chosen, facts, &r->printed);
    return EXIT_GOOD;
}
