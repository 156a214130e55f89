/* Formats text into buffers of fixed size, and sanitises text of other programs. */
#ifndef CATGA_TEXT_H
#define CATGA_TEXT_H

#include <catga/catga.h>

/* Formats text as printf does. Returns false if it does not fit; the text is then cut. */
bool catga_text_format(char *text, size_t capacity, const char *format, ...) CATGA_PRINTF(3, 4);

/* Copies `text` as one line of visible UTF-8: control characters and invalid bytes become
 * escapes of vis(3). The copy is terminated, and cut between characters if it does not fit.
 * Returns its length. */
size_t catga_text_escape(char *out, size_t capacity, catga_string text);

/* Copies `text` for a header value: control characters become spaces, invalid bytes '?'. The
 * copy is terminated, and cut between characters if it does not fit. Returns its length. */
size_t catga_text_header(char *out, size_t capacity, catga_string text);

#endif
