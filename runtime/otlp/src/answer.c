/* Reads the body of a collector's answer; see answer.h. */
#include "answer.h"

/* ---- Protocol Buffers ---- */

enum { VARINT = 0, FIXED64 = 1, DELIMITED = 2, FIXED32 = 5 };

/* Takes bytes from the beginning of `rest`. Returns false if there are not so many. */
static bool take(catga_bytes *rest, uint64_t length, catga_bytes *taken)
{
    if (length > rest->length)
        return false;
    *taken = (catga_bytes){rest->data, (size_t)length};
    rest->data += length;
    rest->length -= (size_t)length;
    return true;
}

static bool take_varint(catga_bytes *rest, uint64_t *value)
{
    catga_bytes byte;

    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!take(rest, 1, &byte))
            return false;
        *value |= (uint64_t)(byte.data[0] & 0x7f) << shift;
        if (byte.data[0] < 0x80)
            return true;
    }
    return false;
}

/* Takes one field. Sets *value to a varint, or *content to the bytes of another field. Of a field
 * that is longer than the rest, that is the rest: the client keeps only the beginning of a body,
 * and the number of rejected spans comes before a long error message. */
static bool take_field(catga_bytes *rest, uint64_t *tag, uint64_t *value, catga_bytes *content)
{
    *content = (catga_bytes){0};
    if (!take_varint(rest, tag))
        return false;
    switch (*tag & 7) {
    case VARINT:
        return take_varint(rest, value);
    case FIXED64:
        return take(rest, 8, content);
    case FIXED32:
        return take(rest, 4, content);
    case DELIMITED:
        return take_varint(rest, value) &&
               take(rest, *value < rest->length ? *value : rest->length, content);
    default:
        return false;
    }
}

static uint64_t read_partial_success(catga_bytes rest)
{
    static const uint64_t rejected_spans = 1 << 3 | VARINT;
    uint64_t tag;
    uint64_t value;
    uint64_t rejected = 0;
    catga_bytes content;

    while (take_field(&rest, &tag, &value, &content))
        if (tag == rejected_spans)
            rejected = value;
    return rejected;
}

uint64_t otlp_answer_rejected_protobuf(catga_bytes body)
{
    static const uint64_t partial_success = 1 << 3 | DELIMITED;
    uint64_t tag;
    uint64_t value;
    uint64_t rejected = 0;
    catga_bytes content;

    while (take_field(&body, &tag, &value, &content))
        if (tag == partial_success)
            rejected = read_partial_success(content);
    return rejected;
}

/* ---- JSON ---- */

static bool is_in(const char *letters, uint8_t letter)
{
    return letter != '\0' && strchr(letters, letter) != NULL;
}

static uint64_t read_digits(const uint8_t *at, const uint8_t *end)
{
    uint64_t number = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(number, 10U, &number) ||
            __builtin_add_overflow(number, *at - '0', &number))
            return UINT64_MAX;
    return number;
}

/* The one number of this answer has a unique name, so nothing else of the JSON is read. */
uint64_t otlp_answer_rejected_json(catga_bytes body)
{
    static const char name[] = "\"rejectedSpans\"";
    const uint8_t *end = body.data + body.length;
    const uint8_t *at = memmem(body.data, body.length, name, sizeof name - 1);

    if (at == NULL)
        return 0;
    at += sizeof name - 1;
    while (at < end && is_in(" \t\r\n:\"", *at))
        at++;
    return read_digits(at, end);
}
