/* output.h -- generated files: collected in memory, then written all or none.
 *
 * outputs_commit() writes every new or changed file to a temporary file beside its target, and
 * syncs those that replace a file. Only when all of that has succeeded are the files renamed to
 * their targets. A file with unchanged content is not touched. A symbolic link is replaced, not
 * followed.
 */
#ifndef CATGAC_OUTPUT_H
#define CATGAC_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "base/text.h"

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
 * target has changed, unless rename() failed half way. Signals that end the program are blocked
 * meanwhile. Only SIGKILL can leave temporary files; their names begin with `.catgac-`. */
bool outputs_commit(const output_list *outputs, diagnostics *diags);

/* Returns a depfile for make and ninja: `targets` depend on `inputs`. Each input is also a
 * target without inputs, so that a deleted import causes a new run instead of an error. */
slice depfile_text(arena *memory, const output_list *targets, const slice *inputs,
                   size_t input_count);

#endif
