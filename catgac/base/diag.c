/* diag.c -- see diag.h. */
#include "base/diag.h"

#include "base/diag_parts.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char *const code_texts[] = {
#define MESSAGE(name, severity, code) code,
#include "base/messages.def"
#undef MESSAGE
};

static const diag_severity code_severities[] = {
#define MESSAGE(name, severity, code) SEVERITY_##severity,
#include "base/messages.def"
#undef MESSAGE
};

const char *diag_code_text(diag_code code)
{
    return code_texts[code];
}

diag_severity diag_severity_of(diag_code code)
{
    return code_severities[code];
}

/* ---- The style ------------------------------------------------------------------------------- */

static size_t find_warning(const char *code)
{
    size_t i = 0;

    while (i < DIAG_CODE_COUNT &&
           (code_severities[i] == SEVERITY_ERROR || strcmp(code_texts[i], code) != 0))
        i++;
    return i;
}

static const char *behind(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool diag_choose(diag_style *style, const char *word)
{
    if (strcmp(word, "error") == 0) {
        style->warnings_are_errors = true;
        return true;
    }
    size_t code = find_warning(word);
    if (code < DIAG_CODE_COUNT) {
        style->chosen[code].is_on = true;
        style->chosen[code].is_off = false;
        return true;
    }
    const char *name = behind(word, "no-");
    code = name == NULL ? DIAG_CODE_COUNT : find_warning(name);
    if (code < DIAG_CODE_COUNT) {
        style->chosen[code].is_on = false;
        style->chosen[code].is_off = true;
        style->chosen[code].is_error = false;
        return true;
    }
    name = behind(word, "error=");
    code = name == NULL ? DIAG_CODE_COUNT : find_warning(name);
    if (code < DIAG_CODE_COUNT)
        style->chosen[code].is_error = true;
    return code < DIAG_CODE_COUNT;
}

/* Returns SEVERITY_QUIET for a diagnostic that is not reported. */
static diag_severity severity_in(const diag_style *style, diag_code code)
{
    diag_severity severity = code_severities[code];

    if (severity == SEVERITY_ERROR)
        return severity;
    if (style->chosen[code].is_error)
        return SEVERITY_ERROR;
    if (style->chosen[code].is_off || (severity == SEVERITY_QUIET && !style->chosen[code].is_on))
        return SEVERITY_QUIET;
    return style->warnings_are_errors ? SEVERITY_ERROR : SEVERITY_WARNING;
}

/* ---- Collecting ------------------------------------------------------------------------------ */

void diagnostics_open(diagnostics *diags, const source_set *sources)
{
    *diags = (diagnostics){.sources = sources};
}

diag_view diag_stored(const diagnostics *diags, size_t index)
{
    const struct diagnostic *found = diags->stored[index];

    return (diag_view){found->code, found->severity, found->remark.place, found->remark.text};
}

bool diag_failed(const diagnostics *diags)
{
    return diags->error_count > 0;
}

bool diag_is_full(const diagnostics *diags)
{
    return diags->stored_count == DIAG_CAP;
}

size_t diag_hidden_count(const diagnostics *diags)
{
    return diags->error_count + diags->warning_count - diags->stored_count;
}

static slice format_text(const diagnostics *diags, const char *format, va_list arguments)
    CATGAC_PRINTF(2, 0);

/* Returns a part of a text, cut at the borders of characters. */
static slice part_of(slice text, size_t begin, size_t end)
{
    while (begin > 0 && utf8_continues((unsigned char)text.data[begin]))
        begin--;
    while (end < text.length && utf8_continues((unsigned char)text.data[end]))
        end--;
    return (slice){text.data + begin, end - begin};
}

/* Formats a sentence as one line. A text that is too long keeps its beginning and its end. */
static slice format_text(const diagnostics *diags, const char *format, va_list arguments)
{
    buffer text = buffer_in(diags->sources->memory);

    buffer_vprintf(&text, format, arguments);
    slice all = buffer_slice(&text);
    buffer shown = buffer_in(diags->sources->memory);
    if (all.length <= DIAG_TEXT_LIMIT) {
        utf8_append_shown(&shown, all);
        return buffer_slice(&shown);
    }
    utf8_append_shown(&shown, part_of(all, 0, DIAG_TEXT_LIMIT / 2));
    buffer_append_text(&shown, " ... ");
    utf8_append_shown(&shown, part_of(all, all.length - DIAG_TEXT_LIMIT / 2, all.length));
    return buffer_slice(&shown);
}

void diag_report(diagnostics *diags, diag_code code, span place, const char *format, ...)
{
    diag_severity severity = severity_in(&diags->style, code);

    diags->latest = NULL;
    if (severity == SEVERITY_QUIET)
        return;
    if (severity == SEVERITY_ERROR)
        diags->error_count++;
    else
        diags->warning_count++;
    if (diags->listener != NULL)
        diags->listener(diags->listener_context, code, place);
    if (diag_is_full(diags))
        return;

    struct diagnostic *added = ARENA_NEW(diags->sources->memory, struct diagnostic);
    va_list arguments;
    va_start(arguments, format);
    added->remark.text = format_text(diags, format, arguments);
    va_end(arguments);
    added->code = code;
    added->severity = severity;
    added->remark.place = place;
    added->last = &added->remark;
    added->sequence = diags->stored_count;
    diags->stored[diags->stored_count] = added;
    diags->stored_count++;
    diags->latest = added;
}

void diag_note(diagnostics *diags, span place, const char *format, ...)
{
    if (diags->latest == NULL)
        return;
    diag_remark *note = ARENA_NEW(diags->sources->memory, diag_remark);
    va_list arguments;
    va_start(arguments, format);
    note->text = format_text(diags, format, arguments);
    va_end(arguments);
    note->place = place;
    diags->latest->last->next = note;
    diags->latest->last = note;
}

void diag_fix(diagnostics *diags, span place, slice text)
{
    if (diags->latest == NULL)
        return;
    diags->latest->has_fix = true;
    diags->latest->fix = (diag_remark){.place = place, .text = text};
}

/* ---- "did you mean" -------------------------------------------------------------------------- */

void diag_add(diagnostics *diags, const char *text)
{
    if (diags->latest == NULL)
        return;
    buffer longer = buffer_in(diags->sources->memory);
    buffer_append(&longer, diags->latest->remark.text);
    buffer_printf(&longer, "; %s", text);
    diags->latest->remark.text = buffer_slice(&longer);
}

void diag_propose(diagnostics *diags, span wrong, slice right)
{
    buffer text = buffer_in(diags->sources->memory);

    buffer_printf(&text, "did you mean '%.*s'?", SLICE_PRINT(right));
    diag_add(diags, text.data);
    diag_fix(diags, wrong, right);
}

void diag_suggest(diagnostics *diags, span wrong, const suggestion *search)
{
    if (search->best.length > 0)
        diag_propose(diags, wrong, search->best);
}
