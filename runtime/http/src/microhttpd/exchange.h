/* A request and its response on libmicrohttpd; shared by the files of this folder. */
#ifndef CATGA_HTTP_EXCHANGE_H
#define CATGA_HTTP_EXCHANGE_H

#include "microhttpd/deadlines.h"
#include "microhttpd/loop.h"
#include "server.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct http_server {
    struct MHD_Daemon *daemon;
    http_loop loop;
    http_receiver receiver;
    http_deadlines *deadlines;
    unsigned body_ms;
    unsigned send_ms;
    bool is_secure; /* with TLS */
    int listening;  /* socket, while `listens` */
    uint16_t port;
    atomic_bool listens;
    atomic_bool closes;      /* connections, after their next response */
    atomic_size_t exchanges; /* begun and not ended, without streams */
    atomic_size_t streams;   /* begun and not ended */
};

/*
 * The state decides between the thread that suspends a connection and the one that responds: the
 * later one resumes it.
 */
typedef enum exchange_state {
    EXCHANGE_OPEN,      /* without a response */
    EXCHANGE_SUSPENDED, /* without a response; libmicrohttpd does not look at the connection */
    EXCHANGE_ANSWERED   /* `response` and `status` are set */
} exchange_state;

struct http_exchange {
    http_server *server;
    struct MHD_Connection *connection;
    http_resumption resumption; /* while the state is EXCHANGE_SUSPENDED */
    http_deadline *deadline;
    void *request; /* of the receiver; NULL before `begin` */
    const char *method;
    atomic_int state;
    struct MHD_Response *response; /* NULL after EXCHANGE_ANSWERED: out of memory */
    unsigned status;
    bool is_stream;
    bool is_counted; /* in server->exchanges */
    bool is_chunked; /* the request has a Transfer-Encoding */
    bool is_old;     /* not of HTTP/1.1 */
    bool closes;     /* the response closes the connection, and does not wait for the body */
    bool completed;
    size_t ignored; /* bytes of a body that arrived after the response */
    char target[];
};

/* Gives an exchange its response, and resumes the connection if it is suspended. */
void http_exchange_answer(http_exchange *exchange, struct MHD_Response *response, unsigned status);

/* Counts an exchange no longer. A second call has no effect. */
void http_exchange_forget(http_exchange *exchange);

/* Adds the headers of `head` to a response. Returns false without memory. */
bool http_exchange_add_headers(struct MHD_Response *response, const http_response *head,
                               bool closes);

#endif
