/* Reads requests and responds to them; see server.h. */
#include "microhttpd/exchange.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Requests ---- */

const char *http_exchange_method(const http_exchange *exchange)
{
    return exchange->method;
}

const char *http_exchange_target(const http_exchange *exchange)
{
    return exchange->target;
}

const char *http_exchange_header(const http_exchange *exchange, const char *name)
{
    return MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, name);
}

bool http_exchange_is_old(const http_exchange *exchange)
{
    return exchange->is_old;
}

typedef struct visitor {
    http_header_function *visit;
    void *user;
} visitor;

static enum MHD_Result visit_header(void *user, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    const visitor *to = user;

    (void)kind;
    return to->visit(to->user, name, value == NULL ? "" : value) ? MHD_YES : MHD_NO;
}

void http_exchange_headers(const http_exchange *exchange, http_header_function *visit, void *user)
{
    visitor to = {visit, user};

    MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, visit_header, &to);
}

/* The lines of one header, while they are joined. */
typedef struct joint {
    const char *name;
    char *text;
    size_t capacity;
    unsigned lines;
} joint;

static bool join(void *user, const char *name, const char *value)
{
    joint *made = user;
    size_t used = strlen(made->text);
    size_t length = strlen(value);

    if (strcasecmp(name, made->name) != 0)
        return true;
    made->lines++;
    if (used + length + sizeof ", " <= made->capacity)
        snprintf(made->text + used, made->capacity - used, "%s%s", used == 0 ? "" : ", ", value);
    return true;
}

unsigned http_exchange_list(const http_exchange *exchange, const char *name, char *text,
                            size_t capacity)
{
    joint made = {name, text, capacity, 0};

    text[0] = '\0';
    http_exchange_headers(exchange, join, &made);
    return made.lines;
}

/* ---- Responses ---- */

void http_response_add(http_response *response, const char *name, const char *value)
{
    assert(response->header_count < HTTP_RESPONSE_HEADERS);
    response->headers[response->header_count++] = (http_header){name, value};
}

bool http_exchange_add_headers(struct MHD_Response *response, const http_response *head,
                               bool closes)
{
    bool added = !closes || MHD_add_response_header(response, "Connection", "close") == MHD_YES;

    for (size_t i = 0; i < head->header_count; i++)
        added = added && MHD_add_response_header(response, head->headers[i].name,
                                                 head->headers[i].value) == MHD_YES;
    return added;
}

void http_exchange_forget(http_exchange *exchange)
{
    if (exchange->is_counted)
        atomic_fetch_sub(&exchange->server->exchanges, 1);
    exchange->is_counted = false;
}

void http_exchange_answer(http_exchange *exchange, struct MHD_Response *response, unsigned status)
{
    exchange->response = response;
    exchange->status = status;
    if (atomic_exchange(&exchange->state, EXCHANGE_ANSWERED) == EXCHANGE_SUSPENDED)
        http_loop_resume(&exchange->server->loop, &exchange->resumption);
}

void http_exchange_respond(http_exchange *exchange, http_response *response)
{
    /* The end of a body in chunks is not certain enough to read another request behind it. */
    bool closes = response->close || exchange->is_chunked ||
                  atomic_load_explicit(&exchange->server->closes, memory_order_relaxed);

    struct MHD_Response *made =
        MHD_create_response_from_buffer(response->length, response->body, MHD_RESPMEM_MUST_FREE);

    if (made == NULL) {
        free(response->body);
    } else if (!http_exchange_add_headers(made, response, closes)) {
        MHD_destroy_response(made);
        made = NULL;
    }
    response->body = NULL;
    exchange->closes = response->close;
    http_exchange_answer(exchange, made, response->status);
}
