/* Writes the OpenAPI document; see openapi.h. */
#include "openapi.h"

#include <ctype.h>

static void write_lines(http_text *text, const char *const *lines)
{
    for (; *lines != NULL; lines++) {
        http_text_add(text, *lines, strlen(*lines));
        http_text_add(text, "\n", 1);
    }
}

/* Writes "post" for "POST". */
static void write_method(http_text *text, const char *method)
{
    http_text_add(text, "\"", 1);
    for (; *method != '\0'; method++) {
        char letter = (char)tolower((unsigned char)*method);
        http_text_add(text, &letter, 1);
    }
    http_text_add(text, "\":", 2);
}

static bool has_same_path(const http_route *left, const http_route *right)
{
    return strcmp(left->route->path, right->route->path) == 0;
}

/* Returns whether an earlier route has the path of route `number`. */
static bool is_written(const http_router *router, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (has_same_path(http_router_at(router, i), http_router_at(router, number)))
            return true;
    return false;
}

/* Writes the operations of all routes with the path of route `number`. */
static void write_operations(http_text *text, const http_router *router, size_t number)
{
    const http_route *first = http_router_at(router, number);
    const http_route *each;

    for (size_t i = number; (each = http_router_at(router, i)) != NULL; i++) {
        if (!has_same_path(first, each))
            continue;
        if (i != number)
            http_text_add(text, ",", 1);
        write_method(text, each->route->method);
        write_lines(text, each->route->operation);
    }
}

static void write_paths(http_text *text, const http_router *router)
{
    const http_route *route;
    const char *separator = "";

    for (size_t i = 0; (route = http_router_at(router, i)) != NULL; i++) {
        if (is_written(router, i))
            continue;
        http_text_print(text, "%s\"%s\":{", separator, route->route->path);
        write_operations(text, router, i);
        http_text_add(text, "}", 1);
        separator = ",";
    }
}

/* Returns whether an earlier table has a schema of that name: imports are in several tables. */
static bool has_schema(const catga_http *http, size_t tables, const char *name)
{
    for (size_t i = 0; i < tables; i++)
        for (size_t j = 0; j < http->tables[i]->schema_count; j++)
            if (strcmp(http->tables[i]->schemas[j].name, name) == 0)
                return true;
    return false;
}

static void write_schemas(http_text *text, const catga_http *http)
{
    const char *separator = "";

    for (size_t i = 0; i < http->table_count; i++)
        for (size_t j = 0; j < http->tables[i]->schema_count; j++) {
            const catga_route_schema *schema = &http->tables[i]->schemas[j];
            if (has_schema(http, i, schema->name))
                continue;
            http_text_print(text, "%s\"%s\":", separator, schema->name);
            write_lines(text, schema->lines);
            separator = ",";
        }
}

/* Writes a tag for each schema: its namespace, and the first line of its comment. */
static void write_tags(http_text *text, const catga_http *http)
{
    for (size_t i = 0; i < http->table_count; i++) {
        const catga_routes *table = http->tables[i];
        http_text_print(text, "%s{\"name\":\"%s\"", i == 0 ? "" : ",", table->name);
        if (table->title[0] != '\0') {
            http_text_print(text, ",\"description\":");
            http_text_string(text, catga_str(table->title));
        }
        http_text_add(text, "}", 1);
    }
}

static void write_info(http_text *text, const catga_http *http)
{
    http_text_print(text, "\"info\":{\"title\":");
    http_text_string(text, catga_str(http->settings.name));
    http_text_print(text, ",\"version\":\"%u.0.0\"}",
                    http->table_count == 0 ? 1 : http->tables[0]->version);
}

void http_openapi_write(http_text *text, const catga_http *http)
{
    http_text_print(text, "{\"openapi\":\"3.1.0\",");
    write_info(text, http);
    http_text_print(text, ",\"servers\":[{\"url\":\"/\"}],\"security\":[],\"tags\":[");
    write_tags(text, http);
    http_text_print(text, "],\"paths\":{");
    write_paths(text, http->router);
    http_text_print(text, "},\"components\":{\"schemas\":{");
    write_schemas(text, http);
    http_text_print(text, "}}}");
}
