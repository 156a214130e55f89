/* Receives requests; see receiver.h. */
#include "receiver.h"

#include "administration.h"
#include "call.h"
#include "event_streams.h"

#include <stdlib.h>

/* ---- The head ---- */

/* Returns a target without the scheme and authority of its absolute form (RFC 9112, 3.2.2). */
static const char *origin_form(const char *target)
{
    bool is_absolute = strncmp(target, "http://", 7) == 0 || strncmp(target, "https://", 8) == 0;

    if (!is_absolute)
        return target;
    target += 8 + strcspn(target + 8, "/");
    return *target == '\0' ? "/" : target;
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
    request->target = strdup(origin_form(http_exchange_target(request->exchange)));
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
                          "Content-Type, Accept, Idempotency-Key, Catga-Timeout, traceparent, "
                          "tracestate");
        http_response_add(&response, "Access-Control-Max-Age", "600");
    }
    http_request_respond(request, &response);
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
        http_call_begin(request);
}

static void find_handler(http_request *request)
{
    const http_listener *listener = request->listener;
    const char *reason = http_framing_read(request->exchange, &request->framing);

    if (reason != NULL)
        refuse_framing(request, reason);
    else if (!read_target(request))
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
    http_request_release(user);
}

http_receiver http_receiver_of(http_listener *listener)
{
    return (http_receiver){begin, body, complete, end, listener};
}
