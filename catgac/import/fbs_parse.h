/* fbs_parse.h -- parses the text of one FlatBuffers schema. */
#ifndef CATGAC_FBS_PARSE_H
#define CATGAC_FBS_PARSE_H

#include "base/diag.h"
#include "import/fbs.h"

/* Parses one file, without its includes. The first syntax error is reported and ends the file; the
 * declarations before it are kept. */
fbs_file *fbs_parse(arena *memory, diagnostics *diags, const source *file);

#endif
