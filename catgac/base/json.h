/* json.h -- writes JSON: strings, and indented objects and arrays. */
#ifndef CATGAC_JSON_H
#define CATGAC_JSON_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Appends a quoted and escaped string. Bytes that are not UTF-8 become U+FFFD. */
void json_append_string(buffer *out, slice text);

/* Appends one value to `out`, indented by two blanks for each open bracket. Begins as {.out = out}.
 * In the functions below, `key` is the name of a member, or NULL for an element of an array and for
 * the whole value. */
typedef struct json_writer {
    buffer *out;
    size_t depth;   /* of open brackets */
    bool has_value; /* the innermost bracket has a member or an element */
} json_writer;

/* Open and close an object or an array: `bracket` is one of { [ } ]. */
void json_open(json_writer *w, const char *key, char bracket);
void json_close(json_writer *w, char bracket);

void json_put_text(json_writer *w, const char *key, slice text);
void json_put_number(json_writer *w, const char *key, uint64_t number);
void json_put_flag(json_writer *w, const char *key, bool flag);

/* Appends a value that is JSON already, such as -1.5. */
void json_put_plain(json_writer *w, const char *key, slice value);

#endif
