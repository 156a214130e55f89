/*
 * Reads values from their text in JSON, without its quotes: the grammar that bodies, paths and
 * query strings share. A function that returns text returns NULL, or the reason of a refusal.
 */
#ifndef CATGA_VALUE_TEXT_H
#define CATGA_VALUE_TEXT_H

#include "codec/value_type.h"

/* Reads an integer in the form of its type; an enum as a number. */
const char *value_integer(value_type wanted, catga_string text, int64_t *value);

/* Reads the name of an enumerator, or the names of flags with spaces between; no name is 0. Returns
 * false if a name is unknown. */
bool value_enum(const catga_enum *type, catga_string text, bool escaped, int64_t *value);

/* Reads NaN, Infinity or -Infinity. */
bool value_word(catga_string text, double *value);

/* Reads a number as a float or double. Returns false if it is none, or too large. */
bool value_number(unsigned kind, catga_string text, double *value);

const char *value_uuid(catga_string text, uint8_t *native);

/* Reads base64 into the arena. */
const char *value_bytes(catga_string text, catga_arena *arena, uint8_t *native);

#endif
