/* spacing.h -- decides which tokens on a line are separated by a blank. */
#ifndef CATGAC_SPACING_H
#define CATGAC_SPACING_H

#include <stdbool.h>
#include <stdint.h>

/* The state of the tokens so far. */
typedef struct spacing {
    uint16_t previous;  /* its kind; TOKEN_END at the start */
    bool after_sign;    /* `previous` is a unary minus */
    unsigned in_square; /* square brackets that are open: [T:3] */
} spacing;

/* Returns true if a blank precedes a token of this kind, and updates the state. */
bool spacing_before(spacing *so_far, uint16_t kind);

#endif
