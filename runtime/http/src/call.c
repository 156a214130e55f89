/* Turns requests into calls, and their answers into responses; see call.h. */
#include "call.h"

#include "answer.h"
#include "message.h"

#include <stdlib.h>

/* ---- The answer ---- */

static void on_answer(catga_function callback, catga_status status, const uint8_t *table,
                      const catga_error *error, void *user)
{
    http_request *request = user;

    (void)callback;
    if (http_in_flight_enter(request->in_flight)) {
        http_response response =
            http_answer_make(request->route->route, request->wanted, status, table, error);
        http_response_add(&response, "Vary", "Accept");
        http_request_respond(request, &response);
        http_in_flight_leave(request->in_flight);
    }
    http_request_release(request);
}

/* ---- The call ---- */

/* Refuses a call that was not sent. A gateway with too many calls is not a busy service. */
static void refuse_unsent(http_request *request, catga_status status, const catga_problem *reason)
{
    http_problem problem = http_problem_of_status(status);

    if (status == CATGA_OVERLOADED) {
        problem.status = 503;
        problem.title = "The gateway has too many calls under way";
    }
    if (status == CATGA_INVALID_MESSAGE || status == CATGA_TOO_LARGE)
        problem.detail = catga_str(reason->text);
    http_request_refuse(request, &problem);
}

static catga_status send_call(http_request *request, const http_message *message,
                              catga_problem *reason)
{
    const catga_bytes payload = {message->bytes, message->length};

    catga_bus with =
        catga_with_headers(catga_span_bus(&request->span.span), request->headers.forwarded,
                           request->headers.forwarded_count);

    return catga_send_bytes(&with, request->route->route->message, payload,
                            &request->headers.settings, on_answer, NULL, request, reason);
}

static void send(http_request *request, const http_message *message)
{
    catga_problem reason = {""};
    catga_status status = CATGA_CLOSED;

    atomic_fetch_add(&request->references, 1); /* of the call */
    if (http_in_flight_add(request->in_flight, &request->link))
        status = send_call(request, message, &reason);
    if (status == CATGA_OK)
        return;
    refuse_unsent(request, status, &reason);
    http_request_release(request);
}

static void handle(http_request *request)
{
    const http_message_input input = {.route = request->route,
                                      .path = &request->path,
                                      .media = request->sent,
                                      .body = request->body.data,
                                      .length = request->body.length};
    http_message message;

    if (http_message_make(&input, &message))
        send(request, &message);
    else
        http_request_refuse(request, &message.problem);
    free(message.bytes);
}

/* ---- The head ---- */

static bool is_get(const http_request *request)
{
    return strcmp(request->route->route->method, "GET") == 0;
}

static bool has_body(const http_request *request)
{
    return request->framing.is_chunked || request->framing.length != 0;
}

static const char *accepted_bodies(const http_request *request)
{
    return strcmp(request->route->route->method, "PATCH") == 0 ? "Accept-Patch" : "Accept-Post";
}

/* Checks the length and type of the body. Returns false after a refusal. */
static bool check_body(http_request *request)
{
    const http_framing *framing = &request->framing;
    const char *type = http_exchange_header(request->exchange, "Content-Type");
    bool deletes = strcmp(request->route->route->method, "DELETE") == 0;

    if (is_get(request))
        return true;
    if (!framing->has_length && !framing->is_chunked && !deletes) {
        http_request_refuse_status(request, 411, "the request needs Content-Length", NULL, NULL);
    } else if (framing->length > (uint64_t)request->listener->http->settings.body) {
        http_request_refuse_status(request, 413, "the body is larger than the limit", NULL, NULL);
    } else if (has_body(request) && !http_media_of_body(type, &request->sent)) {
        http_request_refuse_status(request, 415, "expected a body of " HTTP_MEDIA_BODIES,
                                   accepted_bodies(request), HTTP_MEDIA_BODIES);
    }
    return !atomic_load(&request->answered);
}

void http_call_begin(http_request *request)
{
    const http_exchange *exchange = request->exchange;
    char accept[HTTP_ACCEPT];
    http_problem problem;

    request->handle = handle;
    if (!check_body(request))
        return;
    http_exchange_list(exchange, "Accept", accept, sizeof accept);
    if (!http_media_of_response(accept, &request->wanted))
        http_request_refuse_status(request, 406, "available are " HTTP_MEDIA_BODIES, NULL, NULL);
    else if (!http_call_headers_read(exchange, request->route->route, &request->headers,
                                     &problem) ||
             !http_forward_headers_find(&request->listener->http->settings.forward_headers,
                                        exchange, request->headers.forwarded,
                                        &request->headers.forwarded_count, &problem))
        http_request_refuse(request, &problem);
}
