/* Sanitises text of other programs. */
#ifndef CATGA_TEXT_H
#define CATGA_TEXT_H

#include <catga/catga.h>

/* Copies `text` as one line of visible UTF-8: control characters and invalid bytes become
 * escapes of vis(3). The copy is terminated, and cut between characters if it does not fit.
 * Returns its length. */
size_t catga_text_escape(char *out, size_t capacity, catga_string text);

/* Copies `text` for a header value: control characters become spaces, invalid bytes '?'. The
 * copy is terminated, and cut between characters if it does not fit. Returns its length. */
size_t catga_text_header(char *out, size_t capacity, catga_string text);

#endif
