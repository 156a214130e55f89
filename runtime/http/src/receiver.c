/* Receives requests; see receiver.h. */
#include "receiver.h"

#include "administration.h"
#include "call.h"
#include "event_streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- The head ---- */

/* Returns a copy of a target in its origin form, or NULL without memory. */
static char *origin_form(const char *target)
{
    const char *begin = http_path_begin(target);
    char *path = NULL;

    if (begin == target)
        return strdup(target);
    return asprintf(&path, "%s%s", *begin == '/' ? "" : "/", begin) < 0 ? NULL : path;
}

/* Refuses a request whose end is not certain, and closes its connection. */
static void refuse_framing(http_request *request, const char *reason)
{
    const http_problem problem = {
        .status = 400, .title = http_status_title(400), .detail = catga_str(reason)};
    http_response response = http_problem_response(&problem);

    response.close = true;
    http_request_respond(request, &response);
}

/* Returns false after a refusal. */
static bool read_target(http_request *request)
{
    request->target = origin_form(http_exchange_target(request->exchange));
    if (request->target == NULL) {
        http_request_refuse_status(request, 503, NULL, NULL, NULL);
        return false;
    }
    const char *reason = http_path_parse(request->target, &request->path);
    if (reason != NULL)
        http_request_refuse_status(request, 400, reason, NULL, NULL);
    return reason == NULL;
}

/* Answers OPTIONS, also for browsers that ask before a request of another origin. */
static void respond_options(http_request *request, const char *allow)
{
    http_response response = {.status = 204};

    http_response_add(&response, "Allow", allow);
    if (request->listener->http->settings.cors_origin != NULL) {
        http_response_add(&response, "Access-Control-Allow-Methods", allow);
        http_response_add(&response, "Access-Control-Allow-Headers",
                          request->listener->http->settings.forward_headers.allowed);
        http_response_add(&response, "Access-Control-Max-Age", "600");
    }
    http_request_respond(request, &response);
}

static void begin_call(http_request *request)
{
    const catga_http *http = request->listener->http;
    const char *scheme = http->settings.certificate == NULL ? "http" : "https";

    http_request_span_begin(&request->span, http->bus, scheme, request->exchange,
                            request->route->route);
    http_call_begin(request);
}

static void find_route(http_request *request)
{
    char allow[HTTP_ALLOW];
    const char *method = http_exchange_method(request->exchange);

    request->route =
        http_router_find(request->listener->http->router, method, &request->path, allow);
    if (request->route == NULL && allow[0] == '\0')
        http_request_refuse_status(request, 404, "no route has this path", NULL, NULL);
    else if (request->route == NULL && strcmp(method, "OPTIONS") == 0)
        respond_options(request, allow);
    else if (request->route == NULL)
        http_request_refuse_status(request, 405, NULL, "Allow", allow);
    else if (request->route->route->message->kind == CATGA_EVENT)
        http_events_begin(request);
    else
        begin_call(request);
}

static bool reads(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0 ||
           strcmp(method, "OPTIONS") == 0;
}

/* Returns whether the authority of an origin, "https://shop.example", is that of this request. */
static bool is_same_host(const char *origin, const char *host)
{
    const char *authority = strstr(origin, "://");

    return authority != NULL && host != NULL && strcasecmp(authority + 3, host) == 0;
}

/*
 * Returns whether the page of a browser that sends the request may send it: some requests of other
 * origins come without a question before. Other clients do not send the header.
 */
static bool is_allowed_origin(const http_request *request)
{
    const char *origin = http_exchange_header(request->exchange, "Origin");
    const char *allowed = request->listener->http->settings.cors_origin;

    return origin == NULL || (allowed != NULL && strcmp(allowed, "*") == 0) ||
           (allowed != NULL && strcmp(allowed, origin) == 0) ||
           is_same_host(origin, http_exchange_header(request->exchange, "Host"));
}

/* Checks what is the same for all paths. Returns false after a refusal. */
static bool check_request(http_request *request)
{
    const char *method = http_exchange_method(request->exchange);
    const http_framing *framing = &request->framing;

    if (reads(method) && (framing->is_chunked || framing->length != 0))
        http_request_refuse_status(request, 400, "this method has no body", NULL, NULL);
    else if (!reads(method) && !is_allowed_origin(request))
        http_request_refuse_status(request, 403, "this origin is not allowed", NULL, NULL);
    return !atomic_load(&request->answered);
}

static void find_handler(http_request *request)
{
    const http_listener *listener = request->listener;
    const char *reason = http_framing_read(request->exchange, &request->framing);

    if (reason != NULL)
        refuse_framing(request, reason);
    else if (!check_request(request) || !read_target(request))
        return;
    else if (listener->serves_admin && http_administration_begin(request))
        return;
    else if (listener->serves_routes)
        find_route(request);
    else
        http_request_refuse_status(request, 404, "no route has this path", NULL, NULL);
}

static void *begin(void *user, http_exchange *exchange)
{
    http_listener *listener = user;
    http_request *request = http_request_make(listener, exchange);

    if (request == NULL)
        return NULL;
    atomic_fetch_add_explicit(&listener->http->requests, 1, memory_order_relaxed);
    find_handler(request);
    return request;
}

/* ---- The rest ---- */

static void body(void *user, const char *data, size_t length)
{
    http_request *request = user;
    size_t limit = (size_t)request->listener->http->settings.body;

    if (length > limit - request->body.length)
        http_request_refuse_status(request, 413, "the body is larger than the limit", NULL, NULL);
    else
        http_text_add(&request->body, data, length);
}

static void complete(void *user)
{
    http_request *request = user;

    if (request->body.failed)
        http_request_refuse_status(request, 503, NULL, NULL, NULL);
    else
        request->handle(request);
}

static void end(void *user)
{
    http_request *request = user;

    http_request_span_end(&request->span, 0);
    http_request_release(request);
}

/* ---- The thread: its calls leave together ---- */

static void nothing(void *user)
{
    (void)user;
}

static void begin_gathering(void *user)
{
    const http_listener *listener = user;

    catga_gather_begin(listener->http->bus);
}

static void send_gathered(void *user)
{
    const http_listener *listener = user;

    catga_gather_send(listener->http->bus);
}

static void end_gathering(void *user)
{
    const http_listener *listener = user;

    catga_gather_end(listener->http->bus);
}

http_receiver http_receiver_of(http_listener *listener)
{
    bool calls = listener->serves_routes;

    return (http_receiver){.begin = begin,
                           .body = body,
                           .complete = complete,
                           .end = end,
                           .thread_begins = calls ? begin_gathering : nothing,
                           .pass_ends = calls ? send_gathered : nothing,
                           .thread_ends = calls ? end_gathering : nothing,
                           .user = listener};
}
