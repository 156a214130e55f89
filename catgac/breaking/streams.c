/* streams.c -- breaking changes of streams, buckets and object stores: of their settings and names.
 */
#include "breaking/comparison.h"

/* Nanoseconds that a stream without 'max_age' keeps events: seven days. */
static const uint64_t stream_age_ns = UINT64_C(7) * 24 * 3600 * 1000000000;

/* A declaration with settings, in both versions. */
typedef struct settings_pair {
    const char *word;
    const model_origin *before_origin;
    const model_origin *after_origin;
    const model_settings *before;
    const model_settings *after;
    uint64_t default_age_ns; /* 0: no limit */
    breaking_rule shrunk;
    breaking_rule changed;
    breaking_rule storage;
} settings_pair;

static bool is_declared(const model_settings *settings, setting_kind kind)
{
    return settings->places[kind].source != 0;
}

/* Returns the value that counts. A setting that is not declared has the value 0, which is the
 * default of words and means no limit. */
static uint64_t value_of(const settings_pair *both, const model_settings *settings,
                         setting_kind kind)
{
    if (is_declared(settings, kind))
        return settings->values[kind];
    return kind == SETTING_MAX_AGE ? both->default_age_ns : kind == SETTING_HISTORY ? 1 : 0;
}

/* Returns whether the limit became smaller; 0 means no limit. */
static bool is_less(uint64_t before, uint64_t after)
{
    return after != 0 && (before == 0 || after < before);
}

/* Returns the value of a setting as a schema writes it, or "not declared". */
static slice text_of(const comparison *c, const model_settings *settings, setting_kind kind)
{
    buffer text = buffer_in(c->memory);

    if (!is_declared(settings, kind))
        return SLICE("not declared");
    model_print_setting(settings, kind, &text);
    return buffer_slice(&text);
}

static breaking_rule rule_of(const settings_pair *both, setting_kind kind)
{
    uint64_t before = value_of(both, both->before, kind);
    uint64_t after = value_of(both, both->after, kind);

    if (kind == SETTING_STORAGE)
        return both->storage;
    if (kind == SETTING_RETENTION)
        return RULE_STREAM_RETENTION;
    if (kind == SETTING_ENCODING)
        return RULE_BUCKET_VALUE;
    bool is_less_kept = kind == SETTING_REPLICAS ? after < before : is_less(before, after);
    return is_less_kept ? both->shrunk : both->changed;
}

static void compare_setting(comparison *c, const settings_pair *both, setting_kind kind)
{
    if (value_of(both, both->before, kind) == value_of(both, both->after, kind))
        return;
    slice was = text_of(c, both->before, kind);
    slice is = text_of(c, both->after, kind);
    report(c, rule_of(both, kind),
           is_declared(both->after, kind) ? both->after->places[kind] : both->after_origin->place,
           is_declared(both->before, kind) ? both->before->places[kind]
                                           : both->before_origin->place,
           "'%.*s' of the %s '%.*s' was %.*s and is %.*s", SLICE_PRINT(model_setting_word(kind)),
           both->word, SLICE_PRINT(both->after_origin->name), SLICE_PRINT(was), SLICE_PRINT(is));
}

static void compare_settings(comparison *c, const settings_pair *both)
{
    for (setting_kind kind = 0; kind < SETTING_COUNT; kind++)
        if (kind != SETTING_NAME)
            compare_setting(c, both, kind);
}

/* compare_messages() reports another name at the server. */
void compare_streams(comparison *c, const model_stream *before, const model_stream *after)
{
    const settings_pair both = {.word = "stream",
                                .before_origin = &before->origin,
                                .after_origin = &after->origin,
                                .before = &before->settings,
                                .after = &after->settings,
                                .default_age_ns = stream_age_ns,
                                .shrunk = RULE_STREAM_SHRUNK,
                                .changed = RULE_STREAM_CHANGED,
                                .storage = RULE_STREAM_STORAGE};

    compare_settings(c, &both);
}

static void compare_names(comparison *c, const settings_pair *both, breaking_rule moved)
{
    slice before = both->before->name;
    slice after = both->after->name;

    if (!slice_equal(before, after))
        report(c, moved, both->after_origin->place, both->before_origin->place,
               "the %s '%.*s' was %.*s at the server and is %.*s", both->word,
               SLICE_PRINT(both->after_origin->name), SLICE_PRINT(before), SLICE_PRINT(after));
}

/* ---- Buckets --------------------------------------------------------------------------------- */

static bool same_values(const model_type *before, const model_type *after)
{
    return before->kind == after->kind &&
           (before->kind != TYPE_TABLE ||
            same_origin(&before->table->origin, &after->table->origin));
}

static void compare_values(comparison *c, const model_bucket *before, const model_bucket *after)
{
    buffer was = buffer_in(c->memory);
    buffer is = buffer_in(c->memory);

    compare_referred(c, &before->value, &after->value);
    if (same_values(&before->value, &after->value))
        return;
    model_print_type(&before->value, &was);
    model_print_type(&after->value, &is);
    report(c, RULE_BUCKET_VALUE, after->origin.place, before->origin.place,
           "a value of the bucket '%.*s' was %.*s and is %.*s", SLICE_PRINT(after->origin.name),
           SLICE_PRINT(buffer_slice(&was)), SLICE_PRINT(buffer_slice(&is)));
}

void compare_buckets(comparison *c, const model_bucket *before, const model_bucket *after)
{
    const settings_pair both = {.word = "bucket",
                                .before_origin = &before->origin,
                                .after_origin = &after->origin,
                                .before = &before->settings,
                                .after = &after->settings,
                                .shrunk = RULE_BUCKET_SHRUNK,
                                .changed = RULE_BUCKET_CHANGED,
                                .storage = RULE_BUCKET_STORAGE};

    compare_values(c, before, after);
    compare_names(c, &both, RULE_BUCKET_MOVED);
    compare_settings(c, &both);
}

/* ---- Object stores --------------------------------------------------------------------------- */

void compare_objects(comparison *c, const model_objects *before, const model_objects *after)
{
    const settings_pair both = {.word = "object store",
                                .before_origin = &before->origin,
                                .after_origin = &after->origin,
                                .before = &before->settings,
                                .after = &after->settings,
                                .shrunk = RULE_OBJECTS_SHRUNK,
                                .changed = RULE_OBJECTS_CHANGED,
                                .storage = RULE_OBJECTS_STORAGE};

    compare_names(c, &both, RULE_OBJECTS_MOVED);
    compare_settings(c, &both);
}
