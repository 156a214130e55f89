/* The document of /openapi.json: OpenAPI 3.1, from the route tables. */
#ifndef CATGA_HTTP_OPENAPI_H
#define CATGA_HTTP_OPENAPI_H

#include "gateway.h"
#include "text.h"

void http_openapi_write(http_text *text, const catga_http *http);

#endif
