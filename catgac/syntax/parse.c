/* parse.c -- see parse.h. imports.c follows the imports; here is one file. */
#include "syntax/parse.h"

#include <string.h>

#include "grammar.h"
#include "syntax/parser.h"

span parser_span(const parser *p, token piece)
{
    return lex_span(&p->input, piece);
}

/* ---- What the grammar reports ---------------------------------------------------------------- */

void parser_too_deep(parser *p)
{
    p->stopped = true;
    p->file->has_errors = true;
    diag_report(p->maker.diags, DIAG_TOO_DEEP, parser_span(p, p->previous),
                "this is nested too deeply");
}

void parser_declared(parser *p)
{
    p->declaration_keyword.kind = TOKEN_END;
    p->declaration_name.kind = TOKEN_END;
}

/* The name of a declaration that was not understood is kept, so that its users stay silent. */
void parser_lost_declaration(parser *p)
{
    if (p->declaration_name.kind != TOKEN_END) {
        ast_declaration *lost = ast_make_declaration(&p->maker, AST_BROKEN, p->declaration_keyword);
        lost->name = ast_make_name(&p->maker, p->declaration_name);
        ast_append_declaration(p->file, lost);
    }
    parser_declared(p);
}

/* ---- "expected X, Y or Z" -------------------------------------------------------------------- */

enum { EXPECTED_LIMIT = 3 };

typedef struct expectation {
    const char *names[EXPECTED_LIMIT];
    size_t count;
} expectation;

static void expect(expectation *list, const char *name)
{
    if (list->count < EXPECTED_LIMIT)
        list->names[list->count++] = name;
}

static void expect_if_accepted(const parser *p, expectation *list, const int *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (grammar_accepts(&p->before, kinds[i]))
            expect(list, token_name(kinds[i]));
}

static void expect_keywords(const parser *p, expectation *list)
{
    static const int kinds[] = {
#define KEYWORD(token, word) TOKEN_##token,
#include "syntax/keywords.def"
#undef KEYWORD
    };
    expect_if_accepted(p, list, kinds, sizeof kinds / sizeof kinds[0]);
}

/* The most telling first: a list of three is all that is read. Groups are named as one. */
static expectation what_is_expected(const parser *p)
{
    static const int plain[] = {
        TOKEN_SEMICOLON,     TOKEN_LEFT_BRACE, TOKEN_RIGHT_BRACE, TOKEN_RIGHT_PARENTHESIS,
        TOKEN_RIGHT_BRACKET, TOKEN_COMMA,      TOKEN_COLON,       TOKEN_EQUALS,
        TOKEN_ARROW};
    static const int rare[] = {TOKEN_AT,   TOKEN_QUESTION,         TOKEN_DOT_DOT,
                               TOKEN_DOT,  TOKEN_LEFT_PARENTHESIS, TOKEN_PLUS,
                               TOKEN_MINUS};
    static const int words[] = {TOKEN_IDENTIFIER, TOKEN_STRING, TOKEN_LEFT_BRACKET};
    static const int lines[] = {TOKEN_HANDLE, TOKEN_PUBLISH, TOKEN_ON};
    expectation list = {.count = 0};

    if (grammar_accepts(&p->before, TOKEN_CONST)) {
        expect(&list, "a declaration");
        return list;
    }
    if (grammar_accepts(&p->before, TOKEN_HANDLE)) {
        expect_if_accepted(p, &list, lines, sizeof lines / sizeof lines[0]);
        return list;
    }
    if (grammar_accepts(&p->before, TOKEN_INTEGER))
        expect(&list, "a value");
    else if (grammar_accepts(&p->before, TOKEN_LEFT_BRACKET))
        expect(&list, "a type");
    else
        expect_if_accepted(p, &list, words, sizeof words / sizeof words[0]);
    expect_if_accepted(p, &list, plain, sizeof plain / sizeof plain[0]);
    expect_keywords(p, &list);
    if (list.count == 0)
        expect_if_accepted(p, &list, rare, sizeof rare / sizeof rare[0]);
    return list;
}

static void print_expectation(const expectation *list, buffer *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *joint = i == 0 ? ": expected " : i + 1 == list->count ? " or " : ", ";
        buffer_printf(out, "%s%s", joint, list->names[i]);
    }
}

static int closer_of(int opener)
{
    switch (opener) {
    case TOKEN_LEFT_BRACE:
        return TOKEN_RIGHT_BRACE;
    case TOKEN_LEFT_PARENTHESIS:
        return TOKEN_RIGHT_PARENTHESIS;
    default:
        return TOKEN_RIGHT_BRACKET;
    }
}

