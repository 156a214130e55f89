/* diag_print.c -- sorts the diagnostics by span and prints them in the chosen format. */
#include "base/diag_parts.h"

#include <stdlib.h>
#include <string.h>

static int compare_places(const void *left, const void *right)
{
    const struct diagnostic *const *first = left;
    const struct diagnostic *const *second = right;
    span a = (*first)->remark.place;
    span b = (*second)->remark.place;
    if (a.source != b.source)
        return a.source < b.source ? -1 : 1;
    if (a.begin != b.begin)
        return a.begin < b.begin ? -1 : 1;
    return (*first)->sequence < (*second)->sequence ? -1 : 1;
}

void diag_print(const diagnostics *diags, buffer *out)
{
    diag_list sorted = {.count = diags->stored_count};

    memcpy(sorted.items, diags->stored, diags->stored_count * sizeof sorted.items[0]);
    qsort(sorted.items, sorted.count, sizeof sorted.items[0], compare_places);
    switch (diags->style.format) {
    case DIAG_TEXT:
        diag_print_text(diags, &sorted, out);
        break;
    case DIAG_JSON:
        diag_print_json(diags, &sorted, out);
        break;
    case DIAG_SARIF:
        diag_print_sarif(diags, &sorted, out);
        break;
    }
}
