/* Responds to requests; see request.h. */
#include "request.h"

#include <stdlib.h>

http_request *http_request_make(http_listener *listener, http_exchange *exchange)
{
    http_request *request = calloc(1, sizeof *request);

    if (request == NULL)
        return NULL;
    request->listener = listener;
    request->exchange = exchange;
    request->in_flight = http_in_flight_keep(listener->http->in_flight);
    atomic_init(&request->references, 1);
    return request;
}

void http_request_release(http_request *request)
{
    if (atomic_fetch_sub(&request->references, 1) != 1)
        return;
    http_in_flight_release(request->in_flight);
    http_text_free(&request->body);
    free(request->target);
    free(request);
}

static void count(catga_http *http, unsigned status)
{
    if (status >= 500)
        atomic_fetch_add_explicit(&http->failed, 1, memory_order_relaxed);
    else if (status >= 400)
        atomic_fetch_add_explicit(&http->refused, 1, memory_order_relaxed);
}

void http_request_add_origin(const http_request *request, http_response *response)
{
    const char *origin = request->listener->http->settings.cors_origin;

    if (origin == NULL)
        return;
    http_response_add(response, "Access-Control-Allow-Origin", origin);
    http_response_add(response, "Vary", "Origin");
}

void http_request_respond(http_request *request, http_response *response)
{
    catga_http *http = request->listener->http;

    if (atomic_exchange(&request->answered, true)) {
        free(response->body);
        return;
    }
    http_in_flight_remove(request->in_flight, &request->link);
    count(http, response->status);
    http_request_add_origin(request, response);
    http_request_span_end(&request->span, response->status);
    http_exchange_respond(request->exchange, response);
}

void http_request_refuse(http_request *request, const http_problem *problem)
{
    http_response response = http_problem_response(problem);

    http_request_respond(request, &response);
}

void http_request_refuse_status(http_request *request, unsigned status, const char *detail,
                                const char *header, const char *value)
{
    http_problem problem = {
        .status = status, .title = http_status_title(status), .detail = catga_str(detail)};
    http_response response = http_problem_response(&problem);

    if (header != NULL)
        http_response_add(&response, header, value);
    http_request_respond(request, &response);
}

/* ---- Shutting down ---- */

static http_request *request_of(http_in_flight_link *link)
{
    return (http_request *)(void *)((char *)link - offsetof(http_request, link));
}

static void keep(http_in_flight_link *link)
{
    atomic_fetch_add(&request_of(link)->references, 1);
}

void http_requests_abandon(catga_http *http)
{
    http_in_flight_link *link;

    http_in_flight_close(http->in_flight);
    while ((link = http_in_flight_take(http->in_flight, keep)) != NULL) {
        http_request *request = request_of(link);
        const http_problem problem = http_problem_of_status(CATGA_CLOSED);
        http_request_refuse(request, &problem);
        http_request_release(request);
    }
}
