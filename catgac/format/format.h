/* format.h -- a schema in the one style there is.
 *
 * Four blanks for each block, one member a line, annotations of a declaration on a line before it, at
 * most one blank line between two things and always one around a block of several lines. A block
 * that begins and ends on one line stays so while it fits. Comments stay before or behind what they
 * stood at. Formatting what is formatted changes nothing, and no formatting changes what a schema
 * means.
 */
#ifndef CATGAC_FORMAT_H
#define CATGAC_FORMAT_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

enum { FORMAT_WIDTH = 100, FORMAT_INDENT = 4 };

/* Returns the text that `file`, which has no errors of syntax, should have. */
slice format_source(arena *memory, diagnostics *diags, const source *file);

#endif
