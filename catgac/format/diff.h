/* diff.h -- what differs between two texts, as `diff -u` prints it. */
#ifndef CATGAC_DIFF_H
#define CATGAC_DIFF_H

#include "base/text.h"

/* Appends the lines that go and come, with three lines around them; nothing when there are none. */
void diff_texts(arena *memory, slice name, slice before, slice after, buffer *out);

#endif
