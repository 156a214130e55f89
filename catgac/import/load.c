/* load.c -- loads the given files and all their includes, each once. */
#include "import/fbs_parse.h"
#include "import/parts.h"

enum { INCLUDE_DEPTH_LIMIT = 64 };

static fbs_file *visit(importer *i, const source *file, size_t depth);

static fbs_file *find_file(const importer *i, const source *file)
{
    for (size_t n = 0; n < i->file_count; n++) {
        if (i->files[n]->file == file)
            return i->files[n];
    }
    return NULL;
}

static void remove_last_part(buffer *path)
{
    while (path->length > 0 && path->data[path->length - 1] != '/')
        path->length--;
    path->length -= path->length > 0;
}

/* Returns the path, below the root, of an include beside the including file. `..` leads upwards. */
static slice path_beside(importer *i, const source *from, slice path)
{
    buffer beside = buffer_in(i->memory);

    buffer_append(&beside, from->schema_path);
    remove_last_part(&beside);
    while (slice_starts_with(path, "../")) {
        remove_last_part(&beside);
        path = (slice){path.data + 3, path.length - 3};
    }
    buffer_append_text(&beside, beside.length > 0 ? "/" : "");
    buffer_append(&beside, path);
    return buffer_slice(&beside);
}

/* Searches as flatc does: beside the including file first, then below the roots. */
static source_status find_include(importer *i, const source *from, slice path, const source **file)
{
    source_status status = source_load_import(i->sources, from, path_beside(i, from, path), file);

    return status == SOURCE_OK ? status : source_load_import(i->sources, from, path, file);
}

static fbs_file *load_include(importer *i, const source *from, const fbs_include *include,
                              size_t depth)
{
    const source *file = NULL;
    source_status status = find_include(i, from, include->path, &file);

    if (status == SOURCE_OK)
        return visit(i, file, depth + 1);
    diag_report(i->diags, DIAG_CANNOT_IMPORT, include->place,
                "cannot include '%.*s': %s; -I names folders to look below",
                SLICE_PRINT(include->path), source_status_text(status));
    return NULL;
}

/* Loads a file and its includes, each once, since FlatBuffers allows circles. The recursion is
 * limited by the depth of includes. */
static fbs_file *visit(importer *i, const source *file, size_t depth)
{
    fbs_file *made = find_file(i, file);

    if (made != NULL)
        return made;
    made = fbs_parse(i->memory, i->diags, file);
    i->files[i->file_count++] = made;
    for (fbs_include *include = made->includes; include != NULL; include = include->next) {
        if (depth < INCLUDE_DEPTH_LIMIT)
            include->file = load_include(i, file, include, depth);
        else
            diag_report(i->diags, DIAG_IMPORT_DEPTH, include->place,
                        "includes are nested more than %d deep", INCLUDE_DEPTH_LIMIT);
    }
    return made;
}

void load_files(importer *i, const source *const *given, size_t count)
{
    i->files = ARENA_ARRAY(i->memory, SOURCE_COUNT_LIMIT, fbs_file *);
    for (size_t n = 0; n < count; n++)
        visit(i, given[n], 0);
}
