/* Signals, catga_stop and log lines. */
#include "bus/connection_listener.h"
#include "bus_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- A service in its own process ---- */

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

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

/* Ends a process that serves; `out` tells the test that it has begun to end. */
typedef catga_status ending(catga_bus *bus, int out);

static catga_status run(catga_bus *bus, int out)
{
    (void)out;
    return catga_run(bus);
}

static catga_status wait_and_drain(catga_bus *bus, int out)
{
    catga_status status = catga_wait(bus);

    (void)!write(out, "w", 1);
    pause_ms(200); /* time for a second signal */
    return status == CATGA_OK ? catga_drain(bus) : status;
}

static catga_status wait_and_run(catga_bus *bus, int out)
{
    catga_status status = catga_wait(bus);

    (void)!write(out, "w", 1);
    catga_stop(bus);
    return status == CATGA_OK ? catga_run(bus) : status;
}

/* Serves with this handler. The exit status is the result of `end`. */
static int serve_process(sample_function *handler, ending *end, int ready)
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
    catga_status status = end(bus, ready);
    catga_close(bus);
    return (int)status;
}

static void read_bytes(int in, int count)
{
    char byte;

    for (int i = 0; i < count; i++)
        assert_int_equal(read(in, &byte, 1), 1);
}

/* Starts a process, and waits for the bytes that it writes. *in receives further bytes. */
static pid_t start_ending(sample_function *handler, ending *end, int expected_bytes, int *in)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(serve_process(handler, end, ends[1]));
    close(ends[1]);
    read_bytes(ends[0], expected_bytes);
    *in = ends[0];
    return child;
}

static pid_t start(sample_function *handler, int expected_bytes)
{
    int in;
    pid_t child = start_ending(handler, run, expected_bytes, &in);

    close(in);
    return child;
}

static int exit_status(pid_t child)
{
    int status;

    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
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

/* Sends SIGTERM, waits until catga_wait has returned, and sends SIGTERM again. */
static int exit_status_after_two_signals(sample_function *handler, ending *end, int expected_bytes)
{
    int in;
    pid_t child = start_ending(handler, end, expected_bytes, &in);

    pause_ms(50); /* time to enter catga_wait */
    kill(child, SIGTERM);
    read_bytes(in, 1);
    pause_ms(100);
    kill(child, SIGTERM);
    int status = exit_status(child);
    close(in);
    return status;
}

static void a_second_signal_waits_for_the_drain(void **state)
{
    (void)state;
    assert_int_equal(exit_status_after_two_signals(takes, wait_and_drain, 1), CATGA_OK);
}

static void a_second_signal_may_end_the_drain(void **state)
{
    (void)state;
    assert_int_equal(exit_status_after_two_signals(never_ends, wait_and_run, 2), CATGA_TIMEOUT);
}

static void catga_stop_ends_a_wait(void **state)
{
    int in;

    (void)state;
    pid_t child = start_ending(stops, wait_and_drain, 2, &in);
    assert_int_equal(exit_status(child), CATGA_OK);
    close(in);
}

static void a_connection_lost_for_good_ends_the_wait(void **state)
{
    bus_fixture *fixture;

    assert_int_equal(open_fixture(state), 0);
    fixture = *state;
    const catga_transport_listener listener = catga_connection_listener(fixture->bus->state);
    listener.on_event(listener.user, CATGA_CONNECTION_CLOSED, "no attempt is left");
    assert_int_equal(catga_wait(fixture->bus), CATGA_CLOSED);
    assert_int_equal(catga_run(fixture->bus), CATGA_CLOSED);
    assert_int_equal(close_fixture(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signal_drains),
        cmocka_unit_test(a_handler_may_stop_the_bus),
        cmocka_unit_test(a_second_signal_does_not_wait),
        cmocka_unit_test(a_second_signal_waits_for_the_drain),
        cmocka_unit_test(a_second_signal_may_end_the_drain),
        cmocka_unit_test(catga_stop_ends_a_wait),
        cmocka_unit_test(a_connection_lost_for_good_ends_the_wait),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
