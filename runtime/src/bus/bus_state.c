/* Decides what may be called in the current state of a bus; see bus_state.h. */
#include "bus/bus_state.h"

#include "base/running.h"

static catga_bus_phase phase_of(const catga_bus *bus)
{
    return (catga_bus_phase)atomic_load_explicit(&bus->state->phase, memory_order_relaxed);
}

/* Takes no lock: a thread that the child does not have may hold it for ever. */
static CATGA_COLD catga_status refuse_child(catga_bus_state *state)
{
    if (!atomic_exchange(&state->child_logged, true))
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "bus: refuse to work in a forked child: it has the memory of the bus, not its "
                  "threads; call exec, or fork before catga_open");
    return CATGA_CLOSED;
}

catga_status catga_bus_may_use(const catga_bus *bus)
{
    if (CATGA_UNLIKELY(catga_process_is_forked(&bus->state->process)))
        return refuse_child(bus->state);
    return phase_of(bus) == CATGA_BUS_CLOSED ? CATGA_CLOSED : CATGA_OK;
}

catga_status catga_bus_may_send(const catga_bus *bus)
{
    catga_status status = catga_bus_may_use(bus);
    bool open = phase_of(bus) == CATGA_BUS_OPEN;

    return status != CATGA_OK || open || bus->context != NULL ? status : CATGA_DRAINING;
}

catga_status catga_bus_may_wait(const catga_bus *bus)
{
    catga_status status = catga_bus_may_send(bus);

    if (status == CATGA_OK && catga_running_in_callback(bus->state))
        return CATGA_WOULD_DEADLOCK;
    return status;
}

catga_status catga_bus_may_drain(const catga_bus *bus)
{
    catga_status status = catga_bus_may_use(bus);

    if (status == CATGA_OK && catga_running_in_bus(bus->state))
        return CATGA_WOULD_DEADLOCK;
    return status;
}
