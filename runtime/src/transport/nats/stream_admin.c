/*
 * Streams, consumers, buckets: asked for, and made when they are not there. What is there is
 * compared field by field and left alone: the server would take a creation of a consumer that
 * exists for a change of it, and say nothing.
 */
#include "base/monotime.h"
#include "transport/nats/nats_transport.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUBJECT_SIZE = CATGA_NATS_API_SUBJECT, BODY_SIZE = 16384 };

enum { NO_CONSUMER = 10014, NO_MESSAGE = 10037, NO_STORAGE = 10047, NO_STREAM = 10059 };

static const char stream_info[] = "$JS.API.STREAM.INFO.";

/*
 * nats-server 2.9.10 forgets a stream before it has deleted its files. A stream that is created
 * meanwhile has its own files deleted. It took up to 230 ms under load.
 */
#define DELETION (2500 * CATGA_MILLISECOND)

/* The deliver_policy of a consumer that was gone, and goes on where it was. */
static const char started_again[] = "by_start_sequence";

/* Nothing in a bucket has an id, but a stream has a window. */
#define BUCKET_WINDOW (120 * CATGA_SECOND)

/* ---- Writing ---- */

/* Text that grows in a fixed place; `full` when it did not suffice. */
struct catga_nats_text {
    char text[BODY_SIZE];
    size_t length;
    bool full;
};

CATGA_PRINTF(2, 3) static void put(catga_nats_text *out, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(out->text + out->length, BODY_SIZE - out->length, format, arguments);
    va_end(arguments);
    out->full |= length < 0 || (size_t)length >= BODY_SIZE - out->length;
    if (!out->full)
        out->length += (size_t)length;
}

/* Names and subjects are tokens with dots between them: there is nothing in them to escape. */
static void put_stream(catga_nats_text *out, const catga_nats_desired *thing)
{
    const catga_stream_settings *stream = thing->settings;

    put(out, "{\"name\":\"%s\",\"subjects\":[", stream->name);
    for (size_t i = 0; i < stream->subject_count; i++)
        put(out, "%s\"%s\"", i == 0 ? "" : ",", stream->subjects[i]);
    put(out,
        "],\"retention\":\"limits\",\"storage\":\"file\",\"discard\":\"new\",\"max_consumers\":-1,"
        "\"max_msgs\":-1,\"max_bytes\":-1,\"max_msg_size\":-1,\"max_msgs_per_subject\":-1,"
        "\"max_age\":%" PRId64 ",\"duplicate_window\":%" PRId64 ",\"num_replicas\":%u}",
        stream->max_age_ns, stream->window_ns, stream->replicas);
}

/*
 * The stream of a bucket, as key-value clients make it. A record is written a few times: nearly
 * none of its older revisions need be taken out of the stream's blocks, which servers before 2.9.21
 * do not always find together again after a restart.
 */
static void put_bucket(catga_nats_text *out, const catga_nats_desired *thing)
{
    const catga_bucket_settings *bucket = thing->settings;

    put(out,
        "{\"name\":\"KV_%s\",\"subjects\":[\"$KV.%s.>\"],\"retention\":\"limits\","
        "\"storage\":\"file\",\"discard\":\"%s\",\"max_consumers\":-1,\"max_msgs\":-1,"
        "\"max_bytes\":%" PRId64 ",\"max_msg_size\":-1,\"max_msgs_per_subject\":8,"
        "\"max_age\":%" PRId64 ",\"duplicate_window\":%" PRId64 ",\"num_replicas\":%u,"
        "\"deny_delete\":true,\"allow_rollup_hdrs\":true,\"allow_direct\":true}",
        bucket->name, bucket->name, bucket->drops_oldest ? "old" : "new",
        bucket->max_bytes > 0 ? bucket->max_bytes : -1, bucket->max_age_ns,
        bucket->max_age_ns < BUCKET_WINDOW ? bucket->max_age_ns : BUCKET_WINDOW, bucket->replicas);
}

static void put_consumer(catga_nats_text *out, const catga_nats_desired *thing)
{
    const catga_consumer_settings *consumer = thing->settings;
    const char *begins = consumer->only_new ? "new" : "all";

    put(out,
        "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"%s\","
        "\"filter_subject\":\"%s\",\"deliver_policy\":\"%s\","
        "\"ack_policy\":\"explicit\",\"replay_policy\":\"instant\",\"max_deliver\":-1,"
        "\"ack_wait\":%" PRId64 ",\"max_ack_pending\":%u",
        consumer->stream, consumer->name, consumer->subject,
        thing->start != 0 ? started_again : begins, consumer->ack_wait_ns,
        consumer->unacknowledged);
    if (thing->start != 0)
        put(out, ",\"opt_start_seq\":%" PRIu64, thing->start);
    if (consumer->unused_ns > 0)
        put(out, ",\"inactive_threshold\":%" PRId64, consumer->unused_ns);
    put(out, "}}");
}

