/* json.c -- see json.h. */
#include "base/json.h"

#include "base/utf8.h"

#include <inttypes.h>

void json_append_string(buffer *out, slice text)
{
    buffer_append_char(out, '"');
    while (text.length > 0) {
        uint32_t character;
        size_t length = utf8_read(text, &character);
        if (length == 0)
            buffer_append_text(out, "\xEF\xBF\xBD");
        else if (character == '\n')
            buffer_append_text(out, "\\n");
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

/* ---- Objects and arrays ---------------------------------------------------------------------- */

static void new_line(json_writer *w)
{
    buffer_append_char(w->out, '\n');
    buffer_append_repeated(w->out, ' ', 2 * w->depth);
}

/* Begins a member, an element, or the whole value. */
static void begin_value(json_writer *w, const char *key)
{
    if (w->has_value)
        buffer_append_char(w->out, ',');
    w->has_value = true;
    if (w->depth > 0)
        new_line(w);
    if (key == NULL)
        return;
    json_append_string(w->out, slice_of(key));
    buffer_append_text(w->out, ": ");
}

void json_open(json_writer *w, const char *key, char bracket)
{
    begin_value(w, key);
    buffer_append_char(w->out, bracket);
    w->depth++;
    w->has_value = false;
}

void json_close(json_writer *w, char bracket)
{
    w->depth--;
    if (w->has_value)
        new_line(w);
    buffer_append_char(w->out, bracket);
    w->has_value = true;
}

void json_put_plain(json_writer *w, const char *key, slice value)
{
    begin_value(w, key);
    buffer_append(w->out, value);
}

void json_put_text(json_writer *w, const char *key, slice text)
{
    begin_value(w, key);
    json_append_string(w->out, text);
}

void json_put_number(json_writer *w, const char *key, uint64_t number)
{
    begin_value(w, key);
    buffer_printf(w->out, "%" PRIu64, number);
}

void json_put_flag(json_writer *w, const char *key, bool flag)
{
    json_put_plain(w, key, flag ? SLICE("true") : SLICE("false"));
}
