/*
 * One request, from its head to its response. The thread of the server owns it until `complete`;
 * then the thread that brings the answer of its call.
 */
#ifndef CATGA_HTTP_REQUEST_H
#define CATGA_HTTP_REQUEST_H

#include "call_headers.h"
#include "framing.h"
#include "gateway.h"
#include "media.h"
#include "path.h"
#include "request_span.h"
#include "text.h"

typedef struct http_request http_request;
struct http_request {
    http_in_flight *in_flight; /* that of the gateway, kept */
    http_in_flight_link link;  /* while a call is under way */
    http_listener *listener;
    http_exchange *exchange;
    atomic_uint references;                /* of the server, and of a call */
    atomic_bool answered;                  /* the response is given, or being given */
    void (*handle)(http_request *request); /* responds, or begins to */
    char *target;                          /* decoded, memory of `path` */
    http_path path;
    const http_route *route;
    http_framing framing;
    http_media sent;   /* media type of the body */
    http_media wanted; /* of the response */
    http_text body;
    http_call_headers headers;
    http_request_span span; /* of a request of a route */
};

/* Allocates the state of an exchange, with one reference. Returns NULL without memory. */
http_request *http_request_make(http_listener *listener, http_exchange *exchange);
void http_request_release(http_request *request);

/*
 * Responds, unless the request has a response; adds the headers of all responses. Takes ownership
 * of the body. Any thread with a reference.
 */
void http_request_respond(http_request *request, http_response *response);
void http_request_refuse(http_request *request, const http_problem *problem);

/* Adds the headers that let pages of `cors_origin` read a response. */
void http_request_add_origin(const http_request *request, http_response *response);

/* Answers all requests with calls under way, and refuses new calls: the gateway shuts down. */
void http_requests_abandon(catga_http *http);

/* Refuses a request with a status, a detail that may be NULL, and an optional header. */
void http_request_refuse_status(http_request *request, unsigned status, const char *detail,
                                const char *header, const char *value);

#endif
