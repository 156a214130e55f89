/* lex.c -- see lex.h. */
#include "syntax/lex.h"

#include "base/utf8.h"
#include "grammar.h"

#include <string.h>

/* ---- Names of tokens ------------------------------------------------------------------------- */

typedef struct keyword {
    slice word;
    uint16_t kind;
} keyword;

static const keyword keywords[] = {
#define KEYWORD(token, word) {{word, sizeof word - 1}, TOKEN_##token},
#include "syntax/keywords.def"
#undef KEYWORD
};

enum { KEYWORD_COUNT = sizeof keywords / sizeof keywords[0] };

const char *token_name(int kind)
{
    switch (kind) {
    case TOKEN_END:
        return "the end of the file";
#define TOKEN(token, name)                                                                         \
    case TOKEN_##token:                                                                            \
        return name;
#include "syntax/tokens.def"
#undef TOKEN
#define KEYWORD(token, word)                                                                       \
    case TOKEN_##token:                                                                            \
        return "'" word "'";
#include "syntax/keywords.def"
#undef KEYWORD
    default:
        return "";
    }
}

bool token_begins_declaration(int kind)
{
    switch (kind) {
#define KEYWORD_OF_DECLARATION(token, word) case TOKEN_##token:
#define KEYWORD(token, word)
#include "syntax/keywords.def"
#undef KEYWORD
        return true;
    default:
        return false;
    }
}

bool token_is_word(int kind)
{
    switch (kind) {
    case TOKEN_IDENTIFIER:
#define KEYWORD(token, word) case TOKEN_##token:
#include "syntax/keywords.def"
#undef KEYWORD
        return true;
    default:
        return false;
    }
}

static uint16_t kind_of_word(slice word)
{
    for (size_t i = 0; i < KEYWORD_COUNT; i++)
        if (keywords[i].word.data[0] == word.data[0] && slice_equal(keywords[i].word, word))
            return keywords[i].kind;
    return TOKEN_IDENTIFIER;
}

/* ---- Characters ------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_hex_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_binary_digit(char c)
{
    return c == '0' || c == '1';
}

static bool is_control(char c)
{
    return (unsigned char)c < ' ' && c != '\t' && c != '\n' && c != '\r';
}

static span span_at(const lexer *input, const char *begin, const char *end)
{
    return (span){input->file->number, (uint32_t)(begin - input->file->text.data),
                  (uint32_t)(end - input->file->text.data)};
}

/* Reports the first byte that is not text. */
bool lex_check_text(diagnostics *diags, const source *file)
{
    size_t at = 0;

    while (at < file->text.length) {
        uint32_t character;
        size_t length = 1;
        slice rest = {file->text.data + at, file->text.length - at};
        if ((unsigned char)*rest.data >= 0x80)
            length = utf8_read(rest, &character);
        if (length == 0 || is_control(*rest.data)) {
            diag_report(diags, DIAG_NOT_TEXT, (span){file->number, (uint32_t)at, (uint32_t)at},
                        "this file is not UTF-8 text: it has the byte 0x%02x here",
                        (unsigned)(unsigned char)*rest.data);
            return false;
        }
        at += length;
    }
    return true;
}

void lex_open(lexer *input, arena *memory, diagnostics *diags, const source *file)
{
    *input = (lexer){.memory = memory, .diags = diags, .file = file};
    input->at = file->text.data;
    input->end = file->text.data + file->text.length;
    if (slice_starts_with(file->text, "\xEF\xBB\xBF"))
        input->at += 3;
    if (!lex_check_text(diags, file))
        input->end = input->at;
}

/* ---- Comments -------------------------------------------------------------------------------- */

static const char *line_end(const lexer *input, const char *from)
{
    const char *end = memchr(from, '\n', (size_t)(input->end - from));

    return end == NULL ? input->end : end;
}

/* A fourth slash makes it a plain comment, for example a ruler. */
static bool at_doc_line(const lexer *input, const char *at)
{
    return input->end - at >= 3 && memcmp(at, "///", 3) == 0 && at[3] != '/';
}

