/* The envelope of a message: its subject and headers. One thread owns an envelope. */
#ifndef CATGA_ENVELOPE_H
#define CATGA_ENVELOPE_H

#include "bus/message_id.h"
#include "bus/subject.h"
#include "bus/trace_headers.h"
#include "transport/transport.h"

#include <catga/gen.h>

#define CATGA_HEADER_ID          "Nats-Msg-Id"
#define CATGA_HEADER_TIMEOUT     "Catga-Timeout"
#define CATGA_HEADER_CORRELATION "Catga-Correlation-Id"
#define CATGA_HEADER_ERROR       "Catga-Error"
#define CATGA_HEADER_ERROR_CODE  "Nats-Service-Error-Code"
#define CATGA_HEADER_ERROR_TEXT  "Nats-Service-Error"

/* Longest correlation id of a peer that is passed on, in bytes. */
#define CATGA_CORRELATION_MAX 64

/* Those of the sender; an id, a correlation id, two of the trace context, and the remaining time.
 */
enum { CATGA_ENVELOPE_HEADERS = CATGA_HEADERS_MAX + 5 };

typedef struct catga_envelope {
    catga_outgoing outgoing; /* points into this structure */
    catga_header headers[CATGA_ENVELOPE_HEADERS];
    size_t borrowed; /* number of headers, the first, whose texts belong to the sender */
    char subject[CATGA_SUBJECT_MAX + 1];
    char id[CATGA_TOKEN_MAX + 1];
    char correlation[CATGA_CORRELATION_MAX + 1];
    char timeout_ms[24];
    catga_span_state span; /* that of the call or event, or of its sender; see observe/span.h */
} catga_envelope;

/*
 * Begins an envelope without headers. `subject` is from generated code; `prefix` is valid and
 * replaces its first token "catga". A subject of @subject has another first token, and stays as it
 * is. Both outlive the envelope. Returns false if the result is too long.
 */
bool catga_envelope_begin(catga_envelope *envelope, catga_string prefix, const char *subject);

/*
 * Adds the keys of an encoded message to its subject, if it has keys. CATGA_INVALID_MESSAGE: a
 * value is no token, or the subject is too long; *problem says which.
 */
catga_status catga_envelope_add_keys(catga_envelope *envelope, const catga_message *message,
                                     const uint8_t *payload, catga_problem *problem);

/* Adds a valid header of the sender, whose texts it needs. These headers come first. */
void catga_envelope_borrow(catga_envelope *envelope, const catga_header *header);

/* Returns the bytes of the texts of the sender's headers. */
size_t catga_envelope_borrowed_size(const catga_envelope *envelope);

/* Copies these texts to `memory`, and refers to the copies. */
void catga_envelope_keep_borrowed(catga_envelope *envelope, char *memory);

/* Adds a new message id, which all retries share. */
void catga_envelope_add_id(catga_envelope *envelope, catga_message_ids *ids);

/* Replaces the message id with one of the sender, a token. */
void catga_envelope_set_id(catga_envelope *envelope, catga_string id);

/* Adds the correlation id of another message, unless it is empty or invalid. */
void catga_envelope_add_correlation(catga_envelope *envelope, catga_string correlation);

/* Adds the headers of the envelope's span. */
void catga_envelope_add_trace(catga_envelope *envelope);

/* Sets the remaining time. It is the last header that is added, and is set again for each retry. */
void catga_envelope_set_timeout(catga_envelope *envelope, int64_t milliseconds);

/* Returns the value of a header of the runtime, or NULL without it. The texts of the sender's
 * headers may be gone. */
const char *catga_envelope_header(const catga_envelope *envelope, const char *name);

#endif
