/* A bus from open to close. */
#include "base/descriptors.h"
#include "base/running.h"
#include "base/signals.h"
#include "bus/bus_state.h"
#include "claims/claims.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { DRAIN_SLICE_MS = 20, SHORTEST_FLUSH_MS = 200 };

/* ---- What the transport tells ---- */

static void on_reply(void *user, uint64_t token, catga_incoming *message)
{
    catga_bus_state *state = user;

    if (catga_owner_monitor_is_token(token)) {
        catga_owner_monitor_answer(state, token, message);
        state->operations->release(message);
    } else if (!catga_calls_answer(&state->calls, token, message)) {
        state->operations->release(message);
    }
}

static void on_denied(void *user, const char *subject)
{
    catga_bus_state *state = user;
    const catga_call_event event = {.kind = CATGA_RETRY_RESULT, .status = CATGA_NOT_PERMITTED};

    catga_calls_tell(&state->calls, catga_calls_hash(subject), &event);
}

static void on_lost(catga_bus_state *state, const char *text)
{
    catga_bus_count(state, CATGA_COUNTER_disconnects);
    catga_log_limited(&state->settings.logger, &state->losses, CATGA_LOG_WARNING,
                      "nats: lost the connection: calls and events fail until it is back (%s)",
                      text);
    catga_calls_lost(&state->calls);
}

static void on_closed(catga_bus_state *state, const char *text)
{
    catga_log(&state->settings.logger, CATGA_LOG_ERROR, "nats: gave up connecting: %s", text);
    atomic_store(&state->lost, true);
    catga_calls_lost(&state->calls);
    eventfd_write(state->stop_fd, 1);
}

static void on_event(void *user, catga_connection_event event, const char *text)
{
    catga_bus_state *state = user;
    const catga_logger *logger = &state->settings.logger;

    if (text == NULL)
        text = "";
    switch (event) {
    case CATGA_CONNECTION_OPENED:
        catga_log(logger, CATGA_LOG_INFO, "nats: connected (server=%s)", text);
        break;
    case CATGA_CONNECTION_FAILED:
        catga_log(logger, CATGA_LOG_WARNING, "nats: cannot connect: %s", text);
        break;
    case CATGA_CONNECTION_LOST:
        on_lost(state, text);
        break;
    case CATGA_CONNECTION_FOUND:
        catga_bus_count(state, CATGA_COUNTER_reconnects);
        catga_log_limited(logger, &state->finds, CATGA_LOG_WARNING,
                          "nats: connected again (server=%s)", text);
        break;
    case CATGA_CONNECTION_CLOSED:
        on_closed(state, text);
        break;
    case CATGA_CONNECTION_OVERFLOW:
        catga_log_limited(logger, &state->overflows, CATGA_LOG_WARNING,
                          "nats: slow consumer: dropping messages (%s)", text);
        break;
    case CATGA_CONNECTION_REFUSED:
        catga_log_limited(logger, &state->refusals, CATGA_LOG_ERROR, "nats: the server refused: %s",
                          text);
        break;
    case CATGA_STORAGE_MISSING:
        catga_log(logger, CATGA_LOG_WARNING,
                  "nats: %s is missing: it is recreated when the server has deleted its files",
                  text);
        break;
    case CATGA_STORAGE_RESTORED:
        catga_log(logger, CATGA_LOG_WARNING, "nats: recreated missing %s", text);
        break;
    case CATGA_STORAGE_UNUSABLE:
        catga_log(logger, CATGA_LOG_ERROR, "nats: cannot use %s", text);
        break;
    }
}

/* ---- Open and close ---- */

static void state_free(catga_bus_state *state)
{
    catga_log_reporter_end(&state->log_reporter);
    catga_calls_end(&state->calls);
    catga_pool_end(&state->received);
    catga_pool_end(&state->encode_blocks);
    catga_owner_monitor_end(&state->owner_monitor);
    catga_upkeep_end(&state->upkeep);
    catga_instances_end(&state->instances);
    catga_settling_end(state);
    pthread_mutex_destroy(&state->preparer.lock);
    pthread_cond_destroy(&state->preparer.changed);
    pthread_mutex_destroy(&state->preparing);
    pthread_mutex_destroy(&state->serving);
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
    catga_log_reporter_begin(&state->log_reporter, &state->settings.logger);
    state->prefix = catga_str(state->settings.prefix);
    catga_message_ids_begin(&state->message_ids);
    catga_pool_begin(&state->received, catga_received_size());
    catga_pool_begin(&state->encode_blocks, 0);
    pthread_mutex_init(&state->serving, NULL);
    pthread_mutex_init(&state->preparing, NULL);
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
        catga_calls_begin(&state->calls, (uint32_t)settings->in_flight, catga_client_drive, state);
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
        .listener = {.on_reply = on_reply,
                     .on_event = on_event,
                     .on_denied = on_denied,
                     .user = state},
    };
    sigset_t before;

    catga_signals_block(&before); /* for the threads that the transport makes */
    catga_status status = settings.local != NULL
                              ? catga_transport_local_open(&settings, &state->transport)
                              : catga_transport_nats_open(&settings, &state->transport);
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
    pthread_mutex_lock(&state->serving);
    bool ended = catga_services_end(state) && catga_claims_close(state);
    pthread_mutex_unlock(&state->serving);
    return ended;
}