/* ---- Comparing ---- */

/* What is compared: the description of something that is there. */
typedef struct comparison {
    catga_nats_json config;
    const char *what;
    const char *name;
    catga_problem *problem;
    bool drifted;
} comparison;

/* It must be what is desired, or be with that. */
static void drift_from(comparison *of, const char *field, const char *how, const char *desired)
{
    catga_nats_json there = catga_nats_json_get(of->config, field);

    if (of->drifted)
        return;
    of->drifted = true;
    snprintf(of->problem->text, sizeof of->problem->text, "%s %s: %s is %.*s, and must be %s%s",
             of->what, of->name, field, there.data == NULL ? 7 : (int)there.length,
             there.data == NULL ? "not set" : there.data, how, desired);
}

static void drift(comparison *of, const char *field, const char *desired)
{
    drift_from(of, field, "", desired);
}

static void same_text(comparison *of, const char *field, const char *desired)
{
    if (!catga_nats_json_is(catga_nats_json_get(of->config, field), desired))
        drift(of, field, desired);
}

static void same_number(comparison *of, const char *field, int64_t desired, int64_t standard)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, desired);
    if (catga_nats_json_number(catga_nats_json_get(of->config, field), standard) != desired)
        drift(of, field, text);
}

static void at_least(comparison *of, const char *field, int64_t desired)
{
    char text[40];

    snprintf(text, sizeof text, "at least %" PRId64, desired);
    if (catga_nats_json_number(catga_nats_json_get(of->config, field), 0) < desired)
        drift(of, field, text);
}

/* Earlier versions had the server push: such a consumer cannot be changed, and its place is kept.
 */
static void no_push(comparison *of)
{
    catga_nats_json there = catga_nats_json_get(of->config, "deliver_subject");

    if (of->drifted || there.data == NULL)
        return;
    of->drifted = true;
    snprintf(of->problem->text, sizeof of->problem->text,
             "consumer %.64s: deliver_subject must not be set (push consumer of an earlier "
             "version: delete it)",
             of->name);
}

/* Only what would break a promise counts: how long and how often it is kept is the operator's. */
static bool stream_drifted(const catga_nats_api_answer *got, const void *settings,
                           catga_problem *problem)
{
    const catga_stream_settings *stream = settings;
    comparison of = {.config = catga_nats_json_get(got->object, "config"),
                     .what = "stream",
                     .name = stream->name,
                     .problem = problem};
    catga_nats_json subjects = catga_nats_json_get(of.config, "subjects");

    for (size_t i = 0; i < stream->subject_count; i++) {
        if (!catga_nats_json_has(subjects, stream->subjects[i]))
            drift_from(&of, "subjects", "with ", stream->subjects[i]);
    }
    same_text(&of, "retention", "limits");
    same_text(&of, "discard", "new");
    same_text(&of, "storage", "file");
    if (catga_nats_json_get(of.config, "no_ack").length == strlen("true"))
        drift(&of, "no_ack", "false");
    /* at this limit the oldest goes, and whoever has not had it yet loses it */
    same_number(&of, "max_msgs_per_subject", -1, -1);
    at_least(&of, "duplicate_window", stream->window_ns);
    return of.drifted;
}

/* A max_age of 0 keeps records for ever. The limit of bytes is the operator's. */
static bool bucket_drifted(const catga_nats_api_answer *got, const void *settings,
                           catga_problem *problem)
{
    const catga_bucket_settings *bucket = settings;
    comparison of = {.config = catga_nats_json_get(got->object, "config"),
                     .what = "bucket",
                     .name = bucket->name,
                     .problem = problem};

    same_text(&of, "retention", "limits");
    same_text(&of, "storage", "file");
    if (catga_nats_json_get(of.config, "allow_direct").length != strlen("true"))
        drift(&of, "allow_direct", "true");
    if (catga_nats_json_number(catga_nats_json_get(of.config, "max_age"), 0) != 0)
        at_least(&of, "max_age", bucket->max_age_ns);
    return of.drifted;
}

