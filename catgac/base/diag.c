/* diag.c -- see diag.h. */
#include "base/diag.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

typedef struct diag_remark {
    span place;
    slice text;
    struct diag_remark *next;
} diag_remark;

struct diagnostic {
    diag_code code;
    diag_remark remark;
    diag_remark *last; /* the newest note, or the remark itself */
    size_t sequence;
};

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

/* ---- Collecting ------------------------------------------------------------------------------ */

void diagnostics_open(diagnostics *diags, const source_set *sources)
{
    *diags = (diagnostics){.sources = sources};
}

bool diag_failed(const diagnostics *diags)
{
    return diags->error_count > 0;
}

bool diag_is_full(const diagnostics *diags)
{
    return diags->stored_count == DIAG_CAP;
}

static slice format_text(const diagnostics *diags, const char *format, va_list arguments)
    CATGAC_PRINTF(2, 0);

static slice format_text(const diagnostics *diags, const char *format, va_list arguments)
{
    buffer text = buffer_in(diags->sources->memory);
    buffer_vprintf(&text, format, arguments);
    return buffer_slice(&text);
}

void diag_report(diagnostics *diags, diag_code code, span place, const char *format, ...)
{
    diags->latest = NULL;
    if (diag_severity_of(code) == SEVERITY_QUIET)
        return;
    if (diag_severity_of(code) == SEVERITY_ERROR)
        diags->error_count++;
    else
        diags->warning_count++;
    if (diag_is_full(diags))
        return;

    struct diagnostic *added = ARENA_NEW(diags->sources->memory, struct diagnostic);
    va_list arguments;
    va_start(arguments, format);
    added->remark.text = format_text(diags, format, arguments);
    va_end(arguments);
    added->code = code;
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

/* ---- The line and the caret ------------------------------------------------------------------ */

enum {
    EXCERPT_LIMIT = 240, /* bytes of a line that are shown */
    EXCERPT_BEFORE = 80  /* of those, how many before the place when the line is longer */
};

/* Lines of a file that is no text are not shown: it may be anything. */
static bool is_printable(slice line)
{
    while (line.length > 0) {
        uint32_t character;
        size_t length = utf8_read(line, &character);
        if (length == 0 || (character < ' ' && character != '\t') || character == 0x7F)
            return false;
        line.data += length;
        line.length -= length;
    }
    return true;
}

/* Cuts a long line around the place; `*offset` becomes the place within what is left. */
static slice excerpt_of(slice line, size_t *offset)
{
    size_t begin = 0;
    if (line.length > EXCERPT_LIMIT && *offset > EXCERPT_BEFORE)
        begin = *offset - EXCERPT_BEFORE;
    size_t end = line.length - begin > EXCERPT_LIMIT ? begin + EXCERPT_LIMIT : line.length;
    while (begin > 0 && utf8_continues((unsigned char)line.data[begin]))
        begin--;
    while (end < line.length && utf8_continues((unsigned char)line.data[end]))
        end++;
    *offset -= begin;
    return (slice){line.data + begin, end - begin};
}

/* Blanks as wide as the text before the place: tabs stay tabs. */
static void print_indent(buffer *out, slice text)
{
    while (text.length > 0) {
        uint32_t character = ' ';
        size_t length = utf8_read(text, &character);
        if (character == '\t')
            buffer_append_char(out, '\t');
        else
            buffer_append_repeated(out, ' ', utf8_columns(character));
        text.data += length;
        text.length -= length;
    }
}

static size_t columns_of(slice text)
{
    size_t columns = 0;
    while (text.length > 0) {
        uint32_t character = ' ';
        size_t length = utf8_read(text, &character);
        columns += utf8_columns(character);
        text.data += length;
        text.length -= length;
    }
    return columns;
}

static void print_excerpt(buffer *out, const source_location *where, span place)
{
    size_t offset = place.begin - where->line_begin;
    if (offset > where->line_text.length)
        offset = where->line_text.length;
    slice line = excerpt_of(where->line_text, &offset);
    if (!is_printable(line))
        return;
    size_t marked = place.end - place.begin;
    if (marked > line.length - offset)
        marked = line.length - offset;
    size_t width = columns_of((slice){line.data + offset, marked});

    buffer_printf(out, "%5u | ", where->line);
    buffer_append(out, line);
    buffer_append_text(out, "\n      | ");
    print_indent(out, (slice){line.data, offset});
    buffer_append_char(out, '^');
    buffer_append_repeated(out, '~', width > 1 ? width - 1 : 0);
    buffer_append_char(out, '\n');
}

/* ---- Printing -------------------------------------------------------------------------------- */

static void print_remark(const diagnostics *diags, const diag_remark *remark, const char *kind,
                         const char *code, buffer *out)
{
    if (remark->place.source == 0) {
        buffer_printf(out, "catgac: %s: ", kind);
    } else {
        const source *file = source_by_number(diags->sources, remark->place.source);
        source_location where = source_locate(file, remark->place.begin);
        buffer_append(out, file->shown_path);
        buffer_printf(out, ":%u:%u: %s: ", where.line, where.column, kind);
    }
    buffer_append(out, remark->text);
    if (code != NULL)
        buffer_printf(out, " [%s]", code);
    buffer_append_char(out, '\n');
    if (remark->place.source != 0) {
        const source *file = source_by_number(diags->sources, remark->place.source);
        source_location where = source_locate(file, remark->place.begin);
        print_excerpt(out, &where, remark->place);
    }
}

static void print_diagnostic(const diagnostics *diags, const struct diagnostic *said, buffer *out)
{
    const char *kind = diag_severity_of(said->code) == SEVERITY_ERROR ? "error" : "warning";
    print_remark(diags, &said->remark, kind, diag_code_text(said->code), out);
    for (const diag_remark *note = said->remark.next; note != NULL; note = note->next)
        print_remark(diags, note, "note", NULL, out);
}

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

static void print_count(buffer *out, size_t count, const char *what)
{
    buffer_printf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void print_summary(const diagnostics *diags, buffer *out)
{
    size_t hidden = diags->error_count + diags->warning_count - diags->stored_count;
    if (hidden > 0)
        buffer_printf(out, "catgac: note: %zu more not shown\n", hidden);
    if (diags->warning_count > 0)
        print_count(out, diags->warning_count, "warning");
    if (diags->warning_count > 0 && diags->error_count > 0)
        buffer_append_text(out, " and ");
    if (diags->error_count > 0)
        print_count(out, diags->error_count, "error");
    buffer_append_text(out, " generated.\n");
}

void diag_print(const diagnostics *diags, buffer *out)
{
    if (diags->error_count + diags->warning_count == 0)
        return;
    struct diagnostic *sorted[DIAG_CAP];
    memcpy(sorted, diags->stored, diags->stored_count * sizeof sorted[0]);
    qsort(sorted, diags->stored_count, sizeof sorted[0], compare_places);
    for (size_t i = 0; i < diags->stored_count; i++)
        print_diagnostic(diags, sorted[i], out);
    print_summary(diags, out);
}

/* ---- "did you mean" -------------------------------------------------------------------------- */

enum { SUGGESTION_LENGTH_LIMIT = 64 };

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 'a' - 'A') : letter;
}

