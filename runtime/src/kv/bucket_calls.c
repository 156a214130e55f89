/* Writes and reads single entries: with a thread that waits, or with a callback. */
#include "bus/envelope.h"
#include "client/stream_call.h"
#include "kv/buckets.h"
#include "kv/entry.h"

#include <stdio.h>

/* ---- Writing ---- */

/* One write of a key. */
typedef struct write_order {
    const char *verb; /* for the log */
    catga_string key;
    catga_bytes value;
    bool expects;
    uint64_t expected;
    const catga_header *headers;
    size_t header_count;
} write_order;

static void deliver_stored(catga_bus_state *state, catga_outcome *outcome, catga_function callback,
                           void *user)
{
    (void)state;
    ((catga_bucket_stored *)callback)(outcome->status, outcome->placed.sequence, &outcome->error,
                                      user);
}

static const catga_call_kind writes = {catga_stream_send_message, catga_stream_read_ack,
                                       deliver_stored};

/* Keeps the subject in a call with a callback, which needs it until its end. Returns false if it is
 * too long for that. */
static bool keep_subject(catga_pending *call, bool has_callback, const char **subject)
{
    size_t size = strlen(*subject) + 1;
    char *kept = call->request.envelope.subject;

    if (!has_callback)
        return true;
    if (size > sizeof call->request.envelope.subject)
        return false;
    *subject = memcpy(kept, *subject, size);
    return true;
}

/* Claims a call for a write; `memory` must live until a waiting call ends. */
static catga_status begin_write(catga_bus *bus, const catga_bucket *bucket,
                                const write_order *order, bool has_callback,
                                char memory[CATGA_BUCKET_SUBJECT], catga_pending **call)
{
    const catga_used_bucket *used;
    const char *subject = memory;
    catga_status status = catga_buckets_use(bus, bucket, &used);

    if (status == CATGA_OK && !catga_buckets_subject(bus, bucket, order->key, memory))
        status = CATGA_INVALID_ARGUMENT;
    if (status == CATGA_OK)
        status = catga_stream_call_claim(bus, &writes, has_callback, call);
    if (status != CATGA_OK)
        return status;
    if (!keep_subject(*call, has_callback, &subject)) {
        catga_calls_free(&bus->state->calls, *call);
        return CATGA_INVALID_ARGUMENT;
    }
    (*call)->request.envelope.outgoing = (catga_outgoing){.subject = subject,
                                                          .checked = true,
                                                          .data = order->value.data,
                                                          .length = order->value.length,
                                                          .headers = order->headers,
                                                          .header_count = order->header_count,
                                                          .stream = used->hash,
                                                          .sender_waits = !has_callback,
                                                          .expects = order->expects,
                                                          .expected = order->expected};
    return CATGA_OK;
}

/* Writes, and waits. */
static catga_status write_entry(catga_bus *bus, const catga_bucket *bucket,
                                const write_order *order, uint64_t *revision)
{
    char subject[CATGA_BUCKET_SUBJECT];
    catga_pending *call;
    catga_outcome outcome;
    catga_status status = begin_write(bus, bucket, order, false, subject, &call);

    if (status != CATGA_OK)
        return status;
    catga_stream_call_wait(bus->state, call, &outcome);
    catga_outcome_release(&outcome, bus->state);
    catga_buckets_report(bus, bucket, order->verb, order->key, outcome.status, &outcome.problem);
    if (outcome.status == CATGA_OK && revision != NULL)
        *revision = outcome.placed.sequence;
    return outcome.status;
}

static catga_status write_async(catga_bus *bus, const catga_bucket *bucket,
                                const write_order *order, catga_bucket_stored *stored, void *user)
{
    char subject[CATGA_BUCKET_SUBJECT];
    catga_pending *call;
    catga_problem problem = {""};
    catga_status status = begin_write(bus, bucket, order, true, subject, &call);

    if (status != CATGA_OK)
        return status;
    status = catga_stream_call_start(bus->state, call, (catga_function)stored, user, &problem);
    catga_buckets_report(bus, bucket, order->verb, order->key, status, &problem);
    return status;
}

catga_status catga_bucket_put(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                              catga_bytes value, uint64_t *revision)
{
    return write_entry(bus, bucket, &(write_order){.verb = "put", .key = key, .value = value},
                       revision);
}

