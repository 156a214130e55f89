/* The documents of /health and /ready. */
#ifndef CATGA_HTTP_HEALTH_H
#define CATGA_HTTP_HEALTH_H

#include "gateway.h"
#include "text.h"

/* Writes the health of the process. It does not depend on its servers: else an outage of these
 * would restart every process. */
void http_health_write(http_text *text, const catga_http *http);

/* Writes whether the gateway can serve now, and why not. Returns that. */
bool http_ready_write(http_text *text, const catga_http *http);

#endif
