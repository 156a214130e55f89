/* mangle.c -- see mangle.h. */
#include "model/mangle.h"

#include <string.h>

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool has_upper(slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (is_upper(name.data[i]))
            return true;
    return false;
}

/* Returns true where a word begins: at a capital after a small letter or digit, and at the last
 * of several capitals before a small letter. */
static bool begins_word(slice name, size_t at)
{
    if (at == 0 || !is_upper(name.data[at]))
        return false;
    char before = name.data[at - 1];
    if (is_lower(before) || is_digit(before))
        return true;
    return is_upper(before) && at + 1 < name.length && is_lower(name.data[at + 1]);
}

slice mangle_snake(arena *memory, slice name)
{
    if (!has_upper(name))
        return name;
    char *text = arena_array(memory, 2 * name.length + 1, 1);
    size_t length = 0;
    for (size_t i = 0; i < name.length; i++) {
        if (begins_word(name, i))
            text[length++] = '_';
        char c = name.data[i];
        text[length++] = is_upper(c) ? (char)(c - 'A' + 'a') : c;
    }
    return (slice){text, length};
}

static slice upper_of(arena *memory, slice text)
{
    char *upper = arena_array(memory, text.length + 1, 1);

    for (size_t i = 0; i < text.length; i++)
        upper[i] = is_lower(text.data[i]) ? (char)(text.data[i] - 'a' + 'A') : text.data[i];
    return (slice){upper, text.length};
}

slice mangle_upper(arena *memory, slice name)
{
    return upper_of(memory, mangle_snake(memory, name));
}

slice mangle_prefix(arena *memory, slice namespace)
{
    char *prefix = arena_array(memory, namespace.length + 2, 1);

    for (size_t i = 0; i < namespace.length; i++)
        prefix[i] = namespace.data[i] == '.' ? '_' : namespace.data[i];
    prefix[namespace.length] = '_';
    return (slice){prefix, namespace.length + 1};
}

slice mangle_upper_prefix(arena *memory, slice namespace)
{
    return upper_of(memory, mangle_prefix(memory, namespace));
}

slice mangle_camel(arena *memory, slice name)
{
    char *text = arena_array(memory, name.length + 1, 1);
    size_t length = 0;

    for (size_t i = 0; i < name.length; i++) {
        char c = name.data[i];
        bool begins = i > 0 && name.data[i - 1] == '_' && is_lower(c);
        if (c != '_')
            text[length++] = begins ? (char)(c - 'a' + 'A') : c;
    }
    return (slice){text, length};
}

/* The words are constants instead of a table: compilers optimise these comparisons well. */
bool mangle_is_reserved(slice word)
{
#define RESERVED(text)                                                                             \
    (word.length == sizeof text - 1 && memcmp(word.data, text, sizeof text - 1) == 0) ||
    return
#include "model/reserved.def"
        false;
#undef RESERVED
}

static bool is_macro(slice word)
{
#define MACRO(text)                                                                                \
    (word.length == sizeof text - 1 && memcmp(word.data, text, sizeof text - 1) == 0) ||
    return
#include "model/macros.def"
        false;
#undef MACRO
}

static slice with_underscore(arena *memory, slice word)
{
    buffer text = buffer_in(memory);

    buffer_append(&text, word);
    buffer_append_char(&text, '_');
    return buffer_slice(&text);
}

slice mangle_handler(arena *memory, slice name)
{
    slice snake = mangle_snake(memory, name);

    return mangle_is_reserved(snake) ? with_underscore(memory, snake) : snake;
}

slice mangle_member(arena *memory, slice name)
{
    slice handler = mangle_handler(memory, name);

    return is_macro(handler) ? with_underscore(memory, handler) : handler;
}
