/*
 * Descriptors of the NATS transport. The socket of every connection, also of later ones, is
 * close-on-exec, and none has the number of a standard stream.
 */
#include "nats_peer.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LAST = 256, PATIENCE_S = 60 };

static bool is_socket(int descriptor)
{
    struct stat facts;

    return fstat(descriptor, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

/* Returns the number of sockets that a child of exec would inherit, or that are standard streams.
 * *all is the number of sockets. */
static int count_bad_sockets(const bool before[LAST], int *all)
{
    int bad = 0;

    *all = 0;
    for (int i = 0; i < LAST; i++) {
        if (before[i] || !is_socket(i))
            continue;
        (*all)++;
        bad += i <= STDERR_FILENO || (fcntl(i, F_GETFD) & FD_CLOEXEC) == 0;
    }
    return bad;
}

/* Exit statuses of the child name the failed step. */
static int live(const char *url, int say, int hear)
{
    bool before[LAST];
    int sockets;
    char byte = 0;
    peer p;

    for (int i = 0; i < LAST; i++)
        before[i] = is_socket(i);
    if (peer_open(&p, url, 5000) != CATGA_OK || peer_publish(&p, "descriptors.x", "x") != CATGA_OK)
        return 1;
    if (count_bad_sockets(before, &sockets) != 0 || sockets != 1)
        return 2;
    for (int i = 0; i <= STDERR_FILENO; i++) {
        close(i);
        before[i] = false;
    }
    if (write(say, &byte, 1) != 1 || read(hear, &byte, 1) != 1) /* the server stops and starts again
                                                                 */
        return 3;
    if (!reaches(&p.events[CATGA_CONNECTION_FOUND], 1, 20000))
        return 4;
    if (peer_publish(&p, "descriptors.x", "x") != CATGA_OK || peer_flush(&p) != CATGA_OK)
        return 5;
    if (count_bad_sockets(before, &sockets) != 0 || sockets != 1)
        return 6;
    peer_close(&p);
    return 0;
}

static void streams_that_are_closed_later_are_filled_too(void **state)
{
    nats_server server;
    int to_test[2];
    int to_child[2];
    int status = -1;
    char byte = 0;

    (void)state;
    nats_server_init(&server, NULL);
    nats_server_start(&server);
    assert_int_equal(pipe(to_test), 0);
    assert_int_equal(pipe(to_child), 0);
    pid_t child = fork(); /* libnats has no threads yet */
    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(live(server.url, to_test[1], to_child[0]));
    }
    close(to_test[1]);
    close(to_child[0]);
    if (read(to_test[0], &byte, 1) == 1) {
        nats_server_signal(&server, SIGKILL);
        nats_server_start(&server);
        assert_int_equal(write(to_child[1], &byte, 1), 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    nats_server_clear(&server);
    close(to_test[0]);
    close(to_child[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_that_are_closed_later_are_filled_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
