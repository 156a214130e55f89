/* diag.h -- what catgac has to say about a schema.
 *
 * A diagnostic is a code of messages.def (which fixes its severity), a place, one sentence, notes at
 * other places, and what would mend it when that is certain. They are collected, not printed and
 * never fatal; the driver asks at the end whether there were errors, and prints them all, sorted by
 * place. After a cap they are only counted.
 */
#ifndef CATGAC_DIAG_H
#define CATGAC_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"
#include "base/suggestion.h"
#include "base/text.h"

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

/* How it is said: chosen by the command line, zero is the default. */
typedef struct diag_manner {
    diag_format format;
    bool in_color;           /* of text */
    bool warnings_are_errors; /* those that are on */
    struct {
        bool is_on, is_off, is_error; /* by -W, of a warning */
    } chosen[DIAG_CODE_COUNT];
} diag_manner;

/* Reads what stands behind -W: NAME, no-NAME, error, error=NAME. False when it names no warning. */
bool diag_choose(diag_manner *manner, const char *word);

typedef struct diagnostics {
    const source_set *sources;
    diag_manner manner;
    struct diagnostic *stored[DIAG_CAP];
    size_t stored_count;
    size_t error_count; /* all of them, stored or not */
    size_t warning_count;
    size_t unread_count;       /* files of the command line that could not be read: exit code 3 */
    struct diagnostic *latest; /* what a note belongs to; NULL when it was not stored */
} diagnostics;

void diagnostics_open(diagnostics *diags, const source_set *sources);

/* Reports at `place`; a place of source 0 prints as "catgac". */
void diag_report(diagnostics *diags, diag_code code, span place, const char *format, ...)
    CATGAC_PRINTF(4, 5);

/* Adds a note to what was reported last. */
void diag_note(diagnostics *diags, span place, const char *format, ...) CATGAC_PRINTF(3, 4);

/* Adds what mends it, when that is certain: the bytes of `place` become `text`. */
void diag_fix(diagnostics *diags, span place, slice text);

bool diag_failed(const diagnostics *diags);

/* After the cap nothing is stored: what costs time to say need not be found out any more. */
bool diag_is_full(const diagnostics *diags);

/* One that was stored, without its notes. */
typedef struct diag_view {
    diag_code code;
    diag_severity severity;
    span place;
    slice text;
} diag_view;

diag_view diag_stored(const diagnostics *diags, size_t index);

/* Appends everything, in the manner chosen. As text: `path:line:col: error: message [code]`, the line
 * and a caret, what would mend it, notes, and `2 errors generated.` at the end; nothing when there is
 * nothing to say. As JSON or SARIF: one object, always. */
void diag_print(const diagnostics *diags, buffer *out);

const char *diag_code_text(diag_code code);
diag_severity diag_severity_of(diag_code code);

/* ---- "did you mean" -------------------------------------------------------------------------- */

/* Adds "; did you mean 'string'?" to what was reported last, and a mend at `wrong`; nothing when
 * nothing is near. */
void diag_suggest(diagnostics *diags, span wrong, const suggestion *search);

#endif
