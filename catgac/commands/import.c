/* import.c -- `catgac import`: see command.h and import/import.h. */
#include "import/import.h"

#include "base/output.h"
#include "commands/command.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static slice folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return SLICE(".");
    return slash == path ? SLICE("/") : (slice){path, (size_t)(slash - path)};
}

/* Without -I, the given folders and those of the given files are the roots. */
static void set_roots(run *r)
{
    path_list roots = {.items = NULL};

    for (size_t i = 0; i < r->chosen.file_count && r->chosen.root_count == 0; i++) {
        const char *path = r->chosen.files[i];
        path_list_add(&r->memory, &roots,
                      is_folder(path) ? path : slice_copy(&r->memory, folder_of(path)).data);
    }
    if (roots.count > 0) {
        r->chosen.roots = roots.items;
        r->chosen.root_count = roots.count;
        source_set_turn(&r->sources, NULL, roots.items, roots.count);
    }
}

static const char *output_path(run *r, slice path)
{
    buffer joined = buffer_in(&r->memory);

    if (r->chosen.output_directory != NULL)
        buffer_printf(&joined, "%s/", r->chosen.output_directory);
    buffer_append(&joined, path);
    return joined.data;
}

/* Returns true if the file has exactly this content. */
static bool has_content(int file, slice content)
{
    char bytes[4096];
    size_t at = 0;
    ssize_t step;

    while ((step = read(file, bytes, sizeof bytes)) != 0) {
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0 || (size_t)step > content.length - at ||
            memcmp(bytes, content.data + at, (size_t)step) != 0)
            return false;
        at += (size_t)step;
    }
    return at == content.length;
}

/* Refuses to overwrite a schema: it may have been edited after the last import. */
static bool may_write(run *r, const char *path, slice content)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    bool is_same = file >= 0 && has_content(file, content);
    if (file >= 0)
        close(file);
    if (!is_same)
        diag_report(&r->diags, DIAG_CANNOT_WRITE, (span){0, 0, 0},
                    "'%s' exists and differs from the import: remove it, or import into "
                    "another folder with -o",
                    path);
    return is_same;
}

enum exit_code command_import(run *r)
{
    set_roots(r);
    command_expand(r, ".fbs");
    const source **given = ARENA_ARRAY(&r->memory, r->chosen.file_count, const source *);
    output_list outputs = output_list_in(&r->memory);
    size_t count = 0;
    bool may = true;
    for (size_t i = 0; i < r->chosen.file_count; i++) {
        given[count] = command_load(r, r->chosen.files[i]);
        count += given[count] != NULL;
    }
    imported made = import_fbs(&r->memory, &r->diags, &r->sources, given, count);
    for (size_t i = 0; i < made.count; i++) {
        const char *path = output_path(r, made.files[i].path);
        may = may_write(r, path, made.files[i].text) && may;
        output_add(&outputs, path, made.files[i].text);
    }
    if (!may)
        return EXIT_FILES;
    return outputs_commit(&outputs, &r->diags) ? EXIT_GOOD : EXIT_FILES;
}
