/* format.h -- formats a schema.
 *
 * Blocks are indented by four blanks, with one member per line. Annotations of a declaration are on
 * a line before it. There is at most one blank line between two items, and always one around a
 * block of several lines. A block on one line stays there while it fits. Comments stay before or
 * after their item. Formatting is idempotent and never changes the meaning of a schema.
 */
#ifndef CATGAC_FORMAT_H
#define CATGAC_FORMAT_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

enum { FORMAT_WIDTH = 100, FORMAT_INDENT = 4 };

/* Returns the formatted text of `file`, which must have no syntax errors. */
slice format_source(arena *memory, diagnostics *diags, const source *file);

#endif