static bool consumer_drifted(const catga_nats_api_answer *got, const void *settings,
                             catga_problem *problem)
{
    const catga_consumer_settings *consumer = settings;
    comparison of = {.config = catga_nats_json_get(got->object, "config"),
                     .what = "consumer",
                     .name = consumer->name,
                     .problem = problem};

    no_push(&of);
    same_text(&of, "filter_subject", consumer->subject);
    if (!catga_nats_json_is(catga_nats_json_get(of.config, "deliver_policy"), started_again))
        same_text(&of, "deliver_policy", consumer->only_new ? "new" : "all");
    same_text(&of, "ack_policy", "explicit");
    same_number(&of, "ack_wait", consumer->ack_wait_ns, 0);
    same_number(&of, "max_deliver", -1, -1);
    same_number(&of, "max_ack_pending", consumer->unacknowledged, 0);
    same_number(&of, "inactive_threshold", consumer->unused_ns, 0);
    return of.drifted;
}

/* ---- Copying ---- */

/* A copy of settings is one block: the structure, then its texts. */
static size_t size_of(const char *text)
{
    return strlen(text) + 1;
}

static const char *copy_text(char **at, const char *text)
{
    char *copy = memcpy(*at, text, size_of(text));

    *at += size_of(text);
    return copy;
}

static bool copy_stream(catga_nats_desired *thing)
{
    const catga_stream_settings *stream = thing->settings;
    size_t size = sizeof *stream + stream->subject_count * sizeof(char *) + size_of(stream->name);

    for (size_t i = 0; i < stream->subject_count; i++)
        size += size_of(stream->subjects[i]);
    catga_stream_settings *copy = malloc(size);
    if (copy == NULL)
        return false;
    *copy = *stream;
    const char **subjects = (const char **)(copy + 1);
    char *at = (char *)(subjects + stream->subject_count);
    for (size_t i = 0; i < stream->subject_count; i++)
        subjects[i] = copy_text(&at, stream->subjects[i]);
    copy->subjects = subjects;
    copy->name = thing->name = copy_text(&at, stream->name);
    thing->settings = copy;
    return true;
}

static bool copy_bucket(catga_nats_desired *thing)
{
    const catga_bucket_settings *bucket = thing->settings;
    catga_bucket_settings *copy = malloc(sizeof *copy + size_of(bucket->name));

    if (copy == NULL)
        return false;
    *copy = *bucket;
    char *at = (char *)(copy + 1);
    copy->name = thing->name = copy_text(&at, bucket->name);
    thing->settings = copy;
    return true;
}

static bool copy_consumer(catga_nats_desired *thing)
{
    const catga_consumer_settings *consumer = thing->settings;
    catga_consumer_settings *copy = malloc(sizeof *copy + size_of(consumer->name) +
                                           size_of(consumer->stream) + size_of(consumer->subject));

    if (copy == NULL)
        return false;
    *copy = *consumer;
    char *at = (char *)(copy + 1);
    copy->name = thing->name = copy_text(&at, consumer->name);
    copy->stream = copy_text(&at, consumer->stream);
    copy->subject = copy_text(&at, consumer->subject);
    thing->settings = copy;
    return true;
}

/* ---- What is to be there ---- */

static const catga_nats_kind streams = {.name = "stream",
                                        .none = NO_STREAM,
                                        .pause_ns = DELETION,
                                        .put = put_stream,
                                        .drifted = stream_drifted,
                                        .copy = copy_stream};
static const catga_nats_kind buckets = {.name = "bucket",
                                        .none = NO_STREAM,
                                        .pause_ns = DELETION,
                                        .put = put_bucket,
                                        .drifted = bucket_drifted,
                                        .copy = copy_bucket};
static const catga_nats_kind consumers = {.name = "consumer",
                                          .none = NO_CONSUMER,
                                          .put = put_consumer,
                                          .drifted = consumer_drifted,
                                          .copy = copy_consumer};

static catga_nats_desired desired_of(const catga_nats_kind *kind, const char *name,
                                     const void *settings)
{
    return (catga_nats_desired){
        .kind = kind, .name = name, .settings = settings, .wait_ms = CATGA_NATS_API_WAIT_MS};
}

/* A bucket is a stream, whose name begins with `prefix`. */
static catga_nats_desired a_stream(const catga_nats_kind *kind, const char *prefix,
                                   const char *name, const void *settings)
{
    catga_nats_desired thing = desired_of(kind, name, settings);

    snprintf(thing.info, sizeof thing.info, "%s%s%s", stream_info, prefix, name);
    snprintf(thing.create, sizeof thing.create, "$JS.API.STREAM.CREATE.%s%s", prefix, name);
    return thing;
}

