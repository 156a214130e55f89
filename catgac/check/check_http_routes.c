/* check_http_routes.c -- reports requests that reach two messages, or a page of the gateway.
 *
 * A gateway compares paths segment by segment, from the left, and prefers a literal to a field. So
 * only paths that are equal except for the names of their fields match the same requests. */
#include "check/checker.h"

/* Returns the path with {} for each field: equal results match the same requests. */
static slice route_of(const checker *c, const model_http *http)
{
    buffer route = buffer_in(c->memory);
    bool in_braces = false;

    buffer_append(&route, http->method);
    for (size_t i = 0; i < http->path.length; i++) {
        char letter = http->path.data[i];
        if (letter == '}')
            in_braces = false;
        if (!in_braces)
            buffer_append_char(&route, letter);
        if (letter == '{')
            in_braces = true;
    }
    return buffer_slice(&route);
}

/* Pages that the gateway answers itself. */
static const char *const own_paths[] = {"/health", "/ready", "/metrics", "/openapi.json"};

static void check_own_paths(const checker *c, const model_message *message)
{
    for (size_t i = 0; i < sizeof own_paths / sizeof own_paths[0]; i++)
        if (slice_is(message->http->path, own_paths[i]))
            diag_report(c->diags, DIAG_BAD_HTTP, message->annotations.http,
                        "the gateway answers %s itself: choose another path", own_paths[i]);
}

static void check_route(checker *c, const model_message *message)
{
    check_own_paths(c, message);
    const model_message *first =
        text_table_insert(&c->scratch, route_of(c, message->http), (void *)(uintptr_t)message);
    if (first == NULL)
        return;
    diag_report(c->diags, DIAG_BAD_HTTP, message->annotations.http,
                "'%.*s' has the same method and path", SLICE_PRINT(first->origin.name));
    diag_note(c->diags, first->annotations.http, "declared here");
}

void check_routes(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++)
            if (module->messages[j].http != NULL)
                check_route(c, &module->messages[j]);
    }
}
