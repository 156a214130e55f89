/*
 * A port that a test keeps for a server that it starts again and again. Bound, but not listening,
 * the socket keeps the port from every other program, and from connections; the server may listen,
 * since both have SO_REUSEADDR.
 */
#ifndef PORT_H
#define PORT_H

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct kept_port {
    int number;
    int socket;
} kept_port;

static inline kept_port port_keep(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int on = 1;
    int kept = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (kept < 0 || setsockopt(kept, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(kept, (struct sockaddr *)&address, size) != 0 ||
        getsockname(kept, (struct sockaddr *)&address, &size) != 0)
        abort();
    return (kept_port){ntohs(address.sin_port), kept};
}

static inline void port_release(const kept_port *kept)
{
    close(kept->socket);
}

#endif
