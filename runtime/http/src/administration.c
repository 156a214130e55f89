/* Serves the gateway's own paths; see administration.h. */
#include "administration.h"

#include "health.h"
#include "metrics.h"
#include "openapi.h"

typedef struct own_path {
    const char *segment;
    void (*handle)(http_request *request);
} own_path;

static void respond_as(http_request *request, unsigned status, const char *type, http_text *text)
{
    http_response response = {.status = status, .body = text->data, .length = text->length};

    if (text->failed) {
        http_text_free(text);
        http_request_refuse_status(request, 503, NULL, NULL, NULL);
        return;
    }
    http_response_add(&response, "Content-Type", type);
    http_response_add(&response, "Cache-Control", "no-store");
    http_request_respond(request, &response);
}

static void respond(http_request *request, unsigned status, http_text *text)
{
    respond_as(request, status, "application/json", text);
}

static void handle_health(http_request *request)
{
    http_text text = {0};

    http_health_write(&text, request->listener->http);
    respond(request, 200, &text);
}

static void handle_ready(http_request *request)
{
    http_text text = {0};
    bool is_ready = http_ready_write(&text, request->listener->http);

    respond(request, is_ready ? 200 : 503, &text);
}

static void handle_openapi(http_request *request)
{
    http_text text = {0};

    http_openapi_write(&text, request->listener->http);
    respond(request, 200, &text);
}

static void handle_metrics(http_request *request)
{
    http_text text = {0};
    const catga_http *http = request->listener->http;

    char accept[HTTP_ACCEPT];

    http_exchange_list(request->exchange, "Accept", accept, sizeof accept);
    catga_metrics_format format = http_metrics_format(http, accept);
    http_metrics_write(&text, http, format);
    respond_as(request, 200, catga_metrics_media_type(format), &text);
}

static const own_path paths[] = {{"health", handle_health},
                                 {"ready", handle_ready},
                                 {"metrics", handle_metrics},
                                 {"openapi.json", handle_openapi}};

/* Without metrics, their path does not exist. */
static bool is_served(const own_path *path, const http_request *request)
{
    bool exists = path->handle != handle_metrics || request->listener->http->metrics != NULL;

    return exists && catga_string_equal(request->path.segments[0], catga_str(path->segment));
}

/* Checks the method of a request for an own path. */
static void check_method(http_request *request)
{
    static const char allow[] = "GET, HEAD, OPTIONS";
    const char *method = http_exchange_method(request->exchange);
    http_response options = {.status = 204};

    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        return;
    if (strcmp(method, "OPTIONS") != 0) {
        http_request_refuse_status(request, 405, NULL, "Allow", allow);
        return;
    }
    http_response_add(&options, "Allow", allow);
    http_request_respond(request, &options);
}

bool http_administration_begin(http_request *request)
{
    if (request->path.segment_count != 1)
        return false;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (!is_served(&paths[i], request))
            continue;
        request->handle = paths[i].handle;
        check_method(request);
        return true;
    }
    return false;
}
