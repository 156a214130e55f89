/* Buckets whose values have a type: encodes what is written, and checks what is read. */
#include "base/utf8.h"
#include "bus/decode_buffer.h"
#include "bus/encode_buffer.h"
#include "bus/status.h"
#include "kv/buckets.h"
#include "kv/watchers.h"

#include <catga/kv_values.h>

#include <stdio.h>
#include <stdlib.h>

static bool is_utf8(catga_bytes text)
{
    return catga_is_utf8(text.data, text.length);
}

/* ---- Writing ---- */

static catga_bytes bytes_of(const catga_values *values, const void *input)
{
    if (!values->is_text)
        return *(const catga_bytes *)input;
    const catga_string *text = input;
    return (catga_bytes){(const uint8_t *)text->data, text->length};
}

static catga_status encode_plain(const catga_values *values, const void *input,
                                 catga_encode_buffer *payload, catga_problem *problem)
{
    catga_encode_buffer_wrap(payload, bytes_of(values, input));
    if (!values->is_text || is_utf8((catga_bytes){payload->data, payload->length}))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "the string is not UTF-8");
    return CATGA_INVALID_MESSAGE;
}

/* Encodes a value. The caller frees the payload after CATGA_OK only. */
static catga_status encode(catga_bus *bus, const catga_values *values, const char *verb,
                           catga_string key, const void *input, catga_encode_buffer *payload)
{
    catga_problem problem = {""};

    catga_status status = values->table == NULL
                              ? encode_plain(values, input, payload, &problem)
                              : catga_encode_buffer_fill_as(payload, bus->state, values->encoding,
                                                            values->table, input, &problem);

    catga_buckets_report(bus, &values->bucket, verb, key, status, &problem);
    return status;
}

static catga_bytes encoded(const catga_encode_buffer *payload)
{
    return (catga_bytes){payload->data, payload->length};
}

catga_status catga_values_put(catga_bus *bus, const catga_values *values, catga_string key,
                              const void *input, uint64_t *revision)
{
    catga_encode_buffer payload;
    catga_status status = encode(bus, values, "put", key, input, &payload);

    if (status != CATGA_OK)
        return status;
    status = catga_bucket_put(bus, &values->bucket, key, encoded(&payload), revision);
    catga_encode_buffer_free(&payload, bus->state);
    return status;
}

catga_status catga_values_create(catga_bus *bus, const catga_values *values, catga_string key,
                                 const void *input, uint64_t *revision)
{
    catga_encode_buffer payload;
    catga_status status = encode(bus, values, "create", key, input, &payload);

    if (status != CATGA_OK)
        return status;
    status = catga_bucket_create(bus, &values->bucket, key, encoded(&payload), revision);
    catga_encode_buffer_free(&payload, bus->state);
    return status;
}

catga_status catga_values_update(catga_bus *bus, const catga_values *values, catga_string key,
                                 const void *input, uint64_t expected, uint64_t *revision)
{
    catga_encode_buffer payload;
    catga_status status = encode(bus, values, "update", key, input, &payload);

    if (status != CATGA_OK)
        return status;
    status = catga_bucket_update(bus, &values->bucket, key, encoded(&payload), expected, revision);
    catga_encode_buffer_free(&payload, bus->state);
    return status;
}

/* ---- Checking ---- */

static void check_text(catga_value_entry *entry)
{
    if (is_utf8(entry->stored.value))
        return;
    entry->status = CATGA_BAD_MESSAGE;
    snprintf(entry->problem.text, sizeof entry->problem.text, "the string is not UTF-8");
}

static void decode(catga_bus_state *state, const catga_values *values, catga_value_entry *entry)
{
    catga_decoded *decoded;

    entry->status = catga_decode(state, values->encoding, values->table, entry->stored.value,
                                 &decoded, &entry->problem);
    entry->decoded = decoded;
    if (entry->status == CATGA_OK)
        entry->table = catga_decoded_root(decoded);
}

static void verify(const catga_values *values, catga_value_entry *entry)
{
    catga_bytes value = entry->stored.value;

    entry->status =
        catga_verify(values->table, value.data, value.length, &entry->table, &entry->problem);
    if (entry->status != CATGA_OK)
        entry->table = CATGA_EMPTY_TABLE;
}

