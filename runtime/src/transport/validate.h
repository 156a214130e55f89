/* Checks subjects and headers before they are sent. They are written into a protocol or a message
 * without escapes: a line end in one of them would start a line of the caller's choice. */
#ifndef CATGA_TRANSPORT_VALIDATE_H
#define CATGA_TRANSPORT_VALIDATE_H

#include "transport/transport.h"

/* Returns true if `subject` can be published to: tokens without wildcards, blanks or line ends. */
bool catga_subject_valid(const char *subject);

/* Returns true if `pattern` can be subscribed to: whole tokens may be wildcards. */
bool catga_pattern_valid(const char *pattern);

/* Returns true if the name has 1 to 64 of A-Z a-z 0-9 _ -, and the value no control characters. */
bool catga_header_valid(const catga_header *header);

#endif
