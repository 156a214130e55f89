/*
 * http.h: an HTTP gateway for the messages of a schema, in the optional library libcatga_http.
 *
 * A gateway passes the route tables that `catgac --emit routes` makes, and serves:
 *
 *     catga_bus *bus;
 *     catga_http *http;
 *     const catga_routes *const routes[] = {&shop_orders_routes};
 *     catga_status status = catga_open(&bus, NULL);
 *     status = catga_http_open(&http, bus, routes, 1, NULL);
 *     status = catga_http_run(http);                          until SIGTERM or SIGINT
 *     catga_http_close(http);
 *     catga_close(bus);
 *
 * Requests become calls, without a thread per request. A service without routes uses the library
 * for /health, /ready, /metrics and /openapi.json only. http/README.md describes paths, names in
 * JSON, statuses, headers and limits.
 *
 * Threads: any thread may call any function; catga_http_close is the last call.
 */
#ifndef CATGA_HTTP_H
#define CATGA_HTTP_H

#include <catga/metrics.h>
#include <catga/nodes.h>
#include <catga/routes.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct catga_http catga_http;

/* A check of the program's own in /health. */
typedef struct catga_http_check {
    const char *name;            /* "Redis_Connection" */
    bool (*healthy)(void *user); /* returns at once; called by the thread of the server */
    void *user;
} catga_http_check;

/* The options of a gateway; all zero is all defaults. Texts and arrays are needed until
 * catga_http_close. An option overrides its environment variable, which overrides the default.
 * Each comment ends with the variables and the default. */
typedef struct catga_http_options {
    /* numeric address to listen on; CATGA_HTTP_ADDRESS, "127.0.0.1" */
    const char *address;
    /* port; -1: any free port; CATGA_HTTP_PORT, NODE_PORT, 8080 */
    int port;
    /* another port for /health, /ready, /metrics and /openapi.json, which the first port then does
     * not serve; -1: any free port; CATGA_HTTP_ADMIN_PORT, none */
    int admin_port;
    /* limit of connections; more wait until others end; CATGA_HTTP_CONNECTIONS, 1024 */
    int connections;
    /* limit of connections of one address; more are closed; CATGA_HTTP_CONNECTIONS_PER_ADDRESS,
     * 0: none, as behind a load balancer */
    int connections_per_address;
    /* limit of a body in bytes; CATGA_HTTP_BODY, 1044480: what NATS carries by default */
    int body;
    /* milliseconds from the first byte of a request to the end of its headers;
     * CATGA_HTTP_HEAD_MS, 5000 */
    int head_ms;
    /* milliseconds for the body; CATGA_HTTP_BODY_MS, 10000 */
    int body_ms;
    /* milliseconds for the client to receive the response; CATGA_HTTP_SEND_MS, 30000 */
    int send_ms;
    /* milliseconds until an idle connection is closed, in whole seconds;
     * CATGA_HTTP_IDLE_MS, 30000 */
    int idle_ms;
    /* limit of clients that receive events; more get 503; CATGA_HTTP_STREAMS, 1024 */
    int streams;
    /* milliseconds from the end of catga_http_run's wait to the end of listening: /ready answers
     * 503 and connections are closed after a response, so that load balancers leave;
     * CATGA_HTTP_LEAVE_MS, 0 */
    int leave_ms;
    /* 1: measures the messages of the bus, and serves metrics for Prometheus at /metrics
     * (metrics.h); CATGA_HTTP_METRICS, 0 */
    int metrics;
    /* origin that browsers may call from, "https://shop.example" or "*";
     * CATGA_HTTP_CORS_ORIGIN, none */
    const char *cors_origin;
    /* names of headers of requests that the service gets (catga_with_headers), separated by commas,
     * at most 8: "Authorization"; CATGA_HTTP_FORWARD_HEADERS, none */
    const char *forward_headers;
    /* files of a PEM certificate chain and of its private key, for TLS;
     * CATGA_HTTP_CERTIFICATE_FILE and CATGA_HTTP_KEY_FILE, none: a load balancer does TLS */
    const char *certificate_file;
    const char *key_file;
    /* name of the service in /health and /openapi.json; CATGA_NAME, the instance */
    const char *name;
    /* address at which others reach this gateway, "http://10.0.0.7:8080": it then announces itself
     * as a node (nodes.h), and /health lists all nodes; CATGA_HTTP_ENDPOINT, none */
    const char *endpoint;
    /* version of the program, in its announcements; "" */
    const char *version;
    /* more checks in /health */
    const catga_http_check *checks;
    size_t check_count;
    /* more metrics in /metrics; their functions return at once, on the thread of the server */
    const catga_metrics_source *sources;
    size_t source_count;
} catga_http_options;

/*
 * Listens, and subscribes to the events of the routes. `bus` is open until catga_http_close.
 * `options` may be NULL. CATGA_INVALID_ARGUMENT: an option, or two routes of one path; the log of
 * the bus names it. Else a status of ..._serve, or CATGA_NO_MEMORY. After a failure to listen, the
 * bus is as before.
 */
CATGA_CHECKED catga_status catga_http_open(catga_http **http, catga_bus *bus,
                                           const catga_routes *const *routes, size_t count,
                                           const catga_http_options *options);

/* Returns the port, and the port of /health; the same if there is one. */
uint16_t catga_http_port(const catga_http *http);
uint16_t catga_http_admin_port(const catga_http *http);

/*
 * Waits like catga_run. Then stops: waits leave_ms, stops listening, waits at most body_ms for the
 * requests in flight, and drains the bus. A second signal ends these waits. Returns the status of
 * catga_run, or CATGA_TIMEOUT if requests were not finished.
 */
CATGA_CHECKED catga_status catga_http_run(catga_http *http);

/* Stops listening and ends the streams. Waits at most timeout_ms for new connections to bring their
 * request (200 ms), and for the requests in flight; the others get 503. Returns CATGA_OK, or
 * CATGA_TIMEOUT if there were some. A pending SIGTERM or SIGINT that the caller blocks ends the
 * waits. */
catga_status catga_http_stop(catga_http *http, int timeout_ms);

/* Stops, closes every connection, and frees the gateway. Drains the bus if a route is an event: it
 * delivers to the gateway until then. Call it before catga_close. NULL is allowed. */
void catga_http_close(catga_http *http);

/* Counters of a gateway since it was opened. */
typedef struct catga_http_counters {
    uint64_t requests;        /* received heads */
    uint64_t refused;         /* answered 400 to 499, also with a declared error */
    uint64_t failed;          /* answered 500 to 599 */
    uint64_t streams;         /* clients that began to receive events */
    uint64_t streams_dropped; /* that were too slow */
} catga_http_counters;
catga_http_counters catga_http_count(const catga_http *http);

#ifdef __cplusplus
}
#endif

#endif
