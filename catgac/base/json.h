/* json.h -- texts in JSON. */
#ifndef CATGAC_JSON_H
#define CATGAC_JSON_H

#include "base/text.h"

/* Appends a string with its quotes. What is not UTF-8 becomes U+FFFD: a path may be anything. */
void json_append_string(buffer *out, slice text);

#endif
