/* template.h -- the template language: a generated file with named holes.
 *
 * template_parse() translates the text of a template into a list of operations, and resolves every
 * name in the record types. template_render() executes the list and appends to a buffer.
 * templates/README.md describes the language.
 */
#ifndef CATGAC_TEMPLATE_H
#define CATGAC_TEMPLATE_H

#include "base/arena.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"
#include "template/record.h"

/* The version in the first line of every template. Other versions are refused. */
#define TEMPLATE_FORMAT 1

typedef struct compiled_template compiled_template;

/* Parses `text` for records of type `root`. Returns NULL after a report. */
const compiled_template *template_parse(arena *memory, diagnostics *diags, const source *text,
                                        const record_type *root);

/* Renders the template with `record`, of the type that it was parsed for. Returns false, after a
 * report, if a path uses an absent record. */
bool template_render(const compiled_template *parsed, const void *record, diagnostics *diags,
                     buffer *out);

#endif
