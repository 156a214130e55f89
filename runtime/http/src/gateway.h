/* The state of a gateway, shared by the files that serve requests. */
#ifndef CATGA_HTTP_GATEWAY_H
#define CATGA_HTTP_GATEWAY_H

#include "in_flight.h"
#include "router.h"
#include "server.h"
#include "settings.h"

#include <catga/metrics.h>

#include <stdatomic.h>

typedef struct http_events http_events;

/* A port. The server calls the receiver with it. */
typedef struct http_listener {
    catga_http *http;
    http_server *server; /* NULL if there is no such port */
    bool serves_routes;
    bool serves_admin; /* /health, /ready, /metrics, /openapi.json */
} http_listener;

struct catga_http {
    catga_bus *bus;
    http_settings settings;
    const catga_routes *const *tables; /* a copy of the array */
    size_t table_count;
    http_router *router;
    http_events *events;          /* NULL without routes of events */
    catga_metrics *metrics;       /* of the bus; NULL without metrics */
    bool serves_events;           /* the bus delivers to `events` */
    _Atomic(catga_nodes *) nodes; /* NULL while the gateway does not announce itself */
    http_listener listeners[2];   /* for routes; for administration, if it has an own port */
    http_in_flight *in_flight;
    atomic_bool stops;
    atomic_uint_fast64_t requests;
    atomic_uint_fast64_t refused;
    atomic_uint_fast64_t failed;
};

#endif
