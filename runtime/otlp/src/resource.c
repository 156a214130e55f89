/* The attributes of the process; see resource.h. */
#include "resource.h"

#include "environment.h"

#include <stdio.h>
#include <stdlib.h>

/* Attributes beside those of OTEL_RESOURCE_ATTRIBUTES, at most. */
enum { OWN = 6 };

static bool has(const otlp_resource *resource, const char *name)
{
    for (size_t i = 0; i < resource->count; i++)
        if (strcmp(resource->attributes[i].name, name) == 0)
            return true;
    return false;
}

/* Adds an attribute unless there is one of its name, or no text. */
static void add(otlp_resource *resource, const char *name, catga_string text)
{
    if (text.data != NULL && !has(resource, name))
        resource->attributes[resource->count++] = (catga_span_attribute){name, text, 0};
}

/* Keeps a copy of a text, which may be NULL. Returns false without memory. */
static bool keep(char **copy, const char *text)
{
    *copy = text == NULL ? NULL : strdup(text);
    return text == NULL || *copy != NULL;
}

static bool keep_texts(otlp_resource *resource, const catga_otlp_options *options)
{
    const char *service = options->service == NULL ? "unknown_service" : options->service;

    return keep(&resource->texts[0], otlp_variable_read("OTEL_SERVICE_NAME").value) &&
           keep(&resource->texts[1], service) && keep(&resource->texts[2], options->instance);
}

/* Adds all attributes; of two with one name, the first added one counts. */
static void add_all(otlp_resource *resource)
{
    const otlp_pairs *environment = &resource->environment;

    add(resource, "service.name", catga_str(resource->texts[0]));
    add(resource, "telemetry.sdk.name", CATGA_STR("catga"));
    add(resource, "telemetry.sdk.language", CATGA_STR("c"));
    add(resource, "telemetry.sdk.version", CATGA_STR(CATGA_VERSION));
    for (size_t i = environment->count; i > 0; i--)
        add(resource, environment->pairs[i - 1].name, environment->pairs[i - 1].text);
    add(resource, "service.name", catga_str(resource->texts[1]));
    add(resource, "service.instance.id", catga_str(resource->texts[2]));
}

static catga_status read_list(otlp_resource *resource, catga_problem *problem)
{
    otlp_variable list = otlp_variable_read("OTEL_RESOURCE_ATTRIBUTES");

    catga_status status =
        list.value == NULL ? CATGA_OK : otlp_pairs_read(&resource->environment, list.value);

    return status == CATGA_INVALID_ARGUMENT
               ? otlp_variable_refuse(&list, "name=value,name=value, percent-encoded", problem)
               : status;
}

catga_status otlp_resource_read(otlp_resource *resource, const catga_otlp_options *options,
                                catga_problem *problem)
{
    catga_status status = read_list(resource, problem);

    if (status != CATGA_OK)
        return status;
    resource->attributes = calloc(resource->environment.count + OWN, sizeof *resource->attributes);
    if (resource->attributes == NULL || !keep_texts(resource, options))
        return CATGA_NO_MEMORY;
    add_all(resource);
    return CATGA_OK;
}

void otlp_resource_free(otlp_resource *resource)
{
    otlp_pairs_free(&resource->environment);
    for (size_t i = 0; i < sizeof resource->texts / sizeof resource->texts[0]; i++)
        free(resource->texts[i]);
    free(resource->attributes);
}
