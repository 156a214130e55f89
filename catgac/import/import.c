/* import.c -- see import.h. */
#include "import/import.h"

#include "format/format.h"
#include "import/parts.h"

static slice format_written(importer *i, slice text)
{
    source_set formatted;
    diagnostics nobody;

    source_set_open(&formatted, i->memory, NULL, 0);
    diagnostics_open(&nobody, &formatted);
    return format_source(i->memory, &nobody, source_from_text(&formatted, "imported", text));
}

imported import_fbs(arena *memory, diagnostics *diags, source_set *sources,
                    const source *const *given, size_t given_count)
{
    importer i = {
        .memory = memory, .diags = diags, .sources = sources, .declared = text_table_in(memory)};

    load_files(&i, given, given_count);
    resolve_files(&i);
    merge_files(&i);
    name_files(&i);
    if (diag_failed(diags))
        return (imported){NULL, 0};
    const written_file *written = settle_files(&i);
    if (diag_failed(diags))
        return (imported){NULL, 0};
    imported_file *made = ARENA_ARRAY(memory, i.file_count, imported_file);
    for (size_t n = 0; n < i.file_count; n++)
        made[n] = (imported_file){i.files[n]->path, format_written(&i, written[n].text)};
    return (imported){made, i.file_count};
}