static size_t least(size_t first, size_t second, size_t third)
{
    size_t smaller = first < second ? first : second;
    return smaller < third ? smaller : third;
}

static bool same_letter(slice from, size_t i, slice to, size_t j)
{
    return lower(from.data[i]) == lower(to.data[j]);
}

/* How many letters must be put in, taken out, changed or swapped with the next, whatever their
 * case. Three rows of the usual matrix are kept; both texts are at most SUGGESTION_LENGTH_LIMIT
 * long. */
static size_t edit_distance(slice from, slice to)
{
    size_t rows[3][SUGGESTION_LENGTH_LIMIT + 1];
    for (size_t j = 0; j <= to.length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= from.length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= to.length; j++) {
            size_t change = same_letter(from, i - 1, to, j - 1) ? 0 : 1;
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && same_letter(from, i - 1, to, j - 2) &&
                same_letter(from, i - 2, to, j - 1))
                row[j] = least(row[j], row[j], above_that[j - 2] + 1);
        }
    }
    return rows[from.length % 3][to.length];
}

suggestion suggestion_for(slice wanted)
{
    size_t tolerated = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : 2;
    return (suggestion){.wanted = wanted, .distance = tolerated + 1};
}

void suggestion_consider(suggestion *search, slice candidate)
{
    size_t length = search->wanted.length;
    size_t difference =
        length > candidate.length ? length - candidate.length : candidate.length - length;
    if (difference >= search->distance || length > SUGGESTION_LENGTH_LIMIT ||
        candidate.length > SUGGESTION_LENGTH_LIMIT)
        return;
    size_t distance = edit_distance(search->wanted, candidate);
    if (distance < search->distance) {
        search->best = candidate;
        search->distance = distance;
    }
}

const char *suggestion_text(const suggestion *search, arena *memory)
{
    if (search->best.length == 0)
        return "";
    buffer text = buffer_in(memory);
    buffer_printf(&text, "; did you mean '%.*s'?", SLICE_PRINT(search->best));
    return text.data;
}
