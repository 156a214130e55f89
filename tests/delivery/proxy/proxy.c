/*
 * proxy HOST:PORT: stands between NATS clients and the server, and injects the faults that standard
 * input names (listed in command.c). It prints "port N" when it listens on 127.0.0.1, then a line
 * for each command: "done", "counts NAME=N...", or "what?". It ends with its input.
 */
#include "command.h"
#include "flow.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 256, LINE = 512 };

typedef struct connection {
    bool used;
    flow flows[DIRECTIONS]; /* flows[UP].from is the client, flows[DOWN].from the server */
} connection;

typedef struct proxy {
    fault_plan faults;
    struct addrinfo *target;
    int listener;
    connection connections[CONNECTIONS];
    char line[LINE];
    size_t line_length;
} proxy;

static int64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* ---- Connections ---- */

static void end(connection *self, bool reset)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    for (size_t i = 0; i < DIRECTIONS; i++) {
        if (reset)
            setsockopt(self->flows[i].from, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(self->flows[i].from);
        flow_free(&self->flows[i]);
    }
    self->used = false;
}

static connection *free_connection(proxy *self)
{
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (!self->connections[i].used)
            return &self->connections[i];
    return NULL;
}

static int connect_to(const struct addrinfo *target)
{
    int server = socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (server >= 0 && connect(server, target->ai_addr, target->ai_addrlen) != 0) {
        close(server);
        return -1;
    }
    return server;
}

static void accept_client(proxy *self)
{
    const int on = 1;
    int client = accept4(self->listener, NULL, NULL, SOCK_CLOEXEC);

    if (client < 0)
        return;
    connection *added = self->faults.refuse ? NULL : free_connection(self);
    int server = added == NULL ? -1 : connect_to(self->target);
    self->faults.connections++;
    if (server < 0) {
        close(client);
        return;
    }
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    flow_open(&added->flows[UP], client, server, UP, &self->faults);
    flow_open(&added->flows[DOWN], server, client, DOWN, &self->faults);
    added->used = true;
}

/* ---- Commands ---- */

static void show_counts(const fault_plan *faults)
{
    static const char *const names[MATTERS] = {"puback", "ack", "pong", "message"};

    printf("counts connections=%" PRIu64 " duplicates=%" PRIu64, faults->connections,
           faults->duplicates);
    for (size_t i = 0; i < MATTERS; i++)
        printf(" %s=%" PRIu64 " %s_dropped=%" PRIu64, names[i], faults->drops[i].seen, names[i],
               faults->drops[i].dropped);
    putchar('\n');
}

static void put_error(connection *to, const char *text)
{
    char line[LINE];
    int length = snprintf(line, sizeof line, "-ERR '%s'\r\n", text);

    flow_put(&to->flows[DOWN], (const uint8_t *)line, (size_t)length, clock_now());
}

static void act(connection *on, const command *told)
{
    if (told->action == COMMAND_RESET)
        end(on, true);
    else if (told->action == COMMAND_CLOSE)
        shutdown(on->flows[told->direction].to, SHUT_WR);
    else if (told->action == COMMAND_ERROR)
        put_error(on, told->text);
}

static void obey(proxy *self, char *line)
{
    const command told = command_read(line, &self->faults);

    for (size_t i = 0; i < CONNECTIONS; i++)
        if (self->connections[i].used)
            act(&self->connections[i], &told);
    if (told.action == COMMAND_COUNT)
        show_counts(&self->faults);
    else
        puts(told.action == COMMAND_UNKNOWN ? "what?" : "done");
    fflush(stdout);
}

static void read_commands(proxy *self)
{
    ssize_t length =
        read(STDIN_FILENO, self->line + self->line_length, LINE - 1 - self->line_length);
    if (length <= 0)
        exit(0);
    self->line_length += (size_t)length;
    for (char *end; (end = memchr(self->line, '\n', self->line_length)) != NULL;) {
        *end = '\0';
        obey(self, self->line);
        self->line_length -= (size_t)(end + 1 - self->line);
        memmove(self->line, end + 1, self->line_length);
    }
    if (self->line_length == LINE - 1)
        errx(2, "a command is too long");
}

/* ---- The loop ---- */

/* A stalled connection is stalled both ways. */
static void move_bytes(connection *self, const struct pollfd polled[DIRECTIONS])
{
    int64_t now = clock_now();
    flow_state state = FLOWS;

    self->flows[UP].quiet = self->flows[DOWN].quiet;
    for (size_t i = 0; i < DIRECTIONS && state == FLOWS; i++)
        if (flow_wants(&self->flows[i]) && (polled[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
            state = flow_read(&self->flows[i]);
    for (size_t i = 0; i < DIRECTIONS && state == FLOWS; i++)
        state = flow_write(&self->flows[i], now);
    if (state != FLOWS || (self->flows[UP].closed && self->flows[DOWN].closed))
        end(self, false);
}

/*
 * Due bytes are tried when the socket accepts them. A hang-up that would be ignored is not polled,
 * since poll would report it for ever.
 */
static int64_t prepare(const connection *self, struct pollfd polled[DIRECTIONS], int64_t now)
{
    int64_t first = INT64_MAX;

    for (size_t i = 0; i < DIRECTIONS; i++) {
        const flow *in = &self->flows[i], *out = &self->flows[1 - i];
        int64_t due = flow_due(out, now);
        int events = (flow_wants(in) ? POLLIN : 0) | (due <= now ? POLLOUT : 0);
        polled[i] = (struct pollfd){.fd = events != 0 ? in->from : -1, .events = (short)events};
        if (due > now && due < first)
            first = due;
    }
    return first;
}

static void turn(proxy *self)
{
    struct pollfd polled[2 + DIRECTIONS * CONNECTIONS] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                                          {.fd = self->listener, .events = POLLIN}};
    int64_t now = clock_now(), first = INT64_MAX;

    for (size_t i = 0; i < CONNECTIONS; i++) {
        struct pollfd *both = &polled[2 + DIRECTIONS * i];
        both[UP].fd = both[DOWN].fd = -1;
        int64_t due =
            self->connections[i].used ? prepare(&self->connections[i], both, now) : INT64_MAX;
        first = due < first ? due : first;
    }
    int wait = first == INT64_MAX ? -1 : (int)((first - now) / 1000000 + 1);
    if (poll(polled, sizeof polled / sizeof polled[0], wait) < 0 && errno != EINTR)
        err(2, "poll");
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (self->connections[i].used)
            move_bytes(&self->connections[i], &polled[2 + DIRECTIONS * i]);
    if (polled[0].revents != 0)
        read_commands(self);
    if (polled[1].revents != 0)
        accept_client(self);
}

/* ---- The program ---- */

static void find_target(proxy *self, char *address)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    char *port = strrchr(address, ':');

    if (port == NULL)
        errx(2, "HOST:PORT is wanted, not %s", address);
    *port++ = '\0';
    int error = getaddrinfo(address, port, &hints, &self->target);
    if (error != 0)
        errx(2, "%s: %s", address, gai_strerror(error));
}

static void listen_somewhere(proxy *self)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;

    self->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (self->listener < 0 || bind(self->listener, (struct sockaddr *)&address, length) != 0 ||
        listen(self->listener, 64) != 0 ||
        getsockname(self->listener, (struct sockaddr *)&address, &length) != 0)
        err(2, "listening");
    printf("port %u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
}

int main(int count, char **arguments)
{
    static proxy self;

    if (count != 2)
        errx(2, "usage: proxy HOST:PORT");
    faults_clear(&self.faults);
    find_target(&self, arguments[1]);
    listen_somewhere(&self);
    for (;;)
        turn(&self);
}
