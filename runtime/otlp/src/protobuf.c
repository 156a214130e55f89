/* Writes messages as Protocol Buffers; see writer.h. */
#include "base/utf8.h"
#include "writer.h"

enum { VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5 };
enum { LONGEST_VARINT = 10 };

static const size_t OUTERMOST = SIZE_MAX;

static size_t make_varint(uint64_t value, unsigned char bytes[LONGEST_VARINT])
{
    size_t length = 0;

    while (value >= 0x80) {
        bytes[length++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[length++] = (unsigned char)value;
    return length;
}

static void add_varint(otlp_buffer *buffer, uint64_t value)
{
    unsigned char bytes[LONGEST_VARINT];

    otlp_buffer_add(buffer, bytes, make_varint(value, bytes));
}

static void add_tag(otlp_buffer *buffer, otlp_field field, unsigned kind)
{
    add_varint(buffer, field.number << 3 | kind);
}

static void add_fixed(otlp_buffer *buffer, uint64_t value, unsigned size)
{
    unsigned char bytes[8];

    for (unsigned i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
    otlp_buffer_add(buffer, bytes, size);
}

/* ---- Messages ---- */

/* Adds the tag, and a byte for a short length. Returns where the content begins. */
static size_t begin(otlp_buffer *buffer, otlp_field field)
{
    if (field.number == 0)
        return OUTERMOST;
    add_tag(buffer, field, DELIMITED);
    otlp_buffer_add_byte(buffer, 0);
    return buffer->length;
}

/* Sets the length of the content, and moves the content if the length needs more than a byte. */
static void end(otlp_buffer *buffer, size_t begun)
{
    unsigned char bytes[LONGEST_VARINT];

    if (begun == OUTERMOST || buffer->is_full)
        return;
    size_t content = buffer->length - begun;
    size_t more = make_varint(content, bytes) - 1;
    if (more > buffer->capacity - buffer->length) {
        buffer->is_full = true;
        return;
    }
    if (more != 0)
        memmove(buffer->data + begun + more, buffer->data + begun, content);
    memcpy(buffer->data + begun - 1, bytes, more + 1);
    buffer->length += more;
}

static void begin_list(otlp_buffer *buffer, otlp_field field)
{
    (void)buffer;
    (void)field;
}

static void end_list(otlp_buffer *buffer)
{
    (void)buffer;
}

static void add_bytes(otlp_buffer *buffer, otlp_field field, catga_bytes bytes)
{
    add_tag(buffer, field, DELIMITED);
    add_varint(buffer, bytes.length);
    otlp_buffer_add(buffer, bytes.data, bytes.length);
}

/* ---- Texts ---- */

/* Adds characters while they are ASCII and within the limit. Returns their number. */
static size_t add_ascii(otlp_buffer *buffer, catga_string text, size_t limit)
{
    size_t longest = text.length < limit ? text.length : limit;
    size_t length = 0;

    while (length < longest && (unsigned char)text.data[length] < 0x80)
        length++;
    otlp_buffer_add(buffer, text.data, length);
    return length;
}

static void add_characters(otlp_buffer *buffer, catga_string text, size_t limit)
{
    while (text.length != 0 && limit != 0) {
        size_t taken = add_ascii(buffer, text, limit);
        size_t added = taken;
        if (taken == 0) {
            taken = catga_utf8_character(text);
            added = taken == 0 ? sizeof CATGA_UTF8_REPLACEMENT - 1 : taken;
            if (added > limit)
                return;
            otlp_buffer_add(buffer, taken == 0 ? CATGA_UTF8_REPLACEMENT : text.data, added);
            taken = taken == 0 ? 1 : taken;
        }
        text = (catga_string){text.data + taken, text.length - taken};
        limit -= added;
    }
}

static void add_text(otlp_buffer *buffer, otlp_field field, catga_string text, size_t limit)
{
    size_t begun = begin(buffer, field);

    add_characters(buffer, text, limit);
    end(buffer, begun);
}

/* ---- Numbers ---- */

static void add_number(otlp_buffer *buffer, otlp_field field, int64_t number)
{
    add_tag(buffer, field, VARINT);
    add_varint(buffer, (uint64_t)number);
}

static void add_time(otlp_buffer *buffer, otlp_field field, int64_t time)
{
    add_tag(buffer, field, FIXED64);
    add_fixed(buffer, (uint64_t)time, 8);
}

static void add_count(otlp_buffer *buffer, otlp_field field, uint32_t count)
{
    add_number(buffer, field, count);
}

static void add_flags(otlp_buffer *buffer, otlp_field field, uint32_t flags)
{
    add_tag(buffer, field, FIXED32);
    add_fixed(buffer, flags, 4);
}

const otlp_writer otlp_protobuf = {
    .media_type = "application/x-protobuf",
    .begin_element = begin,
    .begin = begin,
    .end = end,
    .begin_list = begin_list,
    .end_list = end_list,
    .element = add_bytes,
    .id = add_bytes,
    .text = add_text,
    .number = add_number,
    .time = add_time,
    .count = add_count,
    .flags = add_flags,
};
