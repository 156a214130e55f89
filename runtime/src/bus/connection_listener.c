/* Handles replies and connection events; see connection_listener.h. */
#include "bus/connection_listener.h"

#include <sys/eventfd.h>

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
                      "%s: lost the connection: calls and events fail until it is back (%s)",
                      state->settings.kind->name, text);
    catga_calls_lost(&state->calls);
}

static void on_closed(catga_bus_state *state, const char *text)
{
    catga_log(&state->settings.logger, CATGA_LOG_ERROR, "%s: gave up connecting: %s",
              state->settings.kind->name, text);
    atomic_store(&state->lost, true);
    catga_calls_lost(&state->calls);
    eventfd_write(state->stop_fd, 1);
}

static void on_event(void *user, catga_connection_event event, const char *text)
{
    catga_bus_state *state = user;
    const catga_logger *logger = &state->settings.logger;
    const char *name = state->settings.kind->name;

    if (text == NULL)
        text = "";
    switch (event) {
    case CATGA_CONNECTION_OPENED:
        catga_log(logger, CATGA_LOG_INFO, "%s: connected (server=%s)", name, text);
        break;
    case CATGA_CONNECTION_FAILED:
        catga_log(logger, CATGA_LOG_WARNING, "%s: cannot connect: %s", name, text);
        break;
    case CATGA_CONNECTION_LOST:
        on_lost(state, text);
        break;
    case CATGA_CONNECTION_FOUND:
        catga_bus_count(state, CATGA_COUNTER_reconnects);
        catga_log_limited(logger, &state->finds, CATGA_LOG_WARNING,
                          "%s: connected again (server=%s)", name, text);
        break;
    case CATGA_CONNECTION_CLOSED:
        on_closed(state, text);
        break;
    case CATGA_CONNECTION_OVERFLOW:
        catga_log_limited(logger, &state->overflows, CATGA_LOG_WARNING,
                          "%s: slow consumer: dropping messages (%s)", name, text);
        break;
    case CATGA_CONNECTION_REFUSED:
        catga_log_limited(logger, &state->refusals, CATGA_LOG_ERROR, "%s: the server refused: %s",
                          name, text);
        break;
    case CATGA_STORAGE_MISSING:
        catga_log(logger, CATGA_LOG_WARNING,
                  "%s: %s is missing: it is recreated when the server has deleted its files", name,
                  text);
        break;
    case CATGA_STORAGE_RESTORED:
        catga_log(logger, CATGA_LOG_WARNING, "%s: recreated missing %s", name, text);
        break;
    case CATGA_STORAGE_UNUSABLE:
        catga_log(logger, CATGA_LOG_ERROR, "%s: cannot use %s", name, text);
        break;
    }
}

catga_transport_listener catga_connection_listener(catga_bus_state *state)
{
    return (catga_transport_listener){
        .on_reply = on_reply, .on_event = on_event, .on_denied = on_denied, .user = state};
}
