/* Configurations of streams and buckets. A bucket is a stream KV_NAME. */
#include "base/monotime.h"
#include "transport/nats/config_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NO_STREAM = 10059 };

/* nats-server 2.9.10 forgets a stream before it has deleted its files. If the stream is created
 * meanwhile, the server deletes the new files. Deletion took up to 230 ms under load. */
#define DELETION (2500 * CATGA_MILLISECOND)

/* A stream has a duplicate window, although no record in a bucket has an id. */
#define BUCKET_WINDOW (120 * CATGA_SECOND)

/* ---- Writing ---- */

/* Writes a setting that has another value than servers give it by default. */
static void put_number(catga_nats_text *out, const char *name, int64_t value, int64_t none)
{
    catga_nats_text_put(out, ",\"%s\":%" PRId64, name, value == 0 ? none : value);
}

static void put_flag(catga_nats_text *out, const char *name, bool value)
{
    if (value)
        catga_nats_text_put(out, ",\"%s\":true", name);
}

/* Names and subjects are tokens with dots between them: nothing needs an escape. */
static void put_stream(catga_nats_text *out, const catga_nats_desired *desired)
{
    const catga_stream_settings *stream = desired->settings;

    catga_nats_text_put(out, "{\"name\":\"%s\",\"subjects\":[", stream->name);
    for (size_t i = 0; i < stream->subject_count; i++)
        catga_nats_text_put(out, "%s\"%s\"", i == 0 ? "" : ",", stream->subjects[i]);
    catga_nats_text_put(out, "],\"max_consumers\":-1,\"duplicate_window\":%" PRId64,
                        stream->window_ns);
#define NUMBER(bit, member, key, none) put_number(out, key, (int64_t)stream->member, none);
#define CHOICE(bit, member, key, no, yes)                                                          \
    catga_nats_text_put(out, ",\"" key "\":\"%s\"", stream->member ? yes : no);
#define FLAG(bit, member, key) put_flag(out, key, stream->member);
#include "transport/stream_fields.def"
#undef NUMBER
#undef CHOICE
#undef FLAG
    catga_nats_text_put(out, "}");
}

/* Describes the stream of a bucket as key-value clients create it. A record is written only a few
 * times, so with eight revisions per record almost none is removed from the stream's blocks.
 * Servers before 2.9.21 sometimes lose the order of blocks with removed messages at a restart. */
static void put_bucket(catga_nats_text *out, const catga_nats_desired *desired)
{
    const catga_bucket_settings *bucket = desired->settings;
    int64_t window_ns = bucket->max_age_ns < BUCKET_WINDOW ? bucket->max_age_ns : BUCKET_WINDOW;

    catga_nats_text_put(
        out,
        "{\"name\":\"KV_%s\",\"subjects\":[\"$KV.%s.>\"],\"retention\":\"limits\","
        "\"storage\":\"file\",\"discard\":\"%s\",\"max_consumers\":-1,\"max_msgs\":-1,"
        "\"max_bytes\":%" PRId64 ",\"max_msg_size\":-1,\"max_msgs_per_subject\":8,"
        "\"max_age\":%" PRId64 ",\"duplicate_window\":%" PRId64 ",\"num_replicas\":%u,"
        "\"deny_delete\":true,\"allow_rollup_hdrs\":true,\"allow_direct\":true}",
        bucket->name, bucket->name, bucket->drops_oldest ? "old" : "new",
        bucket->max_bytes > 0 ? bucket->max_bytes : -1, bucket->max_age_ns, window_ns,
        bucket->replicas);
}

/* ---- Comparing ---- */

