/* A sink that prints each span as a line of JSON to the standard error stream. */
#ifndef SPAN_LINES_H
#define SPAN_LINES_H

#include <catga/trace.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void span_line_id(const char *name, const uint8_t *id, size_t length)
{
    fprintf(stderr, ", \"%s\": \"", name);
    for (size_t i = 0; i < length; i++)
        fprintf(stderr, "%02x", id[i]);
    fprintf(stderr, "\"");
}

static void span_line_attribute(const catga_span_attribute *attribute)
{
    if (attribute->text.data != NULL)
        fprintf(stderr, ", \"%s\": \"%.*s\"", attribute->name, CATGA_PRINT(attribute->text));
    else
        fprintf(stderr, ", \"%s\": %" PRId64, attribute->name, attribute->number);
}

static void span_line(void *user, const catga_span *span)
{
    (void)user;
    flockfile(stderr);
    fprintf(stderr,
            "{\"name\": \"%s%s%s\", \"kind\": %d, \"failed\": %s, \"status\": \"%s\", "
            "\"tracestate\": \"%s\"",
            span->operation, *span->target == '\0' ? "" : " ", span->target, (int)span->kind,
            span->failed ? "true" : "false", span->status_text, span->tracestate);
    span_line_id("trace", span->trace_id, sizeof span->trace_id);
    span_line_id("span", span->span_id, sizeof span->span_id);
    span_line_id("parent", span->parent_id, sizeof span->parent_id);
    for (size_t i = 0; i < span->attribute_count; i++)
        span_line_attribute(&span->attributes[i]);
    fprintf(stderr, "}\n");
    funlockfile(stderr);
}

/* Traces a bus if $THINGS_TRACES is set. */
static catga_status span_lines_open(catga_bus *bus)
{
    const catga_trace_options options = {.sink = span_line, .ratio = 1};

    return getenv("THINGS_TRACES") == NULL ? CATGA_OK : catga_trace_open(bus, &options);
}

#endif