static catga_nats_desired a_consumer(const catga_consumer_settings *consumer)
{
    catga_nats_desired thing = desired_of(&consumers, consumer->name, consumer);

    snprintf(thing.info, sizeof thing.info, "$JS.API.CONSUMER.INFO.%s.%s", consumer->stream,
             consumer->name);
    snprintf(thing.create, sizeof thing.create, "$JS.API.CONSUMER.DURABLE.CREATE.%s.%s",
             consumer->stream, consumer->name);
    return thing;
}

char *catga_nats_description(const catga_nats_desired *thing)
{
    catga_nats_text description = {.length = 0};

    thing->kind->put(&description, thing);
    return strdup(description.text);
}

/* ---- Making ---- */

static bool is_nearly_full(const catga_nats_api_answer *got)
{
    catga_nats_json config = catga_nats_json_get(got->object, "config");
    catga_nats_json state = catga_nats_json_get(got->object, "state");
    int64_t most = catga_nats_json_number(catga_nats_json_get(config, "max_bytes"), -1);
    int64_t used = catga_nats_json_number(catga_nats_json_get(state, "bytes"), 0);

    return most > 0 && used >= most - most / 10;
}

static void learn(catga_nats_observed *observed, const catga_nats_api_answer *got)
{
    catga_nats_json floor = catga_nats_json_get(got->object, "ack_floor");
    int64_t settled = catga_nats_json_number(catga_nats_json_get(floor, "stream_seq"), 0);

    snprintf(observed->created, sizeof observed->created, "%.*s",
             CATGA_PRINT(catga_nats_json_get(got->object, "created")));
    observed->settled = settled > 0 ? (uint64_t)settled : 0;
    catga_nats_json state = catga_nats_json_get(got->object, "state");
    int64_t first = catga_nats_json_number(catga_nats_json_get(state, "first_seq"), 0);
    bool empty = catga_nats_json_number(catga_nats_json_get(state, "messages"), 0) == 0;
    observed->first = empty || first < 0 ? 0 : (uint64_t)first;
    observed->nearly_full = is_nearly_full(got);
}

static catga_status look(catga_nats *nats, const catga_nats_desired *thing, bool *there,
                         catga_nats_observed *observed, catga_problem *problem)
{
    catga_nats_api_answer info;
    catga_status status = catga_nats_ask(nats, thing->info, "", thing->wait_ms, &info, problem);

    *there = info.error != thing->kind->none;
    if (status == CATGA_OK && *there && info.error != 0)
        status = catga_nats_refused(&info, problem, thing->kind->name, thing->name);
    else if (status == CATGA_OK && *there && thing->kind->drifted(&info, thing->settings, problem))
        status = CATGA_DRIFTED;
    if (status == CATGA_OK && *there)
        learn(observed, &info);
    catga_nats_forget(&info);
    return status;
}

static catga_status make(catga_nats *nats, const catga_nats_desired *thing,
                         catga_nats_observed *observed, catga_problem *problem)
{
    catga_nats_api_answer made;
    catga_nats_text description = {.length = 0};

    thing->kind->put(&description, thing);
    if (description.full)
        return CATGA_TOO_LARGE;
    catga_status status =
        catga_nats_ask(nats, thing->create, description.text, thing->wait_ms, &made, problem);
    if (status == CATGA_OK && made.error != 0)
        status = catga_nats_refused(&made, problem, thing->kind->name, thing->name);
    if (made.error == NO_STORAGE && thing->kind == &buckets)
        status = CATGA_TOO_LARGE;
    observed->made = status == CATGA_OK;
    if (observed->made)
        learn(observed, &made);
    catga_nats_forget(&made);
    return status;
}

/*
 * Replicas that start together may all find that it is not there. What one of them has made
 * meanwhile the server refuses to the others, with one error or another: so they look again.
 */
catga_status catga_nats_ensure(catga_nats *nats, const catga_nats_desired *thing,
                               catga_nats_observed *observed, catga_problem *problem)
{
    bool there;
    catga_problem refusal = {""};

    *observed = (catga_nats_observed){0};
    catga_status status = look(nats, thing, &there, observed, problem);
    if (status != CATGA_OK || there)
        return status;
    if (thing->only_look)
        return CATGA_NOT_FOUND;
    catga_status made = make(nats, thing, observed, &refusal);
    if (made == CATGA_REFUSED) {
        status = look(nats, thing, &there, observed, problem);
        if (status != CATGA_OK || there)
            return status;
    }
    *problem = refusal;
    return made;
}

