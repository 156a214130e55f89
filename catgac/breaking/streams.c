/* streams.c -- breaking changes of the settings of streams and object stores. */
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
    return kind == SETTING_MAX_AGE && !is_declared(settings, kind) ? both->default_age_ns
                                                                   : settings->values[kind];
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

    if (!slice_equal(before->settings.name, after->settings.name))
        report(c, RULE_OBJECTS_MOVED, after->origin.place, before->origin.place,
               "the object store '%.*s' was %.*s at the server and is %.*s",
               SLICE_PRINT(after->origin.name), SLICE_PRINT(before->settings.name),
               SLICE_PRINT(after->settings.name));
    compare_settings(c, &both);
}