static uint32_t line_of(const parser *p, token piece)
{
    return source_locate(p->input.file, piece.begin).line;
}

/* When a bracket could be closed here and was opened on an earlier line, names that line. Braces
 * that are not closed are found by close_block(). */
static void print_open_bracket(const parser *p, token found, buffer *out)
{
    if (p->bracket_count == 0 || p->brackets[p->bracket_count - 1].kind == TOKEN_LEFT_BRACE)
        return;
    token opener = p->brackets[p->bracket_count - 1];
    uint32_t line = line_of(p, opener);
    if (line != line_of(p, found) && grammar_accepts(&p->before, closer_of(opener.kind)))
        buffer_printf(out, " to close %s opened at line %u", token_name(opener.kind), line);
}

static void print_found(const parser *p, token found, buffer *out)
{
    slice text = lex_text(&p->input, found);
    if (found.kind == TOKEN_END || found.kind == TOKEN_STRING)
        buffer_printf(out, "unexpected %s", found.kind == TOKEN_END ? "end of file" : "string");
    else
        buffer_printf(out, "unexpected '%.*s'", SLICE_PRINT(text));
}

/* A word where a declaration should begin may be a keyword with a slip. */
static void suggest_keyword(const parser *p, token found)
{
    static const slice words[] = {
#define KEYWORD_OF_DECLARATION(token, word) {word, sizeof(word) - 1},
#define KEYWORD(token, word)
#include "syntax/keywords.def"
#undef KEYWORD
    };
    if (found.kind != TOKEN_IDENTIFIER || !grammar_accepts(&p->before, TOKEN_CONST) ||
        diag_is_full(p->maker.diags))
        return;
    suggestion search = suggestion_for(lex_text(&p->input, found));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        suggestion_consider(&search, words[i]);
    diag_suggest(p->maker.diags, parser_span(p, found), &search);
}

/* The end of the file is reported behind the last token: what follows that may be long. */
static span place_of(const parser *p, token found)
{
    if (found.kind != TOKEN_END)
        return parser_span(p, found);
    uint32_t end = p->previous.end;
    return (span){p->input.file->number, end, end};
}

static void describe(const parser *p, token found, buffer *text)
{
    expectation list = what_is_expected(p);
    print_found(p, found, text);
    print_expectation(&list, text);
    print_open_bracket(p, found, text);
}

void parser_unexpected(parser *p, token found)
{
    p->failed = true;
    p->file->has_errors = true;
    if (p->is_quiet || found.broken)
        return;
    buffer text = buffer_in(p->maker.memory);
    if (!diag_is_full(p->maker.diags))
        describe(p, found, &text);
    diag_report(p->maker.diags, DIAG_SYNTAX, place_of(p, found), "%.*s",
                SLICE_PRINT(buffer_slice(&text)));
    suggest_keyword(p, found);
}

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

/* Keeps the brackets that are open, and which declaration is being read. */
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
    if (!p->failed && !p->stopped)
        follow(p, next);
}

static token advance(parser *p)
{
    token current = p->ahead;
    p->ahead = lex_next(&p->input);
    return current;
}

/* ---- Going on after an error ----------------------------------------------------------------- */

/* `table Name`, where no member of a block can be read like that: the block before was not closed.
 * `previous` is the token before `current`. */
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

/* Inside a block: where its next member may begin. In enums and unions these end in commas. */
static bool ends_member(const parser *p, token current)
{
    uint16_t keyword = p->declaration_keyword.kind;
    bool has_commas = keyword == TOKEN_ENUM || keyword == TOKEN_FLAGS || keyword == TOKEN_UNION;
    return current.kind == (has_commas ? TOKEN_COMMA : TOKEN_SEMICOLON);
}

/* Skips the rest of a member. Returns the token to go on with: what follows the `;`, or the `,` or
 * `}` itself, or the start of a declaration. */
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

/* Skips the rest of a declaration, with its block. Returns the token that follows it. After a word
 * that should have been a keyword, the next one is the name that is lost. */
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

/* The grammar has refused `current` and waits for RESYNC. Returns the token to go on with. */
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

/* Puts in a token that is missing. */
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
    diag_report(p->maker.diags, DIAG_SYNTAX, place_of(p, current),
                "expected '}' to close '{' opened at line %u",
                diag_is_full(p->maker.diags) ? 0 : line_of(p, opener));
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

/* At the end of a line, where a `;` could be and what follows cannot. */
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

/* The file goes on, but the lexer does not: nothing can be said of what is missing. */
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
