/* The body of a request; see request.h. */
#include "request.h"

#include "attributes.h"

static const otlp_field REQUEST = {0, ""};
static const otlp_field RESOURCE_SPANS = {1, "resourceSpans"};
static const otlp_field RESOURCE = {1, "resource"};
static const otlp_field RESOURCE_ATTRIBUTES = {1, "attributes"};
static const otlp_field SCOPE_SPANS = {2, "scopeSpans"};
static const otlp_field SCOPE = {1, "scope"};
static const otlp_field SCOPE_NAME = {1, "name"};
static const otlp_field SCOPE_VERSION = {2, "version"};
static const otlp_field SPANS = {2, "spans"};

/* Bytes around a span, around an attribute, and of all the rest. JSON makes at most 6 bytes of
 * one. */
enum { AROUND_SPAN = 16, AROUND_ATTRIBUTE = 64, AROUND_ALL = 512, LONGEST_ESCAPE = 6 };

/* ---- The capacity ---- */

/* Returns a + b * c; SIZE_MAX if that is too large. */
static size_t add_product(size_t a, size_t b, size_t c)
{
    return c != 0 && b > (SIZE_MAX - a) / c ? SIZE_MAX : a + b * c;
}

size_t otlp_request_capacity(const otlp_resource *resource, size_t spans)
{
    size_t capacity = add_product(AROUND_ALL, spans, OTLP_SPAN + AROUND_SPAN);

    for (size_t i = 0; i < resource->count; i++) {
        const catga_span_attribute *attribute = &resource->attributes[i];
        capacity = add_product(capacity, strlen(attribute->name), LONGEST_ESCAPE);
        capacity = add_product(capacity, attribute->text.length, LONGEST_ESCAPE);
        capacity = add_product(capacity, 1, AROUND_ATTRIBUTE);
    }
    return capacity;
}

/* ---- The body ---- */

static void write_resource(const otlp_writer *writer, otlp_buffer *body,
                           const otlp_resource *resource)
{
    size_t message = writer->begin(body, RESOURCE);

    writer->begin_list(body, RESOURCE_ATTRIBUTES);
    for (size_t i = 0; i < resource->count; i++)
        otlp_attribute_write(writer, body, RESOURCE_ATTRIBUTES, &resource->attributes[i], SIZE_MAX);
    writer->end_list(body);
    writer->end(body, message);
}

static void write_scope(const otlp_writer *writer, otlp_buffer *body)
{
    size_t message = writer->begin(body, SCOPE);

    writer->text(body, SCOPE_NAME, CATGA_STR("catga"), SIZE_MAX);
    writer->text(body, SCOPE_VERSION, CATGA_STR(CATGA_VERSION), SIZE_MAX);
    writer->end(body, message);
}

static size_t write_spans(const otlp_writer *writer, otlp_buffer *body, otlp_queue *queue,
                          size_t limit)
{
    size_t count = 0;
    otlp_slot *slot;

    writer->begin_list(body, SPANS);
    while (count < limit && (slot = otlp_queue_first(queue)) != NULL) {
        writer->element(body, SPANS, (catga_bytes){(const uint8_t *)slot->data, slot->length});
        otlp_queue_remove_first(queue);
        count++;
    }
    writer->end_list(body);
    return count;
}

static size_t write_scope_spans(const otlp_writer *writer, otlp_buffer *body, otlp_queue *queue,
                                size_t limit)
{
    writer->begin_list(body, SCOPE_SPANS);
    size_t element = writer->begin_element(body, SCOPE_SPANS);
    write_scope(writer, body);
    size_t count = write_spans(writer, body, queue, limit);
    writer->end(body, element);
    writer->end_list(body);
    return count;
}

size_t otlp_request_write(const otlp_writer *writer, otlp_buffer *body,
                          const otlp_resource *resource, otlp_queue *queue, size_t limit)
{
    body->length = 0;
    size_t request = writer->begin_element(body, REQUEST);
    writer->begin_list(body, RESOURCE_SPANS);
    size_t element = writer->begin_element(body, RESOURCE_SPANS);
    write_resource(writer, body, resource);
    size_t count = write_scope_spans(writer, body, queue, limit);
    writer->end(body, element);
    writer->end_list(body);
    writer->end(body, request);
    return count;
}
