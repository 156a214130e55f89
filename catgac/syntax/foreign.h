/* foreign.h -- words of other languages, and their replacements in a schema. */
#ifndef CATGAC_FOREIGN_H
#define CATGAC_FOREIGN_H

#include "base/diag.h"

typedef enum foreign_place {
    FOREIGN_TYPE,
    FOREIGN_DECLARATION,
    FOREIGN_MEMBER,
    FOREIGN_ANNOTATION
} foreign_place;

typedef struct foreign_word {
    foreign_place place;
    const char *word;
    const char *ours; /* the word that takes its place, or NULL */
    const char *hint; /* what to write instead, or NULL */
} foreign_word;

/* Returns the entry of a word, in letters of any case, or NULL. */
const foreign_word *foreign_find(foreign_place place, slice word);

/* Adds the entry to the latest diagnostic; a word is also its fix. */
void foreign_explain(diagnostics *diags, span wrong, const foreign_word *found);

#endif
