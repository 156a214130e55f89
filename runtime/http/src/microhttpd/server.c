/* Receives requests with libmicrohttpd, in one thread; see server.h. */
#include "microhttpd/exchange.h"
#include "microhttpd/listening.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    BACKLOG = 1024,
    CONNECTION_MEMORY = 20480, /* bytes for the head of a request and of its response */
    IGNORED_BODY = 65536       /* bytes of a body that are read after its response */
};

/* TLS 1.2 and later: RFC 8996. */
#define PRIORITIES "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"

/* ---- One request, in the order of the calls ---- */

static http_deadline *deadline_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info == NULL ? NULL : info->socket_context;
}

/* Makes the exchange when the request line has arrived. */
static void *on_target(void *user, const char *target, struct MHD_Connection *connection)
{
    http_server *server = user;
    size_t length = strlen(target);
    http_exchange *exchange = calloc(1, sizeof *exchange + length + 1);

    if (exchange == NULL)
        return NULL;
    exchange->server = server;
    exchange->connection = connection;
    exchange->resumption.connection = connection;
    exchange->deadline = deadline_of(connection);
    memcpy(exchange->target, target, length + 1);
    return exchange;
}

static bool is_answered(http_exchange *exchange)
{
    return atomic_load(&exchange->state) == EXCHANGE_ANSWERED;
}

static enum MHD_Result send_response(http_exchange *exchange)
{
    struct MHD_Response *response = exchange->response;

    if (response == NULL)
        return MHD_NO;
    exchange->response = NULL;
    if (exchange->is_stream)
        http_deadline_clear(exchange->deadline);
    else
        http_deadline_set(exchange->deadline, exchange->server->send_ms);
    enum MHD_Result result = MHD_queue_response(exchange->connection, exchange->status, response);
    MHD_destroy_response(response);
    return result;
}

/* Returns whether more of the body may come than is read after a response. */
static bool has_large_body(const http_exchange *exchange)
{
    const char *length = http_exchange_header(exchange, MHD_HTTP_HEADER_CONTENT_LENGTH);

    if (exchange->is_chunked)
        return true;
    return length != NULL && strtoull(length, NULL, 10) > IGNORED_BODY;
}

static enum MHD_Result begin(http_exchange *exchange, const char *method, const char *version)
{
    const http_receiver *receiver = &exchange->server->receiver;

    exchange->method = method;
    exchange->is_chunked =
        http_exchange_header(exchange, MHD_HTTP_HEADER_TRANSFER_ENCODING) != NULL;
    exchange->is_old = strcmp(version, MHD_HTTP_VERSION_1_1) != 0;
    http_deadline_set(exchange->deadline, exchange->server->body_ms);
    exchange->request = receiver->begin(receiver->user, exchange);
    if (exchange->request == NULL)
        return MHD_NO;
    exchange->is_counted = true;
    atomic_fetch_add(&exchange->server->exchanges, 1);
    bool is_early = is_answered(exchange) && (exchange->closes || has_large_body(exchange));
    return is_early ? send_response(exchange) : MHD_YES;
}

static enum MHD_Result receive(http_exchange *exchange, const char *data, size_t length)
{
    if (!is_answered(exchange)) {
        exchange->server->receiver.body(exchange->request, data, length);
        return MHD_YES;
    }
    exchange->ignored += length;
    return exchange->ignored <= IGNORED_BODY ? MHD_YES : MHD_NO;
}

/* Lets the connection rest until it has a response. */
static void suspend(http_exchange *exchange)
{
    int state = EXCHANGE_OPEN;

    MHD_suspend_connection(exchange->connection);
    if (!atomic_compare_exchange_strong(&exchange->state, &state, EXCHANGE_SUSPENDED))
        http_loop_resume(&exchange->server->loop, &exchange->resumption);
}

static enum MHD_Result complete(http_exchange *exchange)
{
    if (!exchange->completed) {
        exchange->completed = true;
        http_deadline_clear(exchange->deadline);
        if (!is_answered(exchange))
            exchange->server->receiver.complete(exchange->request);
    }
    if (is_answered(exchange))
        return send_response(exchange);
    suspend(exchange);
    return MHD_YES;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **context)
{
    http_exchange *exchange = *context;
    size_t received = *length;

    (void)user;
    (void)connection;
    (void)path;
    *length = 0;
    if (exchange == NULL)
        return MHD_NO;
    if (exchange->request == NULL)
        return begin(exchange, method, version);
    return received != 0 ? receive(exchange, data, received) : complete(exchange);
}

static void on_end(void *user, struct MHD_Connection *connection, void **context,
                   enum MHD_RequestTerminationCode code)
{
    http_exchange *exchange = *context;

    (void)user;
    (void)connection;
    (void)code;
    *context = NULL;
    if (exchange == NULL)
        return;
    http_server *server = exchange->server;
    http_deadline_wait(exchange->deadline);
    if (exchange->response != NULL)
        MHD_destroy_response(exchange->response);
    if (exchange->request != NULL) {
        server->receiver.end(exchange->request);
        http_exchange_forget(exchange);
    }
    if (exchange->is_stream)
        atomic_fetch_sub(&server->streams, 1);
    free(exchange);
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    http_server *server = user;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *context = http_deadlines_add(server->deadlines, info->connect_fd, server->is_secure);
    } else {
        http_deadlines_remove(server->deadlines, *context);
        *context = NULL;
    }
}

