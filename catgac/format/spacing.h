/* spacing.h -- which two neighbours on a line have a blank between them. */
#ifndef CATGAC_SPACING_H
#define CATGAC_SPACING_H

#include <stdbool.h>
#include <stdint.h>

/* What must be known of the tokens so far. */
typedef struct spacing {
    uint16_t previous;  /* its kind; TOKEN_END at the start */
    bool after_sign;    /* `previous` is a minus that has nothing on its left */
    unsigned in_square; /* square brackets that are open: [T:3] */
} spacing;

/* Returns whether a blank comes before a token of this kind, and takes note of it. */
bool spacing_before(spacing *so_far, uint16_t kind);

#endif
