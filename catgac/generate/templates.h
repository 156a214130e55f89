/* templates.h -- finds templates: built in, or in a folder of the user. A file of the folder
 * replaces the built-in template of the same name. Any other name there is an error, since it is a
 * typo. There is no search path and no environment variable. */
#ifndef CATGAC_TEMPLATES_H
#define CATGAC_TEMPLATES_H

#include "base/diag.h"
#include "base/output.h"
#include "base/source.h"
#include "template/template.h"

#include <stdbool.h>

typedef struct templates {
    arena *memory;
    diagnostics *diags;
    source_set *sources;
    const char *folder; /* or NULL */
} templates;

/* `folder` may be NULL. Returns false, after a report, if the folder does not exist or contains
 * another file. */
bool templates_open(templates *set, arena *memory, diagnostics *diags, source_set *sources,
                    const char *folder);

/* Parses the template called `name`. Returns NULL after a report. */
const compiled_template *templates_get(templates *set, const char *name);

/* Does the same for a template of the user with its own name. */
const compiled_template *templates_get_own(templates *set, const char *path);

/* Adds every built-in template, and their manual, to the outputs, below `folder`. */
void templates_print(arena *memory, const char *folder, output_list *outputs);

#endif
