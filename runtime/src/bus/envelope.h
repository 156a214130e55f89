/* What goes around a payload: its subject and those headers that it needs. */
#ifndef CATGA_ENVELOPE_H
#define CATGA_ENVELOPE_H

#include "bus/message_id.h"
#include "bus/subject.h"
#include "transport/transport.h"

#define CATGA_HEADER_ID          "Nats-Msg-Id"
#define CATGA_HEADER_TIMEOUT     "Catga-Timeout"
#define CATGA_HEADER_CORRELATION "Catga-Correlation-Id"
#define CATGA_HEADER_ERROR       "Catga-Error"
#define CATGA_HEADER_ERROR_CODE  "Nats-Service-Error-Code"
#define CATGA_HEADER_ERROR_TEXT  "Nats-Service-Error"

/* The longest id that is taken from a peer and passed on. */
#define CATGA_CORRELATION_MAX 64

typedef struct catga_envelope {
    catga_outgoing outgoing; /* points into the rest of this */
    catga_header headers[3];
    char subject[CATGA_SUBJECT_MAX + 1];
    char id[CATGA_TOKEN_MAX + 1];
    char correlation[CATGA_CORRELATION_MAX + 1];
    char timeout_ms[24];
} catga_envelope;

/*
 * An envelope without headers, for a message of a schema: `subject` is of the compiler's making,
 * `prefix` a valid one that replaces its first token. It must live as long. False when the result
 * is too long.
 */
bool catga_envelope_begin(catga_envelope *envelope, catga_string prefix, const char *subject);

/* Adds a new id, the same for all tries. */
void catga_envelope_add_id(catga_envelope *envelope, catga_message_ids *ids);

/* Replaces the id that has been added by one of the sender's, a token. */
void catga_envelope_set_id(catga_envelope *envelope, catga_string id);

/*
 * Adds what relates this message to the one it was made for; an empty or an unfit one is left out.
 */
void catga_envelope_add_correlation(catga_envelope *envelope, catga_string correlation);

/* Sets the time that is left; the last header to be added, and set again for each try. */
void catga_envelope_set_timeout(catga_envelope *envelope, int64_t milliseconds);

#endif
