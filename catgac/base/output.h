/* output.h -- files made in memory, brought to disk together.
 *
 * outputs_commit() first writes every file that is new or has changed beside its target, syncs what
 * is to take the place of another, and only when all of that has succeeded gives the files their
 * names. A file whose content is the same already is not touched. A target that is a symbolic link
 * is replaced, not followed.
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

/* False when a file could not be written; that was reported, and no target has changed (unless
 * giving a name failed, which the system does only for reasons like a folder in its place). Signals
 * that ask the program to end wait until it is done; only who kills it leaves files beside the targets,
 * whose names begin with `.catgac-`. */
bool outputs_commit(const output_list *outputs, diagnostics *diags);

/* What make and ninja read: `targets` were made from `inputs`. Each input is a target without
 * inputs too, so that a deleted import is no error but a reason to run again. */
slice depfile_text(arena *memory, const output_list *targets, const slice *inputs,
                   size_t input_count);

#endif