/* ---- Listening ---- */

static catga_status refuse(catga_problem *problem, const http_server_options *options,
                           const char *reason)
{
    snprintf(problem->text, sizeof problem->text, "cannot listen (address=%s, port=%u): %s",
             options->address, options->port, reason);
    return CATGA_INVALID_ARGUMENT;
}

static int bind_socket(const struct addrinfo *to)
{
    int on = 1;
    int fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, to->ai_addr, to->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;

    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}

static catga_status listen_on(const http_server_options *options, int *fd, catga_problem *problem)
{
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                             .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    char port[8];

    snprintf(port, sizeof port, "%u", options->port);
    if (getaddrinfo(options->address, port, &hints, &found) != 0)
        return refuse(problem, options, "the address is not a numeric IP address");
    *fd = bind_socket(found);
    int error = errno;
    freeaddrinfo(found);
    return *fd >= 0 ? CATGA_OK : refuse(problem, options, strerror(error));
}

/* ---- The server ---- */

static struct MHD_Daemon *start_daemon(http_server *server, const http_server_options *options,
                                       int fd)
{
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)options->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)options->key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)PRIORITIES},
        {MHD_OPTION_END, 0, NULL}};

    if (options->certificate != NULL)
        flags |= MHD_USE_TLS;
    else
        secure[0] = secure[3];
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_NOTIFY_COMPLETED, on_end, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_CONNECTION_LIMIT,
        options->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->connections_per_address,
        MHD_OPTION_CONNECTION_TIMEOUT, (options->idle_ms + 999) / 1000,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT,
        1, MHD_OPTION_ARRAY, secure, MHD_OPTION_END);
}

/* Serves a listening socket, which the server owns from now on: libmicrohttpd closes it after most
 * failures, so that another close could hit a descriptor of another thread. */
static catga_status start_on(http_server *server, const http_server_options *options, int fd,
                             catga_problem *problem)
{
    server->listening = fd;
    server->port = port_of(fd);
    server->deadlines = http_deadlines_start(options->head_ms);
    if (server->deadlines == NULL) {
        close(fd);
        return CATGA_NO_MEMORY;
    }
    atomic_init(&server->listens, true);
    server->daemon = start_daemon(server, options, fd);
    if (server->daemon == NULL) {
        http_deadlines_stop(server->deadlines);
        return refuse(problem, options,
                      options->certificate == NULL
                          ? "too few resources"
                          : "the certificate and its key are not valid PEM");
    }
    server->loop = (http_loop){.daemon = server->daemon, .receiver = &server->receiver};
    if (http_loop_start(&server->loop))
        return CATGA_OK;
    MHD_stop_daemon(server->daemon);
    http_deadlines_stop(server->deadlines);
    snprintf(problem->text, sizeof problem->text, "cannot start the thread of the server");
    return CATGA_NO_MEMORY;
}

catga_status http_server_start(http_server **made, const http_server_options *options,
                               const http_receiver *receiver, catga_problem *problem)
{
    http_server *server = calloc(1, sizeof *server);
    int fd;

    *made = NULL;
    if (server == NULL)
        return CATGA_NO_MEMORY;
    server->receiver = *receiver;
    server->is_secure = options->certificate != NULL;
    server->body_ms = options->body_ms;
    server->send_ms = options->send_ms;
    catga_status status = listen_on(options, &fd, problem);
    if (status == CATGA_OK) {
        status = start_on(server, options, fd, problem);
        if (status == CATGA_OK) {
            *made = server;
            return CATGA_OK;
        }
    }
    free(server);
    return status;
}

uint16_t http_server_port(const http_server *server)
{
    return server->port;
}

void http_server_close_connections(http_server *server)
{
    atomic_store(&server->closes, true);
}

void http_server_ignore_connections(http_server *server)
{
    if (atomic_load(&server->listens))
        http_listening_ignore_new(server->listening);
}

bool http_server_has_new_connections(const http_server *server)
{
    return atomic_load(&server->listens) && http_listening_has_new(server->listening);
}

void http_server_stop_listening(http_server *server)
{
    /* The thread of the server may still use the socket, so it is closed later. */
    if (atomic_exchange(&server->listens, false))
        http_loop_stop_listening(&server->loop);
}

bool http_server_has_exchanges(const http_server *server)
{
    return atomic_load(&server->exchanges) != 0;
}

bool http_server_has_streams(const http_server *server)
{
    return atomic_load(&server->streams) != 0;
}

void http_server_stop(http_server *server)
{
    http_server_stop_listening(server);
    http_loop_stop(&server->loop);
    MHD_stop_daemon(server->daemon);
    close(server->listening);
    http_deadlines_stop(server->deadlines);
    free(server);
}
