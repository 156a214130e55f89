/*
 * json.h: reads JSON (RFC 8259), a piece at a time, without a tree. Text that is not UTF-8, control characters in strings,
 * lone surrogates, leading zeros, trailing commas and all else that the RFC does not have are refused. Each function skips
 * white space before it; false means that the reader has stopped: reason says why, and at is where.
 */
#ifndef CATGA_JSON_H
#define CATGA_JSON_H

#include <catga/catga.h>

/* Arrays and objects inside each other: more than tables, vectors and structs of a valid message nest. */
#define JSON_MAX_DEPTH 192

typedef struct json_reader {
    const char *at;
    const char *end;
    const char *reason; /* NULL while all is well */
    unsigned depth;
} json_reader;

/* Stops the reader. Returns false. */
bool json_refuse(json_reader *in, const char *reason);

/* The first character of what follows, or NUL at the end. */
char json_peek(json_reader *in);

/* Takes `character`, which is not NUL, when it follows. */
bool json_take(json_reader *in, char character);

/* Takes `character`, or refuses. */
bool json_expect(json_reader *in, char character);

/* Takes true, false or null. */
bool json_take_word(json_reader *in, const char *word);

/*
 * A string, as it stands between its quotes; `escaped` says whether it has escapes. It is checked, so that json_decode
 * cannot fail.
 */
bool json_string(json_reader *in, catga_string *raw, bool *escaped);

/* Decodes what json_string has found to `to`, which has room for raw.length bytes. The length. */
size_t json_decode(catga_string raw, char *to);

/* A number, as it stands. */
bool json_number(json_reader *in, catga_string *text);

/* Opens an array or object; json_next says whether an(other) element follows, and takes the comma or the closing bracket. */
bool json_open(json_reader *in, char bracket);
bool json_next(json_reader *in, char closing, bool *first);

/* A member's name and the colon. */
bool json_name(json_reader *in, catga_string *raw, bool *escaped);

/* Passes over a value of any kind. */
bool json_skip(json_reader *in);

/* How many elements the array has that follows; the reader does not move. */
size_t json_count(const json_reader *in);

#endif
