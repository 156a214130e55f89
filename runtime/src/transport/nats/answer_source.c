/*
 * The accepted source of an answer. Other subscribers to the subject of a stored event get its
 * reply subject, too, and may reply before the stream does. So the reply subject contains a hash of
 * the stream's name and the kind of its answer; all other answers are ignored.
 */
#include "transport/nats/nats_transport.h"

enum { HASH_DIGITS = CATGA_NATS_SOURCE - 1 };

void catga_nats_source_write(char *end, catga_nats_source source)
{
    if (source.kind != CATGA_NATS_ANYBODY) {
        *end++ = (char)source.kind;
        for (int shift = 4 * (HASH_DIGITS - 1); shift >= 0; shift -= 4)
            *end++ = "0123456789abcdef"[source.stream >> shift & 15];
    }
    *end = '\0';
}

bool catga_nats_source_read(catga_nats_source *source, const char *end)
{
    *source = (catga_nats_source){.kind = CATGA_NATS_ANYBODY};
    if (*end == '\0')
        return true;
    if (*end == CATGA_NATS_STREAM_ACK)
        source->kind = CATGA_NATS_STREAM_ACK;
    else if (*end == CATGA_NATS_STREAM_MESSAGE)
        source->kind = CATGA_NATS_STREAM_MESSAGE;
    else
        return false;
    end++;
    for (int i = 0; i < HASH_DIGITS; i++, end++) {
        bool digit = *end >= '0' && *end <= '9';
        if (!digit && (*end < 'a' || *end > 'f'))
            return false;
        source->stream = source->stream << 4 | (uint32_t)(digit ? *end - '0' : *end - 'a' + 10);
    }
    return *end == '\0';
}

static bool is_named(catga_string name, uint32_t stream)
{
    return name.length != 0 && catga_stream_hash(name) == stream;
}

/* {"stream":"NAME","seq":12} or {"error":{...},"stream":"NAME","seq":0} */
static bool is_from_stream(const catga_incoming *answer, uint32_t stream)
{
    catga_nats_json object = {(const char *)answer->data, answer->length};
    catga_nats_json name = catga_nats_json_get(object, "stream");
    bool says = catga_nats_json_number(catga_nats_json_get(object, "seq"), 0) > 0 ||
                catga_nats_json_get(object, "error").data != NULL;

    return says && name.length > 2 && name.data[0] == '"' &&
           is_named((catga_string){name.data + 1, name.length - 2}, stream);
}

/* A message of the stream names it; that there is none is a status without a body. */
static bool is_record_of(const catga_incoming *answer, uint32_t stream)
{
    const char *name = catga_nats_header(answer, "Nats-Stream");

    if (name != NULL)
        return is_named(catga_str(name), stream);
    return answer->length == 0 && catga_nats_header(answer, "Status") != NULL;
}

bool catga_nats_source_is(catga_nats_source source, const catga_incoming *answer)
{
    switch (source.kind) {
    case CATGA_NATS_STREAM_ACK:
        return answer->no_responders || is_from_stream(answer, source.stream);
    case CATGA_NATS_STREAM_MESSAGE:
        return answer->no_responders || is_record_of(answer, source.stream);
    case CATGA_NATS_ANYBODY:
        break;
    }
    return true;
}
