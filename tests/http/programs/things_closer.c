/* Opens and closes a gateway again and again on one bus, while clients send requests to its port; a
 * second gateway on the port fails, and the bus goes on. Prints the port. */
#include "things.routes.h"

#include <catga/http.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 20, ROUND_MS = 150 };

static void pause_ms(long milliseconds)
{
    struct timespec pause = {0, milliseconds * 1000000L};

    nanosleep(&pause, NULL);
}

/* Serves for a while. Returns the status of opening. */
static catga_status serve(catga_bus *bus, catga_http_options *options)
{
    static const catga_routes *const routes[] = {&test_http_routes};
    catga_http *http;
    catga_http *second;
    catga_status status = catga_http_open(&http, bus, routes, 1, options);

    if (status != CATGA_OK)
        return status;
    options->port = catga_http_port(http);
    printf("%d\n", options->port);
    fflush(stdout);
    if (catga_http_open(&second, bus, routes, 1, options) != CATGA_INVALID_ARGUMENT)
        return CATGA_HANDLER_FAILED;
    pause_ms(ROUND_MS);
    if (catga_ready(bus) != CATGA_OK)
        return CATGA_DRAINING;
    catga_http_close(http);
    return CATGA_OK;
}

int main(void)
{
    catga_http_options options = {.port = -1};
    catga_status status = CATGA_OK;

    for (int i = 0; status == CATGA_OK && i < ROUNDS; i++) {
        catga_bus *bus;
        status = catga_open(&bus, NULL);
        if (status == CATGA_OK)
            status = serve(bus, &options);
        catga_close(bus);
    }
    fprintf(stderr, "%s\n", catga_status_name(status));
    return status == CATGA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
