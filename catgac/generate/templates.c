/* templates.c -- see templates.h. */
#include "generate/templates.h"

#include "generate/embedded.h"
#include "generate/view/view.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static const embedded_file *find_embedded(slice name)
{
    for (size_t i = 0; i < embedded_template_count; i++) {
        if (slice_is(name, embedded_templates[i].name))
            return &embedded_templates[i];
    }
    return NULL;
}

static slice content_of(const embedded_file *file)
{
    return (slice){(const char *)file->bytes, file->length};
}

static char *path_below(arena *memory, const char *folder, const char *name)
{
    buffer path = buffer_in(memory);

    buffer_printf(&path, "%s/%s", folder, name);
    return path.data;
}

/* ---- The user's folder ----------------------------------------------------------------------- */

enum { FOLDER_DEPTH_LIMIT = 4 };

static void cannot_read(templates *set, const char *path, const char *reason)
{
    diag_report(set->diags, DIAG_CANNOT_READ, (span){0, 0, 0}, "cannot read '%s': %s", path,
                reason);
    set->diags->unread_count++;
}

static void refuse_name(const templates *set, const char *path)
{
    buffer names = buffer_in(set->memory);

    for (size_t i = 0; i < embedded_template_count; i++)
        buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", embedded_templates[i].name);
    diag_report(set->diags, DIAG_TEMPLATE, (span){0, 0, 0},
                "'%s' is not the name of a built-in template: %s; keep your own templates in "
                "another folder, and name them with --emit",
                path, names.data);
}

/* Ignores hidden files and the backups of editors. */
static bool is_ignored(const char *name)
{
    return name[0] == '.' || name[strlen(name) - 1] == '~';
}

/* Checks every file below `name`, which is "" for the folder itself. */
static void check_folder(templates *set, const char *name, int depth)
{
    const char *path = *name == '\0' ? set->folder : path_below(set->memory, set->folder, name);
    DIR *folder = opendir(path);

    if (folder == NULL) {
        cannot_read(set, path, strerror(errno));
        return;
    }
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (is_ignored(entry->d_name))
            continue;
        const char *below = *name == '\0' ? slice_copy(set->memory, slice_of(entry->d_name)).data
                                          : path_below(set->memory, name, entry->d_name);
        const char *entry_path = path_below(set->memory, set->folder, below);
        struct stat status;
        if (depth < FOLDER_DEPTH_LIMIT && stat(entry_path, &status) == 0 && S_ISDIR(status.st_mode))
            check_folder(set, below, depth + 1);
        else if (find_embedded(slice_of(below)) == NULL)
            refuse_name(set, entry_path);
    }
    closedir(folder);
}

bool templates_open(templates *set, arena *memory, diagnostics *diags, source_set *sources,
                    const char *folder)
{
    *set = (templates){memory, diags, sources, folder};
    if (folder != NULL)
        check_folder(set, "", 0);
    return !diag_failed(diags);
}

/* ---- Getting one ----------------------------------------------------------------------------- */

static const source *load_override(templates *set, const char *name)
{
    const source *loaded = NULL;
    const char *path = path_below(set->memory, set->folder, name);
    source_status status = source_load_given(set->sources, path, &loaded);

    if (status != SOURCE_OK && status != SOURCE_MISSING)
        cannot_read(set, path, source_status_text(status));
    return loaded;
}

const compiled_template *templates_get_own(templates *set, const char *path)
{
    const source *text = NULL;
    source_status status = source_load_given(set->sources, path, &text);

    if (status != SOURCE_OK) {
        cannot_read(set, path, source_status_text(status));
        return NULL;
    }
    return template_parse(set->memory, set->diags, text, view_root_type);
}

const compiled_template *templates_get(templates *set, const char *name)
{
    const source *text = set->folder == NULL ? NULL : load_override(set, name);

    if (diag_failed(set->diags))
        return NULL;
    if (text == NULL) {
        const char *shown = path_below(set->memory, "templates", name);
        text = source_from_text(set->sources, shown, content_of(find_embedded(slice_of(name))));
    }
    return template_parse(set->memory, set->diags, text, view_root_type);
}

void templates_print(arena *memory, const char *folder, output_list *outputs)
{
    for (size_t i = 0; i < embedded_template_count; i++)
        output_add(outputs, path_below(memory, folder, embedded_templates[i].name),
                   content_of(&embedded_templates[i]));
}
