/* Waits for a signal, catga_stop or the loss of the connection, and then drains or returns. */
#include "base/descriptors.h"
#include "base/signals.h"
#include "bus/drain.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

void catga_stop(catga_bus *bus)
{
    catga_bus_state *state = bus->state;
    int error = errno;

    if (catga_process_is_forked(&state->process))
        return; /* the child shares the descriptor with its parent */
    atomic_store(&state->stopped, true);
    eventfd_write(state->stop_fd, 1);
    errno = error;
}

/* Takes a pending signal. Returns false if there is none. */
static bool take_signal(int signal_fd)
{
    struct signalfd_siginfo info;

    return read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info;
}

static bool another_signal(void *user)
{
    const int *signal_fd = user;

    return take_signal(*signal_fd);
}

/* Waits for a signal, catga_stop or the permanent loss of the connection. */
static void wait_for_end(catga_bus_state *state, int signal_fd)
{
    struct pollfd ends[] = {{.fd = signal_fd, .events = POLLIN},
                            {.fd = state->stop_fd, .events = POLLIN}};

    while (poll(ends, 2, -1) < 0 && errno == EINTR)
        continue;
    if (take_signal(signal_fd))
        catga_log(&state->settings.logger, CATGA_LOG_INFO, "bus: stop: received a signal");
}

/*
 * Blocks both signals and returns a descriptor that receives them. Returns -1, with the mask as
 * before, if there is none.
 */
static int block_and_open(sigset_t *before)
{
    sigset_t set;

    catga_signals_block(before);
    catga_signals_set(&set);
    int signal_fd = catga_descriptor_above_standard(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (signal_fd < 0)
        catga_signals_restore(before);
    return signal_fd;
}

static catga_status run(catga_bus_state *state)
{
    sigset_t before;
    int signal_fd = block_and_open(&before);

    if (signal_fd < 0)
        return CATGA_NO_MEMORY;
    wait_for_end(state, signal_fd);
    catga_status status = catga_bus_drain(state, another_signal, &signal_fd);
    while (take_signal(signal_fd))
        continue; /* a pending signal would end the process when the mask is restored */
    close(signal_fd);
    catga_signals_restore(&before);
    return atomic_load(&state->lost) ? CATGA_CLOSED : status;
}

catga_status catga_run(catga_bus *bus)
{
    catga_status allowed = catga_bus_may_drain(bus);

    return allowed == CATGA_OK ? run(bus->state) : allowed;
}

/* Leaves the signals blocked: a second one must not end the process before it has drained. */
static catga_status wait(catga_bus_state *state)
{
    sigset_t before;
    int signal_fd = block_and_open(&before);

    if (signal_fd < 0)
        return CATGA_NO_MEMORY;
    wait_for_end(state, signal_fd);
    close(signal_fd);
    return atomic_load(&state->lost) ? CATGA_CLOSED : CATGA_OK;
}

catga_status catga_wait(catga_bus *bus)
{
    catga_status allowed = catga_bus_may_drain(bus);

    return allowed == CATGA_OK ? wait(bus->state) : allowed;
}
