/* A bus from open to close. */
#include "bus/claims.h"
#include "bus/core.h"
#include "base/descriptors.h"
#include "base/running.h"
#include "base/signals.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { DRAIN_SLICE_MS = 20, SHORTEST_FLUSH_MS = 200 };

/* ---- What the transport tells ---- */

static void on_reply(void *user, uint64_t token, catga_incoming *message)
{
    catga_core *core = user;
    if (catga_owner_watch_is_token(token)) {
        catga_owner_watch_answer(core, token, message);
        core->operations->release(message);
    } else if (!catga_calls_answer(&core->calls, token, message)) {
        core->operations->release(message);
    }
}

static void on_denied(void *user, const char *subject)
{
    catga_core *core = user;
    const catga_call_event event = {.kind = CATGA_RETRY_RESULT, .status = CATGA_NOT_PERMITTED};
    catga_calls_tell(&core->calls, catga_calls_hash(subject), &event);
}

static void on_lost(catga_core *core, const char *text)
{
    catga_core_count(core, CATGA_COUNTER_disconnects);
    catga_log_limited(&core->settings.logger, &core->losses, CATGA_LOG_WARNING,
                      "nats: lost the connection: calls and events fail until it is back (%s)", text);
    catga_calls_lost(&core->calls);
}

static void on_closed(catga_core *core, const char *text)
{
    catga_log(&core->settings.logger, CATGA_LOG_ERROR, "nats: gave up connecting: %s", text);
    atomic_store(&core->lost, true);
    catga_calls_lost(&core->calls);
    eventfd_write(core->stop_fd, 1);
}

static void on_event(void *user, catga_connection_event event, const char *text)
{
    catga_core *core = user;
    const catga_logger *logger = &core->settings.logger;

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
        on_lost(core, text);
        break;
    case CATGA_CONNECTION_FOUND:
        catga_core_count(core, CATGA_COUNTER_reconnects);
        catga_log_limited(logger, &core->finds, CATGA_LOG_WARNING,
                          "nats: connected again (server=%s)", text);
        break;
    case CATGA_CONNECTION_CLOSED:
        on_closed(core, text);
        break;
    case CATGA_CONNECTION_OVERFLOW:
        catga_log_limited(logger, &core->overflows, CATGA_LOG_WARNING,
                          "nats: slow consumer: dropping messages (%s)", text);
        break;
    case CATGA_CONNECTION_REFUSED:
        catga_log_limited(logger, &core->refusals, CATGA_LOG_ERROR,
                          "nats: the server refused: %s", text);
        break;
    case CATGA_STORE_MISSING:
        catga_log(logger, CATGA_LOG_WARNING,
                  "nats: %s is missing: it is recreated when the server has deleted its files", text);
        break;
    case CATGA_STORE_RESTORED:
        catga_log(logger, CATGA_LOG_WARNING, "nats: recreated missing %s", text);
        break;
    case CATGA_STORE_UNUSABLE:
        catga_log(logger, CATGA_LOG_ERROR, "nats: cannot use %s", text);
        break;
    }
}

/* ---- Open and close ---- */

static void core_free(catga_core *core)
{
    catga_log_reporter_end(&core->log_reporter);
    catga_calls_end(&core->calls);
    catga_pool_end(&core->received);
    catga_pool_end(&core->payloads);
    catga_owner_watch_end(&core->watch);
    catga_upkeep_end(&core->upkeep);
    catga_instances_end(&core->instances);
    catga_settling_end(core);
    pthread_mutex_destroy(&core->preparer.lock);
    pthread_cond_destroy(&core->preparer.changed);
    pthread_mutex_destroy(&core->preparing);
    pthread_mutex_destroy(&core->serving);
    if (core->stop_fd >= 0)
        close(core->stop_fd);
    catga_process_end(&core->process);
    free(core);
}