catga_status catga_bucket_put_async(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                    catga_bytes value, catga_bucket_stored *stored, void *user)
{
    return write_async(bus, bucket, &(write_order){.verb = "put", .key = key, .value = value},
                       stored, user);
}

static write_order update_of(catga_string key, catga_bytes value, uint64_t expected)
{
    return (write_order){
        .verb = "update", .key = key, .value = value, .expects = true, .expected = expected};
}

catga_status catga_bucket_update(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                 catga_bytes value, uint64_t expected, uint64_t *revision)
{
    write_order order = update_of(key, value, expected);

    return write_entry(bus, bucket, &order, revision);
}

catga_status catga_bucket_update_async(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                       catga_bytes value, uint64_t expected,
                                       catga_bucket_stored *stored, void *user)
{
    write_order order = update_of(key, value, expected);

    return write_async(bus, bucket, &order, stored, user);
}

/* ---- Deleting ---- */

static const catga_header deletes[] = {{CATGA_HEADER_OPERATION, "DEL"}};
static const catga_header purges[] = {{CATGA_HEADER_OPERATION, "PURGE"},
                                      {CATGA_HEADER_ROLLUP, "sub"}};

catga_status catga_bucket_delete(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                 uint64_t *revision)
{
    return write_entry(
        bus, bucket,
        &(write_order){.verb = "delete", .key = key, .headers = deletes, .header_count = 1},
        revision);
}

catga_status catga_bucket_delete_revision(catga_bus *bus, const catga_bucket *bucket,
                                          catga_string key, uint64_t expected, uint64_t *revision)
{
    return write_entry(bus, bucket,
                       &(write_order){.verb = "delete",
                                      .key = key,
                                      .expects = true,
                                      .expected = expected,
                                      .headers = deletes,
                                      .header_count = 1},
                       revision);
}

/* Returns true if the server's purge would make other consumers skip entries; the log says once
 * that earlier values stay. */
static bool must_mark_only(catga_bus *bus, const catga_bucket *bucket)
{
    catga_transport *transport = bus->state->transport;

    if (!transport->streams->purge_skips(transport))
        return false;
    if (!atomic_exchange(&catga_buckets_of(bus)->marks_told, true))
        catga_log(&bus->state->settings.logger, CATGA_LOG_WARNING,
                  "buckets: purge writes only a marker, and leaves earlier values: nats-server "
                  "before 2.9.12 makes consumers skip entries when it purges (bucket=%s)",
                  bucket->name);
    return true;
}

catga_status catga_bucket_purge(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                uint64_t *revision)
{
    const catga_used_bucket *used;
    catga_status status = catga_buckets_use(bus, bucket, &used);

    if (status != CATGA_OK)
        return status;
    return write_entry(bus, bucket,
                       &(write_order){.verb = "purge",
                                      .key = key,
                                      .headers = purges,
                                      .header_count = must_mark_only(bus, bucket) ? 1 : 2},
                       revision);
}

/* ---- Reading ---- */

static void deliver_got(catga_bus_state *state, catga_outcome *outcome, catga_function callback,
                        void *user)
{
    catga_bucket_entry entry = {.revision = 0};
    catga_status status = outcome->status;

    if (status == CATGA_OK)
        entry = catga_bucket_entry_of(state, &outcome->answer);
    if (status == CATGA_OK && entry.change != CATGA_BUCKET_PUT)
        status = CATGA_NOT_FOUND;
    ((catga_bucket_got *)callback)(status, status == CATGA_OK ? &entry : NULL, &outcome->error,
                                   user);
}

static const catga_call_kind reads = {catga_stream_send_query, catga_stream_read_message,
                                      deliver_got};

/* Claims a call that reads the last entry of a key, or the one with a revision. */
static catga_status begin_read(catga_bus *bus, const catga_bucket *bucket, catga_stored_query query,
                               bool has_callback, catga_pending **call)
{
    const catga_used_bucket *used;
    catga_status status = catga_buckets_use(bus, bucket, &used);

    if (status == CATGA_OK)
        status = catga_stream_call_claim(bus, &reads, has_callback, call);
    if (status != CATGA_OK)
        return status;
    query.stream = used->stream;
    query.asks_leader = query.asks_leader || used->asks_leader;
    query.sender_waits = !has_callback;
    if (query.subject != NULL && !keep_subject(*call, has_callback, &query.subject)) {
        catga_calls_free(&bus->state->calls, *call);
        return CATGA_INVALID_ARGUMENT;
    }
    (*call)->request.query = query;
    (*call)->request.envelope.outgoing =
        (catga_outgoing){.subject = query.subject != NULL ? query.subject : query.stream};
    return CATGA_OK;
}

