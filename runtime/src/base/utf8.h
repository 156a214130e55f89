/* utf8.h: whether bytes are UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing past U+10FFFF. */
#ifndef CATGA_UTF8_H
#define CATGA_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Byte by byte; catga_high_bits is quicker to say yes. */
bool catga_is_utf8(const uint8_t *text, size_t length);

#endif
