/* load.c -- the given files and all that they include, each once. */
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

static fbs_file *load_include(importer *i, const source *from, const fbs_include *include,
                              size_t depth)
{
    const source *file = NULL;
    source_status status = source_load_import(i->sources, from, include->path, &file);
    if (status == SOURCE_OK)
        return visit(i, file, depth + 1);
    diag_report(i->diags, DIAG_CANNOT_IMPORT, include->place,
                "cannot include '%.*s': %s; -I names folders to look below",
                SLICE_PRINT(include->path), source_status_text(status));
    return NULL;
}

/* Recursion is as deep as includes may be. FlatBuffers allows circles: a file is read once. */
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
