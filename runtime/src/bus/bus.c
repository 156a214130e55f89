/* Opens and closes a bus, and reports its status. */
#include "base/descriptors.h"
#include "base/running.h"
#include "base/signals.h"
#include "bus/bus_state.h"
#include "bus/connection_listener.h"
#include "bus/decode_buffer.h"
#include "bus/drain.h"
#include "claims/claim_buckets.h"
#include "client/outcome.h"
#include "client/send.h"
#include "observe/hooks.h"
#include "observe/log_facts.h"
#include "observe/message_log.h"
#include "server/service.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- Open and close ---- */

static void state_free(catga_bus_state *state)
{
    if (state->buckets != NULL)
        state->end_buckets(state->buckets);
    catga_observers_end(state);
    catga_log_reporter_end(&state->log_reporter);
    catga_calls_end(&state->calls);
    catga_pool_end(&state->received);
    catga_pool_end(&state->encode_blocks);
    catga_pool_end(&state->decoded);
    catga_owner_monitor_end(&state->owner_monitor);
    catga_upkeep_end(&state->upkeep);
    catga_instances_end(&state->instances);
    catga_settling_end(state);
    pthread_mutex_destroy(&state->preparer.lock);
    pthread_cond_destroy(&state->preparer.changed);
    pthread_mutex_destroy(&state->preparing);
    pthread_mutex_destroy(&state->drain_hooks.lock);
    pthread_mutex_destroy(&state->fetchers.lock);
    catga_serving_end(&state->serving);
    if (state->stop_fd >= 0)
        close(state->stop_fd);
    catga_process_end(&state->process);
    free(state);
}

static catga_bus_state *state_make(const catga_settings *settings)
{
    catga_bus_state *state = calloc(1, sizeof *state);

    if (state == NULL)
        return NULL;
    state->bus.state = state;
    state->settings = *settings;
    state->settings.logger.facts = catga_log_facts_read;
    state->settings.logger.bus = state;
    catga_log_reporter_begin(&state->log_reporter, &state->settings.logger);
    if (catga_log_wants(&state->settings.logger, CATGA_LOG_DEBUG))
        atomic_init(&state->observers, &catga_message_log);
    state->prefix = catga_str(state->settings.prefix);
    catga_message_ids_begin(&state->message_ids);
    catga_pool_begin(&state->received, catga_received_size());
    catga_pool_begin(&state->encode_blocks, 0);
    catga_pool_begin(&state->decoded, sizeof(catga_decoded) + CATGA_DECODE_BLOCK);
    catga_serving_init(&state->serving);
    pthread_mutex_init(&state->preparing, NULL);
    pthread_mutex_init(&state->drain_hooks.lock, NULL);
    pthread_mutex_init(&state->fetchers.lock, NULL);
    LIST_INIT(&state->fetchers.list);
    catga_preparer_begin(&state->preparer);
    catga_owner_init(&state->owner, &state->message_ids);
    catga_owner_monitor_init(&state->owner_monitor);
    catga_upkeep_init(&state->upkeep);
    catga_instances_init(&state->instances);
    catga_settling_begin(&state->settling);
    catga_process_begin(&state->process);
    state->retained.most = (size_t)settings->in_flight_bytes;
    state->stop_fd = catga_descriptor_above_standard(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    catga_status status =
        catga_calls_begin(&state->calls, (uint32_t)settings->in_flight, catga_send_drive, state);
    if (state->stop_fd < 0 || status != CATGA_OK) {
        state_free(state);
        return NULL;
    }
    return state;
}

static catga_status connect_transport(catga_bus_state *state)
{
    const catga_transport_settings settings = {
        .servers = state->settings.servers,
        .name = state->settings.name,
        .connect_wait_ms = state->settings.connect_wait_ms,
        .ping_interval_ms = state->settings.ping_interval_ms,
        .max_pings_out = state->settings.max_pings_out,
        .local = state->settings.local,
        .listener = catga_connection_listener(state),
    };
    sigset_t before;

    catga_signals_block(&before); /* the transport's threads inherit the mask */
    catga_status status = settings.local != NULL
                              ? catga_transport_local_open(&settings, &state->transport)
                              : state->settings.kind->open(&settings, &state->transport);
    catga_signals_restore(&before);
    if (status != CATGA_OK)
        return status;
    state->operations = state->transport->operations;
    return CATGA_OK;
}

catga_status catga_open(catga_bus **bus, const catga_options *options)
{
    catga_settings settings;
    catga_problem problem;
    catga_status status = catga_settings_read(&settings, options, &problem);

    *bus = NULL;
    if (status != CATGA_OK) {
        catga_log(&settings.logger, CATGA_LOG_ERROR, "bus: cannot open: %s", problem.text);
        return status;
    }
    catga_bus_state *state = state_make(&settings);
    if (state == NULL)
        return CATGA_NO_MEMORY;
    status = connect_transport(state);
    if (status != CATGA_OK) {
        catga_log(&settings.logger, CATGA_LOG_ERROR, "bus: cannot open: %s",
                  status == CATGA_CLOSED
                      ? "this process was forked from one that has opened a bus; "
                        "call exec, or fork before catga_open"
                      : catga_status_text(status));
        state_free(state);
        return status;
    }
    *bus = &state->bus;
    return CATGA_OK;
}

static bool end_handlers(catga_bus_state *state)
{
    catga_serving_lock(&state->serving);
    bool ended = catga_services_end(state) && catga_claims_close(state);
    catga_serving_unlock(&state->serving);
    return ended;
}

/*
 * Ends threads, the connection, calls and memory, in this order. A callback that gets CATGA_CLOSED
 * may call every function of the bus, so memory is freed after the last callback.
 */
static void end(catga_bus_state *state)
{
    atomic_store(&state->phase, CATGA_BUS_CLOSED);
    catga_preparer_end(&state->preparer);
    catga_calls_stop_timer(&state->calls);
    state->operations->stop(state->transport);
    catga_send_abandon(state);
    state->operations->close(state->transport);
    state_free(state);
}

/* Leaks the bus while a handler runs, because the handler uses it. */
void catga_close(catga_bus *bus)
{
    if (bus == NULL || catga_process_is_forked(&bus->state->process))
        return;
    catga_bus_state *state = bus->state;
    if (catga_running_in_bus(state)) {
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "bus: refuse to close: a handler or callback of this bus called catga_close, "
                  "which would wait for it; call catga_stop there");
        return;
    }
    if (atomic_load(&state->phase) == CATGA_BUS_OPEN)
        catga_bus_drain(state, NULL, NULL);
    if (end_handlers(state)) {
        catga_drain_watchers(state); /* a drain that timed out has not */
        end(state);
        return;
    }
    catga_log(&state->settings.logger, CATGA_LOG_ERROR, "bus: cannot free: a handler still runs");
}

