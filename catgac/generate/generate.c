/* generate.c -- see generate.h. */
#include "generate/generate.h"

#include "base/utf8.h"
#include "generate/output_path.h"
#include "generate/system/openapi.h"
#include "generate/view/view.h"

#include <string.h>

enum { MAX_PARTS = 3 };

typedef void write_function(const model_module *module, buffer *out);

/* A kind of file that catgac generates: the output of a function, or of templates, one after the
 * other. */
static const struct kind {
    emit_kind word;
    const char *suffix; /* in place of .catga */
    const char *templates[MAX_PARTS];
    write_function *write;
} kinds[] = {
    {EMIT_C, ".catga.h", {"c/header.tmpl.h"}, NULL},
    {EMIT_C, ".catga.c", {"c/source.tmpl.c", "c/codec.tmpl.c", "c/messages.tmpl.c"}, NULL},
    {EMIT_FBS, ".fbs", {"fbs/schema.tmpl.fbs"}, NULL},
    {EMIT_ROUTES, ".routes.h", {"routes/header.tmpl.h"}, NULL},
    {EMIT_ROUTES, ".routes.c", {"routes/source.tmpl.c"}, NULL},
    {EMIT_OPENAPI, ".openapi.json", {NULL}, openapi_document},
};

static const char *const emit_words[] = {
#define EMIT(name, word) word,
#include "generate/emit.def"
#undef EMIT
};

enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

/* A file that is generated from each module. */
typedef struct target {
    const char *suffix;
    const char *const *templates;
    size_t part_count;
    bool is_own;         /* a template of the user, not a built-in one */
    bool with_documents; /* its templates may print OpenAPI documents */
    const compiled_template *parts[MAX_PARTS];
    write_function *write; /* instead of templates; or NULL */
    const char *name;      /* for messages */
} target;

typedef struct target_list {
    target *items;
    size_t count;
} target_list;

/* Returns the suffix that a template of the user gives: docs/page.tmpl.md gives ".page.md". */
static const char *own_suffix(arena *memory, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *mark = strstr(name, OWN_TEMPLATE_MARK);
    buffer suffix = buffer_in(memory);

    buffer_printf(&suffix, ".%.*s.%s", (int)(mark - name), name, mark + strlen(OWN_TEMPLATE_MARK));
    return suffix.data;
}

static target built_in_target(const struct kind *kind)
{
    size_t count = 0;

    while (count < MAX_PARTS && kind->templates[count] != NULL)
        count++;
    return (target){
        .suffix = kind->suffix,
        .templates = kind->templates,
        .part_count = count,
        .with_documents = kind->word == EMIT_ROUTES,
        .write = kind->write,
        .name = count > 0 ? kind->templates[0] : emit_words[kind->word],
    };
}

static target own_target(arena *memory, const char *const *path)
{
    return (target){
        .suffix = own_suffix(memory, *path),
        .templates = path,
        .part_count = 1,
        .is_own = true,
        .with_documents = true,
        .name = *path,
    };
}

/* Returns the chosen kinds, then the templates of the user. */
static target_list choose_targets(arena *memory, const options *chosen, bool every_kind)
{
    target_list list = {ARENA_ARRAY(memory, KIND_COUNT + chosen->own_template_count, target), 0};

    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (every_kind || chosen->emit[kinds[i].word])
            list.items[list.count++] = built_in_target(&kinds[i]);
    }
    for (size_t i = 0; i < chosen->own_template_count; i++)
        list.items[list.count++] = own_target(memory, &chosen->own_templates[i]);
    return list;
}

/* Reports two targets with the same suffix, whose files would have one name. */
static bool check_suffixes(const target_list *targets, diagnostics *diags)
{
    for (size_t i = 0; i < targets->count; i++) {
        for (size_t j = 0; j < i; j++) {
            const target *one = &targets->items[j], *other = &targets->items[i];
            if (strcmp(one->suffix, other->suffix) != 0)
                continue;
            diag_report(diags, DIAG_CANNOT_WRITE, (span){0, 0, 0},
                        "'%s' and '%s' make a file of the same name: *%s", one->name, other->name,
                        other->suffix);
            return false;
        }
    }
    return true;
}

