#include "codec/json.h"

#include "base/utf8.h"

#include <catga/ascii.h>

bool json_refuse(json_reader *in, const char *reason)
{
    if (in->reason == NULL)
        in->reason = reason;
    return false;
}

char json_peek(json_reader *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t'))
        in->at++;
    return in->at < in->end ? *in->at : '\0';
}

bool json_take(json_reader *in, char character)
{
    if (json_peek(in) != character)
        return false;
    in->at++;
    return true;
}

bool json_expect(json_reader *in, char character)
{
    switch (character) {
    case ':':
        return json_take(in, character) || json_refuse(in, "expected ':'");
    case '{':
        return json_take(in, character) || json_refuse(in, "expected an object");
    case '[':
        return json_take(in, character) || json_refuse(in, "expected an array");
    default:
        return json_take(in, character) || json_refuse(in, "expected a string");
    }
}

bool json_take_word(json_reader *in, const char *word)
{
    size_t length = strlen(word);

    json_peek(in);
    if ((size_t)(in->end - in->at) < length || memcmp(in->at, word, length) != 0)
        return false;
    in->at += length;
    return true;
}

/* ---- Strings ---- */

static int hex_digit(char character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    if (character >= 'a' && character <= 'f')
        return character - 'a' + 10;
    return character >= 'A' && character <= 'F' ? character - 'A' + 10 : -1;
}

