/* utf8.c -- see utf8.h. */
#include "base/utf8.h"

#include <stddef.h>

size_t utf8_read(slice rest, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

    if (rest.length == 0)
        return 0;
    const unsigned char *bytes = (const unsigned char *)rest.data;
    if (bytes[0] < 0x80) {
        *character = bytes[0];
        return 1;
    }
    size_t length = bytes[0] >= 0xF0 ? 4 : bytes[0] >= 0xE0 ? 3 : 2;
    if (bytes[0] < 0xC2 || bytes[0] > 0xF4 || length > rest.length)
        return 0;
    uint32_t value = bytes[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (!utf8_continues(bytes[i]))
            return 0;
        value = value << 6 | (bytes[i] & 0x3Fu);
    }
    if (value < smallest[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *character = value;
    return length;
}

/* Control characters (C0 and C1), line separators, and bidirectional formatting characters. */
static bool hides_or_breaks(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x061c ||
           character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

slice utf8_take_shown(slice *rest)
{
    uint32_t character = 0;
    size_t length = utf8_read(*rest, &character);
    slice shown = {rest->data, length};

    if (length == 0 || hides_or_breaks(character)) {
        shown = rest->data[0] == '\t' ? SLICE(" ") : SLICE("\xEF\xBF\xBD");
        length = length == 0 ? 1 : length;
    }
    rest->data += length;
    rest->length -= length;
    return shown;
}

void utf8_append_shown(buffer *out, slice text)
{
    while (text.length > 0)
        buffer_append(out, utf8_take_shown(&text));
}

typedef struct character_range {
    uint32_t first;
    uint32_t last;
} character_range;

static bool is_within(const character_range *ranges, size_t count, uint32_t character)
{
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

unsigned utf8_columns(uint32_t character)
{
    static const character_range combining[] = {
        {0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
    static const character_range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},  {0x3400, 0x4DBF},
        {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},   {0xAC00, 0xD7A3},  {0xF900, 0xFAFF},
        {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},  {0x1F300, 0x1F64F},
        {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

    if (character < 0x0300)
        return 1;
    if (is_within(combining, sizeof combining / sizeof combining[0], character))
        return 0;
    return is_within(wide, sizeof wide / sizeof wide[0], character) ? 2 : 1;
}
