/* Validates UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CATGA_UTF8_H
#define CATGA_UTF8_H

#include <catga/catga.h>

/* U+FFFD, which stands for an invalid byte. */
#define CATGA_UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Returns the number of bytes of the character at the start of a text that is not empty; 0 if its
 * first byte begins none. */
size_t catga_utf8_character(catga_string text);

/* Checks byte by byte; catga_high_bits is faster for ASCII. */
bool catga_is_utf8(const uint8_t *text, size_t length);

#endif
