/* settings.c -- prints settings of streams, buckets and object stores. */
#include "model/settings.h"

#include <inttypes.h>

static const setting_rule rules[] = {
#define SETTING(name, word, form, places, least, most, rule)                                       \
    {{word, sizeof word - 1}, FORM_##form, places, least, most, rule},
#include "model/settings.def"
#undef SETTING
};

const setting_rule *setting_rule_of(setting_kind kind)
{
    return &rules[kind];
}

slice model_setting_word(setting_kind kind)
{
    return rules[kind].word;
}

slice setting_word_at(const setting_rule *rule, size_t index)
{
    const char *begin = rule->rule;

    for (; *begin != '\0'; index--) {
        const char *end = begin;
        while (*end != '\0' && *end != ' ')
            end++;
        if (index == 0)
            return (slice){begin, (size_t)(end - begin)};
        begin = *end == '\0' ? end : end + 1;
    }
    return SLICE("");
}

void model_print_setting(const model_settings *settings, setting_kind kind, buffer *out)
{
    uint64_t value = settings->values[kind];

    switch (rules[kind].form) {
    case FORM_DURATION:
        model_print_duration(value, out);
        break;
    case FORM_NUMBER:
    case FORM_ODD:
        buffer_printf(out, "%" PRIu64, value);
        break;
    case FORM_WORD:
        buffer_append(out, setting_word_at(&rules[kind], (size_t)value));
        break;
    case FORM_TEXT:
        buffer_printf(out, "\"%.*s\"", SLICE_PRINT(settings->name));
        break;
    }
}

bool model_is_work_queue(const model_stream *stream)
{
    return slice_is(setting_word_at(&rules[SETTING_RETENTION],
                                    (size_t)stream->settings.values[SETTING_RETENTION]),
                    "work_queue");
}
