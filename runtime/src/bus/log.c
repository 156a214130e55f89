/* The runtime's own log; see log.h. */
#include "bus/log.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *level_name(catga_log_level level)
{
    static const char *const names[] = {"", "error", "warning", "info", "debug"};
    return names[level];
}

/* One write, so that lines of several threads and processes do not mix. */
static void write_to_stderr(catga_log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 64];
    char now[CATGA_TIMESTAMP_TEXT];
    int length =
        snprintf(line, sizeof line, "%s catga %s: %s\n",
                 catga_timestamp_text(catga_timestamp_now(), now), level_name(level), text);

    if (length > 0 && write(STDERR_FILENO, line, (size_t)length) < 0)
        return; /* there is nowhere left to say it */
}

static void say(const catga_logger *logger, catga_log_level level, const char *format,
                va_list arguments) CATGA_PRINTF(3, 0);
static void say(const catga_logger *logger, catga_log_level level, const char *format,
                va_list arguments)
{
    char raw[LINE_MAX_BYTES];
    char text[LINE_MAX_BYTES];

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

    if (level > logger->level)
        return;
    va_start(arguments, format);
    say(logger, level, format, arguments);
    va_end(arguments);
}

/* Whether this problem may be logged now; the thread that wins the second says so for all. */
static bool admitted(catga_log_limit *limit)
{
    int64_t now = catga_clock_now();
    int_fast64_t next = atomic_load_explicit(&limit->next_ns, memory_order_relaxed);

    if (now >= next && atomic_compare_exchange_strong(&limit->next_ns, &next, now + CATGA_SECOND))
        return true;
    atomic_fetch_add_explicit(&limit->held_back, 1, memory_order_relaxed);
    return false;
}

void catga_log_limited(const catga_logger *logger, catga_log_limit *limit, catga_log_level level,
                       const char *format, ...)
{
    va_list arguments;

    if (level > logger->level || !admitted(limit))
        return;
    va_start(arguments, format);
    say(logger, level, format, arguments);
    va_end(arguments);

    uint64_t held_back = atomic_exchange_explicit(&limit->held_back, 0, memory_order_relaxed);
    if (held_back != 0)
        catga_log(logger, level, "the line above stands for %" PRIu64 " more like it", held_back);
}
