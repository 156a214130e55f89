/* Text that came from elsewhere, made safe for where it goes. */
#ifndef CATGA_TEXT_H
#define CATGA_TEXT_H

#include <catga/catga.h>

/*
 * Writes `text` so that it is one line of visible UTF-8: control characters and bytes that are not
 * UTF-8 become escapes as vis(3) writes them. Terminated; what does not fit is cut off between
 * characters. Returns the length.
 */
size_t catga_text_escape(char *out, size_t capacity, catga_string text);

/*
 * Copies `text` for a header's value: control characters become spaces, bytes that are not UTF-8
 * become '?'. Terminated; what does not fit is cut off between characters. Returns the length.
 */
size_t catga_text_header(char *out, size_t capacity, catga_string text);

#endif
