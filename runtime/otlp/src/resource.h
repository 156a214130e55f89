/* The attributes of the process that makes the spans. */
#ifndef CATGA_OTLP_RESOURCE_H
#define CATGA_OTLP_RESOURCE_H

#include "pairs.h"

#include <catga/otlp.h>

typedef struct otlp_resource {
    catga_span_attribute *attributes; /* with different names */
    size_t count;
    otlp_pairs environment; /* memory of some texts */
    char *texts[3];         /* memory of others */
} otlp_resource;

/* Reads OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES; `options` has what they do not say. Returns
 * CATGA_OK; CATGA_INVALID_ARGUMENT with *problem; or CATGA_NO_MEMORY. The caller frees *resource,
 * whatever the status. */
catga_status otlp_resource_read(otlp_resource *resource, const catga_otlp_options *options,
                                catga_problem *problem);
void otlp_resource_free(otlp_resource *resource);

#endif
