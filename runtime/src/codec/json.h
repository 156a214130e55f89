/* A pull parser for JSON (RFC 8259), without a tree. It refuses everything outside the RFC:
 * invalid UTF-8, control characters in strings, lone surrogates, leading zeros, trailing commas.
 * Each function skips leading white space. A result of false means that the reader has stopped:
 * `reason` says why, `at` where. */
#ifndef CATGA_JSON_H
#define CATGA_JSON_H

#include <catga/catga.h>

/* Nesting limit of arrays and objects: more than a valid message can have. */
#define JSON_MAX_DEPTH 192

/* Longest name that may contain escapes, in bytes. */
#define JSON_NAME_TEXT 256

typedef struct json_reader {
    const char *at;
    const char *end;
    const char *reason; /* NULL without an error */
    unsigned depth;
} json_reader;

/* Stops the reader. Returns false. */
bool json_refuse(json_reader *in, const char *reason);

/* Returns the next character, or NUL at the end. */
char json_peek(json_reader *in);

/* Reads `character`, if it follows; it must not be NUL. */
bool json_take(json_reader *in, char character);

/* Reads `character`, or stops the reader. */
bool json_expect(json_reader *in, char character);

/* Reads true, false or null. */
bool json_take_word(json_reader *in, const char *word);

/* Reads a string; *raw is its text between the quotes, and *escaped says whether it has escapes.
 * The text is checked, so that json_decode cannot fail. */
bool json_string(json_reader *in, catga_string *raw, bool *escaped);

/* Decodes a result of json_string to `to`, which has room for raw.length bytes. Returns the
 * length. */
size_t json_decode(catga_string raw, char *to);

/* Decodes a name that has escapes to `text`, which has JSON_NAME_TEXT bytes. A name that is longer
 * than any valid one is returned as it is. */
catga_string json_resolve(catga_string raw, char *text);

/* Reads a number as text. */
bool json_number(json_reader *in, catga_string *text);

/* Opens an array or object. json_next returns true if another element follows, and reads the
 * comma or the closing bracket. */
bool json_open(json_reader *in, char bracket);
bool json_next(json_reader *in, char closing, bool *first);

/* Reads the name of a member, and the colon. */
bool json_name(json_reader *in, catga_string *raw, bool *escaped);

/* Skips a value of any kind. */
bool json_skip(json_reader *in);

/* Counts the elements of the following array, without moving the reader. */
size_t json_count(const json_reader *in);

#endif
