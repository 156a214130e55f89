/* Signals, catga_stop and log lines. */
#include "bus_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- A service in its own process ---- */

static const sample note = {{"hello", 5}, 1};

static catga_status never_ends(catga_context *context, sample_view view)
{
    (void)view;
    (void)!write(*(int *)catga_context_user(context), "s", 1);
    for (;;)
        pause();
    return CATGA_OK;
}

static catga_status stops(catga_context *context, sample_view view)
{
    (void)view;
    catga_stop(catga_context_bus(context));
    return CATGA_OK;
}

/* Serves with this handler. The exit status is the result of catga_run. */
static int serve_process(sample_function *handler, int ready)
{
    const sample_listener listener = {handler, handler};
    catga_options options = {.log = log_nothing,
                             .drain_wait_ms = handler == never_ends ? 60000 : 5000};
    catga_bus *bus;

    if (catga_local_open(&options.local) != CATGA_OK || catga_open(&bus, &options) != CATGA_OK ||
        catga_serve(bus, &sample_listener_service, &listener, &ready) != CATGA_OK)
        return 100;
    if (handler == stops || handler == never_ends)
        if (catga_publish(bus, &sample_noted_message, &note) != CATGA_OK)
            return 101;
    (void)!write(ready, "r", 1);
    catga_status status = catga_run(bus);
    catga_close(bus);
    return (int)status;
}

static pid_t start(sample_function *handler, int expected_bytes)
{
    int ends[2];
    char byte;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(serve_process(handler, ends[1]));
    for (int i = 0; i < expected_bytes; i++)
        assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return child;
}

static int exit_status(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static catga_status takes(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static void a_signal_drains(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pid_t child = start(takes, 1);
        pause_ms(50); /* time to enter catga_run */
        kill(child, signals[i]);
        assert_int_equal(exit_status(child), CATGA_OK);
    }
}

static void a_handler_may_stop_the_bus(void **state)
{
    (void)state;
    assert_int_equal(exit_status(start(stops, 1)), CATGA_OK);
}

static void a_second_signal_does_not_wait(void **state)
{
    (void)state;
    pid_t child = start(never_ends, 2);
    pause_ms(50);
    kill(child, SIGTERM);
    pause_ms(100);
    kill(child, SIGTERM);
    assert_int_equal(exit_status(child), CATGA_TIMEOUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_drains),
        cmocka_unit_test(a_handler_may_stop_the_bus),
        cmocka_unit_test(a_second_signal_does_not_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
