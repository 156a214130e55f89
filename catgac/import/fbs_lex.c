/* fbs_lex.c -- see fbs_lex.h. */
#include "import/fbs_lex.h"

#include "syntax/lex.h"

#include <string.h>

enum { DOC_LINE_LIMIT = 10000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static span span_at(const fbs_lexer *input, const char *begin, const char *end)
{
    const char *text = input->file->text.data;

    return (span){input->file->number, (uint32_t)(begin - text), (uint32_t)(end - text)};
}

static void fail(fbs_lexer *input, diag_code code, const char *begin, const char *end,
                 const char *problem)
{
    diag_report(input->diags, code, span_at(input, begin, end), "%s", problem);
    input->failed = true;
    input->at = input->end;
}

void fbs_lex_open(fbs_lexer *input, arena *memory, diagnostics *diags, const source *file)
{
    *input = (fbs_lexer){.memory = memory, .diags = diags, .file = file};
    input->at = file->text.data;
    input->end = file->text.data + file->text.length;
    if (slice_starts_with(file->text, "\xEF\xBB\xBF"))
        input->at += 3;
    if (!lex_check_text(diags, file)) {
        input->failed = true;
        input->at = input->end;
    }
}

/* ---- Comments -------------------------------------------------------------------------------- */

static const char *end_of_line(const fbs_lexer *input)
{
    const char *end = memchr(input->at, '\n', (size_t)(input->end - input->at));

    return end == NULL ? input->end : end;
}

static void add_doc_line(const fbs_lexer *input, fbs_doc *doc, slice *lines)
{
    const char *begin = input->at + 3;
    const char *end = end_of_line(input);

    if (end > begin && end[-1] == '\r')
        end--;
    if (begin < end && *begin == ' ')
        begin++;
    lines[doc->line_count++] = (slice){begin, (size_t)(end - begin)};
}

/* Skips a comment. FlatBuffers has no nested comments. */
static void skip_block_comment(fbs_lexer *input)
{
    const char *begin = input->at;

    for (input->at += 2; input->at + 1 < input->end; input->at++) {
        if (input->at[0] == '*' && input->at[1] == '/') {
            input->at += 2;
            return;
        }
    }
    fail(input, DIAG_UNTERMINATED_COMMENT, begin, begin + 2, "this comment does not end");
}

static size_t count_doc_lines(const fbs_lexer *input)
{
    size_t count = 0;

    for (const char *at = input->at; at < input->end;) {
        while (at < input->end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
            at++;
        if (input->end - at < 3 || strncmp(at, "///", 3) != 0 || count == DOC_LINE_LIMIT)
            break;
        count++;
        const char *end = memchr(at, '\n', (size_t)(input->end - at));
        at = end == NULL ? input->end : end;
    }
    return count;
}

static bool is_at(const fbs_lexer *input, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(input->end - input->at) >= length && strncmp(input->at, text, length) == 0;
}

/* Adjacent `///` lines before a declaration document it. Other comments are dropped. */
static void read_doc(fbs_lexer *input, fbs_doc *doc)
{
    size_t count = count_doc_lines(input);
    slice *lines = ARENA_ARRAY(input->memory, count, slice);

    *doc = (fbs_doc){lines, 0};
    while (doc->line_count < count) {
        while (!is_at(input, "///"))
            input->at++;
        add_doc_line(input, doc, lines);
        input->at = end_of_line(input);
    }
}

static fbs_doc skip_to_token(fbs_lexer *input)
{
    fbs_doc doc = {NULL, 0};

    while (input->at < input->end && !input->failed) {
        char c = *input->at;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            input->at++;
        else if (is_at(input, "///"))
            read_doc(input, &doc);
        else if (is_at(input, "//"))
            input->at = end_of_line(input);
        else if (is_at(input, "/*"))
            skip_block_comment(input);
        else
            break;
    }
    return doc;
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

static void read_word(fbs_lexer *input)
{
    while (input->at < input->end && (is_letter(*input->at) || is_digit(*input->at)))
        input->at++;
}

/* Reads 12, 0x1F, 1.5e-3, .5, 1. and 0x1.8p3; convert.c decides whether it is a number. */
static void read_number(fbs_lexer *input)
{
    bool is_hex = is_at(input, "0x") || is_at(input, "0X");

    while (input->at < input->end) {
        char c = *input->at;
        bool is_exponent = is_hex ? c == 'p' || c == 'P' : c == 'e' || c == 'E';
        bool has_sign = is_exponent && input->at + 1 < input->end &&
                        (input->at[1] == '-' || input->at[1] == '+');
        if (!is_letter(c) && !is_digit(c) && c != '.')
            return;
        input->at += has_sign ? 2 : 1;
    }
}

static bool append_escape(fbs_lexer *input, buffer *value)
{
    static const char escapes[] = "nt\"'\\/";
    static const char meanings[] = "\n\t\"'\\/";
    const char *found = input->at + 1 < input->end ? strchr(escapes, input->at[1]) : NULL;

    if (found == NULL || *found == '\0') {
        fail(input, DIAG_BAD_ESCAPE, input->at, input->at + 1,
             "this escape is not known here: \\n, \\t, \\\", \\', \\\\ and \\/ are");
        return false;
    }
    buffer_append_char(value, meanings[found - escapes]);
    input->at += 2;
    return true;
}

static slice read_string(fbs_lexer *input)
{
    const char *begin = input->at;
    char quote = *input->at++;
    buffer value = buffer_in(input->memory);

    buffer_append_text(&value, "");
    while (input->at < input->end && *input->at != quote && *input->at != '\n' &&
           *input->at != '\r') {
        if (*input->at != '\\')
            buffer_append_char(&value, *input->at++);
        else if (!append_escape(input, &value))
            return SLICE("");
    }
    if (input->at == input->end || *input->at != quote)
        fail(input, DIAG_UNTERMINATED_STRING, begin, begin + 1,
             "this string does not end on its line");
    else
        input->at++;
    return buffer_slice(&value);
}

fbs_token fbs_lex_next(fbs_lexer *input)
{
    fbs_token made = {.doc = skip_to_token(input)};
    const char *begin = input->at;
    char first = begin < input->end ? *begin : '\0';
    bool is_fraction = first == '.' && begin + 1 < input->end && is_digit(begin[1]);

    if (begin == input->end) {
        made.kind = FBS_END;
    } else if (is_letter(first)) {
        made.kind = FBS_WORD;
        read_word(input);
    } else if (is_digit(first) || is_fraction) {
        made.kind = FBS_NUMBER;
        read_number(input);
    } else if (first == '"' || first == '\'') {
        made.kind = FBS_STRING;
        made.text = read_string(input);
    } else if (strchr("{}()[]:;,.=-+", first) != NULL) {
        made.kind = first;
        input->at++;
    } else {
        fail(input, DIAG_UNEXPECTED_CHARACTER, begin, begin + 1,
             "unexpected character in a schema");
    }
    if (input->failed)
        return (fbs_token){.kind = FBS_END, .place = span_at(input, input->end, input->end)};
    made.place = span_at(input, begin, input->at);
    if (made.kind != FBS_STRING)
        made.text = (slice){begin, (size_t)(input->at - begin)};
    return made;
}
