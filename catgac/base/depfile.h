/* depfile.h -- the inputs of the generated files, for make and ninja. */
#ifndef CATGAC_DEPFILE_H
#define CATGAC_DEPFILE_H

#include "base/output.h"

/* Writes a depfile for make and ninja: `targets` depend on `inputs`. Each input is also a target
 * without inputs, so that a deleted import causes a new run instead of an error. Returns false,
 * after a report, if a path has a character that make cannot read. */
bool depfile_write(buffer *out, diagnostics *diags, const output_list *targets, const slice *inputs,
                   size_t input_count);

#endif
