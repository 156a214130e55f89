/* The socket is close-on-exec, so that no child keeps the connection open. nats.c opens it, so a
 * child that is created while a connection is established may still inherit it.
 *
 * nats.c reads the clock for its write deadline at each publish, which is a sixth of the cost of an
 * event. The kernel's deadline, TCP_USER_TIMEOUT, costs nothing. It ends a connection whose data is
 * not accepted in time, because the host does not answer or the server does not read.
 *
 * nats.c does not expose its socket, but its local address. No other connected socket of this
 * process has that address. */
#include "transport/nats/socket.h"

#include "base/descriptors.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
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

/* Returns true for a connected socket: a listening one may have the same address. */
static bool is_connected_at(int descriptor, const char *ip, int port)
{
    address local = {.any.sa_family = AF_UNSPEC};
    address peer;
    socklen_t local_size = sizeof local;
    socklen_t peer_size = sizeof(peer);

    return getsockname(descriptor, &local.any, &local_size) == 0 && is_at(&local, ip, port) &&
           getpeername(descriptor, &peer.any, &peer_size) == 0;
}

/* Finds the socket without /proc. */
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

/* Returns the connection's socket, or -1. */
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
