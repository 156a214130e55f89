/* spacing.c -- see spacing.h. */
#include "format/spacing.h"

#include "grammar.h"
#include "syntax/lex.h"

static bool ends_operand(uint16_t kind)
{
    return token_is_word(kind) || kind == TOKEN_INTEGER || kind == TOKEN_NUMBER ||
           kind == TOKEN_DURATION || kind == TOKEN_STRING || kind == TOKEN_RIGHT_PARENTHESIS;
}

static bool sticks_to_previous(uint16_t kind)
{
    return kind == TOKEN_SEMICOLON || kind == TOKEN_COMMA || kind == TOKEN_COLON ||
           kind == TOKEN_RIGHT_PARENTHESIS || kind == TOKEN_RIGHT_BRACKET ||
           kind == TOKEN_QUESTION || kind == TOKEN_DOT || kind == TOKEN_DOT_DOT;
}

static bool sticks_to_next(uint16_t kind)
{
    return kind == TOKEN_LEFT_PARENTHESIS || kind == TOKEN_LEFT_BRACKET || kind == TOKEN_AT ||
           kind == TOKEN_DOT || kind == TOKEN_DOT_DOT || kind == TOKEN_TILDE;
}

static bool has_blank(const spacing *so_far, uint16_t kind)
{
    uint16_t previous = so_far->previous;

    if (previous == TOKEN_END || so_far->after_sign || sticks_to_next(previous))
        return false;
    if (previous == TOKEN_COLON)
        return so_far->in_square == 0;
    if (previous == TOKEN_COMMA)
        return true;
    if (sticks_to_previous(kind))
        return false;
    if (kind == TOKEN_LEFT_PARENTHESIS)
        return !token_is_word(previous);
    return !(previous == TOKEN_LEFT_BRACE && kind == TOKEN_RIGHT_BRACE);
}

bool spacing_before(spacing *so_far, uint16_t kind)
{
    bool blank = has_blank(so_far, kind);

    so_far->after_sign = kind == TOKEN_MINUS && !ends_operand(so_far->previous);
    so_far->in_square += kind == TOKEN_LEFT_BRACKET;
    so_far->in_square -= kind == TOKEN_RIGHT_BRACKET && so_far->in_square > 0;
    so_far->previous = kind;
    return blank;
}
