/* import.h -- converts FlatBuffers schemas to .catga schemas with the same bytes on the wire.
 *
 *     load.c       the given files and their includes
 *     fbs_parse.c  the syntax tree of one file
 *     resolve.c    types, root tables and enum values
 *     merge.c      circles of files become one file
 *     names.c      names in the .catga file
 *     write.c      the text of a .catga file
 *     convert.c    types and values in this text
 *     settle.c     renames until the compiler accepts the text
 *
 * Names are not on the wire: a name that Catga does not allow is changed, and @json keeps it in
 * JSON. A construct without a counterpart is a warning if the bytes stay compatible, else an error.
 */
#ifndef CATGAC_IMPORT_H
#define CATGAC_IMPORT_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

typedef struct imported_file {
    slice path; /* below the output folder: shop/orders.catga */
    slice text; /* in the style of `catgac fmt` */
} imported_file;

typedef struct imported {
    const imported_file *files;
    size_t count;
} imported;

/* Imports the given files and all their includes. Returns an empty list after an error, which is
 * reported. */
imported import_fbs(arena *memory, diagnostics *diags, source_set *sources,
                    const source *const *given, size_t given_count);

#endif
