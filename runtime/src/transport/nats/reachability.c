/* nats.c reports only that no server is available. A socket shows whether a name is unknown, a
 * connection is refused, or the host does not answer. */
#include "transport/nats/reachability.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOST_SIZE = 256, PORT_SIZE = 8, WAIT_MS = 300 };

/* Splits HOST, HOST:PORT, [IPv6] or [IPv6]:PORT. */
static void split(const char *address, char host[HOST_SIZE], char port[PORT_SIZE])
{
    bool bracketed = *address == '[';
    const char *begin = bracketed ? address + 1 : address;
    size_t length = strcspn(begin, bracketed ? "]" : ":");
    const char *rest = begin + length + (bracketed && begin[length] == ']');

    snprintf(host, HOST_SIZE, "%.*s", (int)length, begin);
    snprintf(port, PORT_SIZE, "%s", *rest == ':' ? rest + 1 : "4222");
}

/* Connects a socket. Returns 0 or the error. */
static int error_of(int socket, const struct addrinfo *to)
{
    int error = 0;
    socklen_t size = sizeof error;
    struct pollfd writable = {.fd = socket, .events = POLLOUT};

    if (connect(socket, to->ai_addr, to->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    if (poll(&writable, 1, WAIT_MS) <= 0)
        return ETIMEDOUT;
    return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

static const char *reason_of(const char *address)
{
    char host[HOST_SIZE];
    char port[PORT_SIZE];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    split(address, host, port);
    int failure = getaddrinfo(host, port, &hints, &found);
    if (failure != 0)
        return gai_strerror(failure);
    int tried = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = tried < 0 ? errno : error_of(tried, found);
    if (tried >= 0)
        close(tried);
    freeaddrinfo(found);
    return error == 0 ? "it accepts connections, and says nothing of NATS" : strerror(error);
}

void catga_nats_explain_unreachable(const char *list, char *text, size_t size)
{
    char address[HOST_SIZE];

    text[0] = '\0';
    for (const char *at = list; *at != '\0'; at += *at == ',') {
        size_t length = strcspn(at, ",");
        snprintf(address, sizeof(address), "%.*s", (int)length, at);
        at += length;
        strlcat(text, text[0] == '\0' ? "" : "; ", size);
        strlcat(text, address, size);
        strlcat(text, ": ", size);
        strlcat(text, reason_of(address), size);
    }
}
