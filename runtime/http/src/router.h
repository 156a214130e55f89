/* Finds the route of a method and path. A literal segment wins over a field. */
#ifndef CATGA_HTTP_ROUTER_H
#define CATGA_HTTP_ROUTER_H

#include "path.h"

#include <catga/routes.h>

typedef struct http_router http_router;

/* A route, and where its fields are in a path. */
typedef struct http_route {
    const catga_route *route;
    catga_string segments[HTTP_SEGMENTS];
    const catga_field *fields[HTTP_SEGMENTS]; /* of the segment; NULL for a literal */
    size_t segment_count;
} http_route;

/*
 * Makes a router. The tables are needed until http_router_free. CATGA_INVALID_ARGUMENT with
 * *problem: two routes match the same requests, or a table is invalid. CATGA_NO_MEMORY.
 */
CATGA_CHECKED catga_status http_router_make(http_router **router, const catga_routes *const *tables,
                                            size_t count, catga_problem *problem);
void http_router_free(http_router *router);

/* Room for all methods of a path. */
enum { HTTP_ALLOW = 64 };

/*
 * Finds the route; HEAD finds the route of GET. Without one, returns NULL, and sets `allow` to the
 * methods of the path as the header Allow lists them: empty if there is no such path.
 */
const http_route *http_router_find(const http_router *router, const char *method,
                                   const http_path *path, char allow[HTTP_ALLOW]);

/* Returns the route with that number, or NULL behind the last one. */
const http_route *http_router_at(const http_router *router, size_t number);

#endif
