#include "base/utf8.h"

/* The number of bytes after a lead byte, and the range of the first of them (RFC 3629, section
 * 4). */
static size_t continuation(uint8_t lead, uint8_t *lowest, uint8_t *highest)
{
    *lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead >= 0xC2 && lead <= 0xDF)
        return 1;
    if (lead >= 0xE0 && lead <= 0xEF)
        return 2;
    if (lead >= 0xF0 && lead <= 0xF4)
        return 3;
    return 0;
}

size_t catga_utf8_character(catga_string text)
{
    const uint8_t *bytes = (const uint8_t *)text.data;
    uint8_t lowest;
    uint8_t highest;

    if (bytes[0] < 0x80)
        return 1;
    size_t more = continuation(bytes[0], &lowest, &highest);
    if (more == 0 || text.length <= more || bytes[1] < lowest || bytes[1] > highest)
        return 0;
    for (size_t i = 2; i <= more; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return more + 1;
}

bool catga_is_utf8(const uint8_t *text, size_t length)
{
    catga_string rest = {(const char *)text, length};

    while (rest.length != 0) {
        size_t taken = catga_utf8_character(rest);
        if (taken == 0)
            return false;
        rest = (catga_string){rest.data + taken, rest.length - taken};
    }
    return true;
}