static slice doc_line_text(const lexer *input, const char *at)
{
    const char *begin = at + 3;
    const char *end = line_end(input, begin);

    if (begin < end && *begin == ' ')
        begin++;
    while (end > begin && (end[-1] == '\r' || end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (slice){begin, (size_t)(end - begin)};
}

static const char *skip_blanks(const lexer *input, const char *at)
{
    while (at < input->end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

static bool is_first_on_line(const lexer *input, const char *at)
{
    while (at > input->file->text.data && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == input->file->text.data || at[-1] == '\n';
}

/* Reads consecutive `///` lines as one comment. A comment after other text on its line documents
 * nothing, because it would be attached to the next declaration. */
static void read_doc(lexer *input)
{
    bool begins_line = is_first_on_line(input, input->at);
    size_t count = 0;
    const char *at = input->at;

    for (; at_doc_line(input, at); at = skip_blanks(input, line_end(input, at)))
        count++;
    slice *lines = ARENA_ARRAY(input->memory, count, slice);
    doc_comment *doc = ARENA_NEW(input->memory, doc_comment);
    doc->place = span_at(input, input->at, line_end(input, input->at));
    doc->lines = lines;
    doc->line_count = count;
    at = input->at;
    for (size_t i = 0; i < count; i++, at = skip_blanks(input, line_end(input, at)))
        lines[i] = doc_line_text(input, at);
    input->at = at;

    if (input->last_doc == NULL)
        input->docs = doc;
    else
        input->last_doc->next = doc;
    input->last_doc = doc;
    if (begins_line)
        input->pending_doc = doc;
}

static void skip_block_comment(lexer *input)
{
    const char *begin = input->at;

    for (const char *at = begin + 2; input->end - at >= 2; at++) {
        if (at[0] == '*' && at[1] == '/') {
            input->at = at + 2;
            return;
        }
    }
    diag_report(input->diags, DIAG_UNTERMINATED_COMMENT, span_at(input, begin, begin + 2),
                "this comment has no end: expected '*/'");
    input->at = input->end;
}

static void skip_blanks_and_comments(lexer *input)
{
    for (;;) {
        input->at = skip_blanks(input, input->at);
        if (input->end - input->at < 2 || input->at[0] != '/')
            return;
        if (at_doc_line(input, input->at))
            read_doc(input);
        else if (input->at[1] == '/')
            input->at = line_end(input, input->at);
        else if (input->at[1] == '*')
            skip_block_comment(input);
        else
            return;
    }
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

/* Returns a token from `begin` to the current position. */
static token make_token(const lexer *input, uint16_t kind, const char *begin)
{
    span place = span_at(input, begin, input->at);

    return (token){.begin = place.begin, .end = place.end, .kind = kind};
}

static bool is_beyond_ascii(char c)
{
    return (unsigned char)c >= 0x80;
}

/* Reads a word with invalid letters as one token, so that it is reported once. */
static token lex_foreign_word(lexer *input, const char *begin)
{
    while (is_letter(*input->at) || is_digit(*input->at) || is_beyond_ascii(*input->at))
        input->at++;
    token word = make_token(input, TOKEN_IDENTIFIER, begin);
    word.broken = true;
    diag_report(
        input->diags, DIAG_UNEXPECTED_CHARACTER, lex_span(input, word),
        "'%.*s' is not a name: names consist of the letters a to z and A to Z, digits and '_'",
        SLICE_PRINT(lex_text(input, word)));
    return word;
}

static token lex_word(lexer *input)
{
    const char *begin = input->at;

    while (is_letter(*input->at) || is_digit(*input->at))
        input->at++;
    if (is_beyond_ascii(*input->at))
        return lex_foreign_word(input, begin);
    slice word = {begin, (size_t)(input->at - begin)};
    if (word.length > LEX_NAME_LIMIT)
        diag_report(input->diags, DIAG_NAME_TOO_LONG, span_at(input, begin, input->at),
                    "a name has at most %d characters, this one has %zu", LEX_NAME_LIMIT,
                    word.length);
    return make_token(input, kind_of_word(word), begin);
}

static bool is_duration_unit(slice word)
{
    static const char *const units[] = {"ns", "us", "ms", "s", "m", "h", "d"};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (slice_is(word, units[i]))
            return true;
    return false;
}

/* Skips digits with single underscores between them. Returns false if there are none. */
static bool skip_digits(lexer *input, bool (*belongs)(char))
{
    const char *begin = input->at;

    while (belongs(*input->at) || (*input->at == '_' && input->at > begin && input->at[-1] != '_' &&
                                   belongs(input->at[1])))
        input->at++;
    return input->at > begin;
}

/* Reads the optional point, exponent and unit after the digits of a decimal number. */
static uint16_t skip_number_tail(lexer *input)
{
    uint16_t kind = TOKEN_INTEGER;

    if (input->at[0] == '.' && is_digit(input->at[1])) {
        input->at++;
        skip_digits(input, is_digit);
        kind = TOKEN_NUMBER;
    }
    if (input->at[0] == 'e' || input->at[0] == 'E') {
        size_t sign = input->at[1] == '+' || input->at[1] == '-';
        if (is_digit(input->at[1 + sign])) {
            input->at += 1 + sign;
            skip_digits(input, is_digit);
            kind = TOKEN_NUMBER;
        }
    }
    return kind;
}

static token lex_number(lexer *input)
{
    const char *begin = input->at;
    bool has_prefix = begin[0] == '0' && (begin[1] == 'x' || begin[1] == 'b');
    uint16_t kind = TOKEN_INTEGER;
    bool good = true;

    if (has_prefix) {
        input->at += 2;
        good = skip_digits(input, begin[1] == 'x' ? is_hex_digit : is_binary_digit);
    } else {
        skip_digits(input, is_digit);
        kind = skip_number_tail(input);
    }

    const char *unit = input->at;
    while (is_letter(*input->at) || is_digit(*input->at))
        input->at++;
    slice tail = {unit, (size_t)(input->at - unit)};
    if (tail.length > 0 && !has_prefix && kind == TOKEN_INTEGER && is_duration_unit(tail))
        kind = TOKEN_DURATION;
    else if (tail.length > 0)
        good = false;

    token number = make_token(input, kind, begin);
    number.broken = !good;
    if (!good)
        diag_report(input->diags, DIAG_BAD_NUMBER, lex_span(input, number),
                    "'%.*s' is neither a number nor a duration (units: ns us ms s m h d)",
                    SLICE_PRINT(lex_text(input, number)));
    return number;
}

static bool is_known_escape(char c)
{
    return c == '"' || c == '\\' || c == 'n' || c == 't';
}

static bool at_string_end(const lexer *input)
{
    return input->at >= input->end || *input->at == '"' || *input->at == '\n' || *input->at == '\r';
}

/* Skips an escape sequence. Returns false for an unknown one. */
static bool skip_escape(lexer *input)
{
    const char *begin = input->at;

    input->at++;
    if (input->at < input->end && is_known_escape(*input->at)) {
        input->at++;
        return true;
    }
    diag_report(input->diags, DIAG_BAD_ESCAPE, span_at(input, begin, begin + 1),
                "unknown escape in a string; there are \\\" \\\\ \\n and \\t");
    return false;
}

static token lex_string(lexer *input)
{
    const char *begin = input->at;
    bool broken = false;

    input->at++;
    while (!at_string_end(input)) {
        if (*input->at != '\\')
            input->at++;
        else if (!skip_escape(input))
            broken = true;
    }
    if (input->at < input->end && *input->at == '"') {
        input->at++;
    } else {
        broken = true;
        diag_report(input->diags, DIAG_UNTERMINATED_STRING, span_at(input, begin, begin + 1),
                    "this string has no end on its line: expected '\"'");
    }
    token string = make_token(input, TOKEN_STRING, begin);
    string.broken = broken;
    return string;
}

/* Returns the kind and length of the punctuation at `at`; length 0 if there is none. */
static uint16_t sign_at(const char *at, size_t *length)
{
    *length = 2;
    if (at[0] == '.' && at[1] == '.')
        return TOKEN_DOT_DOT;
    if (at[0] == '-' && at[1] == '>')
        return TOKEN_ARROW;
    if (at[0] == '<' && at[1] == '<')
        return TOKEN_SHIFT_LEFT;
    if (at[0] == '>' && at[1] == '>')
        return TOKEN_SHIFT_RIGHT;

    static const struct {
        char sign;
        uint16_t kind;
    } signs[] = {
        {';', TOKEN_SEMICOLON},
        {':', TOKEN_COLON},
        {',', TOKEN_COMMA},
        {'@', TOKEN_AT},
        {'(', TOKEN_LEFT_PARENTHESIS},
        {')', TOKEN_RIGHT_PARENTHESIS},
        {'{', TOKEN_LEFT_BRACE},
        {'}', TOKEN_RIGHT_BRACE},
        {'[', TOKEN_LEFT_BRACKET},
        {']', TOKEN_RIGHT_BRACKET},
        {'.', TOKEN_DOT},
        {'=', TOKEN_EQUALS},
        {'?', TOKEN_QUESTION},
        {'+', TOKEN_PLUS},
        {'-', TOKEN_MINUS},
        {'*', TOKEN_STAR},
        {'/', TOKEN_SLASH},
        {'%', TOKEN_PERCENT},
        {'&', TOKEN_AMPERSAND},
        {'|', TOKEN_BAR},
        {'~', TOKEN_TILDE},
    };
    *length = 1;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (signs[i].sign == at[0])
            return signs[i].kind;
    *length = 0;
    return TOKEN_END;
}

static bool begins_token(const char *at)
{
    size_t length;

    sign_at(at, &length);
    return length > 0 || is_letter(*at) || is_digit(*at) || is_beyond_ascii(*at) || *at == '"' ||
           *at == ' ' || *at == '\t' || *at == '\r' || *at == '\n';
}

/* Reports consecutive unexpected characters once. */
static void skip_unexpected(lexer *input)
{
    const char *begin = input->at;

    while (input->at < input->end && !begins_token(input->at))
        input->at++;
    diag_report(input->diags, DIAG_UNEXPECTED_CHARACTER, span_at(input, begin, input->at),
                "unexpected character '%.*s'", (int)(input->at - begin), begin);
}

/* The text ends in NUL, which no token contains: reading one or two characters ahead is safe. */
static token lex_token(lexer *input)
{
    for (;;) {
        skip_blanks_and_comments(input);
        const char *begin = input->at;
        if (begin >= input->end)
            return make_token(input, TOKEN_END, begin);
        if (is_letter(*begin) || is_beyond_ascii(*begin))
            return lex_word(input);
        if (is_digit(*begin))
            return lex_number(input);
        if (*begin == '"')
            return lex_string(input);
        size_t length;
        uint16_t kind = sign_at(begin, &length);
        if (length > 0) {
            input->at += length;
            return make_token(input, kind, begin);
        }
        skip_unexpected(input);
    }
}

token lex_next(lexer *input)
{
    token next = lex_token(input);

    next.doc = input->pending_doc;
    input->pending_doc = NULL;
    input->token_count++;
    if (input->token_count > LEX_TOKEN_LIMIT && next.kind != TOKEN_END) {
        diag_report(input->diags, DIAG_TOO_MANY_TOKENS, lex_span(input, next),
                    "a file has at most %d tokens", LEX_TOKEN_LIMIT);
        input->at = input->end;
        next.kind = TOKEN_END;
        next.broken = true;
    }
    return next;
}

/* ---- Reading tokens -------------------------------------------------------------------------- */

span lex_span(const lexer *input, token piece)
{
    return (span){input->file->number, piece.begin, piece.end};
}

slice lex_text(const lexer *input, token piece)
{
    return (slice){input->file->text.data + piece.begin, piece.end - piece.begin};
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

slice lex_string_value(const lexer *input, token piece)
{
    slice text = lex_text(input, piece);

    if (piece.broken)
        return SLICE("");
    buffer value = buffer_in(input->memory);
    for (size_t i = 1; i + 1 < text.length; i++) {
        if (text.data[i] == '\\')
            buffer_append_char(&value, unescape(text.data[++i]));
        else
            buffer_append_char(&value, text.data[i]);
    }
    return buffer_slice(&value);
}

/* Advances `line` and `line_begin` to the line that contains `at`. */
static void advance_line(const char *at, uint32_t *line, const char **line_begin)
{
    const char *end;

    while ((end = memchr(*line_begin, '\n', (size_t)(at - *line_begin))) != NULL) {
        *line_begin = end + 1;
        (*line)++;
    }
}

void lex_dump(lexer *input, buffer *out)
{
    uint32_t line = 1;
    const char *line_begin = input->file->text.data;

    for (token piece = lex_next(input); piece.kind != TOKEN_END; piece = lex_next(input)) {
        slice text = lex_text(input, piece);
        advance_line(text.data, &line, &line_begin);
        buffer_printf(out, "%u:%zu %s", line, (size_t)(text.data - line_begin) + 1,
                      token_name(piece.kind));
        if (piece.kind == TOKEN_IDENTIFIER || piece.kind == TOKEN_INTEGER ||
            piece.kind == TOKEN_NUMBER || piece.kind == TOKEN_DURATION ||
            piece.kind == TOKEN_STRING)
            buffer_printf(out, " %.*s", SLICE_PRINT(text));
        buffer_append_char(out, '\n');
    }
}
