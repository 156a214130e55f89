/* A server that cannot start ends its test at once, and the test says why. */
#include "nats_server.h"
#include "server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { OUTPUT = 4096 };

/* ---- Starting a server in a process that aborts ---- */

static void start_nats(const char *program)
{
    nats_server server;

    setenv("NATS_SERVER", program, 1);
    nats_server_init(&server, NULL);
    nats_server_start(&server);
}

static void start_redis(const char *program)
{
    redis_server server;

    redis_server_init(&server);
    server.program = program;
    redis_server_start(&server);
}

/* Expects that a start aborts, and returns what it prints. */
static const char *output_of(void (*start)(const char *program), const char *program,
                             char text[OUTPUT])
{
    int pipes[2];
    int status;
    size_t length = 0;

    assert_int_equal(pipe(pipes), 0);
    pid_t process = fork();
    if (process == 0) {
        dup2(pipes[1], STDERR_FILENO);
        start(program);
        _exit(0);
    }
    close(pipes[1]);
    FILE *output = fdopen(pipes[0], "r");
    assert_non_null(output);
    length = fread(text, 1, OUTPUT - 1, output);
    text[length] = '\0';
    fclose(output);
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    return text;
}

/* ---- A program that is absent ---- */

static void an_absent_program_is_named(void **state)
{
    char text[OUTPUT];

    (void)state;
    assert_string_equal(output_of(start_nats, "/nowhere/nats-server", text),
                        "/nowhere/nats-server cannot be executed\n");
    assert_string_equal(output_of(start_redis, "/nowhere/redis-server", text),
                        "/nowhere/redis-server cannot be executed\n");
}

/* ---- A program that ends ---- */

/* Makes a program that counts its starts in a file, writes a long log and fails. */
static void make_program(char path[160])
{
    snprintf(path, 160, "%s/program", getenv("CATGA_TEMP"));
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\necho >>\"$0.starts\"\nseq 1000 >&2\necho 'a wrong option' >&2\nexit 1\n",
          file);
    fclose(file);
    assert_int_equal(chmod(path, 0755), 0);
}

static long starts(const char *program)
{
    char path[192];
    struct stat found;

    snprintf(path, sizeof path, "%s.starts", program);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(unlink(path), 0);
    return (long)found.st_size; /* of empty lines */
}

static void expect_reason(const char *text, const char *program)
{
    char first[256];

    snprintf(first, sizeof first, "%s ended at its start\n", program);
    assert_memory_equal(text, first, strlen(first));
    assert_non_null(strstr(text, "\n1000\na wrong option\n"));
    assert_int_equal(starts(program), 1);
}

static void a_program_that_ends_shows_its_log(void **state)
{
    char program[160];
    char text[OUTPUT];

    (void)state;
    make_program(program);
    expect_reason(output_of(start_nats, program, text), program);
    expect_reason(output_of(start_redis, program, text), program);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_absent_program_is_named),
        cmocka_unit_test(a_program_that_ends_shows_its_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
