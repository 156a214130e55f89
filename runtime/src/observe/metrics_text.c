/* Writes the formats of Prometheus; see metrics_text.h. */
#include "observe/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>

static void flush(catga_metrics_text *text)
{
    if (text->status == CATGA_OK && text->length != 0)
        text->status = text->sink(text->user, text->piece, text->length);
    text->length = 0;
}

static void put_bytes(catga_metrics_text *text, const char *bytes, size_t length)
{
    while (length != 0) {
        size_t room = sizeof text->piece - text->length;
        size_t part = length < room ? length : room;
        memcpy(text->piece + text->length, bytes, part);
        text->length += part;
        bytes += part;
        length -= part;
        if (text->length == sizeof text->piece)
            flush(text);
    }
}

void catga_metrics_put(catga_metrics_text *text, const char *added)
{
    put_bytes(text, added, strlen(added));
}

void catga_metrics_put_number(catga_metrics_text *text, uint64_t number)
{
    char digits[24];

    put_bytes(text, digits, (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number));
}

void catga_metrics_put_seconds(catga_metrics_text *text, uint64_t nanoseconds)
{
    char digits[40];
    uint64_t second = UINT64_C(1000000000);

    put_bytes(text, digits,
              (size_t)snprintf(digits, sizeof digits, "%" PRIu64 ".%09" PRIu64,
                               nanoseconds / second, nanoseconds % second));
}

/* ---- The head of a metric ---- */

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length > strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* In OpenMetrics, the head names the family: a counter without "_total". */
static void put_family(catga_metrics_text *text, const char *name)
{
    bool is_short = text->format == CATGA_METRICS_OPENMETRICS && ends_with(name, "_total");

    put_bytes(text, name, strlen(name) - (is_short ? strlen("_total") : 0));
}

static void put_line(catga_metrics_text *text, const char *word, const char *name,
                     const char *value)
{
    catga_metrics_put(text, word);
    put_family(text, name);
    catga_metrics_put(text, " ");
    catga_metrics_put(text, value);
    catga_metrics_put(text, "\n");
}

/* OpenMetrics also escapes quotes. */
static const char *escape_of(const catga_metrics_text *text, char c)
{
    if (c == '\\')
        return "\\\\";
    if (c == '\n')
        return "\\n";
    return c == '"' && text->format == CATGA_METRICS_OPENMETRICS ? "\\\"" : NULL;
}

static void put_help(catga_metrics_text *text, const char *name, const char *help)
{
    catga_metrics_put(text, "# HELP ");
    put_family(text, name);
    catga_metrics_put(text, " ");
    for (const char *at = help; *at != '\0'; at++) {
        const char *escape = escape_of(text, *at);
        put_bytes(text, escape == NULL ? at : escape, escape == NULL ? 1 : 2);
    }
    catga_metrics_put(text, "\n");
}

void catga_metrics_put_label(catga_metrics_text *text, const char *name, const char *value)
{
    catga_metrics_put(text, name);
    catga_metrics_put(text, "=\"");
    catga_metrics_put(text, value);
    catga_metrics_put(text, "\"");
}

void catga_metrics_put_head(catga_metrics_text *text, const char *name, const char *type,
                            const char *help)
{
    put_line(text, "# TYPE ", name, type);
    if (text->format == CATGA_METRICS_OPENMETRICS && ends_with(name, "_seconds"))
        put_line(text, "# UNIT ", name, "seconds");
    put_help(text, name, help);
}

catga_status catga_metrics_text_end(catga_metrics_text *text)
{
    if (text->format == CATGA_METRICS_OPENMETRICS)
        catga_metrics_put(text, "# EOF\n");
    flush(text);
    return text->status;
}
