/* fbs_parse.h -- from the text of one FlatBuffers schema to its declarations. */
#ifndef CATGAC_FBS_PARSE_H
#define CATGAC_FBS_PARSE_H

#include "base/diag.h"
#include "import/fbs.h"

/* Parses one file, without its includes. The first error of syntax is reported, and ends it: what
 * was read before is returned. */
fbs_file *fbs_parse(arena *memory, diagnostics *diags, const source *file);

#endif
