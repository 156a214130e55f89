/* template.h -- the template language: a generated file with named holes.
 *
 * template_parse() turns the text of a template into a list of operations, with every name
 * resolved against the record types that it will be rendered with; template_render() walks that
 * list and appends to a buffer. Knows no schema and no file. The language is in
 * templates/README.md.
 */
#ifndef CATGAC_TEMPLATE_H
#define CATGAC_TEMPLATE_H

#include "base/arena.h"
#include "base/diag.h"
#include "template/record.h"
#include "base/source.h"
#include "base/text.h"

/* The number in the first line of every template; another one is refused. */
#define TEMPLATE_FORMAT 1

typedef struct compiled_template compiled_template;

/* Parses `text` for records of type `root`, whose properties are the names to begin with. NULL
 * when errors were reported. */
const compiled_template *template_parse(arena *memory, diagnostics *diags, const source *text,
                                        const record_type *root);

/* Appends the template, filled with `record`, which is of the type that it was parsed for. False
 * when it went through a record that is absent; that was reported. */
bool template_render(const compiled_template *parsed, const void *record, diagnostics *diags,
                     buffer *out);

#endif
