/* parse.c -- see parse.h: parses one file. imports.c follows the imports. */
#include "syntax/parse.h"

#include "grammar.h"
#include "syntax/parser.h"

#include <string.h>

/* ---- Feeding the grammar --------------------------------------------------------------------- */

static bool is_opener(int kind)
{
    return kind == TOKEN_LEFT_BRACE || kind == TOKEN_LEFT_PARENTHESIS || kind == TOKEN_LEFT_BRACKET;
}

static bool is_closer(int kind)
{
    return kind == TOKEN_RIGHT_BRACE || kind == TOKEN_RIGHT_PARENTHESIS ||
           kind == TOKEN_RIGHT_BRACKET;
}

static bool is_in_block(const parser *p)
{
    return p->bracket_count > 0 && p->brackets[0].kind == TOKEN_LEFT_BRACE;
}

static void open_bracket(parser *p, token opener)
{
    if (p->bracket_count < PARSER_BRACKET_LIMIT) {
        p->brackets[p->bracket_count] = opener;
        p->bracket_count++;
        return;
    }
    diag_report(p->maker.diags, DIAG_TOO_DEEP, parser_span(p, opener),
                "more than %d brackets are open here", PARSER_BRACKET_LIMIT);
    p->file->has_errors = true;
    p->stopped = true;
}

/* Tracks the open brackets and the current declaration. */
static void follow(parser *p, token fed)
{
    if (is_opener(fed.kind))
        open_bracket(p, fed);
    else if (is_closer(fed.kind) && p->bracket_count > 0)
        p->bracket_count--;
    else if (p->bracket_count == 0 && token_is_word(fed.kind)) {
        if (p->declaration_keyword.kind == TOKEN_END)
            p->declaration_keyword = fed;
        else if (p->declaration_name.kind == TOKEN_END &&
                 token_begins_declaration(p->declaration_keyword.kind))
            p->declaration_name = fed;
    }
    p->previous = fed;
}

static token made_up(const parser *p, uint16_t kind, token where)
{
    (void)p;
    return (token){.kind = kind, .begin = where.begin, .end = where.begin};
}

static void feed(parser *p, token next)
{
    p->failed = false;
    grammar_remember(p->machine, &p->before);
    grammar(p->machine, next.kind, next);
    if (p->failed)
        parser_report_unexpected(p, next);
    else if (!p->stopped)
        follow(p, next);
}

static token advance(parser *p)
{
    token current = p->ahead;

    p->ahead = lex_next(&p->input);
    return current;
}

/* ---- Going on after an error ----------------------------------------------------------------- */

/* Returns true for `table Name` where a block cannot have such a member: the block was not
 * closed. `previous` is the token before `current`. */
static bool begins_declaration(const parser *p, token current, token previous)
{
    if (!token_begins_declaration(current.kind) || !token_is_word(p->ahead.kind))
        return false;
    switch (previous.kind) {
    case TOKEN_ON:
    case TOKEN_HANDLE:
    case TOKEN_PUBLISH:
    case TOKEN_CALLS:
    case TOKEN_AS:
    case TOKEN_DOT:
    case TOKEN_COLON:
    case TOKEN_AT:
    case TOKEN_ARROW:
    case TOKEN_THROWS:
        return false;
    default:
        return !token_begins_declaration(previous.kind);
    }
}

/* Returns true where the next member of a block may begin. Members of enums and unions end in
 * commas. */
static bool ends_member(const parser *p, token current)
{
    uint16_t keyword = p->declaration_keyword.kind;
    bool has_commas = keyword == TOKEN_ENUM || keyword == TOKEN_FLAGS || keyword == TOKEN_UNION;

    return current.kind == (has_commas ? TOKEN_COMMA : TOKEN_SEMICOLON);
}

/* Skips the rest of a member. Returns the token after the `;`, or the `,` or `}` itself, or the
 * start of a declaration. */
static token skip_member(parser *p, token current)
{
    token previous = p->previous;

    while (current.kind != TOKEN_END && current.kind != TOKEN_RIGHT_BRACE) {
        if (begins_declaration(p, current, previous))
            return current;
        if (ends_member(p, current))
            return current.kind == TOKEN_SEMICOLON ? advance(p) : current;
        previous = current;
        current = advance(p);
    }
    return current;
}

/* Skips the rest of a declaration, with its block. Returns the token that follows it. After a
 * misspelt keyword, the next word is the name of the lost declaration. */
static token skip_declaration(parser *p, token current)
{
    size_t depth = 0;

    if (current.kind == TOKEN_IDENTIFIER && token_is_word(p->ahead.kind)) {
        p->declaration_keyword = current;
        p->declaration_name = p->ahead;
    }
    token previous = p->previous;
    while (current.kind != TOKEN_END) {
        if (begins_declaration(p, current, previous))
            return current;
        if (current.kind == TOKEN_LEFT_BRACE)
            depth++;
        else if (current.kind == TOKEN_RIGHT_BRACE && depth <= 1)
            return advance(p);
        else if (current.kind == TOKEN_RIGHT_BRACE)
            depth--;
        else if (current.kind == TOKEN_SEMICOLON && depth == 0)
            return advance(p);
        previous = current;
        current = advance(p);
    }
    return current;
}

