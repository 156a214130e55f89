/* format.c -- see format.h. Writes the pieces of a file in order. A line ends only when the next
 * piece is known, so that a trailing comment can stay on its line. */
#include "format/format.h"

#include "format/pieces.h"
#include "format/spacing.h"
#include "grammar.h"
#include "syntax/lex.h"

#include <string.h>

typedef struct printer {
    const piece *pieces;
    size_t at;
    buffer out;
    size_t line_begin; /* in `out` */
    spacing so_far;
    bool begins_block;   /* the block is empty: no blank line */
    bool needs_blank;    /* a blank line precedes the next line, whatever the file has */
    bool has_long_block; /* of the current declaration */
} printer;

/* ---- Lines ----------------------------------------------------------------------------------- */

static void begin_line(printer *p, size_t indent, bool blank)
{
    if (p->out.length > 0) {
        buffer_append_char(&p->out, '\n');
        if ((blank && !p->begins_block) || p->needs_blank)
            buffer_append_char(&p->out, '\n');
    }
    p->begins_block = false;
    p->needs_blank = false;
    p->line_begin = p->out.length;
    buffer_append_repeated(&p->out, ' ', indent);
}

static size_t column_of(const printer *p)
{
    return p->out.length - p->line_begin;
}

/* ---- Comments -------------------------------------------------------------------------------- */

static slice next_line(slice *rest)
{
    const char *end = memchr(rest->data, '\n', rest->length);
    slice line = {rest->data, end == NULL ? rest->length : (size_t)(end - rest->data)};
    size_t taken = line.length + (end != NULL);

    *rest = (slice){rest->data + taken, rest->length - taken};
    while (line.length > 0 && strchr(" \t\r", line.data[line.length - 1]) != NULL)
        line.length--;
    return line;
}

static slice without_indent(slice line)
{
    while (line.length > 0 && (*line.data == ' ' || *line.data == '\t'))
        line = (slice){line.data + 1, line.length - 1};
    return line;
}

/* Returns true if each line after the first begins with an asterisk: such comments are
 * re-indented. */
static bool has_margin(slice text)
{
    next_line(&text);
    while (text.length > 0) {
        slice line = without_indent(next_line(&text));
        if (line.length == 0 || *line.data != '*')
            return false;
    }
    return true;
}

static void put_comment(printer *p, const comment *written, size_t indent)
{
    slice rest = written->text;
    bool moves = has_margin(rest);

    buffer_append(&p->out, next_line(&rest));
    while (rest.length > 0) {
        slice line = next_line(&rest);
        buffer_append_char(&p->out, '\n');
        p->line_begin = p->out.length;
        if (moves)
            buffer_append_repeated(&p->out, ' ', indent + 1);
        buffer_append(&p->out, moves ? without_indent(line) : line);
    }
}

/* Writes the comments before the current piece. Returns true if the piece begins a line: because
 * it `begins` something, or because of a comment. */
