/* json.c -- see json.h. */
#include "base/json.h"

#include "base/utf8.h"

void json_append_string(buffer *out, slice text)
{
    buffer_append_char(out, '"');
    while (text.length > 0) {
        uint32_t character;
        size_t length = utf8_read(text, &character);
        if (length == 0)
            buffer_append_text(out, "\xEF\xBF\xBD");
        else if (character < ' ' || character == 0x7F)
            buffer_printf(out, "\\u%04x", (unsigned)character);
        else if (character == '"' || character == '\\')
            buffer_printf(out, "\\%c", (int)character);
        else
            buffer_append(out, (slice){text.data, length});
        length += length == 0;
        text.data += length;
        text.length -= length;
    }
    buffer_append_char(out, '"');
}
