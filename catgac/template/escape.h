/* escape.h -- text of a schema, written so that it stays text where it lands in generated code.
 *
 * The input is any bytes. Each function appends one line or less: no end of line gets through.
 */
#ifndef CATGAC_ESCAPE_H
#define CATGAC_ESCAPE_H

#include "base/text.h"

/* For a comment of either form: nothing in it can end the comment, begin another, join the next
 * line to it, form a trigraph, or show a reader something else than a compiler sees. */
void escape_comment(slice text, buffer *out);

/* For a line or a part of one in Markdown: all of it is shown as it stands, and begins nothing. */
void escape_markdown(slice text, buffer *out);

/* For between the quotes of a C string literal: printable ASCII as it is, all else in octal. */
void escape_c_string(slice text, buffer *out);

#endif
