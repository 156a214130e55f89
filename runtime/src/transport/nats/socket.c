/*
 * The socket of a connection. It is close-on-exec, so that no child keeps the connection open. It
 * is opened inside nats.c, so a child that is made while a connection is being established may
 * still inherit it.
 *
 * The kernel's write deadline: that of nats.c reads the clock at each publish, a sixth of what an
 * event costs; the kernel counts for nothing: with TCP_USER_TIMEOUT it ends a connection whose
 * bytes are not taken for so long, be it that the host does not answer or that the server does not
 * read.
 *
 * nats.c does not show its socket. It shows the local address, which no other connected socket of
 * this process has.
 */
#include "base/descriptors.h"
#include "transport/nats/nats_transport.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

typedef union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

static bool is_at(const address *local, const char *ip, int port)
{
    char text[INET6_ADDRSTRLEN] = "";
    bool v4 = local->any.sa_family == AF_INET;

    if (!v4 && local->any.sa_family != AF_INET6)
        return false;
    const void *host = v4 ? (const void *)&local->v4.sin_addr : (const void *)&local->v6.sin6_addr;
    in_port_t local_port = v4 ? local->v4.sin_port : local->v6.sin6_port;
    return ntohs(local_port) == port &&
           inet_ntop(local->any.sa_family, host, text, sizeof text) != NULL &&
           strcmp(text, ip) == 0;
}

/* A listening socket may have the same address, but has no peer. */
static bool is_connected_at(int descriptor, const char *ip, int port)
{
    address local = {.any.sa_family = AF_UNSPEC};
    address peer;
    socklen_t local_size = sizeof local;
    socklen_t peer_size = sizeof(peer);

    return getsockname(descriptor, &local.any, &local_size) == 0 && is_at(&local, ip, port) &&
           getpeername(descriptor, &peer.any, &peer_size) == 0;
}

/* Without /proc. */
static int try_numbers(const char *ip, int port)
{
    for (int descriptor = 0; descriptor < FD_SETSIZE; descriptor++)
        if (is_connected_at(descriptor, ip, port))
            return descriptor;
    return -1;
}

static int find_at(const char *ip, int port)
{
    DIR *descriptors = opendir("/proc/self/fd");

    if (descriptors == NULL)
        return try_numbers(ip, port);
    int found = -1;
    for (struct dirent *entry; found < 0 && (entry = readdir(descriptors)) != NULL;) {
        const char *problem;
        int descriptor = (int)strtonum(entry->d_name, 0, INT_MAX, &problem);
        if (problem == NULL && is_connected_at(descriptor, ip, port))
            found = descriptor;
    }
    closedir(descriptors);
    return found;
}

/* The connection's socket, or -1. */
static int find_socket(natsConnection *connection)
{
    char *ip = NULL;
    int port = 0;

    if (natsConnection_GetLocalIPAndPort(connection, &ip, &port) != NATS_OK)
        return -1;
    int descriptor = find_at(ip, port);
    free(ip);
    return descriptor;
}

bool catga_nats_own_socket(natsConnection *connection)
{
    int descriptor = find_socket(connection);

    if (descriptor >= 0)
        (void)catga_descriptor_close_on_exec(descriptor);
    return descriptor < 0 || descriptor > STDERR_FILENO;
}

bool catga_nats_has_kernel_deadline(void)
{
    return access("/proc/self/fd", R_OK | X_OK) == 0;
}

bool catga_nats_set_kernel_deadline(natsConnection *connection)
{
    int descriptor = find_socket(connection);
    unsigned milliseconds = CATGA_NATS_WRITE_DEADLINE_MS;

    return descriptor >= 0 && setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds,
                                         sizeof milliseconds) == 0;
}
