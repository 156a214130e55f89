/* Writes the runtime's log; see log.h. */
#include "observe/log.h"

#include "base/text.h"

#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *level_name(catga_log_level level)
{
    static const char *const names[] = {"", "error", "warning", "info", "debug"};

    return names[level];
}

/* Writes one line by one call, so that lines of several threads and processes do not mix. */
static void write_to_stderr(catga_log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 64];
    char now[CATGA_TIMESTAMP_TEXT];

    int length =
        snprintf(line, sizeof line, "%s catga %s: %s\n",
                 catga_timestamp_text(catga_timestamp_now(), now), level_name(level), text);

    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* there is no other place to report this */
}

void catga_log_list(const catga_logger *logger, catga_log_level level, const char *format,
                    va_list arguments)
{
    char raw[LINE_MAX_BYTES];
    char text[LINE_MAX_BYTES];

    if (level > logger->level)
        return;
    vsnprintf(raw, sizeof raw, format, arguments);
    catga_text_escape(text, sizeof text, catga_str(raw));
    if (logger->function != NULL)
        logger->function(logger->user, level, text);
    else
        write_to_stderr(level, text);
}

void catga_log(const catga_logger *logger, catga_log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    catga_log_list(logger, level, format, arguments);
    va_end(arguments);
}
