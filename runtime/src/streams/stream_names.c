/* Names streams, consumers and subjects; see stream_names.h. */
#include "streams/stream_names.h"

#include "base/text.h"

static bool has_standard_prefix(const catga_bus_state *state)
{
    return catga_string_equal(state->prefix, CATGA_STR("catga"));
}

/* Writes the characters that a prefix may have, as a stream's name may have them. */
static void put_prefix(char *name, catga_string prefix)
{
    for (size_t i = 0; i < prefix.length; i++) {
        char c = prefix.data[i];
        name[i] = c == '.' ? '_' : c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
}

bool catga_names_prefixed(const catga_bus_state *state, const char *of,
                          char name[CATGA_STREAM_NAME])
{
    if (has_standard_prefix(state))
        return catga_text_format(name, CATGA_STREAM_NAME, "%s", of);
    if (!catga_text_format(name, CATGA_STREAM_NAME, "%.*s_%s", CATGA_PRINT(state->prefix), of))
        return false;
    put_prefix(name, state->prefix);
    return true;
}

bool catga_names_is_stream(const char *text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

    return text != NULL && *text != '\0' && text[strspn(text, allowed)] == '\0';
}

bool catga_names_stream(const catga_bus_state *state, const catga_stream *stream,
                        char name[CATGA_STREAM_NAME])
{
    return catga_names_prefixed(state, stream->name, name);
}

/* Every published event needs the hash, so the usual name is not copied. */
uint32_t catga_names_stream_hash(const catga_bus_state *state, const catga_stream *stream)
{
    char name[CATGA_STREAM_NAME];

    if (has_standard_prefix(state))
        return catga_stream_hash(catga_str(stream->name));
    return catga_names_stream(state, stream, name) ? catga_stream_hash(catga_str(name)) : 0;
}

bool catga_names_consumer(const catga_bus_state *state, const catga_service *service,
                          const catga_handler *handler, char name[CATGA_CONSUMER_NAME])
{
    bool broadcast = handler->sharing == CATGA_BROADCAST;

    if (catga_handler_group(handler) != NULL)
        return catga_text_format(name, CATGA_CONSUMER_NAME, "%s", catga_handler_group(handler));
    return catga_text_format(name, CATGA_CONSUMER_NAME, "%s__%s%s%s", service->name, handler->name,
                             broadcast ? "__" : "", broadcast ? state->settings.instance : "");
}

/* Writes PREFIX.WORD.STREAM.CONSUMER. */
static bool put_subject(const catga_bus_state *state, const char *word, const catga_stream *stream,
                        const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    char name[CATGA_STREAM_NAME];

    return catga_names_stream(state, stream, name) &&
           catga_text_format(subject, CATGA_STORED_SUBJECT, "%.*s.%s.%s.%s",
                             CATGA_PRINT(state->prefix), word, name, consumer);
}

bool catga_names_dead_letter_subject(const catga_bus_state *state, const catga_stream *stream,
                                     const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    return put_subject(state, "dead", stream, consumer, subject);
}

bool catga_names_replay_subject(const catga_bus_state *state, const catga_stream *stream,
                                const char *consumer, char subject[CATGA_STORED_SUBJECT])
{
    return put_subject(state, "replay", stream, consumer, subject);
}

bool catga_names_dead_letter_stream(const catga_bus_state *state, const catga_stream *stream,
                                    char name[CATGA_STREAM_NAME])
{
    char events[CATGA_STREAM_NAME];

    return catga_names_stream(state, stream, events) &&
           catga_text_format(name, CATGA_STREAM_NAME, "%s_DEAD", events);
}
