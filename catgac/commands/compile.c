/* compile.c -- catgac [OPTION...] SCHEMA...: generates, checks, or lists the outputs. */
#include "base/depfile.h"
#include "commands/command.h"
#include "generate/generate.h"
#include "generate/templates.h"

#include <string.h>

static bool is_written(const output_list *outputs, const char *path)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (strcmp(outputs->items[i].path, path) == 0)
            return true;
    }
    return false;
}

/* Adds the depfile: its inputs are the schemas, their imports, and the user's templates. Returns
 * false, after a report, if it cannot be written. */
static bool add_depfile(run *r, output_list *outputs)
{
    slice *inputs = ARENA_ARRAY(&r->memory, r->sources.source_count, slice);
    size_t count = 0;

    for (size_t i = 0; i < r->sources.source_count; i++) {
        if (r->sources.sources[i]->real_path.length > 0)
            inputs[count++] = r->sources.sources[i]->shown_path;
    }
    output_list stamp = output_list_in(&r->memory);
    if (r->chosen.depfile_target != NULL)
        output_add(&stamp, r->chosen.depfile_target, SLICE(""));
    const output_list *made = stamp.count > 0 ? &stamp : outputs;
    buffer text = buffer_in(&r->memory);
    bool good = depfile_write(&text, &r->diags, made, inputs, count);
    if (is_written(outputs, r->chosen.depfile)) {
        diag_report(&r->diags, DIAG_CANNOT_WRITE, (span){0, 0, 0},
                    "the depfile '%s' is also the name of an output", r->chosen.depfile);
        return false;
    }
    output_add(outputs, r->chosen.depfile, buffer_slice(&text));
    return good;
}

enum exit_code command_generate(run *r)
{
    output_list outputs = output_list_in(&r->memory);
    templates set;
    const model *facts = command_model(r);

    if (facts == NULL ||
        !templates_open(&set, &r->memory, &r->diags, &r->sources, r->chosen.templates) ||
        !generate(&r->chosen, facts, &set, &outputs))
        return EXIT_SCHEMA;
    if (r->chosen.depfile != NULL && !add_depfile(r, &outputs))
        return EXIT_FILES;
    return command_commit(r, &outputs);
}

enum exit_code command_check(run *r)
{
    command_model(r);
    return EXIT_GOOD;
}

enum exit_code command_list_outputs(run *r)
{
    output_list outputs = output_list_in(&r->memory);

    for (size_t i = 0; i < r->chosen.file_count; i++)
        (void)command_load(r, r->chosen.files[i]);
    if (diag_failed(&r->diags) || !generate_paths(&r->chosen, &r->sources, &r->diags, &outputs))
        return EXIT_SCHEMA;
    for (size_t i = 0; i < outputs.count; i++)
        buffer_printf(&r->printed, "%s\n", outputs.items[i].path);
    return EXIT_GOOD;
}
