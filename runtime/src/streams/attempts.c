/* Reads and writes the records of attempts; see attempts.h. */
#include "streams/attempts.h"

#include "base/text.h"
#include "bus/kv.h"
#include "bus/status.h"
#include "claims/claim_record.h"
#include "streams/stream_names.h"
#include "streams/streams.h"
#include "transport/capability.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Room for some 50,000 records. The oldest are dropped first: an event that can still be delivered
 * is one of the consumer's unacknowledged events, so its record is among the latest.
 */
#define MAX_BYTES (16 * 1024 * 1024)
#define MIN_BYTES (1024 * 1024)

#define HEADER_STORED "Catga-Stored"

enum { KEY = CATGA_CONSUMER_NAME + 24, NUMBER = 24 };

/*
 * The bucket and key of a record, and the time at which its event was stored, which is in a header.
 */
typedef struct names {
    char bucket[CATGA_STREAM_NAME];
    char key[KEY];
    char stored[NUMBER];
} names;

static bool put_bucket(const catga_bus_state *state, const catga_stream *stream,
                       char bucket[CATGA_STREAM_NAME])
{
    char name[CATGA_STREAM_NAME];

    return catga_names_stream(state, stream, name) &&
           catga_text_format(bucket, CATGA_STREAM_NAME, "%s_ATTEMPTS", name);
}

static bool put_names(const catga_attempts_of *of, names *to)
{
    const catga_bus_state *state = of->endpoint->service_instance->state;
    char consumer[CATGA_CONSUMER_NAME];

    if (!put_bucket(state, of->endpoint->handler->message->delivery->stream, to->bucket) ||
        !catga_names_consumer(state, of->endpoint->service_instance->service, of->endpoint->handler,
                              consumer))
        return false;
    snprintf(to->key, sizeof to->key, "%s.%" PRIu64, consumer, of->event->sequence);
    snprintf(to->stored, sizeof to->stored, "%" PRId64, of->event->stored_ns);
    return true;
}

catga_status catga_attempts_prepare(catga_bus_state *state, const catga_stream *stream)
{
    char bucket[CATGA_STREAM_NAME];
    catga_problem problem = {""};
    catga_bucket_settings settings = {.name = bucket,
                                      .max_age_ns = catga_streams_kept_ns(stream),
                                      .max_bytes = MAX_BYTES,
                                      .drops_oldest = true,
                                      .replicas = catga_streams_replicas(state, stream)};

    if (!put_bucket(state, stream, bucket))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = catga_transport_ensure_bucket(state->transport, &settings, &problem);
    while (status == CATGA_TOO_LARGE && settings.max_bytes > MIN_BYTES) {
        settings.max_bytes /= 2; /* the server cannot reserve more */
        status = catga_transport_ensure_bucket(state->transport, &settings, &problem);
    }
    if (status != CATGA_OK && !catga_status_is_transient(status))
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "attempts: cannot use bucket %s: " CATGA_REASON, bucket,
                  CATGA_REASON_OF(status, problem));
    return status;
}

/* ---- Reading ---- */

static const char *header_of(const catga_bus_state *state, const catga_incoming *record,
                             const char *name)
{
    const char *value = state->operations->header(record, name);

    return value == NULL ? "" : value;
}

static void understand(const catga_attempts_of *of, const catga_incoming *message,
                       const char *stored, catga_attempts *record,
                       char cause[CATGA_HEADER_VALUE_MAX])
{
    const catga_bus_state *state = of->endpoint->service_instance->state;

    if (strcmp(header_of(state, message, HEADER_STORED), stored) != 0)
        return;
    const char *why = header_of(state, message, CATGA_HEADER_CAUSE);
    record->started =
        (uint32_t)strtonum(header_of(state, message, CATGA_HEADER_ATTEMPT), 0, INT32_MAX, NULL);
    record->ours = strcmp(header_of(state, message, CATGA_HEADER_OWNER), of->writer) == 0;
    record->ended = *why != '\0';
    if (record->ended)
        snprintf(cause, CATGA_HEADER_VALUE_MAX, "%s", why);
}

catga_status catga_attempts_read(const catga_attempts_of *of, catga_attempts *record,
                                 char cause[CATGA_HEADER_VALUE_MAX])
{
    catga_bus_state *state = of->endpoint->service_instance->state;
    catga_incoming message;
    names at;

    *record = (catga_attempts){.revision = 0};
    if (!put_names(of, &at))
        return CATGA_INVALID_ARGUMENT;
    catga_status status =
        catga_kv_read(state, (catga_kv_key){at.bucket, at.key}, &message, &record->revision);
    if (status != CATGA_OK)
        return status;
    if (record->revision != 0)
        understand(of, &message, at.stored, record, cause);
    state->operations->release(&message);
    return CATGA_OK;
}

/* ---- Writing ---- */

catga_status catga_attempts_write(const catga_attempts_of *of, uint32_t started, const char *cause,
                                  uint64_t over, uint64_t *revision)
{
    char attempt[NUMBER];
    names at;
    const catga_header headers[] = {{CATGA_HEADER_ATTEMPT, attempt},
                                    {CATGA_HEADER_OWNER, of->writer},
                                    {HEADER_STORED, at.stored},
                                    {CATGA_HEADER_CAUSE, cause}};
    const catga_outgoing record = {
        .subject = "", .headers = headers, .header_count = cause == NULL ? 3 : 4};
    catga_problem problem = {""};

    if (!put_names(of, &at))
        return CATGA_INVALID_ARGUMENT;
    snprintf(attempt, sizeof attempt, "%" PRIu32, started);
    return catga_kv_write(of->endpoint->service_instance->state, (catga_kv_key){at.bucket, at.key},
                          &record, over, revision, &problem);
}
