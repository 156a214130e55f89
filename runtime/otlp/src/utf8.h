/* Splits text that may be no valid UTF-8. */
#ifndef CATGA_OTLP_UTF8_H
#define CATGA_OTLP_UTF8_H

#include <catga/catga.h>

/* Returns the length of the valid UTF-8 character at the beginning of a text that is not empty; 0
 * if there is none. */
size_t otlp_utf8_length(catga_string text);

/* U+FFFD, which replaces each invalid byte. */
#define OTLP_REPLACEMENT "\xef\xbf\xbd"

#endif
