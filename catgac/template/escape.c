/* escape.c -- see escape.h. */
#include "template/escape.h"

#include "base/utf8.h"

#include <string.h>

/* A backslash at the end of a line joins it with the next line, even if blanks follow. */
static slice without_trailing_backslashes(slice text)
{
    while (text.length > 0) {
        char last = text.data[text.length - 1];
        if (last != '\\' && last != ' ' && (unsigned char)last >= ' ')
            break;
        text.length--;
    }
    return text;
}

/* Returns true if two adjacent characters have a meaning in comments or trigraphs. */
static bool must_part(char left, char right)
{
    return (left == '*' && right == '/') || (left == '/' && right == '*') ||
           (left == '?' && right == '?');
}

void escape_comment(slice text, buffer *out)
{
    slice rest = without_trailing_backslashes(text);
    char last = '*'; /* as at the start of a comment */

    while (rest.length > 0) {
        slice shown = utf8_take_shown(&rest);
        if (must_part(last, shown.data[0]))
            buffer_append_char(out, ' ');
        buffer_append(out, shown);
        last = shown.data[0];
    }
}

/* Returns true if `character` at the start of a line makes a heading, a list or a rule. After
 * digits, two other characters make a list. */
static bool begins_block(char character, bool is_first, bool only_digits_before)
{
    if (is_first)
        return strchr("#+-=", character) != NULL;
    return only_digits_before && (character == '.' || character == ')');
}

void escape_markdown(slice text, buffer *out)
{
    slice rest = text;

    while (rest.length > 0 && (rest.data[0] == ' ' || rest.data[0] == '\t')) {
        rest.data++; /* leading blanks would make a code block */
        rest.length--;
    }
    bool is_first = true;
    bool only_digits = true;
    while (rest.length > 0) {
        slice shown = utf8_take_shown(&rest);
        char character = shown.data[0];
        if (strchr("\\`*_[]<>|~&$", character) != NULL ||
            begins_block(character, is_first, only_digits))
            buffer_append_char(out, '\\');
        buffer_append(out, shown);
        is_first = false;
        only_digits = only_digits && character >= '0' && character <= '9';
    }
}

void escape_c_string(slice text, buffer *out)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte == '"' || byte == '\\' || byte == '?')
            buffer_append_char(out, '\\');
        if (byte >= ' ' && byte < 0x7f)
            buffer_append_char(out, (char)byte);
        else
            buffer_printf(out, "\\%03o", byte);
    }
}