static bool stream_drifted(const catga_nats_api_answer *info, const void *settings,
                           catga_problem *problem)
{
    const catga_stream_settings *stream = settings;
    catga_nats_comparison comparison = catga_nats_compare("stream", stream->name, info, problem);
    catga_nats_json subjects = catga_nats_json_get(comparison.config, "subjects");

    for (size_t i = 0; i < stream->subject_count; i++) {
        if (!catga_nats_json_has_subject(subjects, stream->subjects[i]))
            catga_nats_drift(&comparison, "subjects", "with ", stream->subjects[i]);
    }
    catga_nats_same_flag(&comparison, "no_ack", false);
    catga_nats_at_least(&comparison, "duplicate_window", stream->window_ns);
#define NUMBER(bit, member, key, none)                                                             \
    if (stream->compared & CATGA_STREAM_##bit)                                                     \
        catga_nats_same_number(&comparison, key,                                                   \
                               stream->member == 0 ? none : (int64_t)stream->member, none);
#define CHOICE(bit, member, key, no, yes)                                                          \
    if (stream->compared & CATGA_STREAM_##bit)                                                     \
        catga_nats_same_text(&comparison, key, stream->member ? yes : no);
#define FLAG(bit, member, key)                                                                     \
    if (stream->compared & CATGA_STREAM_##bit)                                                     \
        catga_nats_same_flag(&comparison, key, stream->member);
#include "transport/stream_fields.def"
#undef NUMBER
#undef CHOICE
#undef FLAG
    return comparison.drifted;
}

/* A max_age of 0 keeps records forever. The operator may change max_bytes. */
static bool bucket_drifted(const catga_nats_api_answer *info, const void *settings,
                           catga_problem *problem)
{
    const catga_bucket_settings *bucket = settings;
    catga_nats_comparison comparison = catga_nats_compare("bucket", bucket->name, info, problem);

    catga_nats_same_text(&comparison, "retention", "limits");
    catga_nats_same_text(&comparison, "storage", "file");
    if (catga_nats_json_get(comparison.config, "allow_direct").length != strlen("true"))
        catga_nats_drift(&comparison, "allow_direct", "", "true");
    if (catga_nats_json_number(catga_nats_json_get(comparison.config, "max_age"), 0) != 0)
        catga_nats_at_least(&comparison, "max_age", bucket->max_age_ns);
    return comparison.drifted;
}

/* ---- Copying ---- */

static bool copy_stream(catga_nats_desired *desired)
{
    const catga_stream_settings *stream = desired->settings;

    size_t size =
        sizeof *stream + stream->subject_count * sizeof(char *) + catga_nats_size_of(stream->name);

    for (size_t i = 0; i < stream->subject_count; i++)
        size += catga_nats_size_of(stream->subjects[i]);
    catga_stream_settings *copy = malloc(size);
    if (copy == NULL)
        return false;
    *copy = *stream;
    const char **subjects = (const char **)(copy + 1);
    char *at = (char *)(subjects + stream->subject_count);
    for (size_t i = 0; i < stream->subject_count; i++)
        subjects[i] = catga_nats_copy_text(&at, stream->subjects[i]);
    copy->subjects = subjects;
    copy->name = desired->name = catga_nats_copy_text(&at, stream->name);
    desired->settings = copy;
    return true;
}

static bool copy_bucket(catga_nats_desired *desired)
{
    const catga_bucket_settings *bucket = desired->settings;
    catga_bucket_settings *copy = malloc(sizeof *copy + catga_nats_size_of(bucket->name));

    if (copy == NULL)
        return false;
    *copy = *bucket;
    char *at = (char *)(copy + 1);
    copy->name = desired->name = catga_nats_copy_text(&at, bucket->name);
    desired->settings = copy;
    return true;
}

/* ---- The kinds ---- */

static const catga_nats_kind streams = {.name = "stream",
                                        .absent = NO_STREAM,
                                        .pause_ns = DELETION,
                                        .put = put_stream,
                                        .drifted = stream_drifted,
                                        .copy = copy_stream};
static const catga_nats_kind buckets = {.name = "bucket",
                                        .absent = NO_STREAM,
                                        .pause_ns = DELETION,
                                        .reserves_bytes = true,
                                        .put = put_bucket,
                                        .drifted = bucket_drifted,
                                        .copy = copy_bucket};

/* The name of a bucket's stream is that of the bucket after `prefix`. */
static catga_nats_desired desired_of(const catga_nats_kind *kind, const char *prefix,
                                     const char *name, const void *settings)
{
    catga_nats_desired desired = {
        .kind = kind, .name = name, .settings = settings, .wait_ms = CATGA_NATS_API_WAIT_MS};

    snprintf(desired.info, sizeof desired.info, CATGA_NATS_STREAM_INFO "%s%s", prefix, name);
    snprintf(desired.create, sizeof desired.create, "$JS.API.STREAM.CREATE.%s%s", prefix, name);
    return desired;
}

catga_nats_desired catga_nats_desired_stream(const catga_stream_settings *stream)
{
    catga_nats_desired desired = desired_of(&streams, "", stream->name, stream);

    desired.never_created = stream->only_existing;
    desired.only_look = stream->only_existing;
    return desired;
}

catga_nats_desired catga_nats_desired_bucket(const catga_bucket_settings *bucket)
{
    return desired_of(&buckets, "KV_", bucket->name, bucket);
}
