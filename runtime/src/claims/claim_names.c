/* Names and keeps claims; see claim_names.h. */
#include "claims/claim_names.h"

#include "base/hash.h"
#include "base/text.h"
#include "streams/streams.h"

#include <inttypes.h>
#include <stdio.h>

/* a record is kept longer than any lease */
#define KEPT_AT_LEAST (60 * CATGA_SECOND)

bool catga_claim_bucket(const catga_bus_state *state, const catga_message *message,
                        char bucket[CATGA_BUCKET_NAME])
{
    char stream[CATGA_STREAM_NAME];

    if (message->claims != NULL)
        return catga_names_prefixed(state, message->claims->bucket, bucket);
    return catga_names_stream(state, message->delivery->stream, stream) &&
           catga_text_format(bucket, CATGA_BUCKET_NAME, "%s_DONE", stream);
}

/*
 * Writes the key of an event. An event without a valid id is from a foreign publisher; its sequence
 * number replaces the id.
 */
static bool put_event_key(char key[CATGA_CLAIM_KEY], const catga_context *context)
{
    char consumer[CATGA_CONSUMER_NAME];
    char number[24];
    catga_string id = catga_context_message_id(context);

    snprintf(number, sizeof number, "=%" PRIu64, context->incoming->sequence);
    if (!catga_is_token(id))
        id = catga_str(number);
    return catga_names_consumer(context->state, context->endpoint->service_instance->service,
                                context->endpoint->handler, consumer) &&
           catga_text_format(key, CATGA_CLAIM_KEY, "%s.%.*s", consumer, CATGA_PRINT(id));
}

/* The id of a command is already validated. */
bool catga_claim_key(char key[CATGA_CLAIM_KEY], const catga_context *context)
{
    if (context->message->claims == NULL)
        return put_event_key(key, context);
    return catga_text_format(key, CATGA_CLAIM_KEY, "%.*s",
                             CATGA_PRINT(catga_context_message_id(context)));
}

void catga_claim_request(char request[CATGA_REQUEST_HASH], const catga_context *context)
{
    const catga_incoming *incoming = context->incoming;

    request[0] = '\0';
    if (context->message->claims == NULL)
        return;
    const catga_hash hash = catga_hash_of(incoming->data, incoming->length);
    snprintf(request, CATGA_REQUEST_HASH, "%016" PRIx64 "%016" PRIx64, hash.high, hash.low);
}

int64_t catga_claim_kept_ns(const catga_message *message)
{
    if (message->claims == NULL)
        return catga_streams_kept_ns(message->delivery->stream);
    int64_t keep = message->claims->keep_ms * CATGA_MILLISECOND;
    return keep > KEPT_AT_LEAST ? keep : KEPT_AT_LEAST;
}
