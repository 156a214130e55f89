/* Reports dropped spans in the log; see report.h. */
#include "report.h"

#include "clock.h"
#include "log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { PAUSE_MS = 60000 };

bool otlp_report(catga_otlp *exporter, const char *format, ...)
{
    char reason[384];
    va_list arguments;
    int64_t now = otlp_now_ms();

    if (now < exporter->next_report_ms)
        return false;
    exporter->next_report_ms = now + PAUSE_MS;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    otlp_log_warning(exporter->settings.log, exporter->settings.log_user,
                     "otlp: dropping spans: %s (dropped=%" PRIu64 ")", reason,
                     catga_otlp_count(exporter).dropped);
    return true;
}
