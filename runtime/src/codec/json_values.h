/*
 * Reads scalars from text, exactly; catga.h declares those for users. Each function returns false
 * if the text is invalid or the value does not fit; *value is undefined then.
 */
#ifndef CATGA_JSON_VALUES_H
#define CATGA_JSON_VALUES_H

#include <catga/catga.h>

/* Reads an integer: "-17", "1e3" or "2.0". */
bool value_signed(catga_string text, int64_t *value);
bool value_unsigned(catga_string text, uint64_t *value);

/* Reads a JSON number, rounded once. Returns false if it is too large; a too small number is 0. */
bool value_floating(catga_string text, double *value);
bool value_single(catga_string text, float *value);

/*
 * Computes the decoded length of base64 text, in either alphabet of RFC 4648, with or without
 * padding.
 */
bool value_base64_length(catga_string text, size_t *length);
bool value_base64(catga_string text, uint8_t *bytes);

#endif
