/* Writes attributes; see attributes.h. */
#include "attributes.h"

static const otlp_field KEY = {1, "key"};
static const otlp_field VALUE = {2, "value"};
static const otlp_field STRING = {1, "stringValue"};
static const otlp_field INTEGER = {3, "intValue"};

void otlp_attribute_write(const otlp_writer *writer, otlp_buffer *buffer, otlp_field list,
                          const catga_span_attribute *attribute, size_t limit)
{
    size_t element = writer->begin_element(buffer, list);

    writer->text(buffer, KEY, catga_str(attribute->name), limit);
    size_t value = writer->begin(buffer, VALUE);
    if (attribute->text.data != NULL)
        writer->text(buffer, STRING, attribute->text, limit);
    else
        writer->number(buffer, INTEGER, attribute->number);
    writer->end(buffer, value);
    writer->end(buffer, element);
}
