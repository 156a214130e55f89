/* unexpected.c -- the text of a syntax error: "unexpected X: expected Y or Z". */
#include "grammar.h"
#include "syntax/foreign.h"
#include "syntax/parser.h"

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

/* Lists at most three expected tokens, the most likely first. Groups are named as one. */
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

/* Names the line of an open bracket, if closing it is possible here and it was opened on an
 * earlier line. close_block() reports open braces. */
static void print_open_bracket(const parser *p, token found, buffer *out)
{
    if (p->bracket_count == 0 || p->brackets[p->bracket_count - 1].kind == TOKEN_LEFT_BRACE)
        return;
    token opener = p->brackets[p->bracket_count - 1];
    uint32_t line = parser_line(p, opener);
    if (line != parser_line(p, found) && grammar_accepts(&p->before, closer_of(opener.kind)))
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

static void explain_foreign(const parser *p, foreign_place place, token word)
{
    const foreign_word *found = foreign_find(place, lex_text(&p->input, word));

    if (found != NULL && word.kind == TOKEN_IDENTIFIER)
        foreign_explain(p->maker.diags, parser_span(p, word), found);
}

/* Suggests a keyword for a word of another language or a misspelt one, where a declaration
 * begins. */
static void suggest_keyword(const parser *p, token found)
{
    static const slice words[] = {
#define KEYWORD_OF_DECLARATION(token, word) {word, sizeof word - 1},
#define KEYWORD(token, word)
#include "syntax/keywords.def"
#undef KEYWORD
    };

    if (found.kind != TOKEN_IDENTIFIER)
        return;
    if (foreign_find(FOREIGN_DECLARATION, lex_text(&p->input, found)) != NULL) {
        explain_foreign(p, FOREIGN_DECLARATION, found);
        return;
    }
    suggestion search = suggestion_for(lex_text(&p->input, found));
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        suggestion_consider(&search, words[i]);
    diag_suggest(p->maker.diags, parser_span(p, found), &search);
}

/* Returns true in a stream, a bucket or an object store. */
static bool has_settings(const parser *p)
{
    uint16_t keyword = p->declaration_keyword.kind;

    return keyword == TOKEN_STREAM || keyword == TOKEN_BUCKET || keyword == TOKEN_OBJECTS;
}

/* `string name;` and `optional string name;`, where a name and its colon are wanted. */
static void explain_order(const parser *p, token found)
{
    if (foreign_find(FOREIGN_MEMBER, lex_text(&p->input, p->previous)) != NULL)
        explain_foreign(p, FOREIGN_MEMBER, p->previous);
    else if (token_is_word(found.kind))
        diag_add(p->maker.diags, has_settings(p) ? "a setting is written NAME: VALUE"
                                                 : "a field is written NAME: TYPE");
}

/* `unsigned long` is u64, `long int` is i64. */
static slice integer_of(const parser *p, slice previous, const foreign_word *second)
{
    buffer word = buffer_in(p->maker.memory);

    if (!slice_equal_in_any_case(previous, SLICE("unsigned")))
        return slice_of(foreign_find(FOREIGN_TYPE, previous)->ours);
    buffer_printf(&word, "u%s", second->ours + 1);
    return buffer_slice(&word);
}

/* `unsigned int`, `repeated string`, `map<string, u32>` and `u32[]`, behind the first word. */
static void explain_type(const parser *p, token found)
{
    slice previous = lex_text(&p->input, p->previous);
    const foreign_word *first = foreign_find(FOREIGN_TYPE, previous);
    const foreign_word *second = foreign_find(FOREIGN_TYPE, lex_text(&p->input, found));
    span both = parser_span(p, p->previous);

    both.end = found.end;
    if (found.kind == TOKEN_LEFT_BRACKET)
        diag_add(p->maker.diags, "a vector of T is written [T], and in a struct [T:N]");
    else if (first != NULL && first->ours != NULL && second != NULL && second->ours != NULL)
        diag_propose(p->maker.diags, both, integer_of(p, previous, second));
    else if (first != NULL)
        foreign_explain(p->maker.diags, both, first);
}

static void explain(const parser *p, token found)
{
    if (diag_is_full(p->maker.diags))
        return;
    if (grammar_accepts(&p->before, TOKEN_CONST))
        suggest_keyword(p, found);
    else if (grammar_accepts(&p->before, TOKEN_HANDLE))
        explain_foreign(p, FOREIGN_MEMBER, found);
    else if (!token_is_word(p->previous.kind))
        return;
    else if (grammar_accepts(&p->before, TOKEN_COLON))
        explain_order(p, found);
    else if (grammar_accepts(&p->before, TOKEN_EQUALS))
        explain_type(p, found);
}

static void describe(const parser *p, token found, buffer *text)
{
    expectation list = what_is_expected(p);

    print_found(p, found, text);
    print_expectation(&list, text);
    print_open_bracket(p, found, text);
}

void parser_report_unexpected(parser *p, token found)
{
    p->file->has_errors = true;
    if (p->is_quiet || found.broken)
        return;
    buffer text = buffer_in(p->maker.memory);
    if (!diag_is_full(p->maker.diags))
        describe(p, found, &text);
    diag_report(p->maker.diags, DIAG_SYNTAX, parser_place(p, found), "%.*s",
                SLICE_PRINT(buffer_slice(&text)));
    explain(p, found);
}