/* Reads, and waits. After CATGA_OK the caller frees the entry. */
static catga_status read_entry(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                               catga_stored_query query, catga_bucket_entry *entry)
{
    catga_bus_state *state = bus->state;
    catga_pending *call;
    catga_outcome outcome;
    catga_status status = begin_read(bus, bucket, query, false, &call);

    *entry = (catga_bucket_entry){.revision = 0};
    if (status != CATGA_OK)
        return status;
    catga_stream_call_wait(state, call, &outcome);
    if (outcome.status != CATGA_OK) {
        catga_outcome_release(&outcome, state);
        catga_buckets_report(bus, bucket, "get", key, outcome.status, &outcome.problem);
        return outcome.status;
    }
    *entry = catga_bucket_entry_of(state, &outcome.answer);
    entry->bus = &state->bus;
    entry->native = outcome.answer.native;
    return CATGA_OK;
}

/* Frees an entry that is not what was asked for. */
static catga_status not_found(catga_bucket_entry *entry)
{
    catga_bucket_entry_free(entry);
    return CATGA_NOT_FOUND;
}

catga_status catga_bucket_get(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                              catga_bucket_entry *entry)
{
    char subject[CATGA_BUCKET_SUBJECT];

    *entry = (catga_bucket_entry){.revision = 0};
    if (!catga_buckets_subject(bus, bucket, key, subject))
        return CATGA_INVALID_ARGUMENT;
    catga_status status =
        read_entry(bus, bucket, key, (catga_stored_query){.subject = subject}, entry);
    if (status == CATGA_OK && entry->change != CATGA_BUCKET_PUT)
        status = not_found(entry);
    return status;
}

catga_status catga_bucket_get_revision(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                       uint64_t revision, catga_bucket_entry *entry)
{
    char subject[CATGA_BUCKET_SUBJECT];

    *entry = (catga_bucket_entry){.revision = 0};
    if (!catga_buckets_subject(bus, bucket, key, subject))
        return CATGA_INVALID_ARGUMENT;
    if (revision == 0)
        return CATGA_NOT_FOUND;
    catga_status status =
        read_entry(bus, bucket, key, (catga_stored_query){.sequence = revision}, entry);
    bool is_other = status == CATGA_OK && (entry->key.length != key.length ||
                                           memcmp(entry->key.data, key.data, key.length) != 0);
    return is_other ? not_found(entry) : status;
}

catga_status catga_bucket_get_async(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                    catga_bucket_got *got, void *user)
{
    char subject[CATGA_BUCKET_SUBJECT];
    catga_pending *call;
    catga_problem problem = {""};

    if (!catga_buckets_subject(bus, bucket, key, subject))
        return CATGA_INVALID_ARGUMENT;
    catga_status status =
        begin_read(bus, bucket, (catga_stored_query){.subject = subject}, true, &call);
    if (status != CATGA_OK)
        return status;
    status = catga_stream_call_start(bus->state, call, (catga_function)got, user, &problem);
    catga_buckets_report(bus, bucket, "get", key, status, &problem);
    return status;
}

/* ---- Creating ---- */

/* A key whose last entry is a marker has no value: it is updated. The leader is asked, since a
 * replica may not know the marker yet. */
catga_status catga_bucket_create(catga_bus *bus, const catga_bucket *bucket, catga_string key,
                                 catga_bytes value, uint64_t *revision)
{
    char subject[CATGA_BUCKET_SUBJECT];
    catga_bucket_entry last;
    catga_status status = catga_bucket_update(bus, bucket, key, value, 0, revision);

    if (status != CATGA_CONFLICT || !catga_buckets_subject(bus, bucket, key, subject))
        return status;
    const catga_stored_query query = {.subject = subject, .asks_leader = true};
    status = read_entry(bus, bucket, key, query, &last);
    if (status != CATGA_OK)
        return status == CATGA_NOT_FOUND ? CATGA_CONFLICT : status;
    bool has_value = last.change == CATGA_BUCKET_PUT;
    uint64_t expected = last.revision;
    catga_bucket_entry_free(&last);
    return has_value ? CATGA_CONFLICT
                     : catga_bucket_update(bus, bucket, key, value, expected, revision);
}
