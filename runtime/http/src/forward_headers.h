/* Headers of requests that the service gets: the names in the option, the values of a request. */
#ifndef CATGA_HTTP_FORWARD_HEADERS_H
#define CATGA_HTTP_FORWARD_HEADERS_H

#include "problem.h"

enum { HTTP_ALLOWED_HEADERS = 1024 };

typedef struct http_forward_headers {
    char names[CATGA_HEADERS_MAX][65];
    size_t count;
    char allowed[HTTP_ALLOWED_HEADERS]; /* all headers that pages of another origin may send */
} http_forward_headers;

/* Reads a list of names; NULL for none. CATGA_INVALID_ARGUMENT with *problem. */
CATGA_CHECKED catga_status http_forward_headers_read(http_forward_headers *forward,
                                                     const char *list, catga_problem *problem);

/*
 * Finds the headers of a request, whose texts are valid until its response, and sets *count.
 * Returns false with *problem if one occurs twice or has a value that a call cannot carry.
 */
bool http_forward_headers_find(const http_forward_headers *forward, const http_exchange *exchange,
                               catga_header headers[CATGA_HEADERS_MAX], size_t *count,
                               http_problem *problem);

#endif
