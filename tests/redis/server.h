/* A redis-server that a test starts, kills, suspends and restarts, always at the same port. */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

#include "port.h"
#include "server_start.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { REDIS_SERVER_OPTIONS = 24 };

typedef struct redis_server {
    char folder[128];
    char url[64];
    char port[8];
    kept_port kept;
    const char *program;
    const char *options[REDIS_SERVER_OPTIONS]; /* the last is NULL */
    pid_t process;
} redis_server;

static inline void redis_server_init(redis_server *server)
{
    const char *temp = getenv("CATGA_TEMP");

    memset(server, 0, sizeof *server);
    server->program = "redis-server";
    snprintf(server->folder, sizeof server->folder, "%s/redis-XXXXXX",
             temp == NULL ? "/tmp" : temp);
    if (mkdtemp(server->folder) == NULL)
        abort();
    server->kept = port_keep();
    snprintf(server->port, sizeof server->port, "%d", server->kept.number);
    snprintf(server->url, sizeof server->url, "redis://127.0.0.1:%s", server->port);
}

static inline void redis_server_option(redis_server *server, const char *name, const char *value)
{
    size_t count = 0;

    while (server->options[count] != NULL)
        count++;
    server->options[count] = name;
    server->options[count + 1] = value;
}

static inline void redis_server_run(const redis_server *server)
{
    const char *arguments[REDIS_SERVER_OPTIONS + 16] = {server->program, "--port",    server->port,
                                                        "--bind",        "127.0.0.1", "--dir",
                                                        server->folder,  "--save",    ""};
    size_t count = 9;

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the server ends with the test's process */
    if (strcmp(server->program, "redis-sentinel") == 0) {
        arguments[1] = server->options[0]; /* its configuration */
        arguments[2] = NULL;
    } else {
        for (size_t i = 0; server->options[i] != NULL; i++)
            arguments[count++] = server->options[i];
    }
    char log[160];
    snprintf(log, sizeof log, "%s/log", server->folder);
    FILE *to = freopen(log, "a", stdout);
    (void)to;
    dup2(STDOUT_FILENO, STDERR_FILENO); /* configurations that it refuses */
    execvp(server->program, (char **)(uintptr_t)arguments);
    _exit(SERVER_NOT_EXECUTED);
}

static inline redisContext *redis_server_connect(const redis_server *server)
{
    redisContext *context =
        redisConnectWithTimeout("127.0.0.1", atoi(server->port), (struct timeval){.tv_sec = 5});

    if (context == NULL || context->err != 0) {
        if (context != NULL)
            redisFree(context);
        return NULL;
    }
    redisSetTimeout(context, (struct timeval){.tv_sec = 10});
    return context;
}

/* Runs a command, and returns its reply as a text of at most 256 bytes. */
static inline const char *redis_server_ask(const redis_server *server, char text[256],
                                           const char *command)
{
    redisContext *context = redis_server_connect(server);
    redisReply *reply = context == NULL ? NULL : redisCommand(context, command);

    if (reply == NULL)
        snprintf(text, 256, "no reply");
    else if (reply->type == REDIS_REPLY_INTEGER)
        snprintf(text, 256, "%lld", reply->integer);
    else if (reply->type == REDIS_REPLY_ARRAY)
        snprintf(text, 256, "%zu elements", reply->elements);
    else
        snprintf(text, 256, "%s", reply->str == NULL ? "nil" : reply->str);
    freeReplyObject(reply);
    if (context != NULL)
        redisFree(context);
    return text;
}

static inline void redis_server_do(const redis_server *server, const char *command)
{
    char text[256];

    (void)redis_server_ask(server, text, command);
}

static inline void redis_server_fork(redis_server *server)
{
    server->process = fork();
    if (server->process < 0)
        abort();
    if (server->process == 0)
        redis_server_run(server);
}

/* Starts the server, and returns when it answers. */
static inline void redis_server_start(redis_server *server)
{
    const server_start start = {.program = server->program, .folder = server->folder};
    char text[256];

    redis_server_fork(server);
    for (int tries = 0; tries < 6000; tries++) {
        redis_server_ask(server, text, "PING");
        if (strcmp(text, "PONG") == 0 || strncmp(text, "NOAUTH", 6) == 0)
            return;
        pause_ms(5);
        server_start_check(&start, server->process);
    }
    server_start_fail(&start, "does not answer");
}

/* Sends a signal: SIGKILL and SIGTERM end the server, SIGSTOP and SIGCONT suspend it. */
static inline void redis_server_signal(redis_server *server, int number)
{
    kill(server->process, number);
    if (number != SIGKILL && number != SIGTERM)
        return;
    waitpid(server->process, NULL, 0);
    server->process = 0;
}

/* Kills the server. The folder is removed with CATGA_TEMP. */
static inline void redis_server_clear(redis_server *server)
{
    if (server->process > 0)
        redis_server_signal(server, SIGKILL);
    port_release(&server->kept);
}

#endif