/* Returns the value of the four digits of a \u escape, or -1. */
static int32_t code_unit(const char *at, const char *end)
{
    int32_t unit = 0;

    if (end - at < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_high_surrogate(int32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Skips a \u escape from its first digit: one unit or a surrogate pair. */
static bool check_unicode(json_reader *in)
{
    int32_t unit = code_unit(in->at, in->end);

    if (unit < 0)
        return json_refuse(in, "expected four hexadecimal digits");
    in->at += 4;
    if (is_low_surrogate(unit))
        return json_refuse(in, "half of a surrogate pair");
    if (!is_high_surrogate(unit))
        return true;
    if (in->end - in->at < 2 || in->at[0] != '\\' || in->at[1] != 'u' ||
        !is_low_surrogate(code_unit(in->at + 2, in->end)))
        return json_refuse(in, "half of a surrogate pair");
    in->at += 6;
    return true;
}

/* Skips an escape sequence after its backslash. */
static bool check_escape(json_reader *in)
{
    char character = in->at < in->end ? *in->at++ : '\0';

    if (character == 'u')
        return check_unicode(in);
    return (character != '\0' && strchr("\"\\/bfnrt", character) != NULL) ||
           json_refuse(in, "not an escape");
}

/* Returns true for eight characters without quotes, backslashes, controls and bytes from 0x80. */
static inline bool is_plain(uint64_t word)
{
    const uint64_t ones = UINT64_MAX / 255;
    uint64_t quotes = word ^ ones * '"';
    uint64_t backslashes = word ^ ones * '\\';

    uint64_t special =
        ((word - ones * ' ') & ~word) | (quotes - ones) | (backslashes - ones) | word;
    return (special & CATGA_HIGH_BITS) == 0;
}

bool json_string(json_reader *in, catga_string *raw, bool *escaped)
{
    if (!json_expect(in, '"'))
        return false;
    const char *begin = in->at;
    bool ascii = true;
    *escaped = false;
    for (;;) {
        while (in->end - in->at >= 8 && is_plain(catga_load_word((const uint8_t *)in->at)))
            in->at += 8;
        if (in->at == in->end)
            return json_refuse(in, "a string without its closing quote");
        unsigned char character = (unsigned char)*in->at++;
        if (character == '"')
            break;
        if (character < ' ')
            return json_refuse(in, "a control character in a string");
        ascii = ascii && character < 0x80;
        if (character != '\\')
            continue;
        *escaped = true;
        if (!check_escape(in))
            return false;
    }
    raw->data = begin;
    raw->length = (size_t)(in->at - 1 - begin);
    return ascii || catga_is_utf8((const uint8_t *)begin, raw->length) ||
           json_refuse(in, "not UTF-8");
}

static size_t encode_utf8(uint32_t code, char *to)
{
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    to[0] = (char)((0xF00u >> length & 0xFF) | code);
    return length;
}

/* Returns the character of a valid \u escape, whose first digit is at *at. */
static uint32_t decode_unicode(const char **at)
{
    uint32_t unit = (uint32_t)code_unit(*at, *at + 4);

    *at += 4;
    if (!is_high_surrogate((int32_t)unit))
        return unit;
    uint32_t low = (uint32_t)code_unit(*at + 2, *at + 6);
    *at += 6;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

size_t json_decode(catga_string raw, char *to)
{
    static const char letters[] = "bfnrt";
    static const char meanings[] = "\b\f\n\r\t";
    const char *at = raw.data;
    char *start = to;

    while (at < raw.data + raw.length) {
        if (*at != '\\') {
            *to++ = *at++;
            continue;
        }
        const char *letter = strchr(letters, at[1]);
        char character = at[1];
        at += 2;
        if (character == 'u')
            to += encode_utf8(decode_unicode(&at), to);
        else
            *to++ = letter == NULL ? character : meanings[letter - letters];
    }
    return (size_t)(to - start);
}

catga_string json_resolve(catga_string raw, char *text)
{
    if (raw.length > JSON_NAME_TEXT)
        return raw;
    return (catga_string){text, json_decode(raw, text)};
}

/* ---- Numbers ---- */

static size_t take_digits(json_reader *in)
{
    const char *begin = in->at;

    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        in->at++;
    return (size_t)(in->at - begin);
}

static bool take_one_of(json_reader *in, const char *characters)
{
    if (in->at == in->end || *in->at == '\0' || strchr(characters, *in->at) == NULL)
        return false;
    in->at++;
    return true;
}

bool json_number(json_reader *in, catga_string *text)
{
    json_peek(in);
    const char *begin = in->at;
    take_one_of(in, "-");
    if (!take_one_of(in, "0") && take_digits(in) == 0)
        return json_refuse(in, "expected a number");
    if (take_one_of(in, ".") && take_digits(in) == 0)
        return json_refuse(in, "expected a digit behind the point");
    if (take_one_of(in, "eE")) {
        take_one_of(in, "+-");
        if (take_digits(in) == 0)
            return json_refuse(in, "expected a digit in the exponent");
    }
    text->data = begin;
    text->length = (size_t)(in->at - begin);
    return in->at == in->end || strchr("0123456789.+-", *in->at) == NULL || *in->at == '\0' ||
           json_refuse(in, "not a number");
}

/* ---- Arrays and objects ---- */

bool json_open(json_reader *in, char bracket)
{
    if (!json_expect(in, bracket))
        return false;
    if (in->depth == JSON_MAX_DEPTH)
        return json_refuse(in, "nested too deep");
    in->depth++;
    return true;
}

bool json_next(json_reader *in, char closing, bool *first)
{
    if (json_take(in, closing)) {
        in->depth--;
        return false;
    }
    if (!*first && !json_take(in, ','))
        return json_refuse(in, closing == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
    *first = false;
    return true;
}

bool json_name(json_reader *in, catga_string *raw, bool *escaped)
{
    return json_string(in, raw, escaped) && json_expect(in, ':');
}

static bool skip_array(json_reader *in)
{
    bool first = true;

    if (!json_open(in, '['))
        return false;
    while (json_next(in, ']', &first))
        if (!json_skip(in))
            return false;
    return in->reason == NULL;
}

static bool skip_object(json_reader *in)
{
    catga_string name;
    bool escaped;
    bool first = true;

    if (!json_open(in, '{'))
        return false;
    while (json_next(in, '}', &first))
        if (!json_name(in, &name, &escaped) || !json_skip(in))
            return false;
    return in->reason == NULL;
}

bool json_skip(json_reader *in)
{
    catga_string text;
    bool escaped;

    switch (json_peek(in)) {
    case '{':
        return skip_object(in);
    case '[':
        return skip_array(in);
    case '"':
        return json_string(in, &text, &escaped);
    case 't':
        return json_take_word(in, "true") || json_refuse(in, "expected a value");
    case 'f':
        return json_take_word(in, "false") || json_refuse(in, "expected a value");
    case 'n':
        return json_take_word(in, "null") || json_refuse(in, "expected a value");
    default:
        return json_number(in, &text);
    }
}

size_t json_count(const json_reader *in)
{
    json_reader ahead = *in;
    size_t count = 0;
    bool first = true;

    if (!json_open(&ahead, '['))
        return 0;
    while (json_next(&ahead, ']', &first) && json_skip(&ahead))
        count++;
    return count;
}
