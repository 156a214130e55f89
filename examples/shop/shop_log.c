/*
 * The shop's log; see shop_log.h. Each line is one call of printf, so lines of several threads do
 * not mix.
 */
#include "shop_log.h"

#include <stdarg.h>
#include <stdio.h>

enum { TEXT_MAX = 2048 };

/* Formats a line, with spaces instead of control characters. */
static void format_line(char line[TEXT_MAX], const char *format, va_list arguments)
    CATGA_PRINTF(2, 0);
static void format_line(char line[TEXT_MAX], const char *format, va_list arguments)
{
    vsnprintf(line, TEXT_MAX, format, arguments);
    for (char *at = line; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == '\x7f')
            *at = ' ';
}

static void write_line(const char *level, catga_context *context, const char *format,
                       va_list arguments) CATGA_PRINTF(3, 0);
static void write_line(const char *level, catga_context *context, const char *format,
                       va_list arguments)
{
    char line[TEXT_MAX];
    const char *instance = catga_instance(catga_context_bus(context));
    const char *kind = "MessageId";
    catga_string id = catga_context_message_id(context);

    format_line(line, format, arguments);
    if (id.length == 0) {
        kind = "CorrelationId";
        id = catga_context_correlation_id(context);
    }
    if (id.length == 0)
        printf("[%s] [%s] %s\n", level, instance, line);
    else
        printf("[%s] [%s] %s [%s=%.*s]\n", level, instance, line, kind, CATGA_PRINT(id));
}

void shop_info(catga_context *context, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line("INFO", context, format, arguments);
    va_end(arguments);
}

void shop_warn(catga_context *context, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_line("WARN", context, format, arguments);
    va_end(arguments);
}

void shop_notice(const catga_bus *bus, const char *format, ...)
{
    char line[TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    format_line(line, format, arguments);
    va_end(arguments);
    printf("[INFO] [%s] %s\n", catga_instance(bus), line);
}
