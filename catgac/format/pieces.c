/* pieces.c -- see pieces.h. */
#include "format/pieces.h"

#include "syntax/lex.h"

#include <string.h>

/* Reads the blanks and comments between two tokens. */
typedef struct gap {
    const char *at;
    const char *end;
} gap;

static line_ends skip_blanks(gap *rest)
{
    size_t count = 0;

    while (rest->at < rest->end && *rest->at != '/')
        count += *rest->at++ == '\n';
    return count == 0 ? SAME_LINE : count == 1 ? NEXT_LINE : BLANK_LINE;
}

static slice without_blanks_at_end(const char *begin, const char *end)
{
    while (end > begin && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    return (slice){begin, (size_t)(end - begin)};
}

static comment read_comment(gap *rest)
{
    const char *begin = rest->at;
    comment found = {.is_block = begin[1] == '*'};
    const char *end = found.is_block ? memmem(begin + 2, (size_t)(rest->end - begin - 2), "*/", 2)
                                     : memchr(begin, '\n', (size_t)(rest->end - begin));

    if (end == NULL)
        end = rest->end;
    else if (found.is_block)
        end += 2;
    rest->at = end;
    found.text = without_blanks_at_end(begin, end);
    return found;
}

static size_t count_comments(gap rest)
{
    size_t count = 0;

    for (skip_blanks(&rest); rest.at < rest.end; skip_blanks(&rest)) {
        read_comment(&rest);
        count++;
    }
    return count;
}

static void read_gap(arena *memory, gap rest, piece *before)
{
    before->comment_count = count_comments(rest);
    comment *comments = ARENA_ARRAY(memory, before->comment_count, comment);
    for (size_t i = 0; i < before->comment_count; i++) {
        line_ends lines = skip_blanks(&rest);
        comments[i] = read_comment(&rest);
        comments[i].before = lines;
    }
    before->before = skip_blanks(&rest);
    before->comments = comments;
}

static size_t count_tokens(arena *memory, diagnostics *diags, const source *file)
{
    lexer input;

    lex_open(&input, memory, diags, file);
    size_t count = 1;
    while (lex_next(&input).kind != TOKEN_END)
        count++;
    return count;
}

piece_list pieces_of(arena *memory, diagnostics *diags, const source *file)
{
    size_t count = count_tokens(memory, diags, file);
    piece *items = ARENA_ARRAY(memory, count, piece);
    lexer input;

    lex_open(&input, memory, diags, file);
    gap between = {.at = input.at};
    for (size_t i = 0; i < count; i++) {
        token found = lex_next(&input);
        between.end = file->text.data + found.begin;
        items[i].kind = found.kind;
        items[i].text = lex_text(&input, found);
        read_gap(memory, between, &items[i]);
        between.at = file->text.data + found.end;
    }
    return (piece_list){items, count};
}
