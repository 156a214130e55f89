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

bool catga_is_utf8(const uint8_t *text, size_t length)
{
    size_t at = 0;

    while (at < length) {
        if (text[at] < 0x80) {
            at++;
            continue;
        }
        uint8_t lowest;
        uint8_t highest;
        size_t more = continuation(text[at], &lowest, &highest);
        if (more == 0 || length - at <= more || text[at + 1] < lowest || text[at + 1] > highest)
            return false;
        for (size_t i = 2; i <= more; i++)
            if ((text[at + i] & 0xC0) != 0x80)
                return false;
        at += more + 1;
    }
    return true;
}
