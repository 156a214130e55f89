/* Headers of a request for its call: deadline, idempotency key, and forwarded ones. */
#ifndef CATGA_HTTP_CALL_HEADERS_H
#define CATGA_HTTP_CALL_HEADERS_H

#include "idempotency_key.h"
#include "problem.h"

/* Settings of a call, with the memory of their texts. */
typedef struct http_call_headers {
    catga_call_settings settings;
    char id[HTTP_IDEMPOTENCY_ID];
    catga_header forwarded[CATGA_HEADERS_MAX];
    size_t forwarded_count;
} http_call_headers;

/*
 * Reads the headers:
 *     Catga-Timeout     milliseconds, from 1; at most the timeout of the message counts
 *     Idempotency-Key   of an idempotent command; ignored on other messages
 * Returns false with *problem.
 */
bool http_call_headers_read(const http_exchange *exchange, const catga_route *route,
                            http_call_headers *headers, http_problem *problem);

#endif
