/* diag_text.c -- prints diagnostics for people. */
#include "base/diag_parts.h"
#include "base/utf8.h"

#include <stdint.h>

/* Escape sequences of a terminal; all empty without color. */
typedef struct palette {
    const char *place, *error, *warning, *note, *caret, *end;
} palette;

static const palette plain = {"", "", "", "", "", ""};
static const palette colored = {"\033[1m",    "\033[1;31m", "\033[1;35m",
                                "\033[1;36m", "\033[1;32m", "\033[0m"};

/* ---- The line and the caret ------------------------------------------------------------------ */

enum {
    EXCERPT_LIMIT = 240, /* most bytes of a line that are shown */
    EXCERPT_BEFORE = 80  /* bytes before the span, if the line is longer */
};

/* Lines of a binary file are not shown. */
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

/* Cuts a long line around the span; `*offset` becomes the offset within the rest. */
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

/* Removes the first character of a line; returns its text as shown, and its width. Tabs stay
 * tabs. */
static slice take_shown(slice *line, size_t *columns)
{
    uint32_t character = ' ';
    bool is_tab = line->data[0] == '\t';
    slice shown = utf8_take_shown(line);

    utf8_read(shown, &character);
    *columns = utf8_columns(character);
    return is_tab ? SLICE("\t") : shown;
}

static void print_line(buffer *out, slice line)
{
    size_t columns;

    while (line.length > 0)
        buffer_append(out, take_shown(&line, &columns));
}

/* Appends blanks as wide as the text before the span. */
static void print_indent(buffer *out, slice text)
{
    size_t columns;

    while (text.length > 0) {
        slice shown = take_shown(&text, &columns);
        buffer_append_repeated(out, shown.data[0] == '\t' ? '\t' : ' ', columns);
    }
}

static size_t columns_of(slice text)
{
    size_t all = 0;
    size_t columns;

    while (text.length > 0) {
        take_shown(&text, &columns);
        all += columns;
    }
    return all;
}

/* Prints the fix below the caret, if the fix is on this line. */
static void print_fix(buffer *out, const source_location *where, slice line, size_t cut,
                      const diag_remark *fix)
{
    size_t begin = where->line_begin + cut;

    if (fix->place.begin < begin || fix->place.begin > begin + line.length)
        return;
    buffer_append_text(out, "      | ");
    print_indent(out, (slice){line.data, fix->place.begin - begin});
    buffer_append(out, fix->text);
    buffer_append_char(out, '\n');
}

static void print_excerpt(buffer *out, const source_location *where, span place,
                          const diag_remark *fix, const palette *colors)
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
    print_line(out, line);
    buffer_append_text(out, "\n      | ");
    print_indent(out, (slice){line.data, offset});
    buffer_append_text(out, colors->caret);
    buffer_append_char(out, '^');
    buffer_append_repeated(out, '~', width > 1 ? width - 1 : 0);
    buffer_append_text(out, colors->end);
    buffer_append_char(out, '\n');
    if (fix != NULL && fix->place.source == place.source)
        print_fix(out, where, line, (size_t)(line.data - where->line_text.data), fix);
}

/* ---- Printing -------------------------------------------------------------------------------- */

static void print_head(const diagnostics *diags, span place, const palette *colors, buffer *out)
{
    buffer_append_text(out, colors->place);
    if (place.source == 0) {
        buffer_append_text(out, "catgac: ");
    } else {
        const source *file = source_by_number(diags->sources, place.source);
        source_location where = source_locate(file, place.begin);
        utf8_append_shown(out, file->shown_path);
        buffer_printf(out, ":%u:%u: ", where.line, where.column);
    }
    buffer_append_text(out, colors->end);
}

static void print_lines(const diagnostics *diags, span place, const diag_remark *fix,
                        const palette *colors, buffer *out)
{
    if (place.source == 0)
        return;
    source_location where =
        source_locate(source_by_number(diags->sources, place.source), place.begin);
    print_excerpt(out, &where, place, fix, colors);
}

static void print_diagnostic(const diagnostics *diags, const struct diagnostic *diagnostic,
                             const palette *colors, buffer *out)
{
    bool is_error = diagnostic->severity == SEVERITY_ERROR;

    print_head(diags, diagnostic->remark.place, colors, out);
    buffer_printf(out, "%s%s:%s ", is_error ? colors->error : colors->warning,
                  is_error ? "error" : "warning", colors->end);
    buffer_append(out, diagnostic->remark.text);
    buffer_printf(out, " [%s]\n", diag_code_text(diagnostic->code));
    print_lines(diags, diagnostic->remark.place, diagnostic->has_fix ? &diagnostic->fix : NULL,
                colors, out);
    for (const diag_remark *note = diagnostic->remark.next; note != NULL; note = note->next) {
        print_head(diags, note->place, colors, out);
        buffer_printf(out, "%snote:%s ", colors->note, colors->end);
        buffer_append(out, note->text);
        buffer_append_char(out, '\n');
        print_lines(diags, note->place, NULL, colors, out);
    }
}

static void print_count(buffer *out, size_t count, const char *what)
{
    buffer_printf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

static void print_summary(const diagnostics *diags, buffer *out)
{
    size_t hidden = diag_hidden_count(diags);

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

void diag_print_text(const diagnostics *diags, const diag_list *list, buffer *out)
{
    if (diags->error_count + diags->warning_count == 0)
        return;
    for (size_t i = 0; i < list->count; i++)
        print_diagnostic(diags, list->items[i], diags->style.in_color ? &colored : &plain, out);
    print_summary(diags, out);
}
