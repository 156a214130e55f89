/* diff.h -- compares two texts, in the format of `diff -u`. */
#ifndef CATGAC_DIFF_H
#define CATGAC_DIFF_H

#include "base/text.h"

/* Appends the hunks of changed lines with three lines of context; nothing for equal texts. */
void diff_texts(arena *memory, slice name, slice before, slice after, buffer *out);

#endif
