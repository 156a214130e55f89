/* Writes messages in the JSON of OTLP; see writer.h. Ids are hexadecimal, and numbers of 64 bits
 * are strings. */
#include "base/utf8.h"
#include "writer.h"

#include <inttypes.h>
#include <stdio.h>

static void add(otlp_buffer *buffer, const char *text)
{
    otlp_buffer_add(buffer, text, strlen(text));
}

/* Adds the comma before all but the first member or element. */
static void separate(otlp_buffer *buffer)
{
    char last = buffer->length == 0 ? '{' : buffer->data[buffer->length - 1];

    if (last != '{' && last != '[')
        add(buffer, ",");
}

static void add_name(otlp_buffer *buffer, otlp_field field)
{
    separate(buffer);
    add(buffer, "\"");
    add(buffer, field.name);
    add(buffer, "\":");
}

/* ---- Messages ---- */

static size_t begin_element(otlp_buffer *buffer, otlp_field field)
{
    (void)field;
    separate(buffer);
    add(buffer, "{");
    return 0;
}

static size_t begin(otlp_buffer *buffer, otlp_field field)
{
    add_name(buffer, field);
    add(buffer, "{");
    return 0;
}

static void end(otlp_buffer *buffer, size_t begun)
{
    (void)begun;
    add(buffer, "}");
}

static void begin_list(otlp_buffer *buffer, otlp_field field)
{
    add_name(buffer, field);
    add(buffer, "[");
}

static void end_list(otlp_buffer *buffer)
{
    add(buffer, "]");
}

static void add_element(otlp_buffer *buffer, otlp_field field, catga_bytes message)
{
    (void)field;
    separate(buffer);
    otlp_buffer_add(buffer, message.data, message.length);
}

/* ---- Texts ---- */

static bool is_plain(char letter)
{
    return letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\';
}

/* Adds characters while they are plain and within the limit. Returns their number. */
static size_t add_plain(otlp_buffer *buffer, catga_string text, size_t limit)
{
    size_t longest = text.length < limit ? text.length : limit;
    size_t length = 0;

    while (length < longest && is_plain(text.data[length]))
        length++;
    otlp_buffer_add(buffer, text.data, length);
    return length;
}

/* Writes the first character of a text as it is in JSON. Returns the length of the character. */
static size_t escape(catga_string text, char escaped[8])
{
    size_t length = catga_utf8_character(text);
    unsigned char letter = (unsigned char)*text.data;

    if (length == 0)
        memcpy(escaped, CATGA_UTF8_REPLACEMENT, sizeof CATGA_UTF8_REPLACEMENT);
    else if (letter < ' ' || letter == 0x7f)
        snprintf(escaped, 8, "\\u%04x", letter);
    else if (letter == '"' || letter == '\\')
        snprintf(escaped, 8, "\\%c", letter);
    else
        snprintf(escaped, 8, "%.*s", (int)length, text.data);
    return length == 0 ? 1 : length;
}

static void add_characters(otlp_buffer *buffer, catga_string text, size_t limit)
{
    char escaped[8];

    while (text.length != 0 && limit != 0) {
        size_t taken = add_plain(buffer, text, limit);
        size_t added = taken;
        if (taken == 0) {
            taken = escape(text, escaped);
            added = strlen(escaped);
            if (added > limit)
                return;
            add(buffer, escaped);
        }
        text = (catga_string){text.data + taken, text.length - taken};
        limit -= added;
    }
}

static void add_text(otlp_buffer *buffer, otlp_field field, catga_string text, size_t limit)
{
    add_name(buffer, field);
    add(buffer, "\"");
    add_characters(buffer, text, limit);
    add(buffer, "\"");
}

static void add_id(otlp_buffer *buffer, otlp_field field, catga_bytes id)
{
    static const char digits[] = "0123456789abcdef";

    add_name(buffer, field);
    add(buffer, "\"");
    for (size_t i = 0; i < id.length; i++) {
        const char pair[] = {digits[id.data[i] >> 4], digits[id.data[i] & 15]};
        otlp_buffer_add(buffer, pair, sizeof pair);
    }
    add(buffer, "\"");
}

/* ---- Numbers ---- */

static void add_number(otlp_buffer *buffer, otlp_field field, int64_t number)
{
    char text[32];

    snprintf(text, sizeof text, "\"%" PRId64 "\"", number);
    add_name(buffer, field);
    add(buffer, text);
}

static void add_count(otlp_buffer *buffer, otlp_field field, uint32_t count)
{
    char text[16];

    snprintf(text, sizeof text, "%" PRIu32, count);
    add_name(buffer, field);
    add(buffer, text);
}

const otlp_writer otlp_json = {
    .media_type = "application/json",
    .begin_element = begin_element,
    .begin = begin,
    .end = end,
    .begin_list = begin_list,
    .end_list = end_list,
    .element = add_element,
    .id = add_id,
    .text = add_text,
    .number = add_number,
    .time = add_number,
    .count = add_count,
    .flags = add_count,
};