static bool put_comments(printer *p, size_t indent, bool begins)
{
    const piece *current = &p->pieces[p->at];
    bool owns_line = false; /* the line begins with a comment */
    bool must_end = false;

    for (size_t i = 0; i < current->comment_count; i++) {
        const comment *written = &current->comments[i];
        if (written->before != SAME_LINE || p->out.length == 0) {
            begin_line(p, indent, begins && written->before == BLANK_LINE);
            owns_line = true;
        } else if (must_end) {
            begin_line(p, indent, false);
        } else {
            buffer_append_char(&p->out, ' ');
        }
        put_comment(p, written, indent);
        must_end = !written->is_block;
    }
    if (must_end || (owns_line && current->before != SAME_LINE))
        return true;
    return begins && !owns_line;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

static uint16_t kind_at(const printer *p, size_t at)
{
    return p->pieces[at].kind;
}

static bool is_opener(uint16_t kind)
{
    return kind == TOKEN_LEFT_PARENTHESIS || kind == TOKEN_LEFT_BRACKET || kind == TOKEN_LEFT_BRACE;
}

static bool is_closer(uint16_t kind)
{
    return kind == TOKEN_RIGHT_PARENTHESIS || kind == TOKEN_RIGHT_BRACKET ||
           kind == TOKEN_RIGHT_BRACE;
}

static bool is_separator(uint16_t kind)
{
    return kind == TOKEN_SEMICOLON || kind == TOKEN_COMMA;
}

/* Writes the current piece, at the start of a line or after the previous piece. */
static void put_piece(printer *p, size_t indent, bool begins)
{
    const piece *current = &p->pieces[p->at];
    bool blank = spacing_before(&p->so_far, current->kind);

    if (put_comments(p, indent, begins))
        begin_line(p, indent, begins && current->before == BLANK_LINE);
    else if ((blank && !begins) || (current->comment_count > 0 && !is_separator(current->kind)))
        buffer_append_char(&p->out, ' ');
    buffer_append(&p->out, current->text);
    p->at++;
}

/* Returns true where a long line may be broken. */
static bool may_break_before(uint16_t kind)
{
    return kind == TOKEN_AT || kind == TOKEN_ARROW || kind == TOKEN_THROWS;
}

/* Returns the change of nesting that a piece makes in arguments. */
static int nesting_of(uint16_t kind)
{
    return (kind == TOKEN_LEFT_PARENTHESIS) - (kind == TOKEN_RIGHT_PARENTHESIS);
}

/* Returns the width of the pieces, without comments, from the current one to the next break, or to
 * the end of a member. */
static size_t width_to_break(const printer *p)
{
    spacing so_far = p->so_far;
    size_t width = 0;
    int nesting = 0;

    for (size_t at = p->at;; at++) {
        uint16_t kind = kind_at(p, at);
        if (kind == TOKEN_END || kind == TOKEN_LEFT_BRACE || kind == TOKEN_RIGHT_BRACE ||
            (at > p->at && may_break_before(kind)))
            return width;
        width += spacing_before(&so_far, kind) + p->pieces[at].text.length;
        nesting += nesting_of(kind);
        if (kind == TOKEN_SEMICOLON || (kind == TOKEN_COMMA && nesting == 0))
            return width;
    }
}

/* Writes a piece within a line, on a new line if it does not fit. `throws` can be a name, but
 * then it follows punctuation or a keyword that expects a name. */
static void put_next(printer *p, size_t indent)
{
    uint16_t kind = kind_at(p, p->at);
    bool breaks = may_break_before(kind) && p->pieces[p->at].comment_count == 0 &&
                  column_of(p) + width_to_break(p) > FORMAT_WIDTH;

    if (!breaks) {
        put_piece(p, indent, false);
        return;
    }
    spacing_before(&p->so_far, kind);
    begin_line(p, indent, false);
    buffer_append(&p->out, p->pieces[p->at].text);
    p->at++;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static size_t end_of_block(const printer *p)
{
    size_t at = p->at;

    while (kind_at(p, at) != TOKEN_RIGHT_BRACE)
        at++;
    return at;
}

/* Returns true if the current block was written on one line and fits on this one. */
static bool is_short_block(const printer *p)
{
    size_t end = end_of_block(p);
    spacing so_far = p->so_far;
    size_t width = column_of(p);

    for (size_t at = p->at; at <= end; at++) {
        const piece *inside = &p->pieces[at];
        bool is_brace = at == p->at;
        if (!is_brace && inside->before != SAME_LINE)
            return false;
        for (size_t i = 0; i < inside->comment_count && !is_brace; i++) {
            const comment *written = &inside->comments[i];
            if (!written->is_block || written->before != SAME_LINE ||
                memchr(written->text.data, '\n', written->text.length) != NULL)
                return false;
            width += 1 + written->text.length;
        }
        bool blank = spacing_before(&so_far, inside->kind);
        bool is_dropped = inside->kind == TOKEN_COMMA && at + 1 == end;
        width += is_dropped ? 0 : blank + inside->text.length;
    }
    return width <= FORMAT_WIDTH;
}

/* Only blocks of several lines have a comma before the closing brace. */
static void put_short_block(printer *p, size_t indent)
{
    size_t end = end_of_block(p);

    while (p->at <= end) {
        if (p->at + 1 == end && kind_at(p, p->at) == TOKEN_COMMA) {
            put_comments(p, indent, false);
            p->at++;
        } else {
            put_piece(p, indent, false);
        }
    }
}

/* Writes a member up to its `;` or `,`. */
static void put_member(printer *p, size_t indent)
{
    size_t depth = 0;
    bool begins = true;

    p->so_far = (spacing){.previous = TOKEN_END};
    for (;;) {
        uint16_t kind = kind_at(p, p->at);
        if (kind == TOKEN_RIGHT_BRACE) {
            buffer_append_char(&p->out, ',');
            return;
        }
        depth += is_opener(kind);
        depth -= is_closer(kind);
        if (begins)
            put_piece(p, indent, true);
        else
            put_next(p, indent + FORMAT_INDENT);
        begins = false;
        if (depth == 0 && is_separator(kind))
            return;
    }
}

static void put_long_block(printer *p, size_t indent)
{
    put_piece(p, indent, false);
    p->begins_block = true;
    p->has_long_block = true;
    while (kind_at(p, p->at) != TOKEN_RIGHT_BRACE)
        put_member(p, indent + FORMAT_INDENT);
    put_comments(p, indent + FORMAT_INDENT, true);
    p->begins_block = false;
    begin_line(p, indent, false);
    buffer_append_char(&p->out, '}');
    p->at++;
}

static bool is_empty_block(const printer *p)
{
    const piece *next = &p->pieces[p->at + 1];

    return next->kind == TOKEN_RIGHT_BRACE && next->comment_count == 0;
}

static void put_block(printer *p)
{
    if (is_empty_block(p)) {
        put_piece(p, FORMAT_INDENT, false);
        buffer_append_char(&p->out, '}');
        p->at++;
    } else if (is_short_block(p)) {
        put_short_block(p, FORMAT_INDENT);
    } else {
        put_long_block(p, 0);
    }
}

/* ---- Declarations ---------------------------------------------------------------------------- */

/* Writes one annotation of a declaration: @name or @name(...). */
static void put_annotation(printer *p, bool begins)
{
    size_t depth = 0;

    if (begins)
        put_piece(p, 0, true);
    else
        put_next(p, 0);
    put_piece(p, FORMAT_INDENT, false);
    if (kind_at(p, p->at) != TOKEN_LEFT_PARENTHESIS)
        return;
    do {
        depth += is_opener(kind_at(p, p->at));
        depth -= is_closer(kind_at(p, p->at));
        put_piece(p, FORMAT_INDENT, false);
    } while (depth > 0);
}

static void put_declaration(printer *p)
{
    p->so_far = (spacing){.previous = TOKEN_END};
    for (bool begins = true; kind_at(p, p->at) == TOKEN_AT; begins = false)
        put_annotation(p, begins);
    p->so_far = (spacing){.previous = TOKEN_END};
    put_piece(p, 0, true);
    for (;;) {
        uint16_t kind = kind_at(p, p->at);
        if (kind == TOKEN_LEFT_BRACE) {
            put_block(p);
            return;
        }
        put_next(p, FORMAT_INDENT);
        if (kind == TOKEN_SEMICOLON)
            return;
    }
}

/* Writes a declaration. One with a block of several lines has blank lines around it; this is
 * known only after writing, so it is then written again. */
static void put_apart(printer *p)
{
    printer before = *p;

    p->has_long_block = false;
    put_declaration(p);
    if (p->has_long_block) {
        p->out.length = before.out.length;
        p->at = before.at;
        p->line_begin = before.line_begin;
        p->begins_block = before.begins_block;
        p->needs_blank = p->out.length > 0;
        put_declaration(p);
        p->needs_blank = true;
    }
}

slice format_source(arena *memory, diagnostics *diags, const source *file)
{
    printer p = {.pieces = pieces_of(memory, diags, file).items, .out = buffer_in(memory)};

    while (kind_at(&p, p.at) != TOKEN_END)
        put_apart(&p);
    put_comments(&p, 0, true);
    if (p.out.length > 0)
        buffer_append_char(&p.out, '\n');
    return buffer_slice(&p.out);
}