/* Recovers after the grammar refused `current`. Returns the next token to feed. */
static token resynchronise(parser *p, token current)
{
    if (is_in_block(p)) {
        p->bracket_count = 1;
        current = skip_member(p, current);
    } else {
        p->bracket_count = 0;
        current = skip_declaration(p, current);
    }
    grammar(p->machine, TOKEN_RESYNC, made_up(p, TOKEN_RESYNC, current));
    p->previous = made_up(p, TOKEN_SEMICOLON, current);
    return current;
}

/* Feeds a token that is missing in the text. */
static void feed_missing(parser *p, uint16_t kind, token before)
{
    p->is_quiet = true;
    feed(p, made_up(p, kind, before));
    if (p->failed) {
        resynchronise(p, made_up(p, TOKEN_RIGHT_BRACE, before));
        feed(p, made_up(p, kind, before));
    }
    p->is_quiet = false;
}

/* ---- Two mistakes that are mended before the grammar sees them ------------------------------- */

static bool leaves_block_open(const parser *p, token current)
{
    return is_in_block(p) &&
           (current.kind == TOKEN_END || begins_declaration(p, current, p->previous));
}

static void close_block(parser *p, token current)
{
    token opener = p->brackets[0];

    p->file->has_errors = true;
    diag_report(p->maker.diags, DIAG_SYNTAX, parser_place(p, current),
                "expected '}' to close '{' opened at line %u",
                diag_is_full(p->maker.diags) ? 0 : parser_line(p, opener));
    diag_note(p->maker.diags, parser_span(p, opener), "the block begins here");
    p->bracket_count = 1;
    feed_missing(p, TOKEN_RIGHT_BRACE, current);
}

static bool begins_line(const parser *p, token current)
{
    const char *between = p->input.file->text.data + p->previous.end;

    return current.begin > p->previous.end &&
           memchr(between, '\n', current.begin - p->previous.end) != NULL;
}

/* Returns true at the end of a line where `;` is accepted and `current` is not. */
static bool lacks_semicolon(parser *p, token current)
{
    switch (p->previous.kind) {
    case TOKEN_END:
    case TOKEN_SEMICOLON:
    case TOKEN_COMMA:
    case TOKEN_LEFT_BRACE:
    case TOKEN_RIGHT_BRACE:
        return false;
    default:
        break;
    }
    if (!begins_line(p, current) && current.kind != TOKEN_RIGHT_BRACE)
        return false;
    grammar_remember(p->machine, &p->before);
    if (!grammar_accepts(&p->before, TOKEN_SEMICOLON))
        return false;
    return !grammar_accepts(&p->before, current.kind);
}

static void put_semicolon(parser *p, token current)
{
    span place = parser_span(p, p->previous);
    slice text = lex_text(&p->input, p->previous);

    place.begin = place.end;
    p->file->has_errors = true;
    if (!p->previous.broken) {
        diag_report(p->maker.diags, DIAG_SYNTAX, place, "expected ';' after '%.*s'",
                    SLICE_PRINT(text));
        diag_fix(p->maker.diags, place, SLICE(";"));
    }
    feed_missing(p, TOKEN_SEMICOLON, current);
}

/* ---- One file -------------------------------------------------------------------------------- */

/* Returns true if the lexer gave up before the end of the file: nothing is known about the rest. */
static bool is_cut_off(token current)
{
    return current.kind == TOKEN_END && current.broken;
}

static void parse_tokens(parser *p)
{
    p->ahead = lex_next(&p->input);
    token current = advance(p);
    while (!p->stopped && !is_cut_off(current)) {
        if (lacks_semicolon(p, current))
            put_semicolon(p, current);
        if (leaves_block_open(p, current))
            close_block(p, current);
        feed(p, current);
        if (p->failed && current.kind != TOKEN_END)
            current = resynchronise(p, current);
        else if (current.kind == TOKEN_END)
            break;
        else
            current = advance(p);
    }
}

static void warn_of_stray_docs(const parser *p)
{
    for (const doc_comment *doc = p->input.docs; doc != NULL; doc = doc->next)
        if (!doc->used)
            diag_report(p->maker.diags, DIAG_STRAY_DOC, doc->place,
                        "this comment documents nothing: '///' stands before a declaration");
}

ast_file *parse_source(arena *memory, interner *names, diagnostics *diags, const source *file)
{
    parser *p = ARENA_NEW(memory, parser);

    lex_open(&p->input, memory, diags, file);
    p->maker = (ast_maker){memory, names, diags, &p->input};
    p->file = ARENA_NEW(memory, ast_file);
    p->file->file = file;
    p->machine = arena_array(memory, 1, grammar_size());

    size_t errors_before = diags->error_count;
    grammarInit(p->machine, p);
    parse_tokens(p);
    grammarFinalize(p->machine);
    parser_lost_declaration(p);
    if (diags->error_count != errors_before)
        p->file->has_errors = true;
    if (!p->file->has_errors)
        warn_of_stray_docs(p);
    return p->file;
}
