/* Exports the spans of a bus; see catga/otlp.h. */
#include <catga/gen.h>
#include <catga/otlp.h>

#include <stdlib.h>

/* Returns the options of the program, with the names of the bus where it has none. */
static catga_otlp_options with_names(const catga_otlp_options *options, const catga_bus *bus)
{
    catga_otlp_options named = options == NULL ? (catga_otlp_options){0} : *options;
    const char *name = getenv("CATGA_NAME");

    if (named.service == NULL)
        named.service = name != NULL && *name != '\0' ? name : catga_instance(bus);
    if (named.instance == NULL)
        named.instance = catga_instance(bus);
    return named;
}

/* Makes an exporter the sink of a bus, or closes it. */
static catga_status trace(catga_otlp **exporter, catga_bus *bus)
{
    const catga_trace_options tracing = catga_otlp_trace_options(*exporter);
    catga_status status = catga_trace_open(bus, &tracing);

    if (status == CATGA_OK)
        return status;
    if (status == CATGA_INVALID_ARGUMENT)
        catga_log_line(bus, CATGA_LOG_ERROR, "otlp: trace bus: the bus is traced already");
    catga_otlp_close(*exporter);
    *exporter = NULL;
    return status;
}

catga_status catga_otlp_open(catga_otlp **exporter, catga_bus *bus,
                             const catga_otlp_options *options)
{
    const catga_otlp_options named = with_names(options, bus);
    catga_problem problem = {0};
    catga_status status = catga_otlp_start(exporter, &named, &problem);

    if (status == CATGA_INVALID_ARGUMENT)
        catga_log_line(bus, CATGA_LOG_ERROR, "otlp: %s", problem.text);
    return status == CATGA_OK && *exporter != NULL ? trace(exporter, bus) : status;
}
