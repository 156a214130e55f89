/* A proxy in front of a server, which changes replies. */
#ifndef PROXY_H
#define PROXY_H

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Changes of a part of a reply. */
enum {
    PROXY_HONEST,
    PROXY_CUTS,     /* ends the connection in the middle */
    PROXY_DELAYS,   /* passes it on late */
    PROXY_ERRORS,   /* an error in its place */
    PROXY_NIL,      /* nil in its place */
    PROXY_NUMBERS,  /* a number in its place */
    PROXY_ARRAYS,   /* an array of other types in its place */
    PROXY_TWICE,    /* sends it twice */
    PROXY_NONSENSE, /* bytes that are no reply */
    PROXY_HUGE,     /* the beginning of a reply that never ends */
    PROXY_LIES,
    PROXY_REPEATS /* an error that repeats the password "s3cret" */
};

enum { PROXY_PAIRS = 64 };

typedef struct proxy {
    int port;
    int server_port;
    int listener;
    atomic_int lie;
    atomic_bool ending;
    pthread_t thread;
    struct {
        int client, server; /* -1: free */
    } pairs[PROXY_PAIRS];
} proxy;

static inline void proxy_close(proxy *p, int index)
{
    close(p->pairs[index].client);
    close(p->pairs[index].server);
    p->pairs[index].client = -1;
}

static inline void proxy_accept(proxy *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    int client = accept(p->listener, NULL, NULL);
    int server = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_port = htons((uint16_t)p->server_port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(server, (struct sockaddr *)&address, sizeof address) == 0) {
        for (int i = 0; i < PROXY_PAIRS; i++) {
            if (p->pairs[i].client >= 0)
                continue;
            p->pairs[i].client = client;
            p->pairs[i].server = server;
            return;
        }
    }
    close(client);
    close(server);
}

static inline ssize_t proxy_text(int client, const char *text)
{
    return send(client, text, strlen(text), MSG_NOSIGNAL);
}

/* Passes a reply on, or what stands for it. Returns false to end the connection. */
static inline int proxy_reply(proxy *p, int client, const char *bytes, size_t length)
{
    switch (atomic_load(&p->lie)) {
    case PROXY_CUTS:
        (void)send(client, bytes, length / 2, MSG_NOSIGNAL);
        return 0;
    case PROXY_DELAYS:
        usleep(30000);
        break;
    case PROXY_ERRORS:
        return proxy_text(client, "-ERR no\r\n") > 0;
    case PROXY_NIL:
        return proxy_text(client, "$-1\r\n") > 0;
    case PROXY_NUMBERS:
        return proxy_text(client, ":-7\r\n") > 0;
    case PROXY_ARRAYS:
        return proxy_text(client, "*3\r\n*2\r\n:1\r\n$1\r\nx\r\n:9\r\n*-1\r\n") > 0;
    case PROXY_TWICE:
        (void)send(client, bytes, length, MSG_NOSIGNAL);
        break;
    case PROXY_NONSENSE:
        return proxy_text(client, "HTTP/1.1 400 Bad Request\r\n\r\n") > 0;
    case PROXY_HUGE:
        return proxy_text(client, "$100000000\r\nx") > 0;
    case PROXY_REPEATS:
        return proxy_text(client, "-ERR cannot do: `HELLO` `2` `AUTH` `ann` `s3cret`\r\n") > 0;
    default:
        break;
    }
    return send(client, bytes, length, MSG_NOSIGNAL) > 0;
}

static inline void proxy_pass(proxy *p, int index, int from_server)
{
    char bytes[65536];
    int from = from_server ? p->pairs[index].server : p->pairs[index].client;
    int to = from_server ? p->pairs[index].client : p->pairs[index].server;
    ssize_t length = recv(from, bytes, sizeof bytes, 0);

    if (length <= 0 || !(from_server ? proxy_reply(p, to, bytes, (size_t)length)
                                     : send(to, bytes, (size_t)length, MSG_NOSIGNAL) > 0))
        proxy_close(p, index);
}

static inline void *proxy_run(void *argument)
{
    proxy *p = argument;

    while (!atomic_load(&p->ending)) {
        struct pollfd fds[1 + 2 * PROXY_PAIRS];
        fds[0] = (struct pollfd){.fd = p->listener, .events = POLLIN};
        for (int i = 0; i < PROXY_PAIRS; i++) {
            int open = p->pairs[i].client >= 0;
            fds[1 + 2 * i] =
                (struct pollfd){.fd = open ? p->pairs[i].client : -1, .events = POLLIN};
            fds[2 + 2 * i] =
                (struct pollfd){.fd = open ? p->pairs[i].server : -1, .events = POLLIN};
        }
        (void)poll(fds, 1 + 2 * PROXY_PAIRS, 100);
        for (int i = 0; i < PROXY_PAIRS; i++) {
            if (fds[1 + 2 * i].revents != 0 && p->pairs[i].client >= 0)
                proxy_pass(p, i, 0);
            if (fds[2 + 2 * i].revents != 0 && p->pairs[i].client >= 0)
                proxy_pass(p, i, 1);
        }
        if (fds[0].revents != 0)
            proxy_accept(p);
    }
    return NULL;
}

static inline void proxy_begin(proxy *p, int server_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;

    memset(p, 0, sizeof *p);
    p->server_port = server_port;
    for (int i = 0; i < PROXY_PAIRS; i++)
        p->pairs[i].client = -1;
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(p->listener, (struct sockaddr *)&address, size) != 0 || listen(p->listener, 64) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&address, &size) != 0 ||
        pthread_create(&p->thread, NULL, proxy_run, p) != 0)
        abort();
    p->port = ntohs(address.sin_port);
}

static inline void proxy_end(proxy *p)
{
    atomic_store(&p->ending, true);
    pthread_join(p->thread, NULL);
    for (int i = 0; i < PROXY_PAIRS; i++)
        if (p->pairs[i].client >= 0)
            proxy_close(p, i);
    close(p->listener);
}

#endif
