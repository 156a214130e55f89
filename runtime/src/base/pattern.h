/* Patterns of subjects: "*" stands for one token, and ">" for one or more at the end. */
#ifndef CATGA_PATTERN_H
#define CATGA_PATTERN_H

#include <stdbool.h>

/* Returns whether the name has a wildcard. */
bool catga_pattern_is(const char *name);

/* Returns whether the pattern matches a subject, or every subject of another pattern. */
bool catga_pattern_matches(const char *pattern, const char *subject);

/* Returns whether some subject matches both patterns. */
bool catga_pattern_overlap(const char *one, const char *other);

#endif
