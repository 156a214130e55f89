/* output.h -- generated files: collected in memory, then written all or none.
 *
 * outputs_commit() first looks for folders and devices at the paths of files. Then it writes every
 * new or changed file to a temporary file beside its target, and syncs those that replace a file.
 * Only when all of that has succeeded are the files renamed to their targets. A file with unchanged
 * content is not touched. A symbolic link is replaced, not followed.
 */
#ifndef CATGAC_OUTPUT_H
#define CATGAC_OUTPUT_H

#include "base/diag.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct output {
    const char *path;
    slice content;
} output;

typedef struct output_list {
    arena *memory;
    output *items;
    size_t count;
    size_t capacity;
} output_list;

output_list output_list_in(arena *memory);
void output_add(output_list *outputs, const char *path, slice content);

/* Writes the outputs. Returns false, after a report, if a file could not be written; then no
 * target has changed, and no new folder remains. (Where the file system has no hard links, targets
 * that were renamed before the failure keep their new content.) Signals that end the program are
 * blocked meanwhile. Only SIGKILL can leave temporary files; their names begin with `.catgac-`. */
bool outputs_commit(const output_list *outputs, diagnostics *diags);

#endif
