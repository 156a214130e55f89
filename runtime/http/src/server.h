/*
 * The HTTP server behind a small interface, so that the library under it can be replaced:
 * microhttpd.c implements it. It knows sockets, limits and messages of HTTP; it knows no routes.
 *
 * Threads: one thread receives and sends, and calls the functions of the receiver. Any thread may
 * respond to an exchange and write to a stream.
 */
#ifndef CATGA_HTTP_SERVER_H
#define CATGA_HTTP_SERVER_H

#include <catga/catga.h>

typedef struct http_server http_server;
typedef struct http_exchange http_exchange; /* a request and its response */
typedef struct http_stream http_stream;     /* a response without an end */

typedef struct http_header {
    const char *name;
    const char *value;
} http_header;

enum { HTTP_RESPONSE_HEADERS = 12 };

typedef struct http_response {
    unsigned status;
    http_header headers[HTTP_RESPONSE_HEADERS]; /* the server copies them */
    size_t header_count;
    char *body; /* allocated by malloc; the server frees it; NULL for none */
    size_t length;
    bool close; /* close the connection after the response */
} http_response;

/* Adds a header to a response. The response has room for all headers of the library. */
void http_response_add(http_response *response, const char *name, const char *value);

/*
 * Receives requests. The server calls `begin` once for each request; then `body` for each piece of
 * the body; then `complete`; then `end`, always, when the exchange is over. After a response, only
 * `end` follows.
 */
typedef struct http_receiver {
    /* Receives the head of a request, and returns the receiver's state of it, or NULL without
     * memory, which closes the connection. */
    void *(*begin)(void *user, http_exchange *exchange);
    void (*body)(void *request, const char *data, size_t length);
    void (*complete)(void *request);
    void (*end)(void *request);

    /* Called by the thread of the server: at its begin; after it has served every connection that
     * was ready; and at its end. */
    void (*thread_begins)(void *user);
    void (*pass_ends)(void *user);
    void (*thread_ends)(void *user);
    void *user;
} http_receiver;

typedef struct http_server_options {
    const char *address; /* numeric */
    uint16_t port;       /* 0: any free port */
    unsigned connections;
    unsigned connections_per_address; /* 0: no limit */
    unsigned head_ms;                 /* milliseconds from the first byte to the end of the head */
    unsigned body_ms;                 /* milliseconds for the body */
    unsigned send_ms;                 /* milliseconds for the response */
    unsigned idle_ms;                 /* milliseconds without any byte */
    const char *certificate;          /* PEM text; NULL: no TLS */
    const char *key;                  /* PEM text of its private key */
} http_server_options;

/*
 * Listens. Copies `receiver`; the texts of the options are needed until http_server_stop.
 * CATGA_INVALID_ARGUMENT with *problem: the address is not numeric or in use, or the certificate is
 * invalid. CATGA_NO_MEMORY.
 */
CATGA_CHECKED catga_status http_server_start(http_server **server,
                                             const http_server_options *options,
                                             const http_receiver *receiver, catga_problem *problem);

/* Returns the port. */
uint16_t http_server_port(const http_server *server);

/* Closes each connection after its next response. Any thread. */
void http_server_close_connections(http_server *server);

/*
 * Leaves attempts to connect from now on unanswered, before the server stops listening.
 * Connections that were begun are still accepted. Any thread.
 */
void http_server_ignore_connections(http_server *server);

/* Returns whether the server has not yet accepted all connections. Any thread. */
bool http_server_has_new_connections(const http_server *server);

/* Stops listening, a moment later. Requests of open connections are still received. Any thread. */
void http_server_stop_listening(http_server *server);

/* Returns whether an exchange has begun and not ended. Any thread. */
bool http_server_has_exchanges(const http_server *server);

/* Returns whether streams have begun and not ended. Any thread. */
bool http_server_has_streams(const http_server *server);

/* Closes every connection and frees the server. Every exchange must have its response. */
void http_server_stop(http_server *server);

/* ---- Requests: valid from `begin` to `end` ---- */

const char *http_exchange_method(const http_exchange *exchange);

/* Returns the target as it was received: path and query. */
const char *http_exchange_target(const http_exchange *exchange);

/* Returns true for a request of HTTP/1.0. */
bool http_exchange_is_old(const http_exchange *exchange);

/*
 * Joins the lines of a header whose value is a list, as RFC 9110, section 5.3 says; lines that do
 * not fit are omitted. Returns the number of lines.
 */
unsigned http_exchange_list(const http_exchange *exchange, const char *name, char *text,
                            size_t capacity);

/* Returns the first header of that name, in any case of letters; NULL without one. */
const char *http_exchange_header(const http_exchange *exchange, const char *name);

/* Calls `visit` for each header until it returns false. */
typedef bool http_header_function(void *user, const char *name, const char *value);
void http_exchange_headers(const http_exchange *exchange, http_header_function *visit, void *user);

/*
 * Responds, once, and takes ownership of the body. A response before `complete` is sent at once,
 * and the connection closed, if much of the body is missing or `response->close` is set; else it is
 * sent after the body. Any thread.
 */
void http_exchange_respond(http_exchange *exchange, http_response *response);

/* ---- Streams ---- */

/* A text that several streams send. */
typedef struct http_chunk http_chunk;

/* Returns a copy of a text, with one reference; NULL without memory. */
http_chunk *http_chunk_make(const char *text, size_t length);
void http_chunk_release(http_chunk *chunk);

/* Limits of what waits for one client; one chunk is always taken. */
enum { HTTP_STREAM_CHUNKS = 256, HTTP_STREAM_BYTES = 4194304 };

/*
 * Responds with a stream. `closed` is called once in any thread, when the client is gone; the
 * stream must not be used afterwards. Returns NULL without memory: the connection is closed, and
 * `closed` is not called.
 */
http_stream *http_exchange_respond_stream(http_exchange *exchange, const http_response *head,
                                          void (*closed)(void *user), void *user);

/*
 * Sends a chunk, of which the stream takes a reference of its own. Returns false beyond a limit;
 * the connection is then closed, and `closed` follows. Any thread.
 */
bool http_stream_write(http_stream *stream, http_chunk *chunk);

/* Ends the stream after the chunks that wait; `closed` follows. Any thread. */
void http_stream_end(http_stream *stream);

#endif
