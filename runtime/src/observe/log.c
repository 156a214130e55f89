/* Writes the runtime's log; see log.h. */
#include "observe/log.h"

#include "base/text.h"
#include "observe/log_json.h"

#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *level_name(catga_log_level level)
{
    static const char *const names[] = {"", "error", "warning", "info", "debug"};

    return names[level];
}

/* Writes one line by one call, so that lines of several threads and processes do not mix. */
static void write_line(const char *line, size_t length)
{
    if (write(STDERR_FILENO, line, length) < 0)
        return; /* there is no other place to report this */
}

static void write_text(catga_log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 64];
    char now[CATGA_TIMESTAMP_TEXT];

    int length =
        snprintf(line, sizeof line, "%s catga %s: %s\n",
                 catga_timestamp_text(catga_timestamp_now(), now), level_name(level), text);

    if (length > 0)
        write_line(line, (size_t)length);
}

static void write_json(const catga_logger *logger, catga_log_level level, const char *text)
{
    char line[CATGA_LOG_LINE];
    catga_log_facts facts = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};

    if (logger->facts != NULL)
        logger->facts(logger->bus, &facts);
    write_line(line, catga_log_json(line, catga_timestamp_now(), level_name(level), &facts,
                                    catga_str(text)));
}

void catga_log_list(const catga_logger *logger, catga_log_level level, const char *format,
                    va_list arguments)
{
    char raw[LINE_MAX_BYTES];
    char text[LINE_MAX_BYTES];

    if (level > logger->level)
        return;
    vsnprintf(raw, sizeof raw, format, arguments);
    if (logger->function == NULL && logger->format == CATGA_LOG_JSON) {
        write_json(logger, level, raw);
        return;
    }
    catga_text_escape(text, sizeof text, catga_str(raw));
    if (logger->function != NULL)
        logger->function(logger->user, level, text);
    else
        write_text(level, text);
}

void catga_log(const catga_logger *logger, catga_log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    catga_log_list(logger, level, format, arguments);
    va_end(arguments);
}
