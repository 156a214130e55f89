/* diag.h -- diagnostics: errors and warnings about schemas and templates.
 *
 * A diagnostic is a code of messages.def (which fixes its severity), a span, one sentence, notes at
 * other spans, and a fix when one is certain. Diagnostics are collected, and no diagnostic ends the
 * run. The driver asks at the end whether there were errors, and prints all of them, sorted by
 * span. Diagnostics beyond DIAG_CAP are only counted.
 */
#ifndef CATGAC_DIAG_H
#define CATGAC_DIAG_H

#include "base/source.h"
#include "base/suggestion.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    DIAG_CAP = 100,
    DIAG_TEXT_LIMIT = 1000 /* bytes of a sentence */
};

typedef enum diag_code {
#define MESSAGE(name, severity, code) DIAG_##name,
#include "base/messages.def"
#undef MESSAGE
    DIAG_CODE_COUNT
} diag_code;

typedef enum diag_severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_QUIET } diag_severity;

typedef enum diag_format { DIAG_TEXT, DIAG_JSON, DIAG_SARIF } diag_format;

/* How diagnostics are reported, chosen by the command line; all zero is the default. */
typedef struct diag_style {
    diag_format format;
    bool in_color;            /* of text */
    bool warnings_are_errors; /* applies to warnings that are enabled */
    struct {
        bool is_on, is_off, is_error; /* by -W, for each warning */
    } chosen[DIAG_CODE_COUNT];
} diag_style;

/* Reads the argument of -W: NAME, no-NAME, error, error=NAME. Returns false for an unknown name. */
bool diag_choose(diag_style *style, const char *word);

/* Receives each diagnostic, also those beyond DIAG_CAP. */
typedef void diag_listener(void *context, diag_code code, span place);

typedef struct diagnostics {
    const source_set *sources;
    diag_style style;
    struct diagnostic *stored[DIAG_CAP];
    size_t stored_count;
    size_t error_count; /* stored or only counted */
    size_t warning_count;
    size_t unread_count;       /* unreadable files of the command line: exit code 3 */
    struct diagnostic *latest; /* receives notes; NULL if the newest was not stored */
    diag_listener *listener;   /* or NULL */
    void *listener_context;
} diagnostics;

void diagnostics_open(diagnostics *diags, const source_set *sources);

/* Reports a diagnostic at a span; a span of source 0 prints as "catgac". */
void diag_report(diagnostics *diags, diag_code code, span place, const char *format, ...)
    CATGAC_PRINTF(4, 5);

/* Adds a note to the newest diagnostic. */
void diag_note(diagnostics *diags, span place, const char *format, ...) CATGAC_PRINTF(3, 4);

/* Adds a fix to the newest diagnostic: replace the bytes of the span by `text`. */
void diag_fix(diagnostics *diags, span place, slice text);

bool diag_failed(const diagnostics *diags);

/* Returns true when no more diagnostics are stored: callers can skip expensive texts. */
bool diag_is_full(const diagnostics *diags);

/* A stored diagnostic, without its notes. */
typedef struct diag_view {
    diag_code code;
    diag_severity severity;
    span place;
    slice text;
} diag_view;

diag_view diag_stored(const diagnostics *diags, size_t index);

/* Appends all diagnostics in the chosen format. Text: `path:line:col: error: message [code]`,
 * the source line with a caret, the fix, the notes, and `2 errors generated.` at the end;
 * nothing if there are no diagnostics. JSON and SARIF: always one object. */
void diag_print(const diagnostics *diags, buffer *out);

const char *diag_code_text(diag_code code);
diag_severity diag_severity_of(diag_code code);

/* ---- "did you mean" -------------------------------------------------------------------------- */

/* Adds "; " and a text to the newest diagnostic. */
void diag_add(diagnostics *diags, const char *text);

/* Adds "; did you mean 'string'?" and a fix at `wrong` to the newest diagnostic. */
void diag_propose(diagnostics *diags, span wrong, slice right);

/* The same, if a candidate was near enough. */
void diag_suggest(diagnostics *diags, span wrong, const suggestion *search);

#endif