static void report_bad(catga_bus_state *state, const catga_values *values,
                       const catga_value_entry *entry)
{
    catga_log_limited(
        &state->settings.logger, &state->unpublished, CATGA_LOG_WARNING,
        "buckets: invalid value of key \"%.*s\" in bucket %s (revision=%llu): " CATGA_REASON,
        CATGA_PRINT(entry->stored.key), values->bucket.name,
        (unsigned long long)entry->stored.revision, CATGA_REASON_OF(entry->status, entry->problem));
}

/* Checks the value of a stored entry. The caller frees entry->decoded. */
static catga_status check(catga_bus_state *state, const catga_values *values,
                          catga_value_entry *entry)
{
    entry->table = CATGA_EMPTY_TABLE;
    if (entry->stored.change != CATGA_BUCKET_PUT)
        return CATGA_OK;
    if (values->is_text)
        check_text(entry);
    else if (values->table != NULL && values->encoding != NULL)
        decode(state, values, entry);
    else if (values->table != NULL)
        verify(values, entry);
    if (entry->status != CATGA_OK)
        report_bad(state, values, entry);
    return entry->status;
}

/* ---- Reading ---- */

catga_status catga_values_get(catga_bus *bus, const catga_values *values, catga_string key,
                              catga_value_entry *entry)
{
    *entry = (catga_value_entry){.table = CATGA_EMPTY_TABLE};
    catga_status status = catga_bucket_get(bus, &values->bucket, key, &entry->stored);
    return status == CATGA_OK ? check(bus->state, values, entry) : status;
}

catga_status catga_values_get_revision(catga_bus *bus, const catga_values *values, catga_string key,
                                       uint64_t revision, catga_value_entry *entry)
{
    *entry = (catga_value_entry){.table = CATGA_EMPTY_TABLE};
    catga_status status =
        catga_bucket_get_revision(bus, &values->bucket, key, revision, &entry->stored);
    return status == CATGA_OK ? check(bus->state, values, entry) : status;
}

void catga_values_free(catga_value_entry *entry)
{
    if (entry->stored.bus != NULL)
        catga_decoded_free(entry->stored.bus->state, entry->decoded);
    catga_bucket_entry_free(&entry->stored);
    *entry = (catga_value_entry){.table = CATGA_EMPTY_TABLE};
}

/* A walk over the history, on the stack of its caller. */
typedef struct walk {
    catga_bus_state *state;
    const catga_values *values;
    catga_values_visit *deliver;
    catga_function visit;
    void *user;
} walk;

static bool visit_stored(const catga_bucket_entry *stored, void *user)
{
    const walk *at = user;
    catga_value_entry entry = {.stored = *stored};

    (void)check(at->state, at->values, &entry);
    bool more = at->deliver(at->visit, &entry, at->user);
    catga_decoded_free(at->state, entry.decoded);
    return more;
}

catga_status catga_values_history(catga_bus *bus, const catga_values *values, const char *pattern,
                                  catga_values_visit *deliver, catga_function visit, void *user)
{
    walk at = {bus->state, values, deliver, visit, user};

    return catga_bucket_history(bus, &values->bucket, pattern, visit_stored, &at);
}

/* ---- Watching ---- */

/* A watcher's part for typed values, which the watcher owns. */
typedef struct value_watch {
    catga_bus_state *state;
    const catga_values *values;
    catga_values_deliver *deliver;
    catga_function changed;
    void *user;
} value_watch;

static void deliver_stored(const catga_bucket_entry *stored, void *user)
{
    const value_watch *watch = user;
    catga_value_entry entry = {.stored = *stored};

    (void)check(watch->state, watch->values, &entry);
    watch->deliver(watch->changed, &entry, watch->user);
    catga_decoded_free(watch->state, entry.decoded);
}

static void deliver_end(void *user)
{
    const value_watch *watch = user;

    watch->deliver(watch->changed, NULL, watch->user);
}

catga_status catga_values_watch(catga_bus *bus, const catga_values *values, const char *pattern,
                                catga_watch_start start, catga_values_deliver *deliver,
                                catga_function changed, void *user, catga_bucket_watcher **watcher)
{
    value_watch *watch = malloc(sizeof *watch);

    *watcher = NULL;
    if (watch == NULL || changed == NULL) {
        free(watch);
        return changed == NULL ? CATGA_INVALID_ARGUMENT : CATGA_NO_MEMORY;
    }
    *watch = (value_watch){bus->state, values, deliver, changed, user};
    const catga_watch settings = {.pattern = pattern,
                                  .start = start,
                                  .changed = deliver_stored,
                                  .caught_up = deliver_end,
                                  .user = watch};
    return catga_watchers_begin(bus, &values->bucket, &settings, watch, watcher);
}
