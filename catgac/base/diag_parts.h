/* diag_parts.h -- the parts of a diagnostic, for diag.c and the printers diag_*.c only. */
#ifndef CATGAC_DIAG_PARTS_H
#define CATGAC_DIAG_PARTS_H

#include "base/diag.h"

typedef struct diag_remark {
    span place;
    slice text;
    struct diag_remark *next;
} diag_remark;

struct diagnostic {
    diag_code code;
    diag_severity severity; /* after the options of the command line */
    diag_remark remark;
    diag_remark *last; /* the newest note, or the remark itself */
    size_t sequence;
    bool has_fix;
    diag_remark fix; /* the new text of its span */
};

/* Diagnostics, sorted by span. */
typedef struct diag_list {
    const struct diagnostic *items[DIAG_CAP];
    size_t count;
} diag_list;

void diag_print_text(const diagnostics *diags, const diag_list *list, buffer *out);
void diag_print_json(const diagnostics *diags, const diag_list *list, buffer *out);
void diag_print_sarif(const diagnostics *diags, const diag_list *list, buffer *out);

/* Returns the number of diagnostics that were counted but not stored. */
size_t diag_hidden_count(const diagnostics *diags);

#endif