bool catga_nats_has_lost(catga_nats *nats, const catga_nats_desired *thing, uint64_t number)
{
    char subject[SUBJECT_SIZE];
    char body[40];
    catga_problem problem;
    catga_nats_api_answer got;

    snprintf(subject, sizeof subject, "$JS.API.STREAM.MSG.GET.%s",
             thing->info + strlen(stream_info));
    snprintf(body, sizeof body, "{\"seq\":%" PRIu64 "}", number);
    catga_status status = catga_nats_ask(nats, subject, body, thing->wait_ms, &got, &problem);
    bool lost = status == CATGA_OK && got.error == NO_MESSAGE;
    catga_nats_forget(&got);
    return lost;
}

/* ---- The operations ---- */

static catga_status ensure_and_reconcile(catga_nats *nats, const catga_nats_desired *thing,
                                         catga_problem *problem)
{
    catga_nats_observed observed;
    catga_status status = catga_nats_ensure(nats, thing, &observed, problem);

    return status == CATGA_OK ? catga_nats_reconcile(nats, thing, &observed, NULL) : status;
}

catga_status catga_nats_ensure_stream(catga_transport *transport,
                                      const catga_stream_settings *stream, catga_problem *problem)
{
    catga_nats_desired thing = a_stream(&streams, "", stream->name, stream);

    return ensure_and_reconcile(catga_nats_of(transport), &thing, problem);
}

/*
 * Without these rights every claim would fail later. Reads a record that does not exist, and writes
 * one on the condition that it has a revision that it cannot have.
 */
static catga_status probe_bucket(catga_nats *nats, const catga_bucket_settings *bucket,
                                 catga_problem *problem)
{
    static const catga_header impossible[] = {
        {"Nats-Expected-Last-Subject-Sequence", "9007199254740991"}};
    char subject[SUBJECT_SIZE];
    char right[SUBJECT_SIZE];
    catga_outgoing probe = {.subject = subject};

    snprintf(subject, sizeof subject, "$JS.API.DIRECT.GET.KV_%s.$KV.%s.probe", bucket->name,
             bucket->name);
    snprintf(right, sizeof right, "$JS.API.DIRECT.GET.KV_%s.>", bucket->name);
    catga_status status = catga_nats_probe(nats, &probe, right, problem);
    if (status != CATGA_OK)
        return status;
    snprintf(subject, sizeof subject, "$KV.%s.probe", bucket->name);
    snprintf(right, sizeof right, "$KV.%s.>", bucket->name);
    probe.headers = impossible;
    probe.header_count = 1;
    return catga_nats_probe(nats, &probe, right, problem);
}

/* Without this right every event would come again for ever. The server ignores the word. */
static catga_status probe_acks(catga_nats *nats, const catga_consumer_settings *consumer,
                               catga_problem *problem)
{
    static const char word[] = "probe";
    char subject[SUBJECT_SIZE];
    char right[SUBJECT_SIZE];
    const catga_outgoing probe = {
        .subject = subject, .data = (const uint8_t *)word, .length = strlen(word)};

    snprintf(subject, sizeof subject, "$JS.ACK.%s.%s.0.0.0.0.0", consumer->stream, consumer->name);
    snprintf(right, sizeof right, "$JS.ACK.%s.%s.>", consumer->stream, consumer->name);
    return catga_nats_probe(nats, &probe, right, problem);
}

catga_status catga_nats_ensure_bucket(catga_transport *transport,
                                      const catga_bucket_settings *bucket, catga_problem *problem)
{
    catga_nats_desired thing = a_stream(&buckets, "KV_", bucket->name, bucket);
    catga_status status = ensure_and_reconcile(catga_nats_of(transport), &thing, problem);

    return status == CATGA_OK ? probe_bucket(catga_nats_of(transport), bucket, problem) : status;
}

catga_status catga_nats_consume(catga_transport *transport, const catga_consumer_settings *consumer,
                                catga_subscription **subscription, catga_problem *problem)
{
    catga_nats *nats = catga_nats_of(transport);
    const catga_nats_desired thing = a_consumer(consumer);
    catga_nats_observed observed;

    *subscription = NULL;
    catga_status status = catga_nats_ensure(nats, &thing, &observed, problem);
    if (status != CATGA_OK)
        return status;
    status = probe_acks(nats, consumer, problem);
    if (status != CATGA_OK)
        return status;
    status = catga_nats_pull_subscribe(nats, consumer, subscription);
    return status == CATGA_OK ? catga_nats_reconcile(nats, &thing, &observed, *subscription)
                              : status;
}
