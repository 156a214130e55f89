/* Reports dropped spans in the log. */
#ifndef CATGA_OTLP_REPORT_H
#define CATGA_OTLP_REPORT_H

#include "exporter.h"

/* Logs why spans are dropped, at most once a minute. Returns whether it did. */
bool otlp_report(catga_otlp *exporter, const char *format, ...) CATGA_PRINTF(2, 3);

#endif
