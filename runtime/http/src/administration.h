/* The gateway's own paths: /health, /ready, /metrics and /openapi.json. */
#ifndef CATGA_HTTP_ADMINISTRATION_H
#define CATGA_HTTP_ADMINISTRATION_H

#include "request.h"

/* Takes a request of such a path: refuses it, or sets `handle`. Returns false for other paths. */
bool http_administration_begin(http_request *request);

#endif
