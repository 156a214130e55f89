/* Reads headers of calls; see call_headers.h. */
#include "call_headers.h"

#include <stdlib.h>

enum { TRACEPARENT = 55, LONGEST_TRACEPARENT = 256 };

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

/* ---- Trace context ---- */

/* Returns whether `length` characters are small hexadecimal digits, and not all 0. */
static bool is_id(const char *text, size_t length)
{
    bool is_zero = true;

    for (size_t i = 0; i < length; i++) {
        if (strchr("0123456789abcdef", text[i]) == NULL || text[i] == '\0')
            return false;
        is_zero = is_zero && text[i] == '0';
    }
    return !is_zero;
}

static bool is_hexadecimal(const char *text)
{
    return strspn(text, "0123456789abcdef") >= 2;
}

/* Checks version, trace id, parent id and flags. Later versions may be longer. */
static bool is_traceparent(const char *value)
{
    if (strlen(value) < TRACEPARENT || !is_hexadecimal(value) || strncmp(value, "ff", 2) == 0)
        return false;
    bool is_first = strncmp(value, "00", 2) == 0;
    char behind = value[TRACEPARENT];
    return value[2] == '-' && is_id(value + 3, 32) && value[35] == '-' && is_id(value + 36, 16) &&
           value[52] == '-' && is_hexadecimal(value + 53) &&
           (behind == '\0' || (!is_first && behind == '-'));
}

/* Keeps the part that version 00 defines. */
static void read_trace(const http_exchange *exchange, http_call_headers *headers)
{
    char value[LONGEST_TRACEPARENT];

    if (http_exchange_list(exchange, "traceparent", value, sizeof value) != 1 ||
        !is_traceparent(value))
        return;
    memcpy(headers->traceparent, value, TRACEPARENT);
    memcpy(headers->traceparent, "00", 2);
    headers->settings.traceparent = (catga_string){headers->traceparent, TRACEPARENT};
    http_exchange_list(exchange, "tracestate", headers->tracestate, sizeof headers->tracestate);
    headers->settings.tracestate = catga_str(headers->tracestate);
}

bool http_call_headers_read(const http_exchange *exchange, const catga_route *route,
                            http_call_headers *headers, http_problem *problem)
{
    *headers = (http_call_headers){0};
    read_trace(exchange, headers);
    return read_timeout(http_exchange_header(exchange, "Catga-Timeout"), &headers->settings,
                        problem) &&
           read_key(http_exchange_header(exchange, "Idempotency-Key"), route, headers, problem);
}
