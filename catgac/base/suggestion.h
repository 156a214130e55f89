/* suggestion.h -- finds the known name that is nearest to a misspelt one.
 *
 * The distance counts letters that are inserted, deleted, replaced or swapped with the next one.
 */
#ifndef CATGAC_SUGGESTION_H
#define CATGAC_SUGGESTION_H

#include "base/text.h"

#include <stddef.h>

typedef struct suggestion {
    slice wanted;
    slice best; /* empty when no candidate is near */
    size_t distance;
} suggestion;

suggestion suggestion_for(slice wanted);
void suggestion_consider(suggestion *search, slice candidate);

#endif
