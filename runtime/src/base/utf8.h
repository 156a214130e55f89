/* Validates UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CATGA_UTF8_H
#define CATGA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Checks byte by byte; catga_high_bits is faster for ASCII. */
bool catga_is_utf8(const uint8_t *text, size_t length);

#endif
