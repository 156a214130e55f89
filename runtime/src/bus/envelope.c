/* Adds subject and headers to a message; see envelope.h. */
#include "bus/envelope.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static const char standard[] = "catga";
enum { STANDARD_LENGTH = sizeof standard - 1 };

/* Returns whether the prefix is the one that generated subjects have. */
static inline bool is_standard(catga_string prefix)
{
    return prefix.length == STANDARD_LENGTH && memcmp(prefix.data, standard, STANDARD_LENGTH) == 0;
}

/* Returns whether a subject is from @subject: no prefix stands before it. */
static bool is_own(const char *subject)
{
    return strncmp(subject, standard, STANDARD_LENGTH) != 0 || subject[STANDARD_LENGTH] != '.';
}

static bool replace_prefix(catga_envelope *envelope, catga_string prefix, const char *subject)
{
    const char *rest = subject + STANDARD_LENGTH;
    size_t length = strlen(rest);

    if (prefix.length + length > CATGA_SUBJECT_MAX)
        return false;
    memcpy(envelope->subject, prefix.data, prefix.length);
    memcpy(envelope->subject + prefix.length, rest, length + 1);
    envelope->outgoing.subject = envelope->subject;
    return true;
}

bool catga_envelope_begin(catga_envelope *envelope, catga_string prefix, const char *subject)
{
    envelope->outgoing =
        (catga_outgoing){.subject = subject, .checked = true, .headers = envelope->headers};
    envelope->borrowed = 0;
    envelope->timeout_ms[0] = '\0';
    catga_trace_headers_clear(&envelope->span.headers);
    envelope->span.is_traced = false;
    envelope->span.is_sampled = false;
    return is_standard(prefix) || is_own(subject) || replace_prefix(envelope, prefix, subject);
}

catga_status catga_envelope_add_keys(catga_envelope *envelope, const catga_message *message,
                                     const uint8_t *payload, catga_problem *problem)
{
    if (message->keys == NULL)
        return CATGA_OK;
    size_t length = strlen(envelope->outgoing.subject);
    if (envelope->outgoing.subject != envelope->subject)
        memcpy(envelope->subject, envelope->outgoing.subject, length);
    envelope->outgoing.subject = envelope->subject;
    size_t added = message->keys->put(message, catga_follow(payload), envelope->subject + length,
                                      sizeof envelope->subject - length, problem);
    return added == 0 ? CATGA_INVALID_MESSAGE : CATGA_OK;
}

static void add_header(catga_envelope *envelope, const char *name, const char *value)
{
    assert(envelope->outgoing.header_count < CATGA_ENVELOPE_HEADERS);
    envelope->headers[envelope->outgoing.header_count++] = (catga_header){name, value};
}

/* ---- Headers of the sender ---- */

void catga_envelope_borrow(catga_envelope *envelope, const catga_header *header)
{
    assert(envelope->outgoing.header_count == envelope->borrowed);
    add_header(envelope, header->name, header->value);
    envelope->borrowed++;
}

size_t catga_envelope_borrowed_size(const catga_envelope *envelope)
{
    size_t size = 0;

    for (size_t i = 0; i < envelope->borrowed; i++)
        size += strlen(envelope->headers[i].name) + strlen(envelope->headers[i].value) + 2;
    return size;
}

static const char *copy_text(char **memory, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*memory, text, size);

    *memory += size;
    return copy;
}

void catga_envelope_keep_borrowed(catga_envelope *envelope, char *memory)
{
    for (size_t i = 0; i < envelope->borrowed; i++) {
        catga_header *header = &envelope->headers[i];
        header->name = copy_text(&memory, header->name);
        header->value = copy_text(&memory, header->value);
    }
}

/* ---- Headers of the runtime ---- */

void catga_envelope_add_id(catga_envelope *envelope, catga_message_ids *ids)
{
    catga_message_id_next(ids, envelope->id);
    add_header(envelope, CATGA_HEADER_ID, envelope->id);
}

void catga_envelope_set_id(catga_envelope *envelope, catga_string id)
{
    memcpy(envelope->id, id.data, id.length);
    envelope->id[id.length] = '\0';
}

/* Copies a peer's value to `copy`. Returns false if it is empty, longer than `most` bytes or not
 * allowed in a header. */
static bool copy_value(char *copy, size_t most, catga_string value)
{
    if (value.length == 0 || value.length > most || !catga_is_header_value(value))
        return false;
    memcpy(copy, value.data, value.length);
    copy[value.length] = '\0';
    return true;
}

void catga_envelope_add_correlation(catga_envelope *envelope, catga_string correlation)
{
    if (copy_value(envelope->correlation, CATGA_CORRELATION_MAX, correlation))
        add_header(envelope, CATGA_HEADER_CORRELATION, envelope->correlation);
}

void catga_envelope_add_trace(catga_envelope *envelope)
{
    catga_trace_headers_add(&envelope->span.headers, &envelope->outgoing, envelope->headers);
}

void catga_envelope_set_timeout(catga_envelope *envelope, int64_t milliseconds)
{
    if (envelope->timeout_ms[0] == '\0')
        add_header(envelope, CATGA_HEADER_TIMEOUT, envelope->timeout_ms);
    snprintf(envelope->timeout_ms, sizeof envelope->timeout_ms, "%" PRId64, milliseconds);
}

const char *catga_envelope_header(const catga_envelope *envelope, const char *name)
{
    for (size_t i = envelope->borrowed; i < envelope->outgoing.header_count; i++)
        if (strcmp(envelope->headers[i].name, name) == 0)
            return envelope->headers[i].value;
    return NULL;
}