/*
 * In this order: handlers, threads, the connection, calls, memory. A callback that gets
 * CATGA_CLOSED may call every function of the bus, so nothing is freed before the last has run.
 */
static void end(catga_bus_state *state)
{
    atomic_store(&state->phase, CATGA_BUS_CLOSED);
    catga_preparer_end(&state->preparer);
    catga_calls_stop_timer(&state->calls);
    state->operations->stop(state->transport);
    catga_client_abandon(state);
    state->operations->close(state->transport);
    state_free(state);
}

/* A handler that does not end keeps what it stands on: leaking is then the only safe thing. */
void catga_close(catga_bus *bus)
{
    if (bus == NULL || catga_process_is_forked(&bus->state->process))
        return;
    catga_bus_state *state = bus->state;
    if (catga_running_in_bus(state)) {
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "bus: refuse to close: catga_close is called in a handler or callback of this "
                  "bus, which it would wait for; call catga_stop there");
        return;
    }
    if (atomic_load(&state->phase) == CATGA_BUS_OPEN)
        catga_bus_drain(state, NULL, NULL);
    if (end_handlers(state))
        end(state);
    else
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "closed while a handler runs: its bus is not freed");
}

/* ---- While it is open ---- */

static catga_bus_phase state_of(const catga_bus *bus)
{
    return (catga_bus_phase)atomic_load_explicit(&bus->state->phase, memory_order_relaxed);
}

/* Locks may be held for ever here, by threads that the child does not have: it takes none. */
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
    return state_of(bus) == CATGA_BUS_CLOSED ? CATGA_CLOSED : CATGA_OK;
}

catga_status catga_bus_may_send(const catga_bus *bus)
{
    catga_status status = catga_bus_may_use(bus);
    bool open = state_of(bus) == CATGA_BUS_OPEN;

    return status != CATGA_OK || open || bus->context != NULL ? status : CATGA_DRAINING;
}

catga_status catga_bus_may_wait(const catga_bus *bus)
{
    catga_status status = catga_bus_may_send(bus);

    if (status == CATGA_OK && catga_running_in_callback(bus->state))
        return CATGA_WOULD_DEADLOCK;
    return status;
}

/* Handlers are waited for, so none may wait for that; nor a callback, which may bring an answer. */
catga_status catga_bus_may_drain(const catga_bus *bus)
{
    catga_status status = catga_bus_may_use(bus);

    if (status == CATGA_OK && catga_running_in_bus(bus->state))
        return CATGA_WOULD_DEADLOCK;
    return status;
}

catga_status catga_bus_drain(catga_bus_state *state, bool (*impatient)(void *user), void *user)
{
    int64_t begin = catga_clock_now();
    int64_t end = begin + state->settings.drain_wait_ms * CATGA_MILLISECOND;

    atomic_store(&state->phase, CATGA_BUS_DRAINING);
    catga_settling_drain(state, begin + (end - begin) / 2);
    pthread_mutex_lock(&state->serving);
    bool done = catga_services_drain(state, 0);
    while (!done && catga_clock_now() < end && (impatient == NULL || !impatient(user)))
        done = catga_services_drain(state, DRAIN_SLICE_MS);
    if (!done)
        atomic_store(&state->phase, CATGA_BUS_ENDING);
    pthread_mutex_unlock(&state->serving);
    if (!done) {
        catga_log(&state->settings.logger, CATGA_LOG_WARNING, "not drained: a handler still runs");
        return CATGA_TIMEOUT;
    }
    int64_t left = catga_clock_left_ms(end, catga_clock_now());
    return state->operations->flush(state->transport,
                                    left > SHORTEST_FLUSH_MS ? (int)left : SHORTEST_FLUSH_MS);
}

catga_status catga_drain(catga_bus *bus)
{
    catga_status status = catga_bus_may_drain(bus);

    return status == CATGA_OK ? catga_bus_drain(bus->state, NULL, NULL) : status;
}

catga_status catga_flush(catga_bus *bus, int timeout_ms)
{
    catga_status status = catga_bus_may_use(bus);

    if (status != CATGA_OK)
        return status;
    return bus->state->operations->flush(bus->state->transport, timeout_ms);
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
