/* json.h -- writes JSON strings. */
#ifndef CATGAC_JSON_H
#define CATGAC_JSON_H

#include "base/text.h"

/* Appends a quoted and escaped string. Bytes that are not UTF-8 become U+FFFD. */
void json_append_string(buffer *out, slice text);

#endif
