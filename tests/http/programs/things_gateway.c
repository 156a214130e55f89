/* The gateway of the tests. Prints its ports. Options come from the environment. */
#include "span_lines.h"
#include "things.routes.h"

#include <catga/http.h>

#include <stdio.h>
#include <stdlib.h>

static bool is_healthy(void *user)
{
    (void)user;
    return getenv("THINGS_UNHEALTHY") == NULL;
}

static uint64_t read_sold(void *user)
{
    (void)user;
    return 7;
}

int main(void)
{
    static const catga_routes *const routes[] = {&test_http_routes};
    static const catga_http_check checks[] = {{"Own_Check", is_healthy, NULL}};
    static const catga_metrics_source sources[] = {
        {"things_sold_total", "Things that were sold.", CATGA_METRICS_COUNTER, read_sold, NULL}};
    const catga_http_options options = {
        .checks = checks, .check_count = 1, .sources = sources, .source_count = 1};
    catga_bus *bus;
    catga_http *http = NULL;
    catga_status status = catga_open(&bus, NULL);

    if (status == CATGA_OK)
        status = span_lines_open(bus);
    if (status == CATGA_OK)
        status = catga_http_open(&http, bus, routes, 1, &options);
    if (status == CATGA_OK) {
        printf("%u %u\n", catga_http_port(http), catga_http_admin_port(http));
        fflush(stdout);
        status = catga_http_run(http);
        catga_http_counters counters = catga_http_count(http);
        printf("requests=%llu refused=%llu failed=%llu streams=%llu streams_dropped=%llu\n",
               (unsigned long long)counters.requests, (unsigned long long)counters.refused,
               (unsigned long long)counters.failed, (unsigned long long)counters.streams,
               (unsigned long long)counters.streams_dropped);
    }
    catga_http_close(http);
    catga_close(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "things_gateway: %s\n", catga_status_text(status));
    return status == CATGA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
