/*
 * A nats-server that a test starts, kills, pauses and restarts, always at the same port. Other
 * tests use the server of lib/with-nats.
 */
#ifndef NATS_SERVER_H
#define NATS_SERVER_H

#include "port.h"
#include "server_start.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NATS_SERVER_PATH 512

typedef struct nats_server {
    char folder[128];
    char config[160]; /* empty for none */
    char url[128];
    int port;
    kept_port kept;
    pid_t process;
} nats_server;

static inline double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Returns the path of a file in the server's folder. */
static inline const char *nats_server_file(const nats_server *server, const char *name,
                                           char path[NATS_SERVER_PATH])
{
    snprintf(path, NATS_SERVER_PATH, "%s/%s", server->folder, name);
    return path;
}

static inline void nats_server_init(nats_server *server, const char *config)
{
    kept_port kept = port_keep();

    *server = (nats_server){.port = kept.number, .kept = kept};
    snprintf(server->url, sizeof server->url, "nats://127.0.0.1:%d", server->port);
    const char *temp = getenv("CATGA_TEMP");
    snprintf(server->folder, sizeof server->folder, "%s/nats-XXXXXX", temp == NULL ? "/tmp" : temp);
    if (mkdtemp(server->folder) == NULL)
        abort();
    if (config == NULL)
        return;
    snprintf(server->config, sizeof server->config, "%s/config", server->folder);
    FILE *file = fopen(server->config, "w");
    if (file == NULL || fputs(config, file) < 0 || fclose(file) != 0)
        abort();
}

/* Returns whether the server listens: then it writes NAME_PID.ports. */
static inline bool nats_server_is_ready(const nats_server *server)
{
    char path[NATS_SERVER_PATH];
    char name[64];
    char text[512] = "";

    snprintf(name, sizeof name, "nats-server_%d.ports", (int)server->process);
    FILE *file = fopen(nats_server_file(server, name, path), "r");
    if (file == NULL)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return strchr(text, '}') != NULL;
}

static inline const char *nats_server_program(void)
{
    const char *program = getenv("NATS_SERVER");

    return program == NULL ? "nats-server" : program;
}

static inline void nats_server_run(const nats_server *server)
{
    char path[NATS_SERVER_PATH];
    char port[16];

    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the server ends with the test's process */
    snprintf(port, sizeof port, "%d", server->port);
    FILE *log = freopen(nats_server_file(server, "log", path), "a", stderr);
    (void)log;
    const char *program = nats_server_program();
    char *search = getenv("PATH");
    char wider[4096];
    snprintf(wider, sizeof wider, "%s:/usr/sbin:/usr/local/sbin",
             search == NULL ? "/usr/bin" : search);
    setenv("PATH", wider, 1);
    if (server->config[0] != '\0')
        execlp(program, program, "-a", "127.0.0.1", "-p", port, "--ports_file_dir", server->folder,
               "-c", server->config, (char *)NULL);
    else
        execlp(program, program, "-a", "127.0.0.1", "-p", port, "--ports_file_dir", server->folder,
               (char *)NULL);
    _exit(SERVER_NOT_EXECUTED);
}

static inline void nats_server_fork(nats_server *server)
{
    server->process = fork();
    if (server->process < 0)
        abort();
    if (server->process == 0)
        nats_server_run(server);
}

/* Starts the server, and returns when it listens. It ends with the thread that started it. */
static inline void nats_server_start(nats_server *server)
{
    const server_start start = {.program = nats_server_program(), .folder = server->folder};

    nats_server_fork(server);
    for (int tries = 0; tries < 6000; tries++) {
        if (nats_server_is_ready(server))
            return;
        pause_ms(5);
        server_start_check(&start, server->process);
    }
    server_start_fail(&start, "does not listen");
}

/* Sends a signal: SIGKILL and SIGTERM end the server, SIGSTOP and SIGCONT pause it. */
static inline void nats_server_signal(nats_server *server, int number)
{
    kill(server->process, number);
    if (number != SIGKILL && number != SIGTERM)
        return;
    waitpid(server->process, NULL, 0);
    server->process = 0;
}

static inline void nats_server_clear(nats_server *server)
{
    if (server->process > 0)
        nats_server_signal(server, SIGKILL);
    DIR *folder = opendir(server->folder);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        char path[NATS_SERVER_PATH];
        if (entry->d_name[0] != '.')
            unlink(nats_server_file(server, entry->d_name, path));
    }
    if (folder != NULL)
        closedir(folder);
    rmdir(server->folder);
    port_release(&server->kept);
}

#endif
