/* Our side: a gateway. Prints its port. */
#include "http.routes.h"

#include <catga/http.h>

#include <stdio.h>

int main(void)
{
    static const catga_routes *const routes[] = {&bench_http_routes};
    const catga_http_options options = {.port = -1, .connections = 20000};
    catga_bus *bus;
    catga_http *http = NULL;
    catga_status status = catga_open(&bus, NULL);

    if (status == CATGA_OK)
        status = catga_http_open(&http, bus, routes, 1, &options);
    if (status == CATGA_OK) {
        printf("%u\n", catga_http_port(http));
        fflush(stdout);
        status = catga_http_run(http);
    }
    catga_http_close(http);
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
