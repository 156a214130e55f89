/* The document of /metrics: the metrics of the bus and of the program, and the gateway's own
 * counters. */
#ifndef CATGA_HTTP_METRICS_H
#define CATGA_HTTP_METRICS_H

#include "gateway.h"
#include "text.h"

/* Measures the messages of the bus, if the settings say so. */
CATGA_CHECKED catga_status http_metrics_open(catga_http *http);

/*
 * Chooses the format for the header Accept, which may be NULL. OpenMetrics has no aliases: while
 * there are some, a client that accepts both formats gets the text format.
 */
catga_metrics_format http_metrics_format(const catga_http *http, const char *accept);

/* Writes the document. Fails like other texts if memory runs out. */
void http_metrics_write(http_text *text, const catga_http *http, catga_metrics_format format);

#endif
