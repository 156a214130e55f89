/* escape.h -- escapes text of a schema for generated files.
 *
 * The input can be any bytes. Each function appends at most one line, without line ends.
 */
#ifndef CATGAC_ESCAPE_H
#define CATGAC_ESCAPE_H

#include "base/text.h"

/* Escapes for C comments of both forms: the text cannot end the comment, begin another one, join
 * lines, form a trigraph, or look different from what a compiler reads. */
void escape_comment(slice text, buffer *out);

/* Escapes for Markdown: the text is shown literally. */
void escape_markdown(slice text, buffer *out);

/* Escapes for a C string literal: printable ASCII unchanged, other bytes in octal. */
void escape_c_string(slice text, buffer *out);

#endif