static catga_core *core_make(const catga_settings *settings)
{
    catga_core *core = calloc(1, sizeof *core);
    if (core == NULL)
        return NULL;
    core->bus.core = core;
    core->settings = *settings;
    catga_log_reporter_begin(&core->log_reporter, &core->settings.logger);
    core->prefix = catga_str(core->settings.prefix);
    catga_identity_begin(&core->identity);
    catga_pool_begin(&core->received, catga_received_size());
    catga_pool_begin(&core->payloads, 0);
    pthread_mutex_init(&core->serving, NULL);
    pthread_mutex_init(&core->preparing, NULL);
    catga_preparer_begin(&core->preparer);
    catga_owner_init(&core->owner, &core->identity);
    catga_owner_watch_init(&core->watch);
    catga_upkeep_init(&core->upkeep);
    catga_instances_init(&core->instances);
    catga_settling_begin(&core->settling);
    catga_process_begin(&core->process);
    core->retained.most = (size_t)settings->in_flight_bytes;
    core->stop_fd = catga_descriptor_above_standard(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    catga_status status =
        catga_calls_begin(&core->calls, (uint32_t)settings->in_flight, catga_client_drive, core);
    if (core->stop_fd < 0 || status != CATGA_OK) {
        core_free(core);
        return NULL;
    }
    return core;
}

static catga_status connect_transport(catga_core *core)
{
    const catga_transport_settings settings = {
        .servers = core->settings.servers,
        .name = core->settings.name,
        .connect_wait_ms = core->settings.connect_wait_ms,
        .ping_interval_ms = core->settings.ping_interval_ms,
        .max_pings_out = core->settings.max_pings_out,
        .local = core->settings.local,
        .listener = {.on_reply = on_reply, .on_event = on_event, .on_denied = on_denied, .user = core},
    };
    sigset_t before;

    catga_signals_block(&before); /* for the threads that the transport makes */
    catga_status status = settings.local != NULL
                              ? catga_transport_local_open(&settings, &core->transport)
                              : catga_transport_nats_open(&settings, &core->transport);
    catga_signals_restore(&before);
    if (status != CATGA_OK)
        return status;
    core->operations = core->transport->operations;
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
    catga_core *core = core_make(&settings);
    if (core == NULL)
        return CATGA_NO_MEMORY;
    status = connect_transport(core);
    if (status != CATGA_OK) {
        catga_log(&settings.logger, CATGA_LOG_ERROR, "bus: cannot open: %s",
                  status == CATGA_CLOSED ? "this process was forked from one that has opened a bus; "
                                           "call exec, or fork before catga_open"
                                         : catga_status_text(status));
        core_free(core);
        return status;
    }
    *bus = &core->bus;
    return CATGA_OK;
}

static bool end_handlers(catga_core *core)
{
    pthread_mutex_lock(&core->serving);
    bool ended = catga_served_end(core) && catga_claims_close(core);
    pthread_mutex_unlock(&core->serving);
    return ended;
}

/*
 * In this order: handlers, threads, the connection, calls, memory. A callback that gets
 * CATGA_CLOSED may call every function of the bus, so nothing is freed before the last has run.
 */
static void end(catga_core *core)
{
    atomic_store(&core->state, CATGA_CORE_CLOSED);
    catga_preparer_end(&core->preparer);
    catga_calls_stop_timer(&core->calls);
    core->operations->stop(core->transport);
    catga_client_abandon(core);
    core->operations->close(core->transport);
    core_free(core);
}

/* A handler that does not end keeps what it stands on: leaking is then the only safe thing. */
void catga_close(catga_bus *bus)
{
    if (bus == NULL || catga_process_is_forked(&bus->core->process))
        return;
    catga_core *core = bus->core;
    if (catga_running_in_bus(core)) {
        catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                  "bus: refuse to close: catga_close is called in a handler or callback of this "
                  "bus, which it would wait for; call catga_stop there");
        return;
    }
    if (atomic_load(&core->state) == CATGA_CORE_OPEN)
        catga_core_drain(core, NULL, NULL);
    if (end_handlers(core))
        end(core);
    else
        catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                  "closed while a handler runs: its bus is not freed");
}

/* ---- While it is open ---- */

static catga_core_state state_of(const catga_bus *bus)
{
    return (catga_core_state)atomic_load_explicit(&bus->core->state, memory_order_relaxed);
}