/* ---- While the bus is open ---- */

catga_status catga_flush(catga_bus *bus, int timeout_ms)
{
    catga_status status = catga_bus_may_use(bus);

    if (status != CATGA_OK)
        return status;
    return bus->state->operations->flush(bus->state->transport, timeout_ms);
}

/* ---- Gathering ---- */

static void gather(catga_bus *bus, void (*step)(void *owner))
{
    if (step != NULL && !catga_process_is_forked(&bus->state->process))
        step(bus->state->transport);
}

void catga_gather_begin(catga_bus *bus)
{
    gather(bus, bus->state->operations->gather_begin);
}

void catga_gather_send(catga_bus *bus)
{
    gather(bus, bus->state->operations->gather_send);
}

void catga_gather_end(catga_bus *bus)
{
    gather(bus, bus->state->operations->gather_end);
}

/* ---- The state of the bus ---- */

void catga_log_line(const catga_bus *bus, catga_log_level level, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    catga_log_list(&bus->state->settings.logger, level, format, arguments);
    va_end(arguments);
}

const char *catga_instance(const catga_bus *bus)
{
    return bus->state->settings.instance;
}

bool catga_connected(const catga_bus *bus)
{
    const catga_bus_state *state = bus->state;

    return !catga_process_is_forked(&state->process) &&
           state->operations->connected(state->transport);
}

catga_status catga_ready(const catga_bus *bus)
{
    catga_status status = catga_bus_may_send(bus);
    catga_transport *transport = bus->state->transport;

    if (status != CATGA_OK)
        return status;
    if (!catga_connected(bus))
        return CATGA_DISCONNECTED;
    bool usable = transport->streams == NULL || transport->streams->usable(transport);
    return usable ? CATGA_OK : CATGA_REFUSED;
}

catga_counters catga_count(const catga_bus *bus)
{
    const catga_bus_state *state = bus->state;
    catga_counters counters;

#define COUNTER(name, sentence)                                                                    \
    counters.name =                                                                                \
        atomic_load_explicit(&state->counters[CATGA_COUNTER_##name], memory_order_relaxed);
#include <catga/counters.def>
#undef COUNTER
    if (catga_process_is_forked(&state->process))
        return counters;
    counters.published += state->operations->published(state->transport);
    counters.dropped_messages += state->operations->dropped(state->transport);
    return counters;
}
