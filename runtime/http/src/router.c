/* Finds routes; see router.h. The routes are sorted, so that the first match is the best one. */
#include "router.h"

#include <stdio.h>
#include <stdlib.h>

struct http_router {
    size_t count;
    http_route routes[];
};

/* ---- Making ---- */

/* Splits the path of a route at its slashes. Returns false if the table is invalid. */
static bool split(http_route *made)
{
    const char *text = made->route->path;
    size_t fields = 0;

    while (*text == '/') {
        size_t length = strcspn(++text, "/");
        if (made->segment_count == HTTP_SEGMENTS)
            return false;
        if (*text == '{') {
            const catga_table *table = made->route->message->table;
            uint16_t id = made->route->fields[fields++];
            if (id >= table->field_count)
                return false;
            made->fields[made->segment_count] = &table->fields[id];
        }
        made->segments[made->segment_count++] = (catga_string){text, length};
        text += length;
    }
    return *text == '\0' && made->segment_count != 0;
}

static int compare_text(catga_string left, catga_string right)
{
    size_t common = left.length < right.length ? left.length : right.length;
    int order = memcmp(left.data, right.data, common);

    return order != 0 ? order : (left.length > right.length) - (left.length < right.length);
}

/* Orders routes by method, length and segments; a literal precedes a field. */
static int compare(const void *left, const void *right)
{
    const http_route *a = left;
    const http_route *b = right;
    int order = strcmp(a->route->method, b->route->method);

    if (order == 0)
        order = (a->segment_count > b->segment_count) - (a->segment_count < b->segment_count);
    for (size_t i = 0; order == 0 && i < a->segment_count; i++) {
        order = (a->fields[i] != NULL) - (b->fields[i] != NULL);
        if (order == 0 && a->fields[i] == NULL)
            order = compare_text(a->segments[i], b->segments[i]);
    }
    return order;
}

static catga_status refuse(catga_problem *problem, const char *reason, const catga_route *route)
{
    snprintf(problem->text, sizeof problem->text, "%s (route=%s %s, message=%s)", reason,
             route->method, route->path, route->message->table->name);
    return CATGA_INVALID_ARGUMENT;
}

static catga_status sort(http_router *router, catga_problem *problem)
{
    qsort(router->routes, router->count, sizeof router->routes[0], compare);
    for (size_t i = 1; i < router->count; i++)
        if (compare(&router->routes[i - 1], &router->routes[i]) == 0)
            return refuse(problem, "another route matches the same requests",
                          router->routes[i].route);
    return CATGA_OK;
}

static catga_status add_table(http_router *router, const catga_routes *table,
                              catga_problem *problem)
{
    for (size_t i = 0; i < table->route_count; i++) {
        http_route *made = &router->routes[router->count++];
        made->route = &table->routes[i];
        if (!split(made))
            return refuse(problem, "the path of the route is invalid", made->route);
    }
    return CATGA_OK;
}

catga_status http_router_make(http_router **made, const catga_routes *const *tables, size_t count,
                              catga_problem *problem)
{
    size_t routes = 0;
    catga_status status = CATGA_OK;

    for (size_t i = 0; i < count; i++)
        routes += tables[i]->route_count;
    http_router *router = calloc(1, sizeof *router + routes * sizeof router->routes[0]);
    if (router == NULL)
        return CATGA_NO_MEMORY;
    for (size_t i = 0; status == CATGA_OK && i < count; i++)
        status = add_table(router, tables[i], problem);
    if (status == CATGA_OK)
        status = sort(router, problem);
    if (status != CATGA_OK) {
        free(router);
        router = NULL;
    }
    *made = router;
    return status;
}

void http_router_free(http_router *router)
{
    free(router);
}

/* ---- Finding ---- */

/* Returns whether a segment is the literal of a route, or a value of its field: not empty. */
static bool matches_segment(const http_route *route, size_t number, catga_string segment)
{
    return route->fields[number] == NULL ? catga_string_equal(route->segments[number], segment)
                                         : segment.length != 0;
}

static bool matches(const http_route *route, const http_path *path)
{
    if (route->segment_count != path->segment_count)
        return false;
    for (size_t i = 0; i < path->segment_count; i++)
        if (!matches_segment(route, i, path->segments[i]))
            return false;
    return true;
}

/* Adds a method to the header Allow, unless it is there. */
static void allow_method(char allow[HTTP_ALLOW], const char *method)
{
    size_t used = strlen(allow);

    if (strstr(allow, method) == NULL)
        snprintf(allow + used, HTTP_ALLOW - used, "%s%s", used == 0 ? "" : ", ", method);
}

/* Adds the methods of a route. Events have no end, and therefore no HEAD. */
static void allow_route(char allow[HTTP_ALLOW], const catga_route *route)
{
    allow_method(allow, route->method);
    if (strcmp(route->method, "GET") == 0 && route->message->kind != CATGA_EVENT)
        allow_method(allow, "HEAD");
}

const http_route *http_router_find(const http_router *router, const char *method,
                                   const http_path *path, char allow[HTTP_ALLOW])
{
    const char *wanted = strcmp(method, "HEAD") == 0 ? "GET" : method;

    allow[0] = '\0';
    for (size_t i = 0; i < router->count; i++) {
        const http_route *each = &router->routes[i];
        if (!matches(each, path))
            continue;
        if (strcmp(each->route->method, wanted) == 0)
            return each;
        allow_route(allow, each->route);
    }
    if (allow[0] != '\0')
        allow_method(allow, "OPTIONS");
    return NULL;
}

const http_route *http_router_at(const http_router *router, size_t number)
{
    return number < router->count ? &router->routes[number] : NULL;
}
