/* generate.h -- from facts to files in memory: which template makes which file. */
#ifndef CATGAC_GENERATE_H
#define CATGAC_GENERATE_H

#include "base/output.h"
#include "generate/templates.h"
#include "model/model.h"
#include "options.h"

#include <stdbool.h>

/* Adds the paths that the loaded files lead to, without contents. False when two of them lead to
 * the same, or when one cannot stand in an #include: reported. */
bool generate_paths(const options *chosen, const source_set *sources, diagnostics *diags,
                    output_list *outputs);

/* Adds the files made of every module that was given. False when an error was reported. */
bool generate(const options *chosen, const model *facts, templates *set, output_list *outputs);

/* Fills every template with `facts`, the user's own too, and forgets the result. */
bool generate_check(const options *chosen, const model *facts, templates *set);

/* Appends the view of every module that was given, for --dump=view. */
void generate_dump(arena *memory, const options *chosen, const model *facts, buffer *out);

#endif
