/* generate.c -- see generate.h. */
#include "generate/generate.h"

#include <string.h>

#include "generate/view.h"

static const struct target {
    emit_kind kind;
    const char *template;
    const char *suffix; /* in place of .catga */
} targets[] = {
    {EMIT_C, "c/header.tmpl.h", ".catga.h"},
    {EMIT_C, "c/source.tmpl.c", ".catga.c"},
    {EMIT_FBS, "fbs/schema.tmpl.fbs", ".fbs"},
};

enum { TARGET_COUNT = sizeof targets / sizeof targets[0] };

/* ---- Paths ----------------------------------------------------------------------------------- */

/* A path stands in #include "...", where nothing can be escaped. */
static bool can_be_included(slice path)
{
    for (size_t i = 0; i < path.length; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c < ' ' || c == 0x7f || strchr("\"\\?*", c) != NULL)
            return false;
    }
    return true;
}

static bool check_name(const source *file, diagnostics *diags)
{
    if (can_be_included(file->schema_path))
        return true;
    diag_report(diags, DIAG_CANNOT_WRITE, (span){file->number, 0, 0},
                "the name of this file cannot be in an #include: it has a quote, a backslash, a "
                "question mark, a star or a control character");
    return false;
}

static const char *output_path(arena *memory, const options *chosen, const source *file,
                               const struct target *to)
{
    slice name = view_output_path(memory, file->schema_path, slice_of(to->suffix));
    buffer path = buffer_in(memory);
    if (chosen->output_directory != NULL) {
        buffer_append_text(&path, chosen->output_directory);
        if (path.data[path.length - 1] != '/')
            buffer_append_char(&path, '/');
    }
    buffer_append(&path, name);
    return path.data;
}

static bool add_path(const char *path, slice content, const source *file, diagnostics *diags,
                     output_list *outputs)
{
    for (size_t i = 0; i < outputs->count; i++) {
        if (strcmp(outputs->items[i].path, path) == 0) {
            diag_report(diags, DIAG_CANNOT_WRITE, (span){file->number, 0, 0},
                        "another of the given files becomes '%s' too: name the folder above both "
                        "with -I",
                        path);
            return false;
        }
    }
    output_add(outputs, path, content);
    return true;
}

bool generate_paths(const options *chosen, const source_set *sources, diagnostics *diags,
                    output_list *outputs)
{
    bool good = true;
    for (size_t i = 0; i < sources->source_count; i++) {
        const source *file = sources->sources[i];
        good = check_name(file, diags) && good;
        for (size_t j = 0; j < TARGET_COUNT; j++) {
            const char *path = output_path(outputs->memory, chosen, file, &targets[j]);
            if (chosen->emit[targets[j].kind])
                good = add_path(path, SLICE(""), file, diags, outputs) && good;
        }
    }
    return good;
}

/* ---- Contents -------------------------------------------------------------------------------- */

static bool check_names(const model_module *module, diagnostics *diags)
{
    bool good = check_name(module->file, diags);
    for (size_t i = 0; i < module->import_count; i++)
        good = check_name(module->imports[i]->file, diags) && good;
    return good;
}

/* The template of each target that is asked for; NULL for the others. */
static bool get_templates(const options *chosen, templates *set, const compiled_template **parsed)
{
    bool good = true;
    for (size_t i = 0; i < TARGET_COUNT; i++) {
        if (!chosen->emit[targets[i].kind])
            continue;
        parsed[i] = templates_get(set, targets[i].template);
        good = parsed[i] != NULL && good;
    }
    return good;
}

static bool generate_module(const options *chosen, const model_module *module, templates *set,
                            const compiled_template *const *parsed, output_list *outputs)
{
    const view_root *view = view_of(set->memory, module);
    bool good = check_names(module, set->diags);
    for (size_t i = 0; good && i < TARGET_COUNT; i++) {
        if (parsed[i] == NULL)
            continue;
        buffer content = buffer_in(set->memory);
        good = template_render(parsed[i], view, set->diags, &content) &&
               add_path(output_path(set->memory, chosen, module->file, &targets[i]),
                        buffer_slice(&content), module->file, set->diags, outputs);
    }
    return good;
}

bool generate(const options *chosen, const model *facts, templates *set, output_list *outputs)
{
    const compiled_template *parsed[TARGET_COUNT] = {NULL};
    bool good = get_templates(chosen, set, parsed);
    for (size_t i = 0; good && i < facts->module_count; i++) {
        if (facts->modules[i]->is_given)
            good = generate_module(chosen, facts->modules[i], set, parsed, outputs);
    }
    return good;
}

bool generate_check(const model *facts, templates *set)
{
    options all = {.output_directory = NULL};
    for (size_t i = 0; i < EMIT_COUNT; i++)
        all.emit[i] = true;
    output_list forgotten = output_list_in(set->memory);
    return generate(&all, facts, set, &forgotten);
}

void generate_dump(arena *memory, const model *facts, buffer *out)
{
    for (size_t i = 0; i < facts->module_count; i++) {
        if (facts->modules[i]->is_given)
            record_dump(view_root_type, view_of(memory, facts->modules[i]), out);
    }
}
