/* Runs the upkeep thread of a bus; see upkeep.h. */
#include "bus/upkeep.h"

#include "base/clock.h"
#include "base/signals.h"
#include "bus/bus_state.h"
#include "claims/claim_renewal.h"

#define LONGEST_SLEEP CATGA_SECOND

void catga_upkeep_init(catga_upkeep *upkeep)
{
    sem_init(&upkeep->woken, 0, 0);
}

void catga_upkeep_end(catga_upkeep *upkeep)
{
    sem_destroy(&upkeep->woken);
}

static void sleep_until(catga_upkeep *upkeep, int64_t due)
{
    int64_t longest = catga_clock_after(catga_clock_now(), LONGEST_SLEEP);
    struct timespec end = catga_clock_timespec(due < longest ? due : longest);

    (void)sem_clockwait(&upkeep->woken, CLOCK_MONOTONIC, &end);
}

static void *run(void *argument)
{
    catga_bus_state *state = argument;

    while (!atomic_load(&state->upkeep.stopping)) {
        catga_claims_renew(state, catga_clock_now());
        int64_t announce = catga_instances_announce(state, catga_clock_now());
        int64_t ask = catga_owner_monitor_drive(state, catga_clock_now());
        sleep_until(&state->upkeep, ask < announce ? ask : announce);
    }
    return NULL;
}

bool catga_upkeep_start(catga_bus_state *state)
{
    catga_upkeep *upkeep = &state->upkeep;

    if (!upkeep->running)
        upkeep->running = catga_thread_start(&upkeep->thread, run, state);
    return upkeep->running;
}

void catga_upkeep_stop(catga_bus_state *state)
{
    catga_upkeep *upkeep = &state->upkeep;

    if (!upkeep->running)
        return;
    atomic_store(&upkeep->stopping, true);
    catga_upkeep_wake(upkeep);
    pthread_join(upkeep->thread, NULL);
    upkeep->running = false;
}
