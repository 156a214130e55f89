/*
 * Rules for subjects and header values from outside: from options and peers. Names in generated
 * tables are trusted. Each transport validates once more what it sends to a server. All functions
 * are pure.
 */
#ifndef CATGA_SUBJECT_H
#define CATGA_SUBJECT_H

#include <catga/catga.h>

#define CATGA_TOKEN_MAX        64
#define CATGA_SUBJECT_MAX      255
#define CATGA_HEADER_VALUE_MAX 512

/* Returns whether the text is a token: 1 to 64 of A-Z a-z 0-9 _ -. */
bool catga_is_token(catga_string text);

/*
 * Returns whether the text is tokens with dots between them, 255 bytes at most. A prefix is one
 * too.
 */
bool catga_is_subject(catga_string text);

/* Returns whether a text has a control character of ASCII. */
bool catga_has_controls(catga_string text);

/* Returns whether the text has at most 512 bytes and no control characters. */
bool catga_is_header_value(catga_string text);

#endif
