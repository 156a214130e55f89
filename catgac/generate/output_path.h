/* output_path.h -- the paths of generated files. */
#ifndef CATGAC_OUTPUT_PATH_H
#define CATGAC_OUTPUT_PATH_H

#include "base/arena.h"
#include "base/text.h"

/* Returns the path of a schema with `suffix` in place of ".catga". */
slice output_path(arena *memory, slice schema_path, slice suffix);

#endif
