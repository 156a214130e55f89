/* generate.h -- renders the templates of each module into files in memory. */
#ifndef CATGAC_GENERATE_H
#define CATGAC_GENERATE_H

#include "base/output.h"
#include "generate/templates.h"
#include "model/model.h"
#include "options.h"

#include <stdbool.h>

/* Adds the paths of the files to generate, without contents. Returns false, after a report, if two
 * schemas give one path, or if a path cannot stand in an #include. */
bool generate_paths(const options *chosen, const source_set *sources, diagnostics *diags,
                    output_list *outputs);

/* Adds the generated files of every input module. Returns false after a report. */
bool generate(const options *chosen, const model *facts, templates *set, output_list *outputs);

/* Renders every template, those of the user too, with `facts`, and drops the result. */
bool generate_check(const options *chosen, const model *facts, templates *set);

/* Appends the view of every input module, for --dump=view. */
void generate_dump(arena *memory, const options *chosen, const model *facts, buffer *out);

#endif
