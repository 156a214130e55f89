/* values.h: scalars from text, exactly. Each returns false when the text is not one, or does not
 * fit; *value is then unset. */
#ifndef CATGA_VALUES_H
#define CATGA_VALUES_H

#include <catga/catga.h>

/* "-17"; also what is whole in another way, "1e3" or "2.0". */
bool value_signed(catga_string text, int64_t *value);
bool value_unsigned(catga_string text, uint64_t *value);

/* "5999.99" with 2 digits is 599999; more digits than that must be zeros. */
bool value_decimal(catga_string text, unsigned digits, int64_t *value);

/* A JSON number, rounded once. What is too large is not a number; what is too small is zero. */
bool value_floating(catga_string text, double *value);
bool value_single(catga_string text, float *value);

/* RFC 3339, with any offset and up to nine digits of a second. */
bool value_timestamp(catga_string text, int64_t *value);

/* Seconds: "1.5s". */
bool value_duration(catga_string text, int64_t *value);

/* "6ba7b810-9dad-11d1-80b4-00c04fd430c8", letters of either case. */
bool value_uuid(catga_string text, catga_uuid *value);

/* How many bytes base64 text with padding stands for. */
bool value_base64_length(catga_string text, size_t *length);
bool value_base64(catga_string text, uint8_t *bytes);

#endif
