#include "transport/nats/answer_source.h"

#include "transport/nats/hex.h"
#include "transport/nats/json.h"
#include "transport/nats/message.h"

enum { HASH_DIGITS = CATGA_NATS_SOURCE - 1 };

void catga_nats_source_write(char *end, catga_nats_source source)
{
    if (source.kind != CATGA_NATS_ANY_SOURCE) {
        *end++ = (char)source.kind;
        end = catga_nats_hex_write(end, source.stream, HASH_DIGITS);
    }
    *end = '\0';
}

bool catga_nats_source_read(catga_nats_source *source, const char *end)
{
    uint64_t hash;

    *source = (catga_nats_source){.kind = CATGA_NATS_ANY_SOURCE};
    if (*end == '\0')
        return true;
    if (*end == CATGA_NATS_STREAM_ACK)
        source->kind = CATGA_NATS_STREAM_ACK;
    else if (*end == CATGA_NATS_STREAM_MESSAGE)
        source->kind = CATGA_NATS_STREAM_MESSAGE;
    else
        return false;
    if (!catga_nats_hex_read(end + 1, &hash, HASH_DIGITS))
        return false;
    source->stream = (uint32_t)hash;
    return end[1 + HASH_DIGITS] == '\0';
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

    return says && catga_nats_json_is_object(object) && name.length > 2 && name.data[0] == '"' &&
           is_named((catga_string){name.data + 1, name.length - 2}, stream);
}

/* A message of a stream has a header with the stream's name. For an absent message, the answer is a
 * status without a body. */
static bool is_message_of(const catga_incoming *answer, uint32_t stream)
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
        return answer->no_responders || is_message_of(answer, source.stream);
    case CATGA_NATS_ANY_SOURCE:
        break;
    }
    return true;
}
