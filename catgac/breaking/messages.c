/* messages.c -- breaking changes of commands, queries and events, except the fields of their
 * bodies. */
#include "breaking/comparison.h"

/* Returns the span of an annotation, or of the message if it has none. */
static span said_or_name(span said, const model_message *message)
{
    return said.source != 0 ? said : message->origin.place;
}

#define REPORT_SAID(rule, annotation, ...)                                                         \
    report(c, rule, said_or_name(after->annotations.annotation, after),                            \
           said_or_name(before->annotations.annotation, before), __VA_ARGS__)

static const char *const kind_words[] = {"a command", "a query", "an event"};

/* ---- Keys and HTTP paths --------------------------------------------------------------------- */

static bool same_keys(const model_message *before, const model_message *after)
{
    bool same = before->key_count == after->key_count;

    for (size_t i = 0; i < before->key_count && same; i++)
        same = slice_equal(before->keys[i]->origin.name, after->keys[i]->origin.name);
    return same;
}

static bool same_request(const model_http *before, const model_http *after)
{
    return after != NULL && slice_equal(before->method, after->method) &&
           slice_equal(before->path, after->path);
}

static void compare_http(comparison *c, const model_message *before, const model_message *after)
{
    if (!same_request(before->http, after->http))
        REPORT_SAID(RULE_HTTP_CHANGED, http, "'%.*s' has another method or path, or none",
                    SLICE_PRINT(after->origin.name));
    else if (before->http->status != after->http->status)
        REPORT_SAID(RULE_HTTP_STATUS_CHANGED, http,
                    "the success of '%.*s' had status %u and has %u",
                    SLICE_PRINT(after->origin.name), before->http->status, after->http->status);
}

/* A subject that is generated changes with the namespace or version, which is reported. */
static void compare_subjects(comparison *c, const model_message *before, const model_message *after)
{
    bool is_own = before->has_own_subject || after->has_own_subject;

    if (is_own && !slice_equal(before->subject, after->subject))
        REPORT_SAID(RULE_SUBJECT_CHANGED, subject, "the subject of '%.*s' was '%.*s' and is '%.*s'",
                    SLICE_PRINT(after->origin.name), SLICE_PRINT(before->subject),
                    SLICE_PRINT(after->subject));
}

static void compare_encodings(comparison *c, const model_message *before,
                              const model_message *after)
{
    if (before->encoding != after->encoding)
        REPORT_SAID(RULE_ENCODING_CHANGED, encoding, "the payload of '%.*s' was %.*s and is %.*s",
                    SLICE_PRINT(after->origin.name),
                    SLICE_PRINT(model_encoding_word(before->encoding)),
                    SLICE_PRINT(model_encoding_word(after->encoding)));
}

static void compare_ways(comparison *c, const model_message *before, const model_message *after)
{
    compare_subjects(c, before, after);
    compare_encodings(c, before, after);
    if (!same_keys(before, after))
        report(c, RULE_KEYS_CHANGED, after->origin.place, before->origin.place,
               "'%.*s' has other keys", SLICE_PRINT(after->origin.name));
    if (before->http != NULL)
        compare_http(c, before, after);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static void compare_answers(comparison *c, const model_message *before, const model_message *after)
{
    if (!same_origin(&before->result->origin, &after->result->origin))
        report(c, RULE_RESULT_CHANGED, after->origin.place, before->origin.place,
               "'%.*s' was answered with '%.*s' and is with '%.*s'",
               SLICE_PRINT(after->origin.name), SLICE_PRINT(before->result->origin.name),
               SLICE_PRINT(after->result->origin.name));
    if (before->errors != NULL &&
        (after->errors == NULL || !same_origin(&before->errors->origin, &after->errors->origin)))
        report(c, RULE_THROWS_CHANGED, after->origin.place, before->origin.place,
               "'%.*s' does not fail with '%.*s' any more", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(before->errors->origin.name));
    if (before->idempotency_ns > after->idempotency_ns)
        REPORT_SAID(RULE_IDEMPOTENCY_SHORTENED, idempotent,
                    "the first answer to '%.*s' is kept for less time, or not at all",
                    SLICE_PRINT(after->origin.name));
}

/* Repeating a command is safe if its first answer is kept; repeating a query always is. */
static void compare_tries(comparison *c, const model_message *before, const model_message *after)
{
    if (after->timeout_ns < before->timeout_ns)
        REPORT_SAID(RULE_TIMEOUT_SHORTENED, timeout, "'%.*s' has less time",
                    SLICE_PRINT(after->origin.name));
    if (after->retries < before->retries)
        REPORT_SAID(RULE_RETRY_LOWERED, retry, "'%.*s' is tried again less often: %u, not %u",
                    SLICE_PRINT(after->origin.name), after->retries, before->retries);
    if (after->kind == MESSAGE_COMMAND && before->retries == 0 && after->retries > 0 &&
        after->idempotency_ns == 0)
        REPORT_SAID(RULE_RETRY_ADDED, retry, "'%.*s' is tried again now",
                    SLICE_PRINT(after->origin.name));
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void compare_events(comparison *c, const model_message *before, const model_message *after)
{
    if (after->qos < before->qos)
        REPORT_SAID(RULE_QOS_LOWERED, qos, "'%.*s' was delivered %s and is %s",
                    SLICE_PRINT(after->origin.name), model_qos_text(before->qos),
                    model_qos_text(after->qos));
    if (after->qos > before->qos)
        REPORT_SAID(RULE_QOS_RAISED, qos, "'%.*s' was delivered %s and is %s",
                    SLICE_PRINT(after->origin.name), model_qos_text(before->qos),
                    model_qos_text(after->qos));
    if (!model_is_stored(before) || !model_is_stored(after))
        return;
    compare_tries(c, before, after);
    if (before->dead_letter && !after->dead_letter)
        REPORT_SAID(RULE_DEAD_LETTER_DROPPED, dead_letter, "'%.*s' has no dead letters any more",
                    SLICE_PRINT(after->origin.name));
    if (!slice_equal(before->stream->settings.name, after->stream->settings.name))
        REPORT_SAID(RULE_STREAM_MOVED, stream,
                    "'%.*s' was stored in the stream %.*s and is in %.*s",
                    SLICE_PRINT(after->origin.name), SLICE_PRINT(before->stream->settings.name),
                    SLICE_PRINT(after->stream->settings.name));
    if (after->dedup_window_ns < before->dedup_window_ns)
        REPORT_SAID(RULE_DEDUP_SHORTENED, dedup, "the id of '%.*s' is remembered for less time",
                    SLICE_PRINT(after->origin.name));
}

/* ---- Messages -------------------------------------------------------------------------------- */

static void compare_bodies(comparison *c, const model_table *before, const model_table *after)
{
    compare_later(c, (declared){DECLARED_TABLE, &before->origin, .table = before},
                  (declared){DECLARED_TABLE, &after->origin, .table = after});
}

void compare_messages(comparison *c, const model_message *before, const model_message *after)
{
    if (before->kind != after->kind) {
        report(c, RULE_MESSAGE_KIND, after->origin.place, before->origin.place,
               "'%.*s' was %s and is %s", SLICE_PRINT(after->origin.name), kind_words[before->kind],
               kind_words[after->kind]);
        return;
    }
    compare_bodies(c, before->body, after->body);
    compare_ways(c, before, after);
    if (after->kind == MESSAGE_EVENT) {
        compare_events(c, before, after);
        return;
    }
    compare_answers(c, before, after);
    compare_tries(c, before, after);
}
