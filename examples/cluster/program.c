/* Runs a gateway or a service; see program.h. */
#include "program.h"

#include <catga/http.h>
#include <catga/otlp.h>

#include <stdio.h>

static catga_status serve(const cluster_program *program, catga_bus *bus, catga_http *http)
{
    catga_status status = program->serve == NULL ? CATGA_OK : program->serve(bus, program->user);

    if (status != CATGA_OK)
        return status;
    printf("http://127.0.0.1:%u\n", catga_http_port(http));
    return catga_http_run(http);
}

int cluster_program_run(const cluster_program *program)
{
    const catga_options options = {.instance = program->instance, .claims = program->claims};
    const catga_http_options http_options = {
        .name = program->name, .port = program->port, .endpoint = program->endpoint, .metrics = 1};
    const catga_otlp_options traces = {.service = program->name};
    catga_bus *bus;
    catga_http *http = NULL;
    catga_otlp *exporter = NULL;

    setvbuf(stdout, NULL, _IOLBF, 0);
    catga_status status = catga_open(&bus, &options);
    if (status == CATGA_OK)
        status = catga_otlp_open(&exporter, bus, &traces);
    if (status == CATGA_OK)
        status =
            catga_http_open(&http, bus, &program->routes, program->routes != NULL, &http_options);
    if (status == CATGA_OK)
        status = serve(program, bus, http);
    catga_http_close(http);
    catga_close(bus);
    catga_otlp_close(exporter);
    if (status != CATGA_OK)
        fprintf(stderr, "%s: %s\n", program->name, catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
