/* Writes the document of /metrics; see metrics.h. */
#include "metrics.h"

#include "media.h"

#include <stdlib.h>
#include <string.h>

enum { OWN = 6 };

catga_status http_metrics_open(catga_http *http)
{
    return http->settings.metrics == 0 ? CATGA_OK : catga_metrics_open(&http->metrics, http->bus);
}

catga_metrics_format http_metrics_format(const catga_http *http, const char *accept)
{
    bool keeps_aliases =
        catga_metrics_has_aliases(http->metrics) && http_media_accepts(accept, HTTP_MEDIA_TEXT);

    return !keeps_aliases && http_media_prefers(accept, HTTP_MEDIA_OPENMETRICS, HTTP_MEDIA_TEXT)
               ? CATGA_METRICS_OPENMETRICS
               : CATGA_METRICS_TEXT;
}

/* ---- The gateway's own ---- */

static uint64_t requests(void *user)
{
    return catga_http_count(user).requests;
}

static uint64_t refused(void *user)
{
    return catga_http_count(user).refused;
}

static uint64_t failed(void *user)
{
    return catga_http_count(user).failed;
}

static uint64_t streams(void *user)
{
    return catga_http_count(user).streams;
}

static uint64_t streams_dropped(void *user)
{
    return catga_http_count(user).streams_dropped;
}

static bool count_online(const catga_node *node, void *user)
{
    *(uint64_t *)user += node->online;
    return true;
}

static uint64_t nodes_online(void *user)
{
    const catga_http *http = user;
    uint64_t online = 0;

    catga_nodes_list(http->nodes, count_online, &online);
    return online;
}

/* ---- All ---- */

static catga_status add(void *user, const char *piece, size_t length)
{
    http_text *text = user;

    http_text_add(text, piece, length);
    return text->failed ? CATGA_NO_MEMORY : CATGA_OK;
}

/* Returns their number. */
static size_t own_sources(const catga_http *http, catga_metrics_source sources[OWN])
{
    void *user = (void *)(uintptr_t)http;
    const catga_metrics_source all[OWN] = {
        {"catga_http_requests_total", "HTTP requests that were received.", CATGA_METRICS_COUNTER,
         requests, user},
        {"catga_http_refused_total", "HTTP requests that were answered with 400 to 499.",
         CATGA_METRICS_COUNTER, refused, user},
        {"catga_http_failed_total", "HTTP requests that were answered with 500 to 599.",
         CATGA_METRICS_COUNTER, failed, user},
        {"catga_http_streams_total", "HTTP clients that began to receive events.",
         CATGA_METRICS_COUNTER, streams, user},
        {"catga_http_streams_dropped_total", "HTTP clients that received events too slowly.",
         CATGA_METRICS_COUNTER, streams_dropped, user},
        {"catga_nodes_online", "Nodes that are online, with this one.", CATGA_METRICS_GAUGE,
         nodes_online, user},
    };

    memcpy(sources, all, sizeof all);
    return OWN - (http->nodes == NULL);
}

void http_metrics_write(http_text *text, const catga_http *http, catga_metrics_format format)
{
    size_t given = http->settings.source_count;
    catga_metrics_source *sources = calloc(OWN + given, sizeof *sources);

    text->failed = text->failed || sources == NULL;
    if (sources == NULL)
        return;
    size_t own = own_sources(http, sources);
    if (given != 0)
        memcpy(sources + own, http->settings.sources, given * sizeof *sources);
    if (catga_metrics_write(http->metrics, format, sources, own + given, add, text) != CATGA_OK)
        text->failed = true;
    free(sources);
}
