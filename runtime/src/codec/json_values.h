/* values.h: scalars from text, exactly; catga.h declares those that users call. Each returns false
 * when the text is not one, or does not fit; *value is then unset. */
#ifndef CATGA_VALUES_H
#define CATGA_VALUES_H

#include <catga/catga.h>

/* "-17"; also what is whole in another way, "1e3" or "2.0". */
bool value_signed(catga_string text, int64_t *value);
bool value_unsigned(catga_string text, uint64_t *value);

/* Reads a JSON number, rounded once. Returns false if it is too large; a too small number is 0. */
bool value_floating(catga_string text, double *value);
bool value_single(catga_string text, float *value);

/* How many bytes base64 text stands for: of either alphabet of RFC 4648, with padding or without.
 */
bool value_base64_length(catga_string text, size_t *length);
bool value_base64(catga_string text, uint8_t *bytes);

#endif
