/* Splits text that may be no valid UTF-8; see utf8.h. */
#include "utf8.h"

/* Returns whether a byte can be the second of a character (Unicode 15, table 3-7). */
static bool is_second(unsigned char first, unsigned char second)
{
    unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

    return second >= lowest && second <= highest;
}

size_t otlp_utf8_length(catga_string text)
{
    const unsigned char *bytes = (const unsigned char *)text.data;
    size_t length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;

    if (bytes[0] > 0xf4 || (bytes[0] >= 0x80 && bytes[0] < 0xc2) || length > text.length)
        return 0;
    if (length > 1 && !is_second(bytes[0], bytes[1]))
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    return length;
}
