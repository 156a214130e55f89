/* Reads headers of calls; see call_headers.h. */
#include "call_headers.h"

#include <stdlib.h>

static bool refuse(http_problem *problem, const char *header, const char *detail)
{
    *problem = (http_problem){.status = 400,
                              .title = http_status_title(400),
                              .detail = catga_str(detail),
                              .part = {"header", header}};
    return false;
}

static bool read_timeout(const char *value, catga_call_settings *settings, http_problem *problem)
{
    const char *error = NULL;

    if (value == NULL)
        return true;
    long long timeout = strtonum(value, 1, UINT32_MAX, &error);
    if (error != NULL)
        return refuse(problem, "Catga-Timeout", "expected milliseconds, a number from 1");
    settings->timeout_ms = (uint32_t)timeout;
    return true;
}

static bool read_key(const char *value, const catga_route *route, http_call_headers *headers,
                     http_problem *problem)
{
    if (value == NULL || route->message->claims == NULL)
        return true;
    if (!http_idempotency_id(route, value, headers->id))
        return refuse(problem, "Idempotency-Key",
                      "expected 1 to 255 printable characters of ASCII");
    headers->settings.id = catga_str(headers->id);
    return true;
}

bool http_call_headers_read(const http_exchange *exchange, const catga_route *route,
                            http_call_headers *headers, http_problem *problem)
{
    *headers = (http_call_headers){0};
    return read_timeout(http_exchange_header(exchange, "Catga-Timeout"), &headers->settings,
                        problem) &&
           read_key(http_exchange_header(exchange, "Idempotency-Key"), route, headers, problem);
}
