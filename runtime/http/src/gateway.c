/* Opens and closes gateways; see http.h. */
#include "gateway.h"

#include "event_streams.h"
#include "metrics.h"
#include "receiver.h"
#include "request.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { ROUTES, ADMINISTRATION };

enum {
    WAIT_STEP_MS = 5,
    /* for the handshake and the first request of the last connections */
    LAST_CONNECTIONS_MS = 200,
    /* for the responses to requests that are not finished, and for the ends of streams */
    LAST_RESPONSES_MS = 1000
};

/* ---- Opening ---- */

static catga_status start(catga_http *http, http_listener *listener, int port,
                          catga_problem *problem)
{
    const http_settings *settings = &http->settings;
    const http_server_options options = {
        .address = settings->address,
        .port = port < 0 ? 0 : (uint16_t)port,
        .connections = (unsigned)settings->connections,
        .connections_per_address = (unsigned)settings->connections_per_address,
        .head_ms = (unsigned)settings->head_ms,
        .body_ms = (unsigned)settings->body_ms,
        .send_ms = (unsigned)settings->send_ms,
        .idle_ms = (unsigned)settings->idle_ms,
        .certificate = settings->certificate,
        .key = settings->key,
    };
    const http_receiver receiver = http_receiver_of(listener);

    listener->http = http;
    return http_server_start(&listener->server, &options, &receiver, problem);
}

/* Starts the ports. */
static catga_status start_all(catga_http *http, catga_problem *problem)
{
    http_listener *routes = &http->listeners[ROUTES];
    http_listener *administration = &http->listeners[ADMINISTRATION];
    catga_status status = CATGA_OK;

    routes->serves_routes = true;
    routes->serves_admin = http->settings.admin_port == 0;
    administration->serves_admin = true;
    if (http->settings.admin_port != 0)
        status = start(http, administration, http->settings.admin_port, problem);
    return status == CATGA_OK ? start(http, routes, http->settings.port, problem) : status;
}

static catga_status copy_tables(catga_http *http, const catga_routes *const *routes, size_t count)
{
    const catga_routes **copy = calloc(count + 1, sizeof *copy);

    http->tables = copy;
    if (copy == NULL)
        return CATGA_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        copy[i] = routes[i];
    http->table_count = count;
    return CATGA_OK;
}

/* Announces the gateway as a node, if it has an endpoint. */
static catga_status announce(catga_http *http)
{
    const http_settings *settings = &http->settings;
    const catga_nodes_options options = {
        .service = settings->name, .endpoint = settings->endpoint, .version = settings->version};
    catga_nodes *nodes = NULL;

    if (settings->endpoint == NULL)
        return CATGA_OK;
    catga_status status = catga_nodes_open(&nodes, http->bus, &options);
    atomic_store(&http->nodes, nodes);
    return status;
}

/* Receives events and requests. Only now is the bus used. */
static catga_status begin(catga_http *http, catga_problem *problem)
{
    catga_status status = start_all(http, problem);

    if (status != CATGA_OK)
        return status;
    http->serves_events = http->events != NULL;
    status = http_events_serve(http->events);
    return status == CATGA_OK ? announce(http) : status;
}

static catga_status prepare(catga_http *http, const catga_routes *const *routes, size_t count,
                            const catga_http_options *options, catga_problem *problem)
{
    catga_status status = http_settings_read(&http->settings, options, http->bus, problem);

    if (status == CATGA_OK)
        status = copy_tables(http, routes, count);
    if (status == CATGA_OK)
        status = http_router_make(&http->router, routes, count, problem);
    if (status == CATGA_OK)
        status = http_events_make(&http->events, http->bus, http->router,
                                  (unsigned)http->settings.streams);
    if (status == CATGA_OK)
        status = http_metrics_open(http);
    return status == CATGA_OK ? begin(http, problem) : status;
}

catga_status catga_http_open(catga_http **made, catga_bus *bus, const catga_routes *const *routes,
                             size_t count, const catga_http_options *options)
{
    catga_http *http = calloc(1, sizeof *http);
    catga_problem problem = {""};

    *made = NULL;
    if (http == NULL)
        return CATGA_NO_MEMORY;
    http->bus = bus;
    http->in_flight = http_in_flight_make();
    catga_status status =
        http->in_flight == NULL ? CATGA_NO_MEMORY : prepare(http, routes, count, options, &problem);
    if (status == CATGA_OK) {
        *made = http;
        return CATGA_OK;
    }
    if (problem.text[0] != '\0')
        catga_log_line(bus, CATGA_LOG_ERROR, "http: %s", problem.text);
    catga_http_close(http);
    return status;
}

uint16_t catga_http_port(const catga_http *http)
{
    return http_server_port(http->listeners[ROUTES].server);
}

