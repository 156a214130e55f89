/* Writes log lines of an exporter; see log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LONGEST = 512 };

/* Libcurl's texts may have bytes of the collector. */
static void replace_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

/* Writes one line by one call, in the form of the runtime's lines. */
static void write_to_stderr(const char *text)
{
    char line[LONGEST + 64];
    char now[CATGA_TIMESTAMP_TEXT];

    int length = snprintf(line, sizeof line, "%s catga warning: %s\n",
                          catga_timestamp_text(catga_timestamp_now(), now), text);
    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* there is no other place to report this */
}

void otlp_log_warning(catga_log_function *function, void *user, const char *format, ...)
{
    char text[LONGEST];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    replace_controls(text);
    if (function != NULL)
        function(user, CATGA_LOG_WARNING, text);
    else
        write_to_stderr(text);
}
