/* import.h -- from FlatBuffers schemas to .catga schemas that have the same bytes on the wire.
 *
 *     fbs_parse.c  one file as it is written          load.c     it and all that it includes
 *     resolve.c    what types refer to, enum values   merge.c    circles of files become one
 *     names.c      what things are called             convert.c  types and values as .catga has
 * them write.c      the text of a .catga file          settle.c   names that the compiler accepts
 *
 * Names do not travel: what Catga cannot name is renamed, and keeps its name in JSON with @json.
 * A construct without a counterpart is a warning if the bytes stay compatible, else an error.
 */
#ifndef CATGAC_IMPORT_H
#define CATGAC_IMPORT_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

typedef struct imported_file {
    slice path; /* below the output folder: shop/orders.catga */
    slice text; /* in the one style that there is */
} imported_file;

typedef struct imported {
    const imported_file *files;
    size_t count;
} imported;

/* Imports the given files and all that they include. Returns nothing when an error was reported. */
imported import_fbs(arena *memory, diagnostics *diags, source_set *sources,
                    const source *const *given, size_t given_count);

#endif
