/* Reads and writes W3C Trace Context; see trace_context.h. */
#include "base/trace_context.h"

#include "base/block.h"

/* Positions in a traceparent: 00-<trace id>-<span id>-<flags>. */
enum { TRACE_ID = 3, SPAN_ID = 36, FLAGS = 53, END = CATGA_TRACEPARENT_SIZE - 1 };

static const catga_string absent = {NULL, 0};

/* ---- traceparent ---- */

/* Every traceparent of version 00 has dashes where this has them, and digits elsewhere. */
static const char form[] = "00-00000000000000000000000000000000-0000000000000000-00";
_Static_assert(sizeof form == CATGA_TRACEPARENT_SIZE, "it is as long as a traceparent");

/* Returns whether 16 characters from a position have the form of a traceparent. */
static inline bool block_has_form(const char *text, size_t at)
{
    catga_block c = catga_block_load(text + at);
    catga_block wanted = catga_block_load(form + at);
    catga_block is_dash = (catga_block)(wanted == '-');
    catga_block is_digit = (catga_block)(((c >= '0') & (c <= '9')) | ((c >= 'a') & (c <= 'f')));

    return catga_block_is_zero((is_dash & (c ^ wanted)) | (~is_dash & ~is_digit));
}

/* Checks blocks of 16 characters, the last of which overlaps the third. */
static bool has_form(const char *text)
{
    return block_has_form(text, 0) && block_has_form(text, 16) && block_has_form(text, 32) &&
           block_has_form(text, END - sizeof(catga_block));
}

static bool is_zero(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != '0')
            return false;
    return true;
}

/* Returns whether a known version ends behind the flags, or a higher one has more fields there. */
static bool has_valid_end(catga_string text)
{
    bool is_first = memcmp(text.data, "00", 2) == 0;

    return text.length == END || (!is_first && text.data[END] == '-');
}

static bool is_valid(catga_string text)
{
    const char *at = text.data;

    return text.length >= END && has_form(at) && memcmp(at, "ff", 2) != 0 &&
           !is_zero(at + TRACE_ID, 32) && !is_zero(at + SPAN_ID, 16) && has_valid_end(text);
}

catga_string catga_traceparent_of(catga_string text)
{
    return is_valid(text) ? (catga_string){text.data, END} : absent;
}

bool catga_traceparent_copy(char copy[CATGA_TRACEPARENT_SIZE], catga_string text)
{
    copy[0] = '\0';
    if (!is_valid(text))
        return false;
    memcpy(copy, text.data, END);
    memcpy(copy, "00", 2);
    copy[END] = '\0';
    return true;
}

static void write_bytes(char *text, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        *text++ = digits[bytes[i] >> 4];
        *text++ = digits[bytes[i] & 15];
    }
}

void catga_trace_context_write(const catga_trace_context *context,
                               char traceparent[CATGA_TRACEPARENT_SIZE])
{
    memcpy(traceparent, "00-", TRACE_ID);
    write_bytes(traceparent + TRACE_ID, context->trace_id, sizeof context->trace_id);
    traceparent[SPAN_ID - 1] = '-';
    write_bytes(traceparent + SPAN_ID, context->span_id, sizeof context->span_id);
    traceparent[FLAGS - 1] = '-';
    write_bytes(traceparent + FLAGS, &context->flags, 1);
    traceparent[END] = '\0';
}

/* Returns the value of a digit. Its lowest bits are 0 to 9 in '0' to '9', and 1 to 6 in 'a' to 'f',
 * whose bit 6 is set. A branch would be mispredicted often. */
static unsigned digit_of(char c)
{
    return (unsigned)((c & 15) + (c >> 6) * 9);
}

static void read_bytes(uint8_t *bytes, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(digit_of(text[2 * i]) << 4 | digit_of(text[2 * i + 1]));
}

void catga_trace_context_read(catga_trace_context *context,
                              const char traceparent[CATGA_TRACEPARENT_SIZE])
{
    read_bytes(context->trace_id, sizeof context->trace_id, traceparent + TRACE_ID);
    read_bytes(context->span_id, sizeof context->span_id, traceparent + SPAN_ID);
    read_bytes(&context->flags, 1, traceparent + FLAGS);
}

void catga_traceparent_set_span(char traceparent[CATGA_TRACEPARENT_SIZE], const uint8_t span_id[8],
                                uint8_t flags)
{
    write_bytes(traceparent + SPAN_ID, span_id, 8);
    write_bytes(traceparent + FLAGS, &flags, 1);
}

/* ---- tracestate ---- */

static bool is_key_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_key(catga_string key)
{
    if (key.length == 0 || key.length > 256 || !is_key_start(key.data[0]))
        return false;
    for (size_t i = 1; i < key.length; i++)
        if (!is_key_start(key.data[i]) && memchr("_-*/@", key.data[i], 5) == NULL)
            return false;
    return true;
}

static bool is_value(catga_string value)
{
    for (size_t i = 0; i < value.length; i++)
        if (value.data[i] < ' ' || value.data[i] > '~' || value.data[i] == '=')
            return false;
    return value.length >= 1 && value.length <= 256;
}

static catga_string trimmed(catga_string text)
{
    while (text.length != 0 && *text.data == ' ') {
        text.data++;
        text.length--;
    }
    while (text.length != 0 && text.data[text.length - 1] == ' ')
        text.length--;
    return text;
}

static bool is_member(catga_string text)
{
    const char *sign = memchr(text.data, '=', text.length);

    if (sign == NULL)
        return false;
    size_t length = (size_t)(sign - text.data);
    return is_key((catga_string){text.data, length}) &&
           is_value((catga_string){sign + 1, text.length - length - 1});
}

/* Returns the position of the comma behind a member, or the end of the text. */
static size_t end_of_member(catga_string text, size_t at)
{
    const char *comma = memchr(text.data + at, ',', text.length - at);

    return comma == NULL ? text.length : (size_t)(comma - text.data);
}

catga_string catga_tracestate_of(catga_string text)
{
    catga_string kept = {text.data, 0};
    unsigned members = 0;

    for (size_t at = 0, end; at < text.length; at = end + 1) {
        end = end_of_member(text, at);
        catga_string member = trimmed((catga_string){text.data + at, end - at});
        if (member.length == 0)
            continue;
        if (end > CATGA_TRACESTATE_MAX || members == CATGA_TRACESTATE_MEMBERS)
            break;
        if (!is_member(member))
            return absent;
        members++;
        kept.length = end;
    }
    return kept.length == 0 ? absent : kept;
}
