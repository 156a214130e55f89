/* Writes log lines as JSON; see log_json.h. */
#include "observe/log_json.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <stdio.h>

enum { FACT = 64 };

static const char end_of_line[] = "\"}\n";

typedef struct writer {
    char *at;
    const char *end;
} writer;

/* Writes all bytes, or none of them and returns false. */
static bool put(writer *out, const char *bytes, size_t length)
{
    if ((size_t)(out->end - out->at) < length)
        return false;
    memcpy(out->at, bytes, length);
    out->at += length;
    return true;
}

/* ---- Texts ---- */

/* Returns the control character at the start of `text`, also of U+0080 to U+009F; else 0x20. */
static unsigned control_character(catga_string text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text.data;

    if (length == 1)
        return bytes[0] < 0x20 || bytes[0] == 0x7f ? bytes[0] : 0x20;
    return length == 2 && bytes[0] == 0xc2 && bytes[1] < 0xa0 ? bytes[1] : 0x20;
}

static bool put_character(writer *out, catga_string text, size_t length)
{
    unsigned control = control_character(text, length);
    char escape[8];

    if (length == 0)
        return put(out, CATGA_UTF8_REPLACEMENT, strlen(CATGA_UTF8_REPLACEMENT));
    if (control != 0x20)
        snprintf(escape, sizeof escape, "\\u%04x", control);
    else if (*text.data == '"' || *text.data == '\\')
        snprintf(escape, sizeof escape, "\\%c", *text.data);
    else
        return put(out, text.data, length);
    return put(out, escape, strlen(escape));
}

/* Writes the characters that fit. */
static void put_text(writer *out, catga_string text)
{
    while (text.length != 0) {
        size_t length = catga_utf8_character(text);
        if (!put_character(out, text, length))
            return;
        size_t taken = length == 0 ? 1 : length;
        text = (catga_string){text.data + taken, text.length - taken};
    }
}

/* ---- Members ---- */

static void put_time(writer *out, int64_t time)
{
    char text[64];
    char seconds[CATGA_TIMESTAMP_TEXT];

    catga_timestamp_text(time - time % CATGA_SECOND, seconds);
    snprintf(text, sizeof text, "{\"time\":\"%.19s.%06dZ\"", seconds,
             (int)(time % CATGA_SECOND / 1000));
    put(out, text, strlen(text));
}

static void begin_member(writer *out, const char *name)
{
    put(out, ",\"", 2);
    put(out, name, strlen(name));
    put(out, "\":\"", 3);
}

static void put_fact(writer *out, const char *name, catga_string value)
{
    if (value.length == 0)
        return;
    begin_member(out, name);
    put_text(out, (catga_string){value.data, value.length < FACT ? value.length : FACT});
    put(out, "\"", 1);
}

/* The facts fit, because each has at most 64 bytes, and an escape 6. */
size_t catga_log_json(char line[CATGA_LOG_LINE], int64_t time, const char *level,
                      const catga_log_facts *facts, catga_string text)
{
    writer out = {line, line + CATGA_LOG_LINE - (sizeof end_of_line - 1)};

    put_time(&out, time);
    put_fact(&out, "level", catga_str(level));
    put_fact(&out, "service", facts->service);
    put_fact(&out, "instance", facts->instance);
    put_fact(&out, "message_id", facts->message_id);
    put_fact(&out, "correlation_id", facts->correlation_id);
    put_fact(&out, "trace_id", facts->trace_id);
    begin_member(&out, "text");
    put_text(&out, text);
    memcpy(out.at, end_of_line, sizeof end_of_line - 1);
    return (size_t)(out.at - line) + sizeof end_of_line - 1;
}