uint16_t catga_http_admin_port(const catga_http *http)
{
    const http_listener *own = &http->listeners[ADMINISTRATION];

    return own->server != NULL ? http_server_port(own->server) : catga_http_port(http);
}

/* ---- Stopping ---- */

/* Returns whether a signal asks to end at once: the second one since catga_wait. */
static bool must_hurry(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 &&
           (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* Waits; a signal ends that at once. */
static void pause_ms(int milliseconds)
{
    for (int waited = 0; waited < milliseconds && !must_hurry(); waited += WAIT_STEP_MS) {
        struct timespec step = {0, WAIT_STEP_MS * 1000000L};
        nanosleep(&step, NULL);
    }
}

static void each_server(catga_http *http, void (*action)(http_server *server))
{
    for (size_t i = 0; i < 2; i++)
        if (http->listeners[i].server != NULL)
            action(http->listeners[i].server);
}

static bool any_server(const catga_http *http, bool (*condition)(const http_server *server))
{
    for (size_t i = 0; i < 2; i++)
        if (http->listeners[i].server != NULL && condition(http->listeners[i].server))
            return true;
    return false;
}

/* Waits while a condition holds for a server, at most `timeout_ms`; a signal ends that at once. */
static void wait_while(const catga_http *http, bool (*condition)(const http_server *server),
                       int timeout_ms)
{
    for (int waited = 0; any_server(http, condition) && waited < timeout_ms && !must_hurry();
         waited += WAIT_STEP_MS)
        pause_ms(WAIT_STEP_MS);
}

/* Stops listening; given time, without a reset of connections that clients have just made. */
static void stop_listening(catga_http *http, int timeout_ms)
{
    each_server(http, http_server_ignore_connections);
    wait_while(http, http_server_has_new_connections, timeout_ms);
    if (timeout_ms > 0)
        pause_ms(timeout_ms < LAST_CONNECTIONS_MS ? timeout_ms : LAST_CONNECTIONS_MS);
    each_server(http, http_server_stop_listening);
}

catga_status catga_http_stop(catga_http *http, int timeout_ms)
{
    atomic_store(&http->stops, true);
    each_server(http, http_server_close_connections);
    stop_listening(http, timeout_ms);
    http_events_stop(http->events);
    wait_while(http, http_server_has_exchanges, timeout_ms);
    bool is_late = any_server(http, http_server_has_exchanges);
    http_requests_abandon(http);
    wait_while(http, http_server_has_exchanges, LAST_RESPONSES_MS);
    wait_while(http, http_server_has_streams, LAST_RESPONSES_MS);
    return is_late ? CATGA_TIMEOUT : CATGA_OK;
}

/* Waits for a signal or catga_stop, and stops. */
static catga_status run(catga_http *http)
{
    catga_status status = catga_wait(http->bus);

    if (status == CATGA_WOULD_DEADLOCK)
        return status;
    atomic_store(&http->stops, true);
    each_server(http, http_server_close_connections);
    pause_ms(http->settings.leave_ms);
    catga_status stopped = catga_http_stop(http, http->settings.body_ms);
    catga_stop(http->bus);
    catga_status drained = catga_run(http->bus); /* at once, and ended by a second signal */
    return status != CATGA_OK ? status : drained != CATGA_OK ? drained : stopped;
}

catga_status catga_http_run(catga_http *http)
{
    sigset_t before;

    pthread_sigmask(SIG_SETMASK, NULL, &before);
    catga_status status = run(http);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

/* Ends the delivery of events to the gateway. Returns whether none is being delivered. */
static bool end_events(catga_http *http)
{
    if (!http->serves_events || catga_drain(http->bus) != CATGA_TIMEOUT)
        return true;
    catga_log_line(http->bus, CATGA_LOG_ERROR,
                   "http: keep the memory of event streams: a handler of events does not return");
    return false;
}

void catga_http_close(catga_http *http)
{
    if (http == NULL)
        return;
    if (http->in_flight != NULL)
        catga_ignore(catga_http_stop(http, 0));
    each_server(http, http_server_stop);
    catga_nodes_close(atomic_load(&http->nodes));
    if (end_events(http))
        http_events_free(http->events);
    http_router_free(http->router);
    free((void *)(uintptr_t)http->tables);
    http_settings_free(&http->settings);
    http_in_flight_release(http->in_flight);
    free(http);
}

catga_http_counters catga_http_count(const catga_http *http)
{
    catga_http_counters counters = {.requests = atomic_load(&http->requests),
                                    .refused = atomic_load(&http->refused),
                                    .failed = atomic_load(&http->failed)};

    http_events_count(http->events, &counters);
    return counters;
}
