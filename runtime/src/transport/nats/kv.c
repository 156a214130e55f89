/* Records are in key-value buckets of JetStream, as other clients of NATS use them. A bucket is a
 * stream KV_NAME. A record is the last message of its subject $KV.NAME.KEY; its revision is the
 * number of that message in the stream. A write publishes a message with the expected revision. A
 * read requests the last message of a subject. */
#include "transport/nats/kv.h"

#include "transport/nats/json.h"
#include "transport/nats/message.h"
#include "transport/nats/send.h"
#include "transport/nats/stream_publish.h"

#include <stdio.h>
#include <stdlib.h>

enum { SUBJECT_SIZE = 1024, NO_ROOM = 10077 };

/* Returns the hash of a bucket's stream. */
static uint32_t stream_of(const char *bucket)
{
    char name[SUBJECT_SIZE];

    snprintf(name, sizeof name, "KV_%s", bucket);
    return catga_stream_hash(catga_str(name));
}

static bool fits(int length)
{
    return length > 0 && length < SUBJECT_SIZE;
}

catga_status catga_nats_kv_write(catga_transport *transport, catga_kv_key key,
                                 const catga_outgoing *record, uint64_t revision, uint64_t token)
{
    char subject[SUBJECT_SIZE];
    catga_outgoing message = *record;

    if (!fits(snprintf(subject, sizeof subject, "$KV.%s.%s", key.bucket, key.key)))
        return CATGA_INVALID_ARGUMENT;
    message.subject = subject;
    message.checked = false;
    message.sender_waits = true;
    message.stream = stream_of(key.bucket);
    message.expects = true;
    message.expected = revision;
    return catga_nats_stream_publish(transport, &message, token);
}

catga_status catga_nats_kv_written(const catga_incoming *answer, uint64_t *revision,
                                   catga_problem *problem)
{
    catga_nats_json object = {(const char *)answer->data, answer->length};
    int64_t code = catga_nats_json_number(
        catga_nats_json_get(catga_nats_json_get(object, "error"), "err_code"), 0);
    catga_placed placed;
    catga_status status = catga_nats_stream_published(answer, &placed, problem);

    *revision = placed.sequence;
    if (status == CATGA_CONFLICT)
        return CATGA_REFUSED;
    if (code == NO_ROOM)
        return CATGA_OVERLOADED;
    return status == CATGA_REFUSED || status == CATGA_OVERLOADED ? CATGA_TRANSPORT_FAILED : status;
}

catga_status catga_nats_kv_read(catga_transport *transport, catga_kv_key key, uint64_t token)
{
    char subject[SUBJECT_SIZE];
    const catga_outgoing question = {.subject = subject, .sender_waits = true};

    if (!fits(snprintf(subject, sizeof subject, "$JS.API.DIRECT.GET.KV_%s.$KV.%s.%s", key.bucket,
                       key.bucket, key.key)))
        return CATGA_INVALID_ARGUMENT;
    return catga_nats_request_from(
        catga_nats_of(transport), &question, token,
        (catga_nats_source){CATGA_NATS_STREAM_MESSAGE, stream_of(key.bucket)});
}

/* A record has a header with its revision. For an absent record, the answer is a status without a
 * body. */
catga_status catga_nats_kv_found(const catga_incoming *answer, uint64_t *revision,
                                 catga_problem *problem)
{
    const char *sequence = catga_nats_header(answer, "Nats-Sequence");
    const char *status = catga_nats_header(answer, "Status");

    int64_t number = catga_nats_json_number(catga_str(sequence == NULL ? "" : sequence), 0);
    *revision = number > 0 ? (uint64_t)number : 0;
    if (*revision != 0 || (answer->length == 0 && status != NULL && strcmp(status, "404") == 0))
        return CATGA_OK;
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    snprintf(problem->text, sizeof problem->text, "the answer is no record");
    return CATGA_BAD_MESSAGE;
}
