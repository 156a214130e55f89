/* foreign.c -- see foreign.h. */
#include "syntax/foreign.h"

static const foreign_word words[] = {
#define WORD(place, word, ours) {FOREIGN_##place, word, ours, NULL},
#define HINT(place, word, text) {FOREIGN_##place, word, NULL, text},
#include "syntax/foreign.def"
#undef WORD
#undef HINT
};

const foreign_word *foreign_find(foreign_place place, slice word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (words[i].place == place && slice_equal_in_any_case(word, slice_of(words[i].word)))
            return &words[i];
    return NULL;
}

void foreign_explain(diagnostics *diags, span wrong, const foreign_word *found)
{
    if (found->ours != NULL)
        diag_propose(diags, wrong, slice_of(found->ours));
    else
        diag_add(diags, found->hint);
}
