/*
 * routes.h: the route tables that `catgac --emit routes` makes of the annotations @http, for the
 * HTTP gateway in http.h. Programs pass the tables on and need not read them.
 */
#ifndef CATGA_ROUTES_H
#define CATGA_ROUTES_H

#include <catga/gen.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A command, a query or an event that HTTP clients reach. */
typedef struct catga_route {
    const catga_message *message;
    const char *method;     /* "POST"; of a query or an event "GET" */
    const char *path;       /* "/orders/{orderId}"; a field in braces is a whole segment */
    const uint16_t *fields; /* ids of the fields in braces, in their order; or NULL */
    uint16_t status;        /* of a success: 200, unless the schema sets another */
    /* Statuses of the errors in message->errors, in their order; NULL without errors. */
    const uint16_t *error_statuses;
    /* The operation object of OpenAPI 3.1: lines of JSON, ended by NULL. References lead to the
     * schemas below. */
    const char *const *operation;
} catga_route;

/* A schema object of OpenAPI. */
typedef struct catga_route_schema {
    const char *name;         /* "shop.orders.Order" */
    const char *const *lines; /* of JSON, ended by NULL */
} catga_route_schema;

/* The routes of one schema. */
typedef struct catga_routes {
    const char *name;  /* "shop.orders" */
    const char *title; /* first line of the schema's documentation comment; may be empty */
    uint32_t version;  /* the major version */
    const catga_route *routes;
    size_t route_count;
    const catga_route_schema *schemas; /* that the operations refer to, also of imports */
    size_t schema_count;
} catga_routes;

#ifdef __cplusplus
}
#endif

#endif
