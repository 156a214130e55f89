/* templates.h -- where templates come from: built in, or a folder of the user's.
 *
 * A file of the folder takes the place of the built-in one of the same name; any other name there
 * is an error, since it is a typo. There is no search and no environment variable.
 */
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

/* `folder` may be NULL. False when there is none of that name, or when it holds what is no
 * template: reported. */
bool templates_open(templates *set, arena *memory, diagnostics *diags, source_set *sources,
                    const char *folder);

/* Parses the template called `name`; NULL when it is not right, which was reported. */
const compiled_template *templates_get(templates *set, const char *name);

/* The same for a file of the user's that takes the place of none. */
const compiled_template *templates_get_own(templates *set, const char *path);

/* Adds every built-in template, and their manual, to what is to be written below `folder`. */
void templates_print(arena *memory, const char *folder, output_list *outputs);

#endif