/* ---- Paths ----------------------------------------------------------------------------------- */

/* Returns true if a path can stand in #include "...", which has no escapes. */
static bool can_be_included(slice path)
{
    while (path.length > 0) {
        const char *begin = path.data;
        slice shown = utf8_take_shown(&path);
        if (shown.data != begin || strchr("\"\\?*", *begin) != NULL)
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
                "question mark, a star, a control character or what is not UTF-8");
    return false;
}

static const char *path_of(arena *memory, const options *chosen, const source *file,
                           const target *to)
{
    slice name = output_path(memory, file->schema_path, slice_of(to->suffix));
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
    target_list targets = choose_targets(outputs->memory, chosen, false);

    if (!check_suffixes(&targets, diags))
        return false;
    bool good = true;
    for (size_t i = 0; i < sources->source_count; i++) {
        const source *file = sources->sources[i];
        good = check_name(file, diags) && good;
        for (size_t j = 0; j < targets.count; j++) {
            const char *path = path_of(outputs->memory, chosen, file, &targets.items[j]);
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

static bool parse_target(templates *set, target *to)
{
    bool good = true;

    for (size_t i = 0; i < to->part_count; i++) {
        const char *name = to->templates[i];
        to->parts[i] = to->is_own ? templates_get_own(set, name) : templates_get(set, name);
        good = to->parts[i] != NULL && good;
    }
    return good;
}

static bool parse_targets(templates *set, target_list *targets)
{
    bool good = true;

    for (size_t i = 0; i < targets->count; i++)
        good = parse_target(set, &targets->items[i]) && good;
    return good;
}

static bool render_target(const target *to, const view_root *view, diagnostics *diags,
                          buffer *content)
{
    bool good = true;

    for (size_t i = 0; good && i < to->part_count; i++)
        good = template_render(to->parts[i], view, diags, content);
    return good;
}

static bool need_documents(const target_list *targets)
{
    bool found = false;

    for (size_t i = 0; i < targets->count; i++)
        found = found || targets->items[i].with_documents;
    return found;
}

static bool generate_module(const options *chosen, const model_module *module, templates *set,
                            const target_list *targets, output_list *outputs)
{
    const view_root *view = view_of(set->memory, module, chosen->small, need_documents(targets));
    bool good = check_names(module, set->diags);

    for (size_t i = 0; good && i < targets->count; i++) {
        const target *to = &targets->items[i];
        buffer content = buffer_in(set->memory);
        if (to->write != NULL)
            to->write(module, &content);
        good = render_target(to, view, set->diags, &content) &&
               add_path(path_of(set->memory, chosen, module->file, to), buffer_slice(&content),
                        module->file, set->diags, outputs);
    }
    return good;
}

static bool generate_targets(const options *chosen, const model *facts, templates *set,
                             target_list targets, output_list *outputs)
{
    bool good = check_suffixes(&targets, set->diags) && parse_targets(set, &targets);

    for (size_t i = 0; good && i < facts->module_count; i++) {
        if (facts->modules[i]->is_input)
            good = generate_module(chosen, facts->modules[i], set, &targets, outputs);
    }
    return good;
}

bool generate(const options *chosen, const model *facts, templates *set, output_list *outputs)
{
    return generate_targets(chosen, facts, set, choose_targets(set->memory, chosen, false),
                            outputs);
}

bool generate_check(const options *chosen, const model *facts, templates *set)
{
    bool good = true;

    for (int small = 0; small <= 1 && good; small++) {
        output_list forgotten = output_list_in(set->memory);
        options each = *chosen;
        each.small = small;
        good = generate_targets(&each, facts, set, choose_targets(set->memory, chosen, true),
                                &forgotten);
    }
    return good;
}

void generate_dump(arena *memory, const options *chosen, const model *facts, buffer *out)
{
    for (size_t i = 0; i < facts->module_count; i++) {
        if (facts->modules[i]->is_input)
            record_dump(view_root_type, view_of(memory, facts->modules[i], chosen->small, true),
                        out);
    }
}
