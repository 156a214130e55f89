/*
 * What the bus lets into subjects and headers from outside: options and what peers sent. The names
 * in generated tables are trusted; what goes to a server is checked once more by its transport.
 */
#ifndef CATGA_SUBJECT_H
#define CATGA_SUBJECT_H

#include <catga/catga.h>

#define CATGA_TOKEN_MAX        64
#define CATGA_SUBJECT_MAX      255
#define CATGA_HEADER_VALUE_MAX 512

/* One token: 1 to 64 of A-Z a-z 0-9 _ -. */
bool catga_is_token(catga_string text);

/* Tokens with dots between them, 255 bytes at most: also a prefix of subjects. */
bool catga_is_subject(catga_string text);

/* 0 to 512 bytes without control characters. */
bool catga_is_header_value(catga_string text);

#endif