/* Locks may be held for ever here, by threads that the child does not have: it takes none. */
static CATGA_COLD catga_status refuse_child(catga_core *core)
{
    if (!atomic_exchange(&core->child_logged, true))
        catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                  "bus: refuse to work in a forked child: it has the memory of the bus, not its "
                  "threads; call exec, or fork before catga_open");
    return CATGA_CLOSED;
}

catga_status catga_core_may_use(const catga_bus *bus)
{
    if (CATGA_SELDOM(catga_process_is_forked(&bus->core->process)))
        return refuse_child(bus->core);
    return state_of(bus) == CATGA_CORE_CLOSED ? CATGA_CLOSED : CATGA_OK;
}

catga_status catga_core_may_send(const catga_bus *bus)
{
    catga_status status = catga_core_may_use(bus);
    bool open = state_of(bus) == CATGA_CORE_OPEN;

    return status != CATGA_OK || open || bus->context != NULL ? status : CATGA_DRAINING;
}

catga_status catga_core_may_wait(const catga_bus *bus)
{
    catga_status status = catga_core_may_send(bus);

    if (status == CATGA_OK && catga_running_in_callback(bus->core))
        return CATGA_WOULD_DEADLOCK;
    return status;
}

/* Handlers are waited for, so none may wait for that; nor a callback, which may bring an answer. */
catga_status catga_core_may_drain(const catga_bus *bus)
{
    catga_status status = catga_core_may_use(bus);

    if (status == CATGA_OK && catga_running_in_bus(bus->core))
        return CATGA_WOULD_DEADLOCK;
    return status;
}

catga_status catga_core_drain(catga_core *core, bool (*impatient)(void *user), void *user)
{
    int64_t begin = catga_clock_now();
    int64_t end = begin + core->settings.drain_wait_ms * CATGA_MILLISECOND;

    atomic_store(&core->state, CATGA_CORE_DRAINING);
    catga_settling_drain(core, begin + (end - begin) / 2);
    pthread_mutex_lock(&core->serving);
    bool done = catga_served_drain(core, 0);
    while (!done && catga_clock_now() < end && (impatient == NULL || !impatient(user)))
        done = catga_served_drain(core, DRAIN_SLICE_MS);
    if (!done)
        atomic_store(&core->state, CATGA_CORE_ENDING);
    pthread_mutex_unlock(&core->serving);
    if (!done) {
        catga_log(&core->settings.logger, CATGA_LOG_WARNING, "not drained: a handler still runs");
        return CATGA_TIMEOUT;
    }
    int64_t left = catga_clock_left_ms(end, catga_clock_now());
    return core->operations->flush(core->transport,
                                   left > SHORTEST_FLUSH_MS ? (int)left : SHORTEST_FLUSH_MS);
}

catga_status catga_drain(catga_bus *bus)
{
    catga_status status = catga_core_may_drain(bus);

    return status == CATGA_OK ? catga_core_drain(bus->core, NULL, NULL) : status;
}

catga_status catga_flush(catga_bus *bus, int timeout_ms)
{
    catga_status status = catga_core_may_use(bus);

    if (status != CATGA_OK)
        return status;
    return bus->core->operations->flush(bus->core->transport, timeout_ms);
}

const char *catga_instance(const catga_bus *bus)
{
    return bus->core->settings.instance;
}

bool catga_connected(const catga_bus *bus)
{
    const catga_core *core = bus->core;

    return !catga_process_is_forked(&core->process) &&
           core->operations->connected(core->transport);
}

catga_counters catga_count(const catga_bus *bus)
{
    const catga_core *core = bus->core;
    catga_counters counters;

#define COUNTER(name, sentence)                                                                    \
    counters.name =                                                                                \
        atomic_load_explicit(&core->counters[CATGA_COUNTER_##name], memory_order_relaxed);
#include <catga/counters.def>
#undef COUNTER
    if (catga_process_is_forked(&core->process))
        return counters;
    counters.published += core->operations->published(core->transport);
    counters.dropped_messages += core->operations->dropped(core->transport);
    return counters;
}
