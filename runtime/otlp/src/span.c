/* Writes a span; see span.h. */
#include "span.h"

#include "attributes.h"

static const otlp_field SPAN = {0, ""};
static const otlp_field TRACE_ID = {1, "traceId"};
static const otlp_field SPAN_ID = {2, "spanId"};
static const otlp_field TRACE_STATE = {3, "traceState"};
static const otlp_field PARENT_ID = {4, "parentSpanId"};
static const otlp_field NAME = {5, "name"};
static const otlp_field KIND = {6, "kind"};
static const otlp_field START = {7, "startTimeUnixNano"};
static const otlp_field END = {8, "endTimeUnixNano"};
static const otlp_field ATTRIBUTES = {9, "attributes"};
static const otlp_field DROPPED_ATTRIBUTES = {10, "droppedAttributesCount"};
static const otlp_field LINKS = {13, "links"};
static const otlp_field STATUS = {15, "status"};
static const otlp_field FLAGS = {16, "flags"};
static const otlp_field LINK_TRACE_ID = {1, "traceId"};
static const otlp_field LINK_SPAN_ID = {2, "spanId"};
static const otlp_field LINK_FLAGS = {6, "flags"};
static const otlp_field STATUS_MESSAGE = {2, "message"};
static const otlp_field STATUS_CODE = {3, "code"};

enum { KNOWS_REMOTE = 0x100, IS_REMOTE = 0x200, STATUS_ERROR = 2 };
/* The longest trace state of W3C Trace Context, and its longest encoding, in which each byte may
 * have a backslash. */
enum { LONGEST_TRACE_STATE = 512, LONGEST_ENCODED = 1050 };
enum { ROOM_AFTER_ATTRIBUTES = 64 };

static catga_bytes id_of(const uint8_t *id, size_t length)
{
    return (catga_bytes){id, length};
}

/* The flags of W3C Trace Context in the low byte, and where the parent comes from. */
static uint32_t flags_of(const catga_span *span)
{
    return span->flags | (uint32_t)KNOWS_REMOTE | (span->has_remote_parent ? IS_REMOTE : 0U);
}

/* Takes back what was added after `length`. */
static void take_back(otlp_buffer *buffer, size_t length)
{
    buffer->length = length;
    buffer->is_full = false;
}

/* ---- Parts of a span ---- */

static void write_ids(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    static const uint8_t none[sizeof span->parent_id];

    writer->id(buffer, TRACE_ID, id_of(span->trace_id, sizeof span->trace_id));
    writer->id(buffer, SPAN_ID, id_of(span->span_id, sizeof span->span_id));
    if (memcmp(span->parent_id, none, sizeof none) != 0)
        writer->id(buffer, PARENT_ID, id_of(span->parent_id, sizeof span->parent_id));
    writer->flags(buffer, FLAGS, flags_of(span));
}

/* A part of a trace state has no meaning, so one that is too long is left out. */
static void write_trace_state(const otlp_writer *writer, otlp_buffer *buffer,
                              const catga_span *span)
{
    size_t before = buffer->length;
    size_t length = strnlen(span->tracestate, LONGEST_TRACE_STATE + 1);

    if (length == 0 || length > LONGEST_TRACE_STATE)
        return;
    writer->text(buffer, TRACE_STATE, (catga_string){span->tracestate, length}, SIZE_MAX);
    if (buffer->is_full || buffer->length - before > LONGEST_ENCODED)
        take_back(buffer, before);
}

/* Copies as much of a text as fits. Returns the new length. */
static size_t append(char name[OTLP_TEXT], size_t length, const char *text)
{
    size_t added = strnlen(text, OTLP_TEXT - length);

    memcpy(name + length, text, added);
    return length + added;
}

static void write_name(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    char name[OTLP_TEXT];

    size_t length = append(name, 0, span->operation);
    if (*span->target != '\0') {
        length = append(name, length, " ");
        length = append(name, length, span->target);
    }
    writer->text(buffer, NAME, (catga_string){name, length}, OTLP_TEXT);
}

static void write_link(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    if (!span->links_parent)
        return;
    writer->begin_list(buffer, LINKS);
    size_t link = writer->begin_element(buffer, LINKS);
    writer->id(buffer, LINK_TRACE_ID, id_of(span->trace_id, sizeof span->trace_id));
    writer->id(buffer, LINK_SPAN_ID, id_of(span->parent_id, sizeof span->parent_id));
    writer->flags(buffer, LINK_FLAGS, flags_of(span));
    writer->end(buffer, link);
    writer->end_list(buffer);
}

static void write_status(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    if (!span->failed)
        return;
    size_t status = writer->begin(buffer, STATUS);
    if (*span->status_text != '\0')
        writer->text(buffer, STATUS_MESSAGE, catga_str(span->status_text), OTLP_TEXT);
    writer->count(buffer, STATUS_CODE, STATUS_ERROR);
    writer->end(buffer, status);
}

/* ---- Attributes ---- */

/* Returns the number of attributes that did not fit. */
static uint32_t write_each(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    uint32_t dropped = 0;

    for (size_t i = 0; i < span->attribute_count; i++) {
        size_t before = buffer->length;
        otlp_attribute_write(writer, buffer, ATTRIBUTES, &span->attributes[i], OTLP_TEXT);
        if (!buffer->is_full)
            continue;
        take_back(buffer, before);
        dropped++;
    }
    return dropped;
}

static void write_attributes(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    buffer->capacity -= ROOM_AFTER_ATTRIBUTES;
    writer->begin_list(buffer, ATTRIBUTES);
    uint32_t dropped = write_each(writer, buffer, span);
    buffer->capacity += ROOM_AFTER_ATTRIBUTES;
    writer->end_list(buffer);
    if (dropped != 0)
        writer->count(buffer, DROPPED_ATTRIBUTES, dropped);
}

void otlp_span_write(const otlp_writer *writer, otlp_buffer *buffer, const catga_span *span)
{
    size_t message = writer->begin_element(buffer, SPAN);

    write_ids(writer, buffer, span);
    write_trace_state(writer, buffer, span);
    write_name(writer, buffer, span);
    writer->count(buffer, KIND, span->kind);
    writer->time(buffer, START, span->start_ns);
    writer->time(buffer, END, span->end_ns);
    write_link(writer, buffer, span);
    write_status(writer, buffer, span);
    write_attributes(writer, buffer, span);
    writer->end(buffer, message);
}
