/* The options of a gateway, checked and complete. */
#ifndef CATGA_HTTP_SETTINGS_H
#define CATGA_HTTP_SETTINGS_H

#include "forward_headers.h"

#include <catga/http.h>

/* Numbers are never 0 unless 0 has a meaning; ports are -1 for any. */
typedef struct http_settings {
    const char *address;
    int port;
    int admin_port; /* 0: none */
    int connections;
    int connections_per_address;
    int body;
    int head_ms;
    int body_ms;
    int send_ms;
    int idle_ms;
    int streams;
    int leave_ms;
    int metrics;             /* 1: measure the bus */
    const char *cors_origin; /* NULL for none */
    http_forward_headers forward_headers;
    char *certificate; /* PEM, allocated by malloc; NULL without TLS */
    char *key;
    const char *name;
    const char *endpoint; /* NULL: the gateway does not announce itself */
    const char *version;
    const catga_http_check *checks;
    size_t check_count;
    const catga_metrics_source *sources;
    size_t source_count;
} http_settings;

/*
 * Reads options, environment and defaults; `options` may be NULL. CATGA_INVALID_ARGUMENT with
 * *problem. The caller frees the settings in any case.
 */
CATGA_CHECKED catga_status http_settings_read(http_settings *settings,
                                              const catga_http_options *options,
                                              const catga_bus *bus, catga_problem *problem);
void http_settings_free(http_settings *settings);

#endif
