/* How tests start their servers: see nats_server.h and redis/server.h. */
#ifndef SERVER_START_H
#define SERVER_START_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* The exit code of a child that could not execute its program. */
enum { SERVER_NOT_EXECUTED = 127 };

typedef struct server_start {
    const char *program;
    const char *folder; /* has its log */
} server_start;

static inline void pause_ms(long ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* Prints the last lines of a log. */
static inline void server_start_print_log(FILE *log)
{
    char text[2048];
    int skipped;

    if (fseek(log, -(long)sizeof text, SEEK_END) == 0)
        while ((skipped = fgetc(log)) != '\n' && skipped != EOF)
            continue;
    else
        rewind(log); /* it is shorter */
    size_t length = fread(text, 1, sizeof text, log);
    fwrite(text, 1, length, stderr);
}

/* Prints why a server did not start, and aborts the test. */
static inline _Noreturn void server_start_fail(const server_start *start, const char *why)
{
    char path[512];

    fprintf(stderr, "%s %s\n", start->program, why);
    snprintf(path, sizeof path, "%s/log", start->folder);
    FILE *log = fopen(path, "r");
    if (log != NULL)
        server_start_print_log(log);
    abort();
}

/* Aborts the test if a server has ended. */
static inline void server_start_check(const server_start *start, pid_t process)
{
    int status;

    if (waitpid(process, &status, WNOHANG) != process)
        return;
    bool is_absent = WIFEXITED(status) && WEXITSTATUS(status) == SERVER_NOT_EXECUTED;
    server_start_fail(start, is_absent ? "cannot be executed" : "ended at its start");
}

#endif
