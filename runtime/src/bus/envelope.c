/* What goes around a payload; see envelope.h. */
#include "bus/envelope.h"

#include <inttypes.h>
#include <stdio.h>

bool catga_envelope_begin(catga_envelope *envelope, catga_string prefix, const char *subject)
{
    size_t length = strlen(subject);

    if (prefix.length + 1 + length > CATGA_SUBJECT_MAX)
        return false;
    memcpy(envelope->subject, prefix.data, prefix.length);
    envelope->subject[prefix.length] = '.';
    memcpy(envelope->subject + prefix.length + 1, subject, length + 1);
    envelope->outgoing =
        (catga_outgoing){.subject = envelope->subject, .headers = envelope->headers};
    envelope->timeout_ms[0] = '\0';
    return true;
}

static void add_header(catga_envelope *envelope, const char *name, const char *value)
{
    envelope->headers[envelope->outgoing.header_count++] = (catga_header){name, value};
}

void catga_envelope_add_id(catga_envelope *envelope, catga_identity *identity)
{
    catga_identity_next(identity, envelope->id);
    add_header(envelope, CATGA_HEADER_ID, envelope->id);
}

void catga_envelope_add_correlation(catga_envelope *envelope, catga_string correlation)
{
    if (correlation.length == 0 || correlation.length > CATGA_CORRELATION_MAX ||
        !catga_is_header_value(correlation))
        return;
    memcpy(envelope->correlation, correlation.data, correlation.length);
    envelope->correlation[correlation.length] = '\0';
    add_header(envelope, CATGA_HEADER_CORRELATION, envelope->correlation);
}

void catga_envelope_set_timeout(catga_envelope *envelope, int64_t milliseconds)
{
    if (envelope->timeout_ms[0] == '\0')
        add_header(envelope, CATGA_HEADER_TIMEOUT, envelope->timeout_ms);
    snprintf(envelope->timeout_ms, sizeof envelope->timeout_ms, "%" PRId64, milliseconds);
}
