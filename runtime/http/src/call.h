/* Requests that are calls of commands and queries. */
#ifndef CATGA_HTTP_CALL_H
#define CATGA_HTTP_CALL_H

#include "request.h"

/* Checks the head of a request with a route; refuses it, or sets `handle`. */
void http_call_begin(http_request *request);

#endif
